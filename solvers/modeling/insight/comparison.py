"""What became of a plan: two solutions side by side, the largest changes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..instance import Key
from ..solution import Solution, label
from .meaning import figure

SAME = 1e-6
"""Values this close, relative to the larger and at least to 1, are one: solvers leave dust."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A variable whose value is another."""

    name: str
    key: Key
    before: float | None
    """None: the plan before had no such key."""
    after: float | None
    unit: str = ""

    @property
    def label(self) -> str:
        """As it is shown: make[B]."""
        return label(self.name, self.key)

    @property
    def difference(self) -> float:
        """After less before; a key that is absent counts as 0."""
        return (self.after or 0.0) - (self.before or 0.0)

    @property
    def sentence(self) -> str:
        """As "make[B]: 3 -> 5 t"."""
        before = "absent" if self.before is None else figure(self.before)
        after = "absent" if self.after is None else figure(self.after, self.unit)
        return f"{self.label}: {before} -> {after}"


@dataclass(frozen=True)
class Comparison:
    """Two solutions of nearly the same problem."""

    before: float | None
    """Objective before; None: there was no plan."""
    after: float | None
    changes: tuple[Changed, ...]
    """Variables with another value, the largest difference first."""
    maximize: bool
    unit: str
    same_objective: bool
    """Whether both optimize the same expression; else the two figures mean different things."""

    @property
    def difference(self) -> float | None:
        """Objective after less before; None when one of them is missing."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def percent(self) -> float | None:
        """The difference in percent of |before|; None when it is missing or before is 0."""
        return 100.0 * self.difference / abs(self.before) if self.difference is not None and self.before else None

    @property
    def loss(self) -> float | None:
        """By how much the objective got worse in its own sense; below 0 when it got better."""
        if self.difference is None:
            return None
        return (-self.difference if self.maximize else self.difference) + 0.0

    @property
    def is_same(self) -> bool:
        """Whether neither the objective nor any value changed."""
        return not self.changes and self.difference is not None and _close(self.before or 0.0, self.after or 0.0)

    @property
    def sentence(self) -> str:
        """What became of the objective, in one sentence."""
        if self.before is None or self.after is None:
            return "Neither has a plan." if self.before == self.after else self._one_sided()
        if _close(self.before, self.after):
            return f"The objective stays at {figure(self.after, self.unit)}."
        word = "rises" if self.after > self.before else "falls"
        by = figure(abs(self.after - self.before), self.unit)
        share = "" if self.percent is None else f", {abs(self.percent):.3g} %"
        ends = f"from {figure(self.before)} to {figure(self.after, self.unit)}"
        judged = "better" if (self.loss or 0.0) < 0 else "worse"
        return f"The objective {word} {ends} ({by}{share}{f', {judged}' if self.same_objective else ''})."

    def _one_sided(self) -> str:
        if self.after is None:
            return f"There is no plan any more; the objective was {figure(self.before or 0.0, self.unit)}."
        return f"There is a plan now; its objective is {figure(self.after, self.unit)}."


def compare(before: Solution, after: Solution) -> Comparison:
    """Put two solutions side by side, in time linear in their values."""
    stated = after.formulation.objective
    old = before.formulation.objective
    return Comparison(
        before=before.incumbent_objective,
        after=after.incumbent_objective,
        changes=tuple(sorted(_changes(before, after), key=lambda change: -abs(change.difference))),
        maximize=stated.sense == "maximize",
        unit=stated.unit,
        same_objective=(stated.sense, stated.expression) == (old.sense, old.expression),
    )


def _changes(before: Solution, after: Solution) -> Iterator[Changed]:
    # Without a plan on one side everything would be listed as new, which tells nothing.
    if not before.variables or not after.variables:
        return
    units = {v.name: v.unit for v in (*before.formulation.variables, *after.formulation.variables)}
    for name in dict.fromkeys((*before.variables, *after.variables)):
        old, new = before.variables.get(name, {}), after.variables.get(name, {})
        for key, value in new.items():
            was = old.get(key)
            if was is None or not _close(was, value):
                yield Changed(name, key, was, value, units.get(name, ""))
        yield from (Changed(name, key, was, None, units.get(name, "")) for key, was in old.items() if key not in new)


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= SAME * max(1.0, abs(one), abs(other))
