"""Exchanges are written to a file of JSON lines and played back from it, without a key and without an SDK.

One line an exchange: the request (model, messages, name and hash of the schema,
sampling) and the reply (text, finish reason, usage), or the error if the reply
itself was at fault. A recording is read and reviewed like code.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agentopt import errors
from agentopt.errors import FileError, LLMError, ReplayError
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.message import Usage
from agentopt.llm.plan import Plan
from agentopt.llm.redaction import Secrets

_FORMAT = 1
_KEPT_ERRORS = (
    errors.TruncatedError,
    errors.RefusalError,
    errors.EmptyReplyError,
    errors.ContextLengthError,
)


def request_key(request: Request) -> str:
    """The hash under which an exchange is found again.

    The model's name and the wording of the schema are left out: a recording
    answers for whatever model made it, and outlives a new version of pydantic.
    """
    return hashlib.sha256(json.dumps(_asked(request), sort_keys=True).encode()).hexdigest()[:32]


def _asked(request: Request) -> dict[str, Any]:
    return {
        "messages": [[message.role, message.text] for message in request.messages],
        "reply": request.shape.name if request.shape else None,
        "sampling": request.sampling.shaping(),
    }


class Recorded:
    """Writes every exchange to the end of a file, whole lines only, keys hidden.

    Args:
        path: The file; what is in it stays, new exchanges follow.
        secrets: What must not get into it.
    """

    blocking = True

    def __init__(self, path: Path, model: str, secrets: Secrets) -> None:
        self._path = path
        self._model = model
        self._secrets = secrets
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("ab").close()
        except OSError as error:
            raise FileError(f"cannot record to {path}: {error.strerror}") from error

    def around(self, request: Request) -> Plan[Completion]:
        try:
            completion = yield request
        except _KEPT_ERRORS as error:
            self._write(request, self._model, {"error": [type(error).__name__, error.message, error.remedy]})
            raise
        reply = {"text": completion.text, "finish": completion.finish, "usage": asdict(completion.usage)}
        self._write(request, completion.model, {"reply": reply})
        return completion

    def _write(self, request: Request, model: str, outcome: dict[str, object]) -> None:
        shape = request.shape.digest() if request.shape else None
        asked = {"model": model, **_asked(request), "schema": shape}
        line = {"format": _FORMAT, "key": request_key(request), "request": asked, **outcome}
        data = self._secrets.clean(json.dumps(line, ensure_ascii=False)).encode() + b"\n"
        # One write to a file opened for appending: lines of several processes do not mix.
        with self._lock, self._path.open("ab", buffering=0) as file:
            size = file.tell()
            if file.write(data) != len(data):
                # Half a line would make the whole recording unreadable.
                file.truncate(size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass(frozen=True)
class _Entry:
    request: dict[str, Any]
    outcome: Completion | LLMError


class Replay:
    """A channel that answers from a recording.

    Equal requests get the recorded replies in the order in which they were
    recorded, each once.

    Raises:
        FileError: The file cannot be read, or a line of it is no exchange.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = _read(path)
        self._used: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        first = next(iter(self._entries.values()), None)
        self.name = str(first[0].request.get("model")) if first else "replay/empty"

    def send(self, request: Request) -> Completion:
        key = request_key(request)
        entries = self._entries.get(key, [])
        with self._lock:
            place = self._used[key]
            self._used[key] += 1
        if place >= len(entries):
            raise ReplayError(self._missing(request, len(entries)), provider="replay", attempts=0)
        outcome = entries[place].outcome
        if isinstance(outcome, LLMError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Nothing is held open."""

    def _missing(self, request: Request, known: int) -> str:
        begins = f"the request that ends {request.messages[-1].text[-60:]!r}"
        if known:
            return f"{self._path} holds {known} replies to {begins}, and all were played; record it again"
        for entries in self._entries.values():
            recorded = entries[0].request
            if recorded["messages"] == _asked(request)["messages"]:
                other = {name: recorded[name] for name in ("reply", "sampling")}
                asked = {name: _asked(request)[name] for name in ("reply", "sampling")}
                return f"{self._path} has {begins} only with {other}, not with {asked}; record it again"
        total = sum(map(len, self._entries.values()))
        return f"{self._path} has no reply to {begins} among its {total}; record it again"


class AsyncReplay:
    """The same as an asyncio channel."""

    def __init__(self, path: Path) -> None:
        self._replay = Replay(path)
        self.name = self._replay.name

    async def send(self, request: Request) -> Completion:
        return self._replay.send(request)

    async def close(self) -> None:
        """Nothing is held open."""


def _read(path: Path) -> dict[str, list[_Entry]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read the recording {path}: {error}") from error
    entries: defaultdict[str, list[_Entry]] = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if "event" in data and "key" not in data:
                continue  # a line of a session, which keeps its exchanges in the same file
            entries[data["key"]].append(_Entry(data["request"], _outcome(data)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FileError(
                f"line {number} of the recording {path} is no exchange ({type(error).__name__}: {error})"
            ) from error
    return dict(entries)


def _outcome(data: dict[str, Any]) -> Completion | LLMError:
    model = data["request"]["model"]
    if "error" in data:
        name, message, remedy = data["error"]
        kind = next(kind for kind in _KEPT_ERRORS if kind.__name__ == name)
        return kind(message, provider=model.partition("/")[0], model=model.partition("/")[2], remedy=remedy)
    reply = data["reply"]
    return Completion(reply["text"], reply["finish"], model, Usage(**reply["usage"]), recorded=True)
