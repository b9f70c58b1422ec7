"""Descends from a point to a local optimum, with SciPy's SLSQP and exact gradients."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np

from ..instance import Instance
from ..pointwise.check import Tolerances, check
from ..pointwise.smooth import Floats, SmoothProblem
from ..solution import Point

MAX_POLISHED = 200
"""Variables up to which a point is polished; a step of SLSQP costs the cube of their number."""
_STRICT = Tolerances(feasibility=1e-9, objective=math.inf)


def descend(
    problem: SmoothProblem, start: Floats, lower: Floats, upper: Floats, stop: Callable[[], bool] = lambda: False
) -> Floats:
    """The point that SLSQP comes to, inside of the bounds; whether its rows hold is not said."""
    from scipy.optimize import Bounds, minimize

    sample = problem.sample
    constraints = [
        {"type": "ineq", "fun": lambda x: sample(x).rows, "jac": lambda x: sample(x).row_slopes},
        {"type": "eq", "fun": lambda x: sample(x).equations, "jac": lambda x: sample(x).equation_slopes},
    ]
    first = sample(start)
    used = [c for c, values in zip(constraints, (first.rows, first.equations)) if len(values)]

    def watch(_x: Floats) -> None:
        if stop():
            raise StopIteration

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as a step outside of the bounds, which SciPy clips
        found = minimize(
            lambda x: sample(x).objective,
            start,
            jac=lambda x: sample(x).gradient,
            bounds=Bounds(lower, upper),
            constraints=used,
            method="SLSQP",
            options={"maxiter": 300, "ftol": 1e-12},
            callback=watch,
        )
    x: Floats = np.clip(np.asarray(found.x, dtype=float), lower, upper)
    return x


def sharpened(instance: Instance, point: Point) -> Point:
    """The point moved to the exact optimum beside it, where that can be done.

    A solver's tolerance shows: a maximum of 9 comes as 9.0000002, at a point that
    breaks a row by 1e-7. The integers stay as they are. A better point than the
    solver's bound allows takes its guarantee away.
    """
    problem = SmoothProblem(instance)
    if not 0 < len(problem.columns) <= MAX_POLISHED or problem.integer.all():
        return point
    start = np.array([point.values[name][key] for name, key in problem.columns])
    fixed = problem.integer
    lower, upper = np.where(fixed, start, problem.lower), np.where(fixed, start, problem.upper)
    x = descend(problem, start, lower, upper)
    values = problem.point(x + 0.0)
    report = check(instance, values, None, _STRICT)
    if not report.ok or point.objective is None:
        return point
    gain = (report.objective - point.objective) * (1.0 if problem.maximize else -1.0)
    tolerance = Tolerances().objective * max(1.0, abs(point.objective))
    if gain > tolerance and point.guarantee == "global":
        claim = f"{point.solver} claims the optimum {point.objective:.9g}, but a better point was found: no proof"
        return Point("optimal", point.solver, "local", report.objective, None, values, message=claim)
    if gain < -tolerance:
        return point
    return Point(
        point.termination_condition,
        point.solver,
        point.guarantee,
        report.objective,
        point.objective_bound,
        values,
        message=point.message,
    )
