"""A problem of a benchmark, and apart from it what is right, so that no solver can see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """What a solver is given, and how the problem is called; the answer is elsewhere."""

    id: str
    kind: str
    question: str


@dataclass(frozen=True)
class Label:
    """What a benchmark holds to be right.

    One number, which is the optimal objective; several named ones, among which the
    objective is (OptiBench); or none, for a problem without a solution.
    """

    values: tuple[tuple[str, float], ...]
    """Name and number; the name of a single number is ""."""

    @property
    def is_no_solution(self) -> bool:
        """Whether the right outcome is a proof that there is no solution, or no finite one."""
        return not self.values

    @property
    def is_named(self) -> bool:
        """Whether several quantities are stated, each by name."""
        return any(name for name, _ in self.values)


@dataclass(frozen=True)
class Benchmark:
    """The items of a file, and the answer key, by id."""

    items: tuple[Item, ...]
    key: Mapping[str, Label]
    left_out: tuple[str, ...] = ()
    """A sentence for each entry of the file that cannot be scored."""

    def only(self, items: tuple[Item, ...]) -> Benchmark:
        """The same with some of its items."""
        return Benchmark(items, {item.id: self.key[item.id] for item in items}, self.left_out)
