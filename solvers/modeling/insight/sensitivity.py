"""What the optimum depends on, and what one unit more of anything is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agentopt.errors import InputError

from ..engines.route import choose
from ..instance import Instance
from ..solution import Solution
from .differences import try_steps
from .duals import price_linear
from .price import CostRange, Difference, RowPrice, Sensitivity

__all__ = ["CostRange", "Difference", "RowPrice", "Sensitivity", "sensitivity"]

MAX_ROWS = 20
"""Keys up to which a constraint of no linear program is loosened at each of them by itself."""


def sensitivity(
    instance: Instance,
    solution: Solution,
    time_limit_s: float = 30.0,
    progress: Callable[[str], None] | None = None,
    max_rows: int = MAX_ROWS,
) -> Sensitivity:
    """Say what each constraint is worth at a plan.

    A linear program gets duals with the ranges that they hold for, from one solve;
    every other class gets differences, each from a solve of its own, and none is
    called a dual.

    Args:
        instance: What was solved.
        solution: Its outcome.
        time_limit_s: Seconds for all solves together.
        progress: Is called with one line for each step.
        max_rows: Keys up to which a constraint is loosened at each of them by itself;
            one with more is loosened at all of them together.

    Raises:
        InputError: There is no plan.
        SolverError: The solver failed at the plan itself; a step at which one fails is told so.
    """
    if not solution.variables or solution.incumbent_objective is None:
        raise InputError(f"expected a solution with a plan, got one that is {solution.termination_condition}")
    tell = progress or (lambda line: None)
    route = choose(instance)
    if route.problem_class == "LP" and route.program is not None:
        return replace(price_linear(route.program, time_limit_s, tell), objective=solution.incumbent_objective)
    return try_steps(instance, solution, time_limit_s, max_rows, tell)
