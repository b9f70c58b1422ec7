"""Plans of which none is better in both of two objectives: what is traded for what."""

from __future__ import annotations

from dataclasses import dataclass

from ..formulation import Constraint, Objective
from ..solution import Solution
from .meaning import figure


@dataclass(frozen=True)
class FrontPoint:
    """One efficient plan."""

    first: float
    """The problem's own objective."""
    second: float
    solution: Solution
    """The plan, checked; its formulation holds the limit, so that it can be taken over as it is."""
    limit: Constraint | None
    """The limit on the second objective under which it is the best for the first; None for the best without one."""
    proved: bool
    """Whether a solver proved that no plan is better in one objective and as good in the other."""
    rate: float | None = None
    """What the first objective gives up for each unit that the second gains on the point before; None for the first."""


@dataclass(frozen=True)
class Front:
    """Efficient plans from the best of the first objective to the best of the second."""

    first: Objective
    second: Objective
    points: tuple[FrontPoint, ...]
    """The first objective gets worse from point to point, the second better."""
    complete: bool
    """Whether both ends were found; else the front goes on beyond the points."""
    notes: tuple[str, ...] = ()
    """What the reader should know: an interrupt, an end without a plan, what the time did not suffice for."""

    @property
    def conflicting(self) -> bool:
        """Whether the two objectives are at odds, as far as is known."""
        return len(self.points) > 1 or not self.complete

    @property
    def sentence(self) -> str:
        """What is traded, in one sentence."""
        if not self.points:
            return "There is no plan to begin with."
        first, last = self.points[0], self.points[-1]
        if not self.conflicting:
            best = f"{figure(first.first, self.first.unit)} and {figure(first.second, self.second.unit)}"
            return f"The two objectives are not at odds: one plan is the best for both, with {best}."
        ends = ((first.first, last.first, self.first), (first.second, last.second, self.second))
        one, other = (f"{name(o)} goes from {figure(a)} to {figure(b, o.unit)}" for a, b, o in ends)
        return f"Over {len(self.points)} plans {one} while {other}."


def name(objective: Objective) -> str:
    """What an objective is called: its meaning, else its expression."""
    return objective.meaning.rstrip(".") or objective.expression
