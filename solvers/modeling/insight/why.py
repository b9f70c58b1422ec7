"""Answers "why is X not done?": asks for X as well, solves again, and says what it costs or what forbids it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..arrays.form import Nonlinear
from ..arrays.program import assemble
from ..engines.route import solve_instance
from ..formulation import Constraint
from ..instance import Instance
from ..pointwise.check import check
from ..solution import Conflict, Solution
from ..variants import with_constraint
from .comparison import Changed, Comparison, compare
from .limits import conflicting_bounds
from .meaning import figure
from .wish import fresh_name, statement_of

__all__ = ["Changed", "Comparison", "Forced", "compare", "force", "statement_of"]

ASKED = "what you asked for"
MAX_BOUNDS = 20
"""Bounds of variables that are named beside a conflict."""


@dataclass(frozen=True)
class Forced:
    """What came of asking for one thing more."""

    constraint: Constraint
    """What was asked, under a name that is free in the instance."""
    solution: Solution
    """The plan that does what was asked, or the outcome that there is none."""
    comparison: Comparison
    """The plan before against this one."""
    no_change: bool
    """Whether the plan before does it already."""
    conflict: Conflict | None = None
    """Why it cannot be done; the member that was asked for is named so."""

    @property
    def cost(self) -> float | None:
        """By how much the objective gets worse in its own sense; None when there is no plan."""
        return self.comparison.loss

    @property
    def cost_percent(self) -> float | None:
        """The cost in percent of |objective before|; None when there is none, or before is 0."""
        before = self.comparison.before
        return None if self.cost is None or not before else 100.0 * self.cost / abs(before)

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        if self.no_change:
            return "The plan does this already."
        if self.solution.termination_condition == "infeasible":
            return "It cannot be done: it contradicts what the plan must keep to."
        if self.comparison.after is not None and self.comparison.before is None:
            return self.comparison.sentence
        if self.cost is None:
            return f"No plan that does it was found ({self.solution.termination_condition.replace('_', ' ')})."
        return self._costs(self.cost)

    def _costs(self, cost: float) -> str:
        unit = self.comparison.unit
        proved = "" if self.solution.solution_status == "optimal" else " at most, for the new plan is not proved best"
        share = "" if self.cost_percent is None else f" ({self.cost_percent:.3g} %)"
        ends = f"from {figure(self.comparison.before or 0.0)} to {figure(self.comparison.after or 0.0, unit)}"
        if abs(cost) <= 1e-6 * max(1.0, abs(self.comparison.before or 0.0)):
            return "It can be done at no cost: another plan is as good."
        if cost < 0:
            return f"It can be done and is better by {figure(-cost, unit)}: the plan before was not the best ({ends})."
        return f"It can be done and costs {figure(cost, unit)}{share}{proved}: the objective goes {ends}."


def force(instance: Instance, solution: Solution, constraint: Constraint, time_limit_s: float = 60.0) -> Forced:
    """Ask a plan for one constraint more and solve again.

    Args:
        instance: What was solved.
        solution: Its outcome.
        constraint: What is asked; `statement_of` reads one from a text. It is added, never
            put in the place of a constraint of the same name.
        time_limit_s: Seconds for the solver; an explanation may take half of it on top.

    Raises:
        FormulationError: The constraint is wrong, or has no value (a missing key).
        SolverError: The solver failed, or its point fails the check.
    """
    asked = constraint.model_copy(update={"name": fresh_name(instance.formulation, constraint.name)})
    stricter = with_constraint(instance, asked)
    if solution.variables and _holds(stricter, solution, asked.name):
        return Forced(asked, solution, compare(solution, solution), no_change=True)
    outcome = solve_instance(stricter, time_limit_s)
    if outcome.conflict is not None and outcome.conflict.kind == "infeasible":
        outcome = replace(outcome, conflict=_named(stricter, asked, outcome.conflict, time_limit_s / 4))
    return Forced(asked, outcome, compare(solution, outcome), no_change=False, conflict=outcome.conflict)


def _holds(instance: Instance, solution: Solution, name: str) -> bool:
    """Whether a plan keeps to one constraint, by the independent evaluator."""
    only = replace(instance.analysis, constraints={name: instance.analysis.constraints[name]})
    report = check(replace(instance, analysis=only), solution.variables)
    return any(finding.check == f"constraint {name}" and finding.ok for finding in report.findings)


def _named(instance: Instance, asked: Constraint, conflict: Conflict, time_limit_s: float) -> Conflict:
    """The conflict with the bounds that take part in it, and the constraint that was asked for named so."""
    bounds = _bounds(instance, conflict, time_limit_s)[:MAX_BOUNDS]
    start = re.compile(rf"^{asked.name}(?=\[|:|$)")
    inside = re.compile(rf"^(lower|raise|let) {asked.name}(?=\[| )")
    return replace(
        conflict,
        members=tuple(start.sub(ASKED, member) for member in conflict.members),
        sentences=(*(start.sub(ASKED, sentence) for sentence in conflict.sentences), *bounds),
        repair=tuple(inside.sub(rf"\1 {ASKED}", sentence) for sentence in conflict.repair),
    )


def _bounds(instance: Instance, conflict: Conflict, time_limit_s: float) -> list[str]:
    try:
        return conflicting_bounds(assemble(instance), conflict.members, time_limit_s)
    except Nonlinear:
        return []
