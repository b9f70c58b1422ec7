"""Optimizes the other way round: where that comes to the same, the objective decides nothing."""

from __future__ import annotations

from ..formulation import Objective
from ..variants import with_objective
from .doubt import Doubt, doubtful, holds, not_tried
from .subject import Subject
from .trial import Trials, moved
from .trivial import is_any_plan

CHECK = "the worst plan"


def turn_round(subject: Subject, trials: Trials) -> list[Doubt]:
    """Look for the worst plan and compare it with the best.

    Returns:
        One finding; the amount is how much the two differ by, in the objective's unit.
    """
    if is_any_plan(subject):
        return [holds(CHECK, "the objective is a plain number: any plan that keeps the requirements is as good")]
    if subject.obstacle:
        return [not_tried(CHECK, subject.obstacle)]
    stated = subject.instance.formulation.objective
    other = Objective(sense="minimize" if subject.maximize else "maximize", expression=stated.expression)
    outcome = trials.solve(lambda: with_objective(subject.instance, other))
    if outcome is None:
        return [not_tried(CHECK, "the time was too short")]
    if outcome.optimum is None:
        known = outcome.point.termination_condition == "unbounded"
        return [holds(CHECK, "a plan may be as bad as one likes") if known else not_tried(CHECK, outcome.ended)]
    if not moved(subject, outcome):
        same = f"every plan that keeps the requirements comes to {subject.optimum:.7g}"
        return [doubtful(CHECK, f"{same}, so there is nothing to optimize")]
    span = abs(outcome.optimum - (subject.optimum or 0.0))
    return [holds(CHECK, f"plans come to anything from {outcome.optimum:.7g} to {subject.optimum:.7g}, the best", span)]
