"""Sessions in files: saved elsewhere, and restored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agentopt.errors import AgentoptError, FileError, InputError
from agentopt.whole_file import write_whole

from .data_files import require_paths
from .journal import Event, session_text
from .state import State
from .workspace import Workspace


def save(work: Workspace, said: Sequence[str], path: Path) -> None:
    """Write a session to a file of its own.

    Raises:
        FileError: The file exists, or cannot be written.
    """
    if work.journal is not None and work.journal.path.exists():
        try:
            text = work.journal.path.read_text(encoding="utf-8")
        except OSError as error:
            raise FileError(f"{work.journal.path}: {error.strerror or error}") from error
    else:
        events = [Event("data", {"paths": [str(file.resolve()) for file in work.files.paths]})]
        events += [Event("state", state.to_data()) for state in work.states]
        text = session_text([*events, *(Event("said", {"text": one}) for one in said)])
    write_whole(path, text, force=False, option="the session")


def restore(work: Workspace, said: list[str], events: Sequence[Event], path: Path) -> tuple[str, ...]:
    """Read a session back; nothing is solved or asked.

    Args:
        work: Gets the states and the tables; it has none yet.
        said: Gets what was said.
        events: What `read_events` gave of the file.
        path: The file, for messages.

    Returns:
        A sentence for each data file that is not there any more.

    Raises:
        InputError: A state cannot be read.
    """
    lost: list[str] = []
    for event in events:
        match event.kind:
            case "data":
                lost += _add(work, event.fields.get("paths", []))
            case "state":
                work.states.append(_state(event.fields, path))
                work.unfinished = ""
            case "unfinished":
                work.unfinished = str(event.fields.get("text", ""))
            case "undo" if work.states:
                work.states.pop()
            case "new":
                work.states.clear()
                said.clear()
            case "said":
                said.append(str(event.fields.get("text", "")))
    return tuple(dict.fromkeys(lost))


def _add(work: Workspace, paths: Sequence[str]) -> list[str]:
    lost = []
    for path in paths:
        try:
            work.files.add(require_paths([path]))
        except AgentoptError as error:
            lost.append(str(error))
    return lost


def _state(fields: dict[str, Any], file: Path) -> State:
    try:
        return State.from_data(fields)
    except (ValidationError, KeyError, TypeError) as error:
        raise InputError(f"{file}: a state of the session cannot be read: {str(error)[:200]}") from error
