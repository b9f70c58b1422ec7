"""The domains of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from agentopt.errors import InputError
from agentopt.graph.domains.domain import unfit

# Python writes no int of many thousands of digits in decimal, and JSON is decimal.
_MAX_BITS = 8192


@dataclass(frozen=True)
class Real:
    """Finite floats between two bounds, both included.

    Args:
        low: The least value; None means no bound.
        high: The greatest value; None means no bound.
        log: Whether equal ratios count as equal steps, as for a learning rate; needs a low above zero.

    Raises:
        InputError: A bound is no finite number, low is not below high, or log has no low above zero.
    """

    low: float | None = None
    high: float | None = None
    log: bool = False

    kind: ClassVar[str] = "number"

    def __post_init__(self) -> None:
        for name, bound in (("low", self.low), ("high", self.high)):
            if bound is not None and (type(bound) not in (int, float) or not _finite(bound)):
                raise InputError(f"expected {name} to be a finite number, got {bound!r}")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise InputError(f"expected low below high, got {self.low!r} and {self.high!r}")
        if type(self.log) is not bool:
            raise InputError(f"expected log to be True or False, got {self.log!r}")
        if self.log and (self.low is None or self.low <= 0):
            raise InputError(f"expected a low above zero where log=True, got {self.low!r}")

    def check(self, value: object) -> None:
        """Do nothing if the value is a float of this domain, else raise DomainError."""
        if type(value) is not float:
            hint = f" (write {value}.0)" if type(value) is int and _finite(value) else ""
            raise unfit(f"{self.describe()}, as a float{hint}", value)
        if not math.isfinite(value) or not _within(value, self.low, self.high):
            raise unfit(self.describe(), value)

    def describe(self) -> str:
        """Say to a model what numbers there are."""
        return f"a number{_range(self.low, self.high)}{' on a logarithmic scale' if self.log else ''}"

    def parse(self, raw: Any) -> float:
        """Take a JSON number; whole ones become floats."""
        if type(raw) not in (int, float) or not _finite(raw):
            raise unfit(self.describe(), raw)
        value = float(raw)
        self.check(value)
        return value

    def schema(self) -> Any:
        """A reply gives a JSON number."""
        return float

    def show(self, value: float) -> str:
        """A model sees the shortest digits that give the very number."""
        return repr(value)


@dataclass(frozen=True)
class Integer:
    """Whole numbers between two bounds, both included.

    Args:
        low: The least value; None means no bound.
        high: The greatest value; None means no bound.

    Raises:
        InputError: A bound is no int, or low is above high.
    """

    low: int | None = None
    high: int | None = None

    kind: ClassVar[str] = "integer"

    def __post_init__(self) -> None:
        for name, bound in (("low", self.low), ("high", self.high)):
            if bound is not None and type(bound) is not int:
                raise InputError(f"expected {name} to be a whole number, got {bound!r}")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(f"expected low at most high, got {self.low} and {self.high}")

    def check(self, value: object) -> None:
        """Do nothing if the value is an int of this domain, else raise DomainError."""
        if type(value) is not int or not _within(value, self.low, self.high):
            raise unfit(self.describe(), value)
        if value.bit_length() > _MAX_BITS:
            raise unfit(f"a whole number of at most {_MAX_BITS} bits", value)

    def describe(self) -> str:
        """Say to a model what numbers there are."""
        return f"a whole number{_range(self.low, self.high)}"

    def parse(self, raw: Any) -> int:
        """Take a JSON number that is whole, 3.0 as well as 3."""
        value = int(raw) if type(raw) is float and raw.is_integer() else raw
        if type(value) is not int:
            raise unfit(self.describe(), raw)
        self.check(value)
        return value

    def schema(self) -> Any:
        """A reply gives a JSON integer."""
        return int

    def show(self, value: int) -> str:
        """A model sees the digits."""
        return str(value)


def _finite(value: float) -> bool:
    """Whether a number is finite as a float; an int may be too large for one."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    return "" if high is None else f" of at most {high}"
