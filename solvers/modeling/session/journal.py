"""Keeps a session in a file, a line for each thing that happened, so that it can be gone on with or played again.

The lines of a session stand in one file with the exchanges of its model (`agentopt.llm.recording`):
the file is a recording as well, and a session is played again from it without a model. Lines are only
ever appended, each in one write: whatever ends the program, what was done before is there.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentopt.errors import FileError, InputError

FORMAT = 1
EVENT = "event"
_BLOCK = 65536
"""Bytes that are read at a time to find where the last line begins."""


@dataclass(frozen=True)
class Event:
    """One line of a session."""

    kind: str
    """start, said, unfinished, data, state, new, undo; entered: what was typed."""
    fields: dict[str, Any]


class Journal:
    """Appends events to a file.

    Args:
        path: The file; what is in it stays.

    Raises:
        FileError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                _end_line(path)
        except OSError as error:
            raise _unkept(path, error.strerror or str(error)) from error

    def begin(self) -> None:
        """Write the first line if there is none, so that exchanges may be recorded into the file.

        Raises:
            FileError: It cannot be written.
        """
        self._append(b"")

    def write(self, kind: str, **fields: Any) -> None:
        """Append an event.

        Raises:
            FileError: It cannot be written, as on a full disk; nothing of it is in the file then.
        """
        self._append(_line(kind, fields))

    def _append(self, line: bytes) -> None:
        try:
            # What is planned is for its owner's eyes.
            descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
            with open(descriptor, "ab", buffering=0) as file:
                size = os.fstat(descriptor).st_size
                # The file comes with its first line: a session in which nothing is said leaves none.
                data = (b"" if size else _line("start", {"format": FORMAT})) + line
                if data and file.write(data) != len(data):
                    file.truncate(size)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise _unkept(self.path, error.strerror or str(error)) from error


def _unkept(path: Path, why: str) -> FileError:
    return FileError(f"the session cannot be kept in {path}: {why}")


def session_text(events: Sequence[Event]) -> str:
    """A whole session as the text of its file."""
    return b"".join(_line(e.kind, e.fields) for e in (Event("start", {"format": FORMAT}), *events)).decode()


def _line(kind: str, fields: dict[str, Any]) -> bytes:
    return json.dumps({EVENT: kind, **fields}, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def read_events(path: Path) -> list[Event]:
    """The events of a session's file; exchanges and a last line that was cut off are passed over.

    Raises:
        FileError: The file cannot be read.
        InputError: It is no session, or one of a later version.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read the session {path}: {getattr(error, 'strerror', None) or error}") from error
    events = list(_events(text, path))
    if not events or events[0].kind != "start":
        raise InputError(f"{path} is no session of agentopt: it does not begin with a line {{{EVENT!r}: 'start'}}")
    if events[0].fields.get("format") != FORMAT:
        raise InputError(f"{path} is a session of format {events[0].fields.get('format')}, expected {FORMAT}")
    return events


def _events(text: str, path: Path) -> Iterator[Event]:
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except ValueError:
            if number >= len(lines):
                return  # cut off while it was written
            raise InputError(f"line {number} of {path} is no JSON; is it a session of agentopt?") from None
        if isinstance(data, dict) and isinstance(data.get(EVENT), str):
            yield Event(data.pop(EVENT), data)


def _end_line(path: Path) -> None:
    """Take away a last line that was not written whole, for half a line would make the file unreadable.

    Raises:
        FileError: It is no regular file.
    """
    if not path.is_file():
        raise _unkept(path, "that is no regular file")
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        start, tail = end, b""
        while start and b"\n" not in tail:
            step = min(start, _BLOCK)
            start -= step
            file.seek(start)
            tail = file.read(step) + tail
        if tail and not tail.endswith(b"\n"):
            file.truncate(start + tail.rfind(b"\n") + 1)
