"""Finds plans that trade one objective for another, by limiting the second and optimizing the first.

The epsilon-constraint method (Haimes, Lasdon and Wismer 1971) with its augmentation
(AUGMECON2: Mavrotas 2009, Mavrotas and Florios 2013): the ends are lexicographic
optima; between them the limit moves in even steps; a small share of the second
objective in the first makes every point efficient, not only weakly so; and a limit
that the last plan keeps already is passed over. Where the paper adds a slack variable
for the limit, the second objective itself stands in the objective: it is the same up
to a constant.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from agentopt.errors import InputError, SolverError

from ..engines.route import build_solution, checked, solve_instance
from ..formulation import Constraint, Objective
from ..instance import Instance
from ..language.expression import Binary, Number
from ..pointwise.bounds import evaluator_of
from ..solution import Point, Solution
from ..variants import with_constraint, with_objective
from .front import Front, FrontPoint, name
from .meaning import figure
from .wish import fresh_name

__all__ = ["Front", "FrontPoint", "pareto_front"]

AUGMENTATION = 1e-3
"""Share of the second objective, both measured by their ranges; the largest that Mavrotas proposes (1e-6 to 1e-3)."""
LIMIT = "second_limit"
"""Name of the limit, with a number behind it where the name is taken."""

_SAME = 1e-6
"""Relative distance at which two figures are one, and the room of a second try where the first leaves none."""
_DUST = 1e-7
"""Figures this close to 0 are 0: solvers' tolerances."""
_KEPT = 1e-9
"""Relative room that a lexicographic step leaves to the objective that is kept."""


def pareto_front(
    instance: Instance,
    second: Objective,
    n_points: int = 9,
    time_limit_s: float = 60.0,
    progress: Callable[[str], None] | None = None,
) -> Front:
    """Trade the objective of a problem for a second one.

    Args:
        instance: The problem with its own objective.
        second: What is good as well; any expression that a solver takes as a constraint.
        n_points: Points at most, both ends included.
        time_limit_s: Seconds for all solves together.
        progress: Is called with one line before each point.

    Raises:
        InputError: Fewer than two points are asked for, or the second objective is wrong.
        SolverError: A solver failed at an end, or its point fails the check.
    """
    if n_points < 2:
        raise InputError(f"expected at least 2 points of a front, got {n_points}")
    deadline = time.perf_counter() + time_limit_s
    return _Search(instance, second, n_points, deadline, progress or (lambda line: None)).run()


