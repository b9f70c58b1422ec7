"""How values stand in the columns of a store: text, JSON, and long texts made short."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from agentopt.errors import CodecError, StoreError

MAX_BYTES = 1 << 28
"""Of a text that is read; more is written by nobody but whoever means harm."""


def packed(text: str) -> bytes:
    """A text as bytes, short; halves of characters, as a broken program prints them, stay as they are."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def unpacked(data: bytes) -> str:
    """The text of such bytes.

    Raises:
        StoreError: They are damaged.
    """
    reading = zlib.decompressobj()
    try:
        read = reading.decompress(data, MAX_BYTES)
        if not reading.eof:
            raise ValueError("it is cut off, or too long")
        return read.decode("utf-8", "surrogatepass")
    except (zlib.error, ValueError, TypeError) as error:
        raise StoreError(f"the store is damaged, a text in it cannot be read: {error}") from error


def text(value: str) -> str:
    """A text as SQLite takes it: what is no character, as a broken server sends it, is written as an escape."""
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def as_json(data: Any, *, lenient: bool = False) -> str:
    """Data as JSON, numbers of numpy's included.

    Args:
        data: What is written.
        lenient: Write what is no data as its text, so that a report does not fail at the end of a long run.

    Raises:
        CodecError: It is none.
    """
    try:
        return (_LENIENT if lenient else _STRICT).encode(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise CodecError(f"expected data that can be stored as JSON: {error}") from error


def from_json(written: str) -> Any:
    """The data of such a text.

    Raises:
        StoreError: It is damaged.
    """
    try:
        return json.loads(written)
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"the store is damaged, an entry in it cannot be read: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no data")


def _plain_or_text(value: Any) -> Any:
    try:
        return _plain(value)
    except TypeError:
        return str(value)


# Made once: making them is most of the time of a small value.
_STRICT = json.JSONEncoder(default=_plain)
_LENIENT = json.JSONEncoder(default=_plain_or_text)
