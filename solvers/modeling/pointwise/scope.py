"""What names stand for while statements are evaluated one value at a time."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..instance import Key, Member


class Undefined(Exception):
    """A part of an expression has no value; the message says which and why."""


def whole(value: Any) -> Any:
    """A number as the int it equals, if any; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        raise Undefined("zero to a negative power")
    value: float | complex = base**exponent
    if isinstance(value, complex):
        raise Undefined(f"({base:g}) ** {exponent:g} is no real number")
    return value


MATH: Mapping[str, Callable[..., Any]] = {
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
    "sum": math.fsum,
    "min": min,
    "max": max,
    "abs": abs,
    "ceil": lambda x: float(math.ceil(x)),
    "cos": math.cos,
    "exp": math.exp,
    "floor": lambda x: float(math.floor(x)),
    "log": math.log,
    "log10": math.log10,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
"""Operators and functions on plain floats; a table with the same names serves another type of number.

"sum" takes an iterable, "min" and "max" two or more arguments.
"""


@dataclass(frozen=True, eq=False)
class Scope:
    """Sets, parameters, variables and functions by name, looked up when a value is asked for."""

    sets: Mapping[str, Sequence[Key]]
    parameters: Mapping[str, Mapping[Key, float]]
    defaults: Mapping[str, float]
    variables: Mapping[str, Mapping[Key, Any]] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=lambda: MATH)
    _derived: dict[tuple[str, tuple[int, ...] | None], tuple[Sequence[Key], Any]] = field(default_factory=dict)

    def places(self, name: str) -> dict[Key, int]:
        """The place of every member in the order of its set, from 0."""
        found: dict[Key, int] = self._memo(name, None, lambda members: {m: place for place, m in enumerate(members)})
        return found

    def index(self, name: str, positions: tuple[int, ...]) -> dict[tuple[Member, ...], list[Key]]:
        """The members of a set by their values at some positions."""

        def group(members: Sequence[Key]) -> dict[tuple[Member, ...], list[Key]]:
            groups: dict[tuple[Member, ...], list[Key]] = {}
            for member in members:
                groups.setdefault(tuple([member[p] for p in positions]), []).append(member)
            return groups

        found: dict[tuple[Member, ...], list[Key]] = self._memo(name, positions, group)
        return found

    def _memo(self, name: str, positions: tuple[int, ...] | None, make: Callable[[Sequence[Key]], Any]) -> Any:
        members = self.sets[name]
        known = self._derived.get((name, positions))
        # The mapping may be lazy and be given another list later, so the list itself is compared.
        if known is None or known[0] is not members:
            known = self._derived[(name, positions)] = (members, make(members))
        return known[1]
