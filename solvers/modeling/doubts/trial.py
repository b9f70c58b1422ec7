"""Solves variants of an instance, one after another, for as long as there is time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from agentopt.errors import AgentoptError

from ..arrays.program import Program
from ..engines.highs import solve_highs
from ..engines.route import choose, solve_global
from ..instance import Instance
from ..solution import Point
from .subject import Subject

SURE = 1e-5
"""Relative difference of two optima above which one is said to be better; SCIP works to 1e-6."""
STILL = 1e-8
"""Relative difference below which an optimum of HiGHS has not moved."""
LEAST_S = 0.01
"""Seconds below which no solve is begun."""


@dataclass(frozen=True)
class Outcome:
    """What a variant came to."""

    point: Point
    program: Program | None
    """Its arrays; None when it has none, or could not be made."""

    @property
    def optimum(self) -> float | None:
        """The proved optimum, as the solver says; None when there is none."""
        proved = self.point.termination_condition == "optimal" and self.point.guarantee == "global"
        return self.point.objective if proved else None

    @property
    def bound(self) -> float | None:
        """What no point of the variant can pass; None when nothing is proved."""
        return self.optimum if self.point.objective_bound is None else self.point.objective_bound

    @property
    def ended(self) -> str:
        """How it ended, in words, when there is no optimum."""
        words = {
            "infeasible": "there is no solution",
            "unbounded": "there is no finite optimum",
            "time_limit": "the time was too short",
            "interrupted": "it was interrupted",
            "error": "it cannot be solved",
        }
        return words.get(self.point.termination_condition, "nothing is proved")

    @property
    def decided(self) -> bool:
        """Whether it is known what the variant comes to."""
        return self.optimum is not None or self.point.termination_condition in ("infeasible", "unbounded")


@dataclass(frozen=True)
class Trials:
    """The time that variants of one instance may take."""

    deadline: float
    """On the clock of time.perf_counter."""
    need_s: float = LEAST_S
    """What the instance itself took; with less left, no variant is begun."""

    @classmethod
    def within(cls, seconds: float, subject: Subject) -> Trials:
        """Trials that end so many seconds from now."""
        return cls(time.perf_counter() + seconds, max(LEAST_S, subject.solution.seconds))

    def first(self, share: float) -> Trials:
        """Trials that end when this share of what is left is used up."""
        return Trials(time.perf_counter() + share * self.left, self.need_s)

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self.deadline - time.perf_counter())

    def solve(self, make: Callable[[], Instance]) -> Outcome | None:
        """Make and solve a variant; None: there is no time for it. It never raises for what the variant is."""
        if self.left < self.need_s:
            return None
        try:
            return _solved(make(), self.left)
        except AgentoptError as error:
            return Outcome(Point("error", "", message=str(error)), None)


def _solved(instance: Instance, time_limit_s: float) -> Outcome:
    route = choose(instance)
    if route.by_highs and route.program is not None:
        point = solve_highs(route.program, time_limit_s)
        if point.termination_condition != "error" or route.problem_class != "convex QP":
            return Outcome(point, route.program)
    return Outcome(solve_global(instance, time_limit_s), route.program)


def gain(subject: Subject, new: float) -> float:
    """How much better another value of the objective is than the optimum; negative when it is worse."""
    assert subject.optimum is not None
    return new - subject.optimum if subject.maximize else subject.optimum - new


def relative(subject: Subject, difference: float) -> float:
    """A difference of two objectives, relative to the optimum, at least to 1."""
    return difference / max(1.0, abs(subject.optimum or 0.0))


def moved(subject: Subject, outcome: Outcome) -> bool:
    """Whether a variant comes to anything but the same optimum."""
    if outcome.optimum is None:
        return True
    still = STILL if subject.route and subject.route.by_highs else SURE
    return abs(relative(subject, gain(subject, outcome.optimum))) > still
