"""Solves linear, mixed-integer linear and convex quadratic programs with HiGHS, from arrays.

The arrays go to HiGHS as they are: no model object and no file lies between.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np

from agentopt.errors import SolverError

from ..arrays.program import Program
from ..arrays.universe import Floats
from ..solution import Point, TerminationCondition, label
from .interruptible import run_interruptibly

DUST = 1e-6
"""HiGHS's own tolerance for bounds and integrality; farther off is left as it is, for the checker to see."""
SMALL_MIP = 10_000
"""Columns up to which a mixed-integer program is solved to a gap of exactly 0."""

SMALL_OBJECTIVE = 1e-2
"""Largest coefficient below which the objective is scaled up."""

INFINITE = 1e20
"""From here on HiGHS takes a number for infinity."""

_FEASIBLE = 1e-7
"""How far a row may be off, as HiGHS has it."""


def solve_highs(program: Program, time_limit_s: float) -> Point:
    """Solve a program; the caller has proved its objective convex.

    Raises:
        SolverError: HiGHS refused the model or stopped for a reason of its own.
    """
    started = time.perf_counter()
    if not len(program.cost):
        return _without_columns(program)
    highs = load(program, time_limit_s)
    discrete = bool(program.columns.integer.any())
    run(highs, discrete)
    condition = _condition(highs)
    if condition is None:
        # Presolve may not tell infeasible from unbounded; solve once more without it.
        highs.setOptionValue("presolve", "off")
        run(highs, discrete)
        condition = _condition(highs) or "error"
    if condition == "error" and len(program.objective_terms[2]):
        # Without the regularization HiGHS breaks off where there is no optimum; with it, it says why.
        highs.setOptionValue("qp_regularization_value", 1e-7)
        run(highs, discrete)
        found = _condition(highs)
        condition = found if found in ("infeasible", "unbounded") else "error"
    if condition == "error" and discrete:
        condition = _told_apart(program, time_limit_s)
    info = highs.getInfo()
    scale = objective_scale(program)
    has_point = info.primal_solution_status == 2 and condition in ("optimal", "time_limit", "interrupted")
    bound = (float(info.mip_dual_bound) if discrete else float(info.objective_function_value)) / scale
    known_bound = np.isfinite(bound) and (condition == "optimal" or discrete)
    return Point(
        termination_condition=condition,
        solver=f"HiGHS {version()}",
        guarantee="global" if condition in ("optimal", "infeasible", "unbounded") else "none",
        objective=float(info.objective_function_value) / scale if has_point else None,
        objective_bound=bound if known_bound and condition not in ("infeasible", "unbounded") else None,
        values=program.values(point_of(highs, program)) if has_point else {},
        seconds=time.perf_counter() - started,
        message=""
        if condition != "error"
        else f"HiGHS stopped with {highs.modelStatusToString(highs.getModelStatus())}",
    )


def _told_apart(program: Program, time_limit_s: float) -> TerminationCondition:
    """Whether an integer program that HiGHS left open has a point at all; if it has, it is unbounded."""
    nothing = replace(
        program,
        cost=np.zeros_like(program.cost),
        objective_terms=(np.zeros(0, dtype=np.int64),) * 2 + (np.zeros(0),),
    )
    highs = load(nothing, time_limit_s)
    run(highs, discrete=True)
    found = _condition(highs)
    return "unbounded" if found == "optimal" else found or "error"


def objective_scale(program: Program) -> float:
    """The power of two that the objective is handed over by, so that HiGHS's absolute tolerances mean something.

    With coefficients of 1e-8 every vertex is optimal to 1e-7; 1 when the largest is not small.
    """
    sizes = np.abs(np.concatenate((program.cost, program.objective_terms[2])))
    largest = float(sizes.max(initial=0.0))
    return 2.0 ** -np.floor(np.log2(largest)) if 0 < largest < SMALL_OBJECTIVE else 1.0


def _without_columns(program: Program) -> Point:
    """What holds when no variable has a key, for which HiGHS has no answer."""
    holds = bool(((program.row_lower <= _FEASIBLE) & (program.row_upper >= -_FEASIBLE)).all())
    return Point(
        termination_condition="optimal" if holds else "infeasible",
        solver=f"HiGHS {version()}",
        guarantee="global",
        objective=program.offset if holds else None,
        objective_bound=program.offset if holds else None,
        values=program.values(program.cost) if holds else {},
    )


