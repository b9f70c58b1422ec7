"""The domain of ordered exemplars, chosen out of a pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from agentopt.errors import DomainError, InputError
from agentopt.graph.domains.domain import brief, unfit

_SHOWN_ENTRIES = 100


@dataclass(frozen=True)
class Exemplars:
    """Tuples of k different places in a pool, in the order in which a prompt shows them.

    Args:
        pool: The exemplars, whatever they are.
        k: How many are chosen.

    Raises:
        InputError: k is no whole number from 1 to the size of the pool.
    """

    pool: Sequence[Any]
    k: int

    kind: ClassVar[str] = "exemplars"

    def __post_init__(self) -> None:
        if isinstance(self.pool, str) or not isinstance(self.pool, Sequence):
            raise InputError(f"expected the pool as a list or tuple of exemplars, got {brief(self.pool)}")
        object.__setattr__(self, "pool", tuple(self.pool))
        if type(self.k) is not int or not 1 <= self.k <= len(self.pool):
            raise InputError(f"expected k from 1 to the {len(self.pool)} exemplars of the pool, got {self.k!r}")

    def check(self, value: object) -> None:
        """Do nothing if the value is a tuple of k different places, else raise DomainError."""
        if type(value) is not tuple:
            raise unfit(f"{self._wanted()}, as a tuple", value)
        for place in value:
            if type(place) is not int or not 0 <= place < len(self.pool):
                raise unfit(f"whole numbers from 0 to {len(self.pool) - 1} in {brief(value)}", place)
        if len(value) != self.k:
            raise DomainError(f"expected {self.k} places, got {len(value)}: {brief(value)}")
        if len(set(value)) != self.k:
            raise DomainError(f"expected {self.k} different places, got one twice: {brief(value)}")

    def describe(self) -> str:
        """Say to a model what choices there are, and what stands at the places, as far as there is room."""
        entries = "; ".join(f"{place}: {brief(entry)}" for place, entry in enumerate(self.pool[:_SHOWN_ENTRIES]))
        rest = len(self.pool) - _SHOWN_ENTRIES
        return f"{self._wanted()}, which holds {entries}" + (f"; and {rest} more" if rest > 0 else "")

    def _wanted(self) -> str:
        return f"an ordered list of {self.k} different whole numbers from 0 to {len(self.pool) - 1}, places in the pool"

    def parse(self, raw: Any) -> tuple[int, ...]:
        """Take a JSON array of places."""
        if type(raw) not in (list, tuple):
            raise unfit(self._wanted(), raw)
        value = tuple(int(place) if type(place) is float and place.is_integer() else place for place in raw)
        self.check(value)
        return value

    def schema(self) -> Any:
        """A reply gives a JSON array of integers."""
        return list[int]

    def show(self, value: tuple[int, ...]) -> str:
        """A model sees the places, and under them what stands there."""
        return "\n".join([str(list(value)), *(f"{place}: {self.pool[place]}" for place in value)])
