"""Where a command may save: checked before any work is done."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from agentopt.errors import FileError, InputError
from agentopt.whole_file import taken

FORMATS: dict[str, Literal["yaml", "json"]] = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a file that could not be written in the end, before any work is done.

    Raises:
        FileError: The file exists, is no regular file, or its folder is not there.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"--save {path}: expected a name that ends with {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise FileError(f"--save {path}: there is no folder {path.parent}")
    if path.exists() and not path.is_file():
        raise FileError(f"--save {path}: that is no regular file")
    if path.exists() and not force:
        raise taken(path)
