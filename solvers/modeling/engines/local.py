"""Solves a nonlinear instance with SciPy, without a proof, where SCIP is not installed.

SLSQP descends from many starts with exact gradients; integers are rounded and then
improved one step at a time. A pure integer problem in a small box is enumerated,
which is a proof.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..instance import Instance
from ..pointwise.check import check
from ..pointwise.smooth import Floats, SmoothProblem
from ..solution import Point, TerminationCondition
from .descent import descend

MAX_ENUMERATED = 20_000
"""Points of a pure integer box up to which each is tried."""
MAX_STARTS = 40
MAX_PAIRED = 12
"""Integers up to which two are moved at once."""
ENORMOUS = 1e12
"""An objective beyond this is called unbounded, without a proof."""
REMEDY = "for a proof of the optimum: pip install pyscipopt"


def solve_local(instance: Instance, time_limit_s: float, seed: int = 0) -> Point:
    """Search for the best point that SciPy can find; Ctrl-C keeps the best so far.

    Raises:
        FormulationError: The bounds of a variable cannot be computed.
    """
    import scipy

    started = time.perf_counter()
    solver = f"SciPy {scipy.__version__}"
    problem = SmoothProblem(instance)
    search = _Search(problem, started + time_limit_s)
    exhaustive = _box_size(problem) <= MAX_ENUMERATED
    condition: TerminationCondition = "optimal"
    try:
        if (problem.lower > problem.upper).any():
            exhaustive = True
        elif exhaustive:
            search.enumerate()
        else:
            search.descend(np.random.default_rng(seed))
    except KeyboardInterrupt:
        condition = "interrupted"
    if condition == "optimal" and search.timed_out:
        condition = "time_limit"
    if search.diverges:
        message = f"not proved: the objective has reached {search.best_objective:.2g}; {REMEDY}"
        return Point("unbounded", solver, seconds=time.perf_counter() - started, message=message)
    if search.best is None and condition == "optimal":
        condition = "infeasible" if exhaustive else "error"
    proved = exhaustive and condition in ("optimal", "infeasible")
    return Point(
        termination_condition=condition,
        solver=solver,
        guarantee="global" if proved else "local" if search.best is not None else "none",
        objective=None if search.best is None else search.best_objective,
        objective_bound=search.best_objective if proved and search.best is not None else None,
        values={} if search.best is None else problem.point(search.best),
        seconds=time.perf_counter() - started,
        message="" if proved else _message(search),
    )


def _message(search: _Search) -> str:
    if search.best is None:
        return f"no feasible point was found from {search.n_starts} start(s), which proves nothing; {REMEDY}"
    return f"a local answer, the best of {search.n_starts} start(s); {REMEDY}"


def _box_size(problem: SmoothProblem) -> float:
    """How many points a pure integer problem has; inf for any other."""
    if not problem.integer.all() or np.isinf(problem.lower).any() or np.isinf(problem.upper).any():
        return math.inf
    return float(np.prod(np.maximum(problem.upper - problem.lower + 1.0, 0.0)))


@dataclass
class _Search:
    """The best point that passed the check so far."""

    problem: SmoothProblem
    deadline: float
    best: Floats | None = None
    best_objective: float = math.nan
    n_starts: int = 0
    timed_out: bool = False
    _least: float = math.inf

    @property
    def diverges(self) -> bool:
        """Whether the objective has passed all that a real problem would have."""
        return self.best is not None and abs(self.best_objective) >= ENORMOUS

    def enumerate(self) -> None:
        """Try every point of a pure integer box."""
        axes = [np.arange(low, high + 1.0) for low, high in zip(self.problem.lower, self.problem.upper)]
        for values in itertools.product(*axes):
            if self._late():
                return
            self.offer(np.array(values, dtype=float))

    def descend(self, rng: np.random.Generator) -> None:
        """Descend from many starts, and improve the integers of what is found."""
        for start in self._starts(rng):
            if self._late() or self.diverges:
                return
            self.n_starts += 1
            # Of integers alone, every second climb begins at the start itself: relaxations lead to few places.
            relaxed = self.n_starts % 2 == 1 or not self.problem.integer.all()
            x = self._descended(start, self.problem.lower, self.problem.upper) if relaxed else start
            if self.problem.integer.any():
                self._climb(self._with_integers(x))
            else:
                self.offer(x)

    def offer(self, x: Floats) -> float:
        """The objective to be made small, inf if the point fails the check; the best one is kept."""
        objective = self.problem.sample(x).objective
        report = check(self.problem.instance, self.problem.point(x))
        if not report.ok:
            return math.inf
        if self.best is None or objective < self._least:
            self.best, self.best_objective, self._least = x.copy(), report.objective, objective
        return objective

    def _late(self) -> bool:
        self.timed_out = self.timed_out or time.perf_counter() > self.deadline
        return self.timed_out

    def _starts(self, rng: np.random.Generator) -> Iterator[Floats]:
        """The middle of the box, then random points of it; an open side is taken ever wider."""
        low, high = self.problem.lower, self.problem.upper
        for number in range(MAX_STARTS):
            width = 10.0 ** (1 + number % 3)
            a = np.where(np.isinf(low), np.where(np.isinf(high), -width, high - width), low)
            b = np.where(np.isinf(high), a + width, high)
            share = np.full(len(low), 0.5) if number == 0 else rng.random(len(low))
            # Every second start lies nearer to the lower end, where crowded rows still hold.
            yield a + share * (rng.random() if number % 2 else 1.0) * (b - a)

    def _descended(self, start: Floats, lower: Floats, upper: Floats) -> Floats:
        return descend(self.problem, start, lower, upper, self._late)

    def _with_integers(self, x: Floats) -> Floats:
        """Whole values for the integers, and the rest solved again around them."""
        integer = self.problem.integer
        whole = np.where(integer, np.clip(np.round(x), self.problem.lower, self.problem.upper), x)
        if integer.all():
            return whole
        return self._descended(
            whole, np.where(integer, whole, self.problem.lower), np.where(integer, whole, self.problem.upper)
        )

    def _climb(self, x: Floats) -> None:
        """Move integers by one, singly or two against each other, while that gives a better point."""
        here, improving = self.offer(x), True
        while improving and not self._late():
            improving = False
            for moved in self._neighbours(x):
                if self._late():
                    return
                moved = self._with_integers(moved)
                there = self.offer(moved)
                if there < here:
                    x, here, improving = moved, there, True
                    break

    def _neighbours(self, x: Floats) -> Iterator[Floats]:
        places = np.flatnonzero(self.problem.integer).tolist()
        moves: list[tuple[tuple[int, float], ...]] = [((place, step),) for place in places for step in (1.0, -1.0)]
        moves += [((a, 1.0), (b, -1.0)) for a, b in itertools.permutations(places[:MAX_PAIRED], 2)]
        for move in moves:
            moved = x.copy()
            for place, step in move:
                moved[place] += step
            if (self.problem.lower <= moved).all() and (moved <= self.problem.upper).all():
                yield moved
