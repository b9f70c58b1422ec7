"""What came of a problem: the outcome in Pyomo's words, the point, and what was checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .instance import Key

if TYPE_CHECKING:
    from agentopt.llm import Usage

    from .formulation import Formulation

TerminationCondition = Literal["optimal", "infeasible", "unbounded", "time_limit", "interrupted", "error"]
SolutionStatus = Literal["optimal", "feasible", "none"]
Guarantee = Literal["global", "local", "none"]


@dataclass(frozen=True)
class Finding:
    """What one check found, in one line."""

    check: str
    """What was looked at: "constraint demand[Oslo]", "objective", "bounds of ship", "units", ..."""
    ok: bool
    detail: str
    """One sentence with the figures."""
    amount: float = 0.0
    """Size of the violation, in the constraint's own unit; 0 when ok."""


@dataclass(frozen=True)
class Loosening:
    """A bound of one row that gives way, as a part of the least repair."""

    constraint: str
    key: Key
    side: Literal["at least", "at most"]
    old: float
    new: float


@dataclass(frozen=True)
class Conflict:
    """Why a problem has no solution, or no finite one, in the user's sentences."""

    kind: Literal["infeasible", "unbounded"]
    members: tuple[str, ...]
    """The elements that conflict, as "demand[Oslo]"; for unbounded, the variables of the ray."""
    sentences: tuple[str, ...]
    """One sentence for each member: its meaning, and its figures."""
    repair: tuple[str, ...] = ()
    """The least change that makes it feasible, a sentence each."""
    loosened: tuple[Loosening, ...] = ()
    """The same as figures, where it is known; `edits.repair` makes edits of them."""


@dataclass(frozen=True)
class Alternative:
    """Another reading of something that the text does not say, solved by itself."""

    question: str
    """What is not said, as it is put to the problem's owner."""
    taken: str
    """The reading that the solution takes, in a few words."""
    reading: str
    """This one, in a few words."""
    formulation: Formulation
    termination_condition: TerminationCondition
    objective: float | None
    differs: bool
    """Whether the outcome is another than that of the reading taken."""


@dataclass(frozen=True)
class Point:
    """What a solver returned, before anybody checked it."""

    termination_condition: TerminationCondition
    solver: str
    """Name and version, as "HiGHS 1.15"."""
    guarantee: Guarantee = "none"
    """global: proved by the solver on a problem of its class; local: no better point nearby was found."""
    objective: float | None = None
    """The solver's own claim of the objective."""
    objective_bound: float | None = None
    values: dict[str, dict[Key, float]] = field(default_factory=dict)
    """Variable -> key -> value; empty when there is no point."""
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True)
class Solution:
    """A checked outcome. Every figure in it was recomputed by the checker or proved by a solver."""

    formulation: Formulation
    termination_condition: TerminationCondition
    solution_status: SolutionStatus
    problem_class: str
    """LP, MIP, convex QP, nonconvex QP, MIQP, QCP, MIQCP, NLP, MINLP; program when a model's program solved it."""
    solver: str
    guarantee: Guarantee
    incumbent_objective: float | None
    """The objective at the point, recomputed by the checker."""
    objective_bound: float | None
    variables: dict[str, dict[Key, float]]
    findings: tuple[Finding, ...]
    """What each check found; a Solution with a point has passed every hard one."""
    conflict: Conflict | None = None
    notes: tuple[str, ...] = ()
    """What the reader should know: assumptions taken, doubts, what could not be checked."""
    seconds: float = 0.0
    usage: Usage | None = None
    """What the model calls cost; None when no model was asked."""
    answer: str = ""
    """The answer in the words of who asked, every figure in it recomputed at the point."""
    alternatives: tuple[Alternative, ...] = ()
    """What the text leaves open, in its other readings."""
    program: str = ""
    """The Pyomo program, where the expression language could not say the problem."""

    @property
    def gap(self) -> float | None:
        """Relative distance of bound and incumbent, |bound - incumbent| / max(1, |incumbent|)."""
        if self.incumbent_objective is None or self.objective_bound is None:
            return None
        return abs(self.objective_bound - self.incumbent_objective) / max(1.0, abs(self.incumbent_objective))


def label(name: str, key: Key) -> str:
    """An element's name with its key, as it is shown: demand[Oslo], ship[A, 3], budget."""
    return f"{name}[{', '.join(map(str, key))}]" if key else name
