"""What rows and coefficients are worth at the optimum: prices, differences, and the ranges that they hold for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ..instance import Key
from ..solution import label
from .meaning import figure, gain

Side = Literal["at most", "at least", "exactly"]


@dataclass(frozen=True, slots=True)
class RowPrice:
    """The shadow price of one row of a linear program."""

    name: str
    key: Key
    side: Side
    """Which limit of the row `bound` is; of a row with two limits, the one that the plan is at or nearer to."""
    bound: float
    """The right-hand side, with the variables on the left and all constants on the right."""
    activity: float
    """The left side at the plan."""
    price: float
    """Change of the objective for each unit of the right-hand side; above 0 where more of it raises the objective."""
    lowest: float
    """Least right-hand side for which the price holds."""
    highest: float
    raised: float | None
    """Change of the objective for each unit more than now; the price where it holds upwards, None where not known."""
    lowered: float | None
    """Change of the objective for each unit less than now: minus the price where it holds downwards."""
    unit: str
    meaning: str
    maximize: bool
    objective_unit: str = ""
    cannot_raise: bool = False
    """Whether no plan is left as soon as the right-hand side is raised."""
    cannot_lower: bool = False

    @property
    def label(self) -> str:
        """The row as it is shown: oven[Mon]."""
        return label(self.name, self.key)

    @property
    def slack(self) -> float:
        """What is left between the row and its limit."""
        return abs(self.bound - self.activity)

    @property
    def one_sided(self) -> bool:
        """Whether the price holds for more or for less only, as at a degenerate plan."""
        return not self.lowest < self.bound < self.highest

    @property
    def sentence(self) -> str:
        """What a unit more and a unit less are worth, and how far that holds."""
        words = f" ({self.meaning})" if self.meaning else ""
        return f"{self.label}{words}, now {self.side} {figure(self.bound, self.unit)}: {self._up()}; {self._down()}."

    def _up(self) -> str:
        if self.cannot_raise:
            return "it cannot be more, for then there is no plan"
        far = f", up to {figure(self.highest, self.unit)}" if self.bound < self.highest < math.inf else ""
        return f"each {self.unit or 'unit'} more {gain(self.raised, self.maximize, self.objective_unit)}{far}"

    def _down(self) -> str:
        if self.cannot_lower:
            return "it cannot be less, for then there is no plan"
        far = f", down to {figure(self.lowest, self.unit)}" if -math.inf < self.lowest < self.bound else ""
        return f"each {self.unit or 'unit'} less {gain(self.lowered, self.maximize, self.objective_unit)}{far}"


@dataclass(frozen=True, slots=True)
class CostRange:
    """How far a variable's coefficient in the objective may move before another plan is better."""

    name: str
    key: Key
    value: float
    reduced_cost: float
    """Change of the objective for each unit by which it is moved off its bound; 0 for one between its bounds."""
    cost: float
    """Its coefficient in the objective."""
    lowest: float
    """Least coefficient with which the plan stays optimal, for this coefficient alone."""
    highest: float
    unit: str
    meaning: str

    @property
    def label(self) -> str:
        """The variable as it is shown: make[B]."""
        return label(self.name, self.key)

    @property
    def sentence(self) -> str:
        """How far the coefficient may move."""
        words = f" ({self.meaning})" if self.meaning else ""
        stays = f"{self.label}{words} = {figure(self.value, self.unit)}: the plan stays "
        if self.lowest == -math.inf and self.highest == math.inf:
            return stays + f"whatever its coefficient in the objective is (now {figure(self.cost)})."
        ends = [f"at least {figure(self.lowest)}"] if self.lowest > -math.inf else []
        ends += [f"at most {figure(self.highest)}"] if self.highest < math.inf else []
        return stays + f"while its coefficient in the objective, now {figure(self.cost)}, is {' and '.join(ends)}."


@dataclass(frozen=True, slots=True)
class Difference:
    """What came of loosening a constraint by a step and solving again."""

    name: str
    key: Key | None
    """None: at all of its keys together."""
    step: float
    """By how much it was loosened, in `unit`; an equation's right-hand side is raised."""
    is_equation: bool
    change: float | None
    """Objective after less before, a difference of two solves; None when there was no plan or no proof in time."""
    doubt: float
    """How far the change may be off: what both solves left open between bound and plan."""
    outcome: str
    """The termination condition of the second solve; error when the solver failed at it."""
    slack: float
    """The room that the plan leaves in it, the least of its keys."""
    unit: str
    meaning: str
    maximize: bool
    objective_unit: str = ""

    @property
    def label(self) -> str:
        """The constraint as it is shown."""
        return self.name if self.key is None else label(self.name, self.key)

    @property
    def sentence(self) -> str:
        """What the step changed."""
        words = f" ({self.meaning})" if self.meaning else ""
        everywhere = " everywhere" if self.key is None else ""
        what = f"{figure(self.step, self.unit)} {'more' if self.is_equation else 'of room more'}{everywhere}"
        return f"{self.label}{words}: {what} {self._outcome()}."

    def _outcome(self) -> str:
        if self.outcome == "infeasible":
            return "leaves no plan"
        if self.outcome == "unbounded":
            return "leaves the objective without an end"
        if self.change is None:
            return f"was not solved to the end ({self.outcome.replace('_', ' ')})"
        if self.change and abs(self.change) <= self.doubt:
            return f"changes the objective by no more than the solver's gap, {figure(self.doubt, self.objective_unit)}"
        return gain(self.change, self.maximize, self.objective_unit)


@dataclass(frozen=True)
class Sensitivity:
    """What the optimum depends on."""

    kind: Literal["duals", "differences"]
    """duals: prices of a linear program, exact over their ranges; differences: what single steps changed."""
    objective: float
    rows: tuple[RowPrice, ...] = ()
    """Of duals, in the order of the rows."""
    variables: tuple[CostRange, ...] = ()
    """Of duals, in the order of the columns."""
    differences: tuple[Difference, ...] = ()
    """Of differences, in the order in which they were tried: the tightest first."""
    not_tried: tuple[str, ...] = ()
    """Constraints that the time did not suffice for, as labels."""
    notes: tuple[str, ...] = ()
    """What the reader should know: degeneracy, an interrupt, a gap."""

    @property
    def priced(self) -> list[RowPrice]:
        """The rows of which a unit more or less is worth something, the highest price first."""
        worth = [row for row in self.rows if _worth(row)]
        return sorted(worth, key=lambda row: -_worth(row))

    @property
    def telling(self) -> list[Difference]:
        """The steps that changed something, the largest change for a step first."""
        found = [d for d in self.differences if d.change is not None and abs(d.change) > d.doubt]
        return sorted(found, key=lambda difference: -abs(difference.change or 0.0))


def _worth(row: RowPrice) -> float:
    return max(abs(row.price), abs(row.raised or 0.0), abs(row.lowered or 0.0))
