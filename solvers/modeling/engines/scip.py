"""Solves any instance with SCIP, to proven global optimality where time allows.

For all that HiGHS cannot prove: nonconvex, mixed-integer quadratic and nonlinear.
SCIP works to a tolerance that shows (124.9999998 for 125), so integers are rounded
and, where that breaks a row, fixed and the rest is solved again; the point that
checks better is kept.
"""

from __future__ import annotations

import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

from ..instance import Instance
from ..pointwise.check import check
from ..solution import Point, TerminationCondition
from .descent import sharpened
from .interruptible import run_interruptibly
from .scip_model import ScipModel, Values, require_pyscipopt

PATIENCE_S = 5.0
"""After this time a search without any bound on an enormous objective is called unbounded."""
ENORMOUS = 1e12
MAX_AT_ONCE = 8
"""Searches that run at the same time in one process; more wait."""
_INFINITE = 1e20
"""SCIP's infinity."""

_CONDITIONS: dict[str, TerminationCondition] = {
    "optimal": "optimal",
    "gaplimit": "optimal",
    "infeasible": "infeasible",
    "unbounded": "unbounded",
    "timelimit": "time_limit",
    "userinterrupt": "interrupted",
}


def solve_scip(instance: Instance, time_limit_s: float) -> Point:
    """Solve an instance of any class; Ctrl-C stops the search and keeps its best point.

    Raises:
        MissingExtra: PySCIPOpt is not installed.
        FormulationError: A statement uses what SCIP has no exact form for, as floor(...) of
            a variable; the message names it.
    """
    started = time.perf_counter()
    solver = f"SCIP {require_pyscipopt().Model().version()}"
    scip = ScipModel(instance)
    condition, message = _search(scip, time_limit_s)
    point = _point(scip, condition, solver, message)
    if point.values:
        left_s = max(time_limit_s - (time.perf_counter() - started), 1.0)
        point = _polished(scip, point, left_s)
    return replace(point, seconds=time.perf_counter() - started)


def _search(scip: ScipModel, time_limit_s: float) -> tuple[TerminationCondition, str]:
    """Run SCIP until it has proved something or time is up; what came of it, and a sentence."""
    if scip.empty:
        return "infeasible", scip.empty[0]
    model = scip.model
    _run(model, min(time_limit_s, PATIENCE_S))
    if model.getStatus() == "timelimit":
        if _diverges(model):
            reached = f"the objective has reached {model.getPrimalbound():.2g} and SCIP finds no limit to it"
            return "unbounded", f"not proved: {reached}"
        if time_limit_s > PATIENCE_S:
            _run(model, time_limit_s)
    status = model.getStatus()
    if status == "inforunbd":
        return _told_apart(scip.instance, time_limit_s)
    message = "" if status in _CONDITIONS else f"SCIP stopped with the status {status}"
    if status == "timelimit" and scip.n_unbounded:
        message = f"{scip.n_unbounded} variable(s) have no bounds; where bounds are stated, SCIP proves more and sooner"
    return _CONDITIONS.get(status, "error"), message


def _run(model: Any, time_limit_s: float) -> None:
    """Search in another thread, so that Ctrl-C reaches Python and stops the search there."""
    model.setParam("limits/time", float(time_limit_s))
    threads = _threads(os.getpid())
    run_interruptibly(lambda: threads.submit(model.optimizeNogil).result(), model.interruptSolve)


@cache
def _threads(_process: int) -> ThreadPoolExecutor:
    """The threads in which this process runs SCIP, always the same few.

    SCIP numbers every thread that it ever ran in, and its derivatives (CppAD) have room for
    64: the process crashes at about the 65th nonlinear search if each has a new thread.
    """
    return ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="scip")


def _diverges(model: Any) -> bool:
    return bool(model.getNSols() and abs(model.getDualbound()) >= _INFINITE and abs(model.getPrimalbound()) >= ENORMOUS)


def _told_apart(instance: Instance, time_limit_s: float) -> tuple[TerminationCondition, str]:
    """Tell infeasible from unbounded, where SCIP proved one of the two: is there any point at all?"""
    scip = ScipModel(instance, objective=False)
    _run(scip.model, time_limit_s)
    status = scip.model.getStatus()
    if status == "infeasible":
        return "infeasible", ""
    if scip.model.getNSols():
        return "unbounded", ""
    return _CONDITIONS.get(status, "error"), "infeasible or unbounded: SCIP could not tell which in time"


def _point(scip: ScipModel, condition: TerminationCondition, solver: str, message: str) -> Point:
    model = scip.model
    has_point = condition in ("optimal", "time_limit", "interrupted") and model.getNSols() > 0
    bound = model.getDualbound() if condition in ("optimal", "time_limit", "interrupted") else math.inf
    proved = condition in ("optimal", "infeasible", "unbounded") and not message.startswith("not proved")
    return Point(
        termination_condition=condition,
        solver=solver,
        guarantee="global" if proved else "none",
        objective=float(model.getPrimalbound()) if has_point else None,
        objective_bound=float(bound) if abs(bound) < _INFINITE else None,
        values=scip.values() if has_point else {},
        message=message,
    )


def _polished(scip: ScipModel, point: Point, time_limit_s: float) -> Point:
    """The point with whole integers and values inside their bounds, re-solved if it then fails a check."""
    rounded = replace(point, values=_rounded(scip, point.values))
    if check(scip.instance, rounded.values, rounded.objective).ok:
        return sharpened(scip.instance, rounded) if scip.nonlinear else rounded
    scip.fix_integers(rounded.values)
    _run(scip.model, time_limit_s)
    candidates = [rounded, point]
    if scip.model.getNSols():
        finer = replace(point, values=scip.values(), objective=float(scip.model.getPrimalbound()))
        candidates.insert(0, replace(finer, values=_rounded(scip, finer.values)))
    return min(candidates, key=lambda candidate: _violation(scip.instance, candidate))


def _violation(instance: Instance, point: Point) -> float:
    worst = check(instance, point.values, point.objective).worst
    return worst.amount if worst else 0.0


def _rounded(scip: ScipModel, values: Values) -> Values:
    """Integers made whole; what lies outside of its bounds by SCIP's tolerance put back on them."""
    result: Values = {}
    for name, at in values.items():
        intervals = scip.intervals[name]
        result[name] = {
            key: min(max(round(value) if intervals[key].integer else value, intervals[key].lower), intervals[key].upper)
            + 0.0
            for key, value in at.items()
        }
    return result
