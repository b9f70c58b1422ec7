"""Text files that are replaced in one step."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from agentopt.errors import FileError


def write_text(path: str | Path, text: str) -> None:
    """Write a file of UTF-8 with its newlines as they are, beside its place first, so that it is never half written.

    Raises:
        FileError: It cannot be written; what stood there is still there.
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new") if path.name else path
    try:
        draft.write_bytes(text.encode("utf-8"))
        draft.replace(path)
    except (OSError, ValueError) as error:
        _remove(draft)
        raise FileError(f"cannot write {path}: {error}") from error


def _remove(draft: Path) -> None:
    try:
        draft.unlink(missing_ok=True)
    except (OSError, ValueError):
        return
