"""What both halves of the tagged codec share: the error on its way out, and checks of what a tag holds."""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

from agentopt.errors import CodecError

T = TypeVar("T")

TYPES = (
    "None, bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, "
    "or a numpy array or number of a plain kind"
)
_PLACE_CHARS = 80


class Misfit(Exception):
    """What does not fit; each container on the way out adds where it lies."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__()
        self.expected, self.got, self.place = expected, got, ""

    def inside(self, step: str) -> None:
        """Note that what does not fit lies at this step of its container."""
        self.place = f"[{step}]{self.place}"

    def as_error(self) -> CodecError:
        """Make the sentence that a user reads."""
        return CodecError(f"expected {self.expected} at value{self.place[:_PLACE_CHARS]}, got {self.got}")


def require(kind: type[T], value: object, expected: str) -> T:
    """Return a value of exactly this type.

    Raises:
        Misfit: It is of another.
    """
    if type(value) is not kind:
        raise Misfit(expected, type(value).__name__)
    return value


def to_base64(data: bytes) -> str:
    """Write bytes as ASCII text."""
    return base64.b64encode(data).decode("ascii")


def from_base64(body: object) -> bytes:
    """Read bytes back.

    Raises:
        Misfit: This is no such text.
    """
    text = require(str, body, "base64 text")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Misfit("base64 text", repr(text[:40])) from None
