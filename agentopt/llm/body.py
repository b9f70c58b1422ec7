"""Reads the body of an answer: JSON at once, or events one after the other, whichever comes.

The SDKs' own readers hand HTML out as a string, let a cut JSON body escape as a
raw error and end a broken stream quietly; so the bytes are read here instead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from agentopt.errors import TransportError
from agentopt.llm.diagnosis import diagnose_event, not_an_api
from agentopt.llm.provider import Endpoint

MAX_BODY_BYTES = 64 << 20


@dataclass
class Draft:
    """What has come in of a reply."""

    text: list[str] = field(default_factory=list)
    arguments: dict[int, list[str]] = field(default_factory=dict)
    """Of tool calls, by their place."""
    refusal: list[str] = field(default_factory=list)
    finish: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0

    def whole_text(self) -> str:
        """The arguments of the tool calls if there are any, else the text."""
        calls = ["".join(parts) for _, parts in sorted(self.arguments.items())]
        return "\n".join(calls) if any(calls) else "".join(self.text)


class Reader(Protocol):
    """Understands the events of one wire format; a whole body is one event."""

    def take(self, event: dict[str, Any], draft: Draft) -> None:
        """Add what an event says; raises ValueError or TypeError if it is of another format."""


class Body:
    """Bytes go in, a draft of the reply comes out."""

    def __init__(self, reader: Reader, endpoint: Endpoint) -> None:
        self._reader = reader
        self._endpoint = endpoint
        self._rest = b""
        self._events: bool | None = None
        self._taken = 0
        self._size = 0
        self.draft = Draft()

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they arrive."""
        self._size += len(data)
        if self._size > MAX_BODY_BYTES:
            raise self._broken(f"is longer than {MAX_BODY_BYTES >> 20} MiB")
        self._rest += data
        if self._events is None and (head := self._rest.lstrip()):
            self._events = head.startswith((b"data:", b"event:", b"id:", b"retry:", b":"))
        if self._events:
            # Only \n ends a line; splitlines() would also split at U+2028 inside a JSON string.
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                self._line(line)

    def end(self) -> Draft:
        """The draft, when all bytes are in."""
        if self._events:
            self._line(self._rest)
        else:
            self._whole(self._rest)
        return self.draft

    def _line(self, line: bytes) -> None:
        if not line.startswith(b"data:"):
            return
        data = line[5:].strip()
        if data and data != b"[DONE]":
            self._take(self._json(data))

    def _whole(self, data: bytes) -> None:
        if not data.strip():
            raise self._broken("is empty")
        if data.lstrip().startswith(b"<"):
            raise not_an_api(self._endpoint, data.decode("utf-8", "replace"))
        self._take(self._json(data))

    def _json(self, data: bytes) -> object:
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            begins = data[:60].decode("utf-8", "replace")
            if self._taken == 0 and data.lstrip()[:1] not in (b"{", b"["):
                raise not_an_api(self._endpoint, begins) from None
        raise self._broken(f"is JSON without its end or no JSON, {len(data)} bytes that begin {begins!r}")

    def _take(self, event: object) -> None:
        if isinstance(event, dict) and event.get("error"):
            raise diagnose_event(event["error"], self._endpoint)
        try:
            if not isinstance(event, dict):
                raise TypeError("no object")
            self._reader.take(event, self.draft)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError):
            shown = json.dumps(event)[:200]
        else:
            self._taken += 1
            return
        raise not_an_api(self._endpoint, shown)

    def _broken(self, how: str) -> TransportError:
        return TransportError(
            self._endpoint.secrets.clean(f"the answer of {self._endpoint.name} {how}"),
            provider=self._endpoint.provider,
            model=self._endpoint.model,
        )
