"""Numbers that remember how large the terms were that they are the sum of.

A row such as 1000000.1 - 1000000 has the value 0.1 and the size 2000000.1: rounding
in a solver is proportional to the size, so that is what a violation is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .scope import MATH


@dataclass(frozen=True, slots=True)
class Magnitude:
    """A value and the sum of the absolute values of its terms."""

    value: float
    size: float

    def __add__(self, other: Magnitude | float) -> Magnitude:
        other = magnitude(other)
        return Magnitude(self.value + other.value, self.size + other.size)

    def __sub__(self, other: Magnitude | float) -> Magnitude:
        other = magnitude(other)
        return Magnitude(self.value - other.value, self.size + other.size)

    def __rsub__(self, other: float) -> Magnitude:
        return magnitude(other) - self

    def __mul__(self, other: Magnitude | float) -> Magnitude:
        other = magnitude(other)
        return Magnitude(self.value * other.value, self.size * other.size)

    def __neg__(self) -> Magnitude:
        return Magnitude(-self.value, self.size)

    __radd__ = __add__
    __rmul__ = __mul__


def magnitude(number: Magnitude | float) -> Magnitude:
    """A number as a Magnitude; a float is one term."""
    return number if isinstance(number, Magnitude) else Magnitude(number, abs(number))


def _total(values: Iterable[Magnitude | float]) -> Magnitude:
    parts = [magnitude(value) for value in values]
    return Magnitude(MATH["sum"](part.value for part in parts), sum(part.size for part in parts))


def _quotient(left: Magnitude | float, right: Magnitude | float) -> Magnitude:
    top, bottom = magnitude(left), magnitude(right).value
    return Magnitude(top.value / bottom, top.size / abs(bottom))


def _by_value(function: Callable[..., float]) -> Callable[..., Magnitude]:
    """A function of the values alone; its result is one term."""
    return lambda *arguments: magnitude(function(*(magnitude(argument).value for argument in arguments)))


SIZED: Mapping[str, Callable[..., Any]] = {name: _by_value(function) for name, function in MATH.items()} | {
    "sum": _total,
    "/": _quotient,
}
"""The operators and functions of `MATH` on Magnitudes."""