@dataclass
class _Search:
    """One run of the method."""

    instance: Instance
    second: Objective
    n_points: int
    deadline: float
    progress: Callable[[str], None]
    notes: list[str] = field(default_factory=list)
    why_stopped: str = ""
    """Set when somebody interrupted or the time is over: nothing more is solved then."""

    def __post_init__(self) -> None:
        self.first = self.instance.formulation.objective
        self.other = with_objective(self.instance, self.second)

    def run(self) -> Front:
        """Find the ends, then what lies between."""
        self.progress(f"best plan for {name(self.first)}")
        start = self._end(self.instance, self.other, limited=False)
        if start is None:
            return self._front([])
        self.progress(f"best plan for {name(self.second)}")
        end = self._end(self.other, self.instance, limited=True)
        if end is None:
            return self._front([start])
        if _same(start.second, end.second):
            return self._front([start], complete=start.proved and end.proved)
        return self._front([start, *self._between(start, end), end], complete=start.proved and end.proved)

    def _end(self, one: Instance, then: Instance, *, limited: bool) -> FrontPoint | None:
        """The best for one objective and, among those, for the other; None without a plan."""
        found = self._solve(one)
        if found is None or found.incumbent_objective is None:
            self._say_why(one, found)
            return None
        best = found.incumbent_objective
        rooms = (_KEPT * abs(best), _SAME * max(1.0, abs(best)))
        for room in rooms if found.solution_status == "optimal" else ():
            keep = _limit(one, one.formulation.objective, best, room)
            refined = self._solve(with_constraint(then, keep))
            if refined is not None and refined.variables:
                return self._point(refined, limited=limited)
        return replace(self._point(found, limited=limited), proved=False)

    def _between(self, start: FrontPoint, end: FrontPoint) -> list[FrontPoint]:
        """The points between the ends, from the loosest limit to the tightest."""
        n = self.n_points - 1
        share = AUGMENTATION * abs(end.first - start.first) / abs(end.second - start.second)
        points: list[FrontPoint] = []
        last = start
        for k in range(1, n):
            at = start.second + (end.second - start.second) * k / n
            if self._keeps(last.second, at):
                continue
            limit = _limit(self.instance, self.second, at)
            self.progress(f"point {k + 1} of {self.n_points}: {limit.meaning}")
            found = self._tried(self._augmented(with_constraint(self.instance, limit), share))
            if found is not None and found.variables:
                last = self._point(found, limited=True)
                points.append(last)
            if self.why_stopped:
                self.notes.append(f"the front was not searched beyond {limit.meaning}")
                break
        return points

    def _tried(self, instance: Instance) -> Solution | None:
        """Solve for a point between the ends; a failure there is noted and spoils no other point."""
        try:
            return self._solve(instance)
        except SolverError as error:
            self.notes.append(str(error))
            return None

    def _keeps(self, value: float, limit: float) -> bool:
        """Whether a value of the second objective is within a limit already."""
        return _same(value, limit) or (value < limit) == (self.second.sense == "minimize")

    def _augmented(self, limited: Instance, share: float) -> Instance:
        """The instance with a share of the second objective in its own."""
        sign = 1.0 if self.second.sense == self.first.sense else -1.0
        stated, more = limited.analysis.objective, self.other.analysis.objective.body
        body = Binary(1, "+", stated.body, Binary(1, "*", Number(1, sign * share), more))
        return replace(limited, analysis=replace(limited.analysis, objective=replace(stated, body=body)))

    def _solve(self, instance: Instance) -> Solution | None:
        """Solve within what is left of the time; None when nothing is left, or after an interrupt."""
        left = self.deadline - time.perf_counter()
        if left <= 0:
            self._stop("the time is over")
        if self.why_stopped:
            return None
        found = solve_instance(instance, left)
        if found.termination_condition == "interrupted":
            self._stop("interrupted")
        elif found.termination_condition == "time_limit":
            self._stop("the time is over")
        return found

    def _say_why(self, instance: Instance, found: Solution | None) -> None:
        if found is not None and found.termination_condition == "unbounded":
            self.notes.append(f"{name(instance.formulation.objective)} has no finite optimum")
        elif found is not None and found.termination_condition == "infeasible":
            self.notes.append("there is no plan")

    def _stop(self, why: str) -> None:
        self.why_stopped = why
        self.notes.append(why)

    def _point(self, found: Solution, *, limited: bool) -> FrontPoint:
        """A point with both objectives recomputed, as a checked plan of the problem.

        With a share of the second objective in the first, a plan is the best under the
        limit that it keeps itself, which may be tighter than the one that was set.
        """
        statement = self.other.analysis.objective
        second = float(evaluator_of(self.other, found.variables).value(statement, "objective"))
        limit = _limit(self.instance, self.second, second) if limited else None
        instance = self.instance if limit is None else with_constraint(self.instance, limit)
        claim = Point(
            found.termination_condition,
            found.solver,
            found.guarantee,
            values=found.variables,
            seconds=found.seconds,
        )
        report = checked(instance, claim)
        solution = build_solution(instance, found.problem_class, claim, report, None)
        return FrontPoint(report.objective, second, solution, limit, proved=solution.solution_status == "optimal")

    def _front(self, points: list[FrontPoint], complete: bool = False) -> Front:
        rated = _rated(self._efficient(points))
        complete = complete and not self.why_stopped
        return Front(self.first, self.second, rated, complete, tuple(dict.fromkeys(self.notes)))

    def _efficient(self, points: list[FrontPoint]) -> list[FrontPoint]:
        """The points, the best of the first objective first, without those that another is as good as in both."""
        one, two = (1.0 if o.sense == "minimize" else -1.0 for o in (self.first, self.second))
        kept: list[FrontPoint] = []
        for point in sorted(points, key=lambda p: (one * p.first, two * p.second)):
            if kept and (_same(kept[-1].second, point.second) or two * point.second > two * kept[-1].second):
                continue
            if kept and _same(kept[-1].first, point.first):
                kept.pop()
            kept.append(point)
        return kept


def _limit(instance: Instance, objective: Objective, at: float, room: float = 0.0) -> Constraint:
    """An objective as a constraint: no worse than a value, with some room for rounding."""
    low = objective.sense == "minimize"
    value = at + room if low else at - room
    return Constraint(
        name=fresh_name(instance.formulation, LIMIT),
        expression=f"({objective.expression}) {'<=' if low else '>='} {value!r}",
        meaning=f"{name(objective)} {'at most' if low else 'at least'} {figure(at, objective.unit)}",
    )


def _rated(points: list[FrontPoint]) -> tuple[FrontPoint, ...]:
    rates = [abs(b.first - a.first) / abs(b.second - a.second) for a, b in pairwise(points)]
    return tuple(replace(point, rate=rate) for point, rate in zip(points, [None, *rates]))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME * max(abs(one), abs(other)) + _DUST
