"""Numbers that carry their exact derivatives, sparse, by forward differentiation.

Given to the evaluator in place of the variables' values, they make every statement
give its gradient along with its value, in one pass and without step sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .scope import MATH, Undefined


@dataclass(frozen=True, slots=True)
class Dual:
    """A value, and its derivative by each variable that it depends on."""

    value: float
    slope: dict[int, float]
    """Number of the variable -> derivative; absent: 0."""

    def __add__(self, other: Dual | float) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value + other.value, _combined(self.slope, 1.0, other.slope, 1.0))
        return Dual(self.value + other, self.slope)

    def __sub__(self, other: Dual | float) -> Dual:
        return self + -other

    def __rsub__(self, other: float) -> Dual:
        return -self + other

    def __mul__(self, other: Dual | float) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value * other.value, _combined(self.slope, other.value, other.slope, self.value))
        return Dual(self.value * other, {number: slope * other for number, slope in self.slope.items()})

    def __neg__(self) -> Dual:
        return self * -1.0

    __radd__ = __add__
    __rmul__ = __mul__


def dual(number: Dual | float) -> Dual:
    """A number as a Dual; a float is constant."""
    return number if isinstance(number, Dual) else Dual(number, {})


def _combined(a: dict[int, float], by_a: float, b: dict[int, float], by_b: float) -> dict[int, float]:
    result = {number: slope * by_a for number, slope in a.items()}
    for number, slope in b.items():
        result[number] = result.get(number, 0.0) + slope * by_b
    return result


def _total(values: Iterable[Dual | float]) -> Dual | float:
    slope: dict[int, float] = {}
    parts: list[float] = []
    for value in values:
        if not isinstance(value, Dual):
            parts.append(value)
            continue
        parts.append(value.value)
        for number, part in value.slope.items():
            slope[number] = slope.get(number, 0.0) + part
    return Dual(math.fsum(parts), slope) if slope else math.fsum(parts)


def _quotient(left: Dual | float, right: Dual | float) -> Dual:
    inverse = 1.0 / dual(right).value
    return dual(left) * _chained(dual(right), inverse, -inverse * inverse)


def _power(base: Dual | float, exponent: Dual | float) -> Dual:
    if isinstance(exponent, Dual):
        return _function("exp", math.exp)(exponent * _function("log", lambda x: 1.0 / x)(base))
    base = dual(base)
    value = MATH["**"](base.value, exponent)
    slope = exponent * MATH["**"](base.value, exponent - 1.0) if base.value or exponent >= 1.0 else 0.0
    return _chained(base, value, slope)


def _chained(inner: Dual, value: float, derivative: float) -> Dual:
    return Dual(value, {number: slope * derivative for number, slope in inner.slope.items()})


def _function(name: str, derivative: Callable[[float], float]) -> Callable[[Dual | float], Dual]:
    def apply(argument: Dual | float) -> Dual:
        inner = dual(argument)
        return _chained(inner, MATH[name](inner.value), derivative(inner.value))

    return apply


def _flat(name: str) -> Callable[..., Dual]:
    """A function of steps: its derivative is 0 wherever it has one."""
    return lambda *arguments: Dual(MATH[name](*(dual(argument).value for argument in arguments)), {})


def _picked(name: str) -> Callable[..., Dual]:
    return lambda *arguments: MATH[name](*map(dual, arguments), key=lambda d: d.value)


def _root_slope(x: float) -> float:
    if x == 0:
        raise Undefined("sqrt(...) has no slope at 0")
    return 0.5 / math.sqrt(x)


_NUMERIC: Mapping[str, Callable[..., Any]] = {
    "/": _quotient,
    "//": _flat("//"),
    "%": lambda a, b: dual(a) - _flat("//")(a, b) * b,
    "**": _power,
    "min": _picked("min"),
    "max": _picked("max"),
    "abs": _function("abs", lambda x: math.copysign(1.0, x) if x else 0.0),
    "ceil": _flat("ceil"),
    "cos": _function("cos", lambda x: -math.sin(x)),
    "exp": _function("exp", math.exp),
    "floor": _flat("floor"),
    "log": _function("log", lambda x: 1.0 / x),
    "log10": _function("log10", lambda x: 1.0 / (x * math.log(10.0))),
    "sin": _function("sin", math.cos),
    "sqrt": _function("sqrt", _root_slope),
    "tan": _function("tan", lambda x: 1.0 / math.cos(x) ** 2),
}


def _or_plain(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Python's own function where no argument depends on a variable."""

    def apply(*arguments: Any) -> Any:
        return function(*arguments) if any(isinstance(a, Dual) for a in arguments) else MATH[name](*arguments)

    return apply


DUAL: Mapping[str, Callable[..., Any]] = {name: _or_plain(name, f) for name, f in _NUMERIC.items()} | {"sum": _total}
"""The operators and functions of `MATH` on Duals."""