def load(program: Program, time_limit_s: float) -> Any:
    """A HiGHS instance, silent, that holds the program.

    Raises:
        SolverError: HiGHS refuses the model, or cannot live in this process.
    """
    highspy = require_highspy()
    # The compiled class: the Python class above it prints a banner when it is made (1.16) and
    # shares its locks among all instances.
    highs = highspy.Highs.__bases__[0]()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("time_limit", float(time_limit_s))
    if len(program.cost) <= SMALL_MIP:
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("mip_abs_gap", 0.0)
        # With a large constant, x <= 1e7 * open holds for an `open` of 1e-6: nearly whole is not whole.
        highs.setOptionValue("mip_feasibility_tolerance", 1e-10)
    columns, rows = program.columns, program.rows
    sense = highspy.ObjSense.kMaximize if program.maximize else highspy.ObjSense.kMinimize
    infinity = highspy.kHighsInf
    start, index, value = _hessian(program)
    scale = objective_scale(program)
    value = value * scale
    _require_finite(program)
    # Left on, it adds 1e-7 x^2 to a quadratic objective and calls the result optimal.
    highs.setOptionValue("qp_regularization_value", 0.0)
    # Coefficients below this are dropped in silence; the default is 1e-9.
    highs.setOptionValue("small_matrix_value", 1e-12)
    status = highs.passModel(
        len(program.cost),
        program.n_rows,
        len(rows.value),
        len(value),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.HessianFormat.kTriangular),
        int(sense),
        program.offset * scale,
        program.cost * scale,
        np.clip(columns.lower, -infinity, infinity),
        np.clip(columns.upper, -infinity, infinity),
        np.clip(program.row_lower, -infinity, infinity),
        np.clip(program.row_upper, -infinity, infinity),
        rows.start[:-1].astype(np.int32),
        rows.index.astype(np.int32),
        rows.value,
        start,
        index,
        value,
        columns.integer.astype(np.int32),
    )
    if status == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the model: a coefficient or bound is too large or not a number")
    return highs


def _require_finite(program: Program) -> None:
    """Refuse numbers that HiGHS would read as infinity."""
    for what, values, name in (
        ("bound", program.columns.lower, lambda k: label(*program.column_origin(k))),
        ("bound", program.columns.upper, lambda k: label(*program.column_origin(k))),
        ("right-hand side", program.row_lower, program.row_label),
        ("right-hand side", program.row_upper, program.row_label),
    ):
        large = np.flatnonzero(np.isfinite(values) & (np.abs(values) >= INFINITE))
        if len(large):
            k = int(large[0])
            raise SolverError(f"the {what} {values[k]:g} of {name(k)} is too large: give numbers below {INFINITE:g}")


def require_highspy() -> Any:
    """Import highspy.

    Raises:
        SolverError: ortools is loaded: releases of both clash in one process.
    """
    if "ortools" in sys.modules and "highspy" not in sys.modules:
        raise SolverError("highspy cannot be loaded beside ortools in one process; solve in a process of its own")
    import highspy

    return highspy


def version() -> str:
    """The version of HiGHS."""
    highspy = require_highspy()
    return f"{highspy.HIGHS_VERSION_MAJOR}.{highspy.HIGHS_VERSION_MINOR}.{highspy.HIGHS_VERSION_PATCH}"


def run(highs: Any, discrete: bool) -> None:
    """Solve in a thread of its own, so that Ctrl-C stops the solver and keeps its best point."""
    highspy = require_highspy()
    stop = threading.Event()

    def interrupt(_kind: object, _message: str, _out: object, answer: Any, _data: object) -> None:
        if stop.is_set():
            answer.user_interrupt = True

    kinds = highspy.cb.HighsCallbackType
    highs.setCallback(interrupt, None)
    # Inside a mixed-integer solve the two others would break off its own subproblems as errors.
    for kind in (
        (kinds.kCallbackMipInterrupt,) if discrete else (kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt)
    ):
        highs.startCallback(kind)
    run_interruptibly(highs.run, stop.set)


def point_of(highs: Any, program: Program) -> Floats:
    """The values of the columns, without the dust of the last digits.

    Values a rounding error outside of their bounds are put on them, and integers are
    rounded; the result is what is checked and shown.
    """
    x = np.array(highs.getSolution().col_value, dtype=float)
    columns = program.columns
    inside = np.clip(x, columns.lower, columns.upper)
    x = np.where(np.abs(inside - x) <= DUST, inside, x)
    near = columns.integer & (np.abs(x - np.round(x)) <= DUST)
    return np.where(near, np.round(x), x) + 0.0  # no minus zero


def _condition(highs: Any) -> TerminationCondition | None:
    """HiGHS's model status in Pyomo's words; None: infeasible or unbounded, not told which."""
    highspy = require_highspy()
    status = highspy.HighsModelStatus
    words: dict[Any, TerminationCondition | None] = {
        status.kOptimal: "optimal",
        status.kModelEmpty: "optimal",
        status.kInfeasible: "infeasible",
        status.kUnbounded: "unbounded",
        status.kUnboundedOrInfeasible: None,
        status.kTimeLimit: "time_limit",
        status.kIterationLimit: "time_limit",
        status.kSolutionLimit: "time_limit",
        status.kInterrupt: "interrupted",
    }
    return words.get(highs.getModelStatus(), "error")


def _hessian(program: Program) -> tuple[Any, Any, Floats]:
    """The lower triangle of the Hessian by columns; HiGHS minimizes c x + 1/2 x Q x."""
    first, second, value = program.objective_terms
    diagonal = first == second
    doubled = np.where(diagonal, 2.0 * value, value)
    # Terms come sorted by first <= second: that is the lower triangle by columns.
    counts = np.bincount(first, minlength=len(program.cost)) if len(first) else np.zeros(len(program.cost), dtype=int)
    start = np.concatenate(([0], np.cumsum(counts)))[:-1]
    return start.astype(np.int32), second.astype(np.int32), doubled
