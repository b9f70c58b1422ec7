"""Writes a text to a file: wholly or not at all, and never over another one unasked."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from agentopt.errors import FileError


def write_whole(path: Path, text: str, *, force: bool, option: str = "--save") -> None:
    """Write the file under another name and then give it its own, so that nobody sees half of it.

    Raises:
        FileError: Another program made the file meanwhile, or it cannot be written.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, 0o666 & ~_umask())
            _name(temporary, path, force)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except FileExistsError:
        raise taken(path, option) from None
    except OSError as error:
        raise FileError(f"{option} {path}: {error.strerror or error}") from error


def _name(temporary: str, path: Path, force: bool) -> None:
    if force:
        os.replace(temporary, path)
        return
    try:
        # A link, other than a rename, fails when the name is taken.
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError from None
        os.replace(temporary, path)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def taken(path: Path, option: str = "--save") -> FileError:
    """The refusal to write over a file."""
    return FileError(f"{option} {path}: the file exists; --force replaces it")
