"""What single steps change where there are no duals: a constraint is loosened, and the whole is solved again.

For a mixed-integer program a price for each unit does not exist: the objective jumps.
What is told is the difference that a named step makes, exact up to the solver's gap.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from agentopt.errors import SolverError

from ..engines.route import solve_instance
from ..instance import Instance, Key
from ..solution import Solution, label
from .loosened import loosened
from .price import Difference, Sensitivity
from .tight import TIGHT, Slack, rows_at

SHARE = 0.01
"""Part of a right-hand side that is a step where no unit is."""
LEAST_STEP = 1e-4
"""A step below this would drown in the tolerances of the solvers."""

_ROUNDING = 1e-7
"""Part of an objective that is a solver's rounding."""
_SMALL = 1e-3
"""An objective below this is rounded as this one is."""
_WHOLE = 2**53
"""From here on not every whole number is a float, so a key cannot be compared with it."""


@dataclass(frozen=True)
class _Trial:
    """A constraint to be loosened."""

    row: Slack
    """The tightest of its rows."""
    key: Key | None
    step: float
    is_equation: bool

    @property
    def label(self) -> str:
        return self.row.name if self.key is None else label(self.row.name, self.key)

    @property
    def rank(self) -> tuple[bool, bool, bool, float]:
        """Tight limits in figures first, then rules without a figure, then equations, then what has room."""
        return (not self.row.is_tight, self.is_equation, not self.row.limit, self.row.relative)


def try_steps(
    instance: Instance,
    solution: Solution,
    time_limit_s: float,
    max_rows: int,
    progress: Callable[[str], None],
) -> Sensitivity:
    """Loosen one constraint after another by a step and solve again, the tightest first.

    A step is one unit where the figures are whole numbers, else a hundredth of the
    largest. Where the objective is convex in the right-hand sides only tight rows are
    tried, for no other can matter.

    Args:
        instance: What was solved.
        solution: Its outcome, with a plan.
        time_limit_s: Seconds for all solves together.
        max_rows: Keys up to which a constraint is loosened at each of them by itself.
        progress: Is called with one line before each solve.
    """
    deadline = time.perf_counter() + time_limit_s
    trials = sorted(_trials(instance, solution, max_rows), key=attrgetter("rank"))
    before = solution.incumbent_objective
    assert before is not None
    found: list[Difference] = []
    notes = (
        []
        if solution.solution_status == "optimal"
        else ["the plan is not proved the best, so a change may be due to that"]
    )
    for number, trial in enumerate(trials):
        left = deadline - time.perf_counter()
        if left <= 0:
            break
        progress(f"loosening {trial.label} by {trial.step:.4g} ({number + 1} of {len(trials)})")
        outcome = _solved(loosened(instance, trial.row.name, trial.key, trial.step), left)
        if outcome is not None and outcome.termination_condition == "interrupted":
            notes.append("interrupted, so the rest was not tried")
            break
        found.append(_difference(instance, solution, trial, outcome))
    untried = tuple(trial.label for trial in trials[len(found) :])
    return Sensitivity("differences", before, differences=tuple(found), not_tried=untried, notes=tuple(notes))


def _solved(instance: Instance, time_limit_s: float) -> Solution | None:
    """The outcome of one step; None when the solver failed at it, which says nothing of the other steps."""
    try:
        return solve_instance(instance, time_limit_s)
    except SolverError:
        return None


def _trials(instance: Instance, solution: Solution, max_rows: int) -> Iterator[_Trial]:
    convex = solution.problem_class in ("LP", "convex QP")
    by_name = groupby(rows_at(instance, solution.variables), key=attrgetter("name"))
    for _, rows in by_name:
        at: dict[Key, list[Slack]] = {}
        for row in rows:
            at.setdefault(row.key, []).append(row)
        for trial in _of_constraint(at, max_rows):
            if trial.row.relative <= TIGHT or not convex:
                yield trial


def _of_constraint(at: dict[Key, list[Slack]], max_rows: int) -> Iterator[_Trial]:
    apart = len(at) <= max_rows and all(isinstance(p, str) or abs(p) < _WHOLE for key in at for p in key)
    groups = list(at.items()) if apart else [(None, [row for rows in at.values() for row in rows])]
    for key, rows in groups:
        equation = any(row.op == "==" for row in rows)
        yield _Trial(min(rows, key=attrgetter("relative")), key, _step(rows), equation)


def _step(rows: list[Slack]) -> float:
    limits = [abs(row.limit or 0.0) for row in rows]
    if all(limit.is_integer() for limit in limits):
        return 1.0
    return max(SHARE * max(limits), LEAST_STEP)


def _difference(instance: Instance, solution: Solution, trial: _Trial, outcome: Solution | None) -> Difference:
    stated = instance.formulation.objective
    return Difference(
        name=trial.row.name,
        key=trial.key,
        step=trial.step,
        is_equation=trial.is_equation,
        change=None if outcome is None else _change(solution, outcome),
        doubt=_open(solution) + (0.0 if outcome is None else _open(outcome)),
        outcome="error" if outcome is None else outcome.termination_condition,
        slack=trial.row.slack,
        unit=trial.row.unit,
        meaning=trial.row.meaning,
        maximize=stated.sense == "maximize",
        objective_unit=stated.unit,
    )


def _change(solution: Solution, outcome: Solution) -> float | None:
    before, after = solution.incumbent_objective, outcome.incumbent_objective
    if before is None or after is None or outcome.solution_status != "optimal":
        return None
    rounding = _ROUNDING * max(abs(before), abs(after), _SMALL)
    return 0.0 if abs(after - before) <= rounding else after - before


def _open(solution: Solution) -> float:
    """What a solver left open between its bound and its plan, beyond rounding."""
    at, bound = solution.incumbent_objective, solution.objective_bound
    if at is None or bound is None or abs(bound - at) <= _ROUNDING * max(abs(at), _SMALL):
        return 0.0
    return abs(bound - at)
