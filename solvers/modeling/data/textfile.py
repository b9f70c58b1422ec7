"""Reads a file whole, within a stated size, or says in one sentence why it cannot be read."""

from __future__ import annotations

import stat
from pathlib import Path

from agentopt.errors import FileError

MAX_FILE_BYTES = 200 << 20
"""Largest file of data that is read."""


def read_bytes(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Read a regular file.

    Raises:
        FileError: The file is not there, a folder, no regular file, unreadable, empty, or too large.
    """
    try:
        # The kind is looked at before the file is opened: opening a pipe would wait for its writer.
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FileError(f"expected a file, got the folder {shown(path)}")
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"expected a regular file, got a device or pipe: {shown(path)}")
        if status.st_size > max_bytes:
            raise FileError(f"{shown(path)} holds {status.st_size} bytes; at most {max_bytes} are read")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise FileError(f"no file {shown(path)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot read {shown(path)}: {reason}") from error
    if len(data) > max_bytes:
        raise FileError(f"{shown(path)} holds more than {max_bytes} bytes")
    if not data.strip():
        raise FileError(f"{shown(path)} is empty")
    return data


def read_text(path: Path, max_bytes: int = MAX_FILE_BYTES) -> str:
    """Read a file of UTF-8 text; a byte order mark is taken off.

    Raises:
        FileError: As in `read_bytes`, or the file is binary or in another encoding.
    """
    data = read_bytes(path, max_bytes)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileError(f"{shown(path)} is written in UTF-16; save it as UTF-8")
    if b"\0" in data:
        raise FileError(f"expected text, but {shown(path)} is binary (it holds a zero byte)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"{shown(path)} is no UTF-8 text (byte 0x{data[error.start]:02x} in line {line}); save it as UTF-8"
        ) from error
    if not text.strip():
        raise FileError(f"{shown(path)} is empty")
    return text


def shown(path: Path) -> str:
    """The path as a message shows it: quoted, control characters escaped, and cut."""
    text = str(path)
    return repr(text if len(text) <= 200 else f"…{text[-200:]}")
