"""Text files that are replaced in one step."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from agentopt.errors import FileError


def write_text(path: str | Path, text: str) -> None:
    """Write a file of UTF-8 with its newlines as they are, beside its place first, so that it is never half written.

    A link stays one: what it leads to is written. A file that is there keeps its mode.

    Raises:
        FileError: It cannot be written; what stood there is still there.
    """
    draft = None
    try:
        target = Path(os.path.realpath(path))
        mode = _mode(target)
        draft = target.with_name(f".{secrets.token_hex(8)}.new")
        _write(draft, text.encode("utf-8"), mode)
        draft.replace(target)
    except (OSError, ValueError) as error:
        if draft is not None:
            _remove(draft)
        # The whole of an OSError names the draft, of which the caller knows nothing.
        raise FileError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from error


def _mode(target: Path) -> int | None:
    """The mode of the file that is there, if one is."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise OSError("there is something else than a file")
    return stat.S_IMODE(mode)


def _write(draft: Path, content: bytes, mode: int | None) -> None:
    """Make a file, which nobody may read meanwhile who may not read it in the end."""
    first = 0o666 if mode is None else mode & 0o600
    with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, first)) as file:
        file.write(content)
    if mode is not None:
        draft.chmod(mode)


def _remove(draft: Path) -> None:
    try:
        draft.unlink(missing_ok=True)
    except (OSError, ValueError):
        return
