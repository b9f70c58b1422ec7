"""Keeps a session in a file, a line for each thing that happened, so that it can be gone on with or played again.

The lines of a session stand in one file with the exchanges of its model (`agentopt.llm.recording`):
the file is a recording as well, and a session is played again from it without a model. Lines are only
ever appended, each in one write: whatever ends the program, what was done before is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentopt.errors import FileError, InputError

FORMAT = 1
EVENT = "event"


@dataclass(frozen=True)
class Event:
    """One line of a session."""

    kind: str
    """start, said, data, state, undo."""
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
            _end_line(path)
        except OSError as error:
            raise FileError(f"the session cannot be kept in {path}: {error.strerror or error}") from error

    def write(self, kind: str, **fields: Any) -> None:
        """Append an event.

        Raises:
            FileError: It cannot be written, as on a full disk.
        """
        line = _line(kind, fields)
        try:
            with self.path.open("ab", buffering=0) as file:
                # The file comes with its first line: a session in which nothing is said leaves none.
                start = b"" if file.tell() else _line("start", {"format": FORMAT})
                file.write(start + line)
        except OSError as error:
            raise FileError(f"the session cannot be kept in {self.path}: {error.strerror or error}") from error


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
    """End a last line that was cut off, so that the next one stands apart."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        data = file.read()
        if data and not data.endswith(b"\n"):
            # What was not written whole is taken away: half a line would make the file unreadable.
            file.truncate(data.rfind(b"\n") + 1)
