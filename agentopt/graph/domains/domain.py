"""What every domain of a parameter offers, and the words in which all of them refuse a value."""

from __future__ import annotations

import reprlib
from typing import Any, Protocol, TypeVar, runtime_checkable

from agentopt.errors import DomainError

T = TypeVar("T")
_SHOWN_CHARS = 80


@runtime_checkable
class Domain(Protocol[T]):
    """The values that a parameter may take, and how a model reads and writes them.

    A value is in a domain by its exact type: True is no int, and 3 is no float. A reply is read
    with the one freedom that JSON needs, where 3 and 3.0 are the same number.
    """

    @property
    def kind(self) -> str:
        """One word: text, code, number, integer, choice, exemplars or data."""

    def check(self, value: object) -> None:
        """Do nothing if the value is in the domain.

        Raises:
            DomainError: It is not; one sentence says what was expected and what came.
        """

    def describe(self) -> str:
        """Say in one line, to a model, what values there are."""

    def parse(self, raw: Any) -> T:
        """Turn the JSON value of a reply into a value of the domain, with its exact type.

        Raises:
            DomainError: It is not one.
        """

    def schema(self) -> Any:
        """The annotation, as pydantic reads it, of a whole value in a reply."""

    def show(self, value: T) -> str:
        """The text in which a model sees the value."""


def unfit(expected: str, value: object) -> DomainError:
    """The error for a value that is not what was expected, its type named and its text kept short."""
    return DomainError(f"expected {expected}, got {brief(value)} ({type(value).__name__})")


def brief(value: object) -> str:
    """A value in at most one short line, whatever its length and even if its own repr fails."""
    text = repr(value[: 2 * _SHOWN_CHARS]) if isinstance(value, str) else " ".join(_Short().repr(value).split())
    return text if len(text) <= _SHOWN_CHARS else f"{text[:60]}...{text[-15:]}"


def same(one: object, other: object) -> bool:
    """Whether two values are equal and of one type, down to their parts: True, 1 and 1.0 are three values."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, set | frozenset) and isinstance(other, set | frozenset):
        return {(type(item), item) for item in one} == {(type(item), item) for item in other}
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return len(one) == len(other) and all(key in other and same(one[key], other[key]) for key in one)
    return bool(one == other)


class _Short(reprlib.Repr):
    """Looks at the first parts of a value only."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxdict = 6
        self.maxstring = self.maxother = _SHOWN_CHARS

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write an int of thousands of digits.
        return repr(x) if x.bit_length() < 1000 else f"<int of {x.bit_length()} bits>"
