"""The first bytes of a file, read before SQLite opens it: opening alone may change a file that is none of ours."""

from __future__ import annotations

import struct
from pathlib import Path

from agentopt.errors import StoreError

APPLICATION = 0x61676F70
"""Marks a SQLite file as one of ours."""

_MAGIC = b"SQLite format 3\x00"
_AT = 68
"""Where SQLite keeps the mark (sqlite.org/fileformat2.html, 1.3)."""


def is_new(path: Path) -> bool:
    """Whether there is no store yet at a path: no file, or an empty one.

    Raises:
        StoreError: There is something else; it was not touched.
        OSError: It cannot be read.
    """
    if not path.exists():
        return True
    if not path.is_file():
        raise StoreError(f"{path} is no regular file; name another one for the runs")
    with path.open("rb") as file:
        head = file.read(100)
    if not head:
        return True
    if not head.startswith(_MAGIC):
        raise StoreError(f"{path} is no SQLite file; name another one for the runs")
    if len(head) < 100 or struct.unpack_from(">I", head, _AT) != (APPLICATION,):
        raise StoreError(f"{path} is a SQLite file of another program; name another one for the runs")
    return False
