"""Says why a program has no solution, or no finite one, in terms of its own rows.

Infeasible: a set of rows that cannot hold together and of which none can be left
out (an irreducible infeasible subsystem), from HiGHS where it finds one and by
deletion otherwise; and the least change of right-hand sides that makes the whole
feasible. Unbounded: the variables of a ray along which the objective improves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.program import Columns, Program, Sparse
from ..arrays.universe import Codes, Floats
from .highs import load, point_of, require_highspy, run, solve_highs

_IIS_STRATEGY = 2
"""HiGHS gives an empty set with its default strategy (0)."""

_CHANGED = 1e-7
"""A relative change smaller than this is no part of the repair."""


@dataclass(frozen=True)
class Repair:
    """A change of one row's bound."""

    row: int
    word: str
    """at least, or at most."""
    old: float
    new: float


def conflicting_rows(program: Program, time_limit_s: float) -> Codes:
    """Rows that cannot hold together; irreducible when the time suffices."""
    deadline = time.perf_counter() + time_limit_s
    rows = _iis_of_highs(program, time_limit_s / 2)
    if not len(rows) or not _is_infeasible(restricted(program, rows), deadline - time.perf_counter()):
        rows = np.arange(program.n_rows)

    def still_infeasible(kept: Codes) -> bool:
        return _is_infeasible(restricted(program, kept), deadline - time.perf_counter())

    return filtered(rows, still_infeasible, deadline)


def filtered(members: Codes, is_infeasible: Callable[[Codes], bool], deadline: float) -> Codes:
    """Leave out what is not needed for the conflict, halves first and then one by one.

    The deletion filter of Chinneck (1997), with shrinking chunks so that a small
    conflict in many rows is found in about n_conflict * log(n_rows) solves.
    """
    chunk = max(1, len(members) // 2)
    while True:
        start = 0
        while start < len(members) and time.perf_counter() < deadline:
            without = np.concatenate((members[:start], members[start + chunk :]))
            if len(without) and is_infeasible(without):
                members = without
            else:
                start += chunk
        if chunk == 1 or time.perf_counter() >= deadline:
            return members
        chunk = max(1, chunk // 2)


def least_repair(program: Program, time_limit_s: float) -> list[Repair]:
    """The smallest total relative change of right-hand sides that makes the rows hold.

    Each row may give way by a slack on either side, at a price of 1 / max(1, |bound|);
    bounds of variables and integrality stay. Empty when no such change helps.
    """
    elastic = _elastic(program)
    highs = load(elastic, time_limit_s)
    run(highs, bool(program.columns.integer.any()))
    if highs.getInfo().primal_solution_status != 2:
        return []
    slack = point_of(highs, elastic)[len(program.cost) :]
    below, above = slack[: program.n_rows], slack[program.n_rows :]
    repairs = []
    for row in np.flatnonzero((below > 0) | (above > 0)).tolist():
        for amount, bound, sign, word in (
            (below[row], program.row_lower[row], -1, "at least"),
            (above[row], program.row_upper[row], 1, "at most"),
        ):
            if amount > _CHANGED * max(1.0, abs(bound)):
                repairs.append(Repair(row, word, float(bound), float(bound + sign * amount)))
    return repairs


def ray_columns(program: Program, time_limit_s: float) -> list[tuple[int, float]]:
    """Columns that change along an improving ray of the linear relaxation, largest first, with their rates.

    Empty for a quadratic objective: along a ray of its linear part its squares may grow.
    """
    if len(program.objective_terms[2]):
        return []
    relaxed = replace(program, columns=replace(program.columns, integer=np.zeros_like(program.columns.integer)))
    highs = load(relaxed, time_limit_s)
    highs.setOptionValue("presolve", "off")
    run(highs, discrete=False)
    if highs.getModelStatus() != require_highspy().HighsModelStatus.kUnbounded:
        return []
    found = highs.getPrimalRay()
    ray = np.asarray(found[-1], dtype=float) if found[1] else np.zeros(len(program.cost))
    if not ray.any():
        return []
    ray = ray / np.abs(ray).max()
    moved = np.flatnonzero(np.abs(ray) > 1e-9)
    return [(int(c), float(ray[c])) for c in moved[np.argsort(-np.abs(ray[moved]), kind="stable")]]


def restricted(program: Program, rows: Codes) -> Program:
    """The program with some of its rows and no objective."""
    start = program.rows.start
    counts = np.diff(start)[rows]
    picked = np.concatenate([np.arange(start[r], start[r + 1]) for r in rows.tolist()] or [np.zeros(0, dtype=np.int64)])
    return replace(
        program,
        offset=0.0,
        cost=np.zeros_like(program.cost),
        objective_terms=(np.zeros(0, dtype=np.int64),) * 2 + (np.zeros(0),),
        rows=Sparse(np.concatenate(([0], np.cumsum(counts))), program.rows.index[picked], program.rows.value[picked]),
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        blocks=(),
    )


def _is_infeasible(program: Program, time_limit_s: float) -> bool:
    return time_limit_s > 0 and solve_highs(program, time_limit_s).termination_condition == "infeasible"


def _iis_of_highs(program: Program, time_limit_s: float) -> Codes:
    """The rows of HiGHS's irreducible infeasible subsystem; empty when it finds none."""
    bare = restricted(program, np.arange(program.n_rows))
    highs = load(bare, time_limit_s)
    highs.setOptionValue("iis_strategy", _IIS_STRATEGY)
    highs.setOptionValue("iis_time_limit", float(time_limit_s))
    run(highs, bool(program.columns.integer.any()))
    _, iis = highs.getIis()
    return np.array(sorted(iis.row_index_), dtype=np.int64)


def _elastic(program: Program) -> Program:
    """The program with a slack below and above each row, whose priced sum is the objective."""
    m, n = program.n_rows, len(program.cost)
    has_lower, has_upper = np.isfinite(program.row_lower), np.isfinite(program.row_upper)
    price_below = 1.0 / np.maximum(1.0, np.abs(np.where(has_lower, program.row_lower, 0.0)))
    price_above = 1.0 / np.maximum(1.0, np.abs(np.where(has_upper, program.row_upper, 0.0)))
    columns, rows = program.columns, program.rows
    zeros = np.zeros(2 * m)
    return replace(
        program,
        columns=Columns(
            np.concatenate((columns.lower, zeros)),
            np.concatenate((columns.upper, np.where(has_lower, np.inf, 0.0), np.where(has_upper, np.inf, 0.0))),
            np.concatenate((columns.integer, zeros.astype(bool))),
            columns.offsets,
        ),
        maximize=False,
        offset=0.0,
        cost=np.concatenate((np.zeros(n), price_below, price_above)),
        objective_terms=(np.zeros(0, dtype=np.int64),) * 2 + (np.zeros(0),),
        rows=_with_slacks(rows, m, n),
    )


def _with_slacks(rows: Sparse, m: int, n: int) -> Sparse:
    """Append +slack_below and -slack_above to each row."""
    counts = np.diff(rows.start)
    ends = rows.start[1:]
    index = np.insert(rows.index, np.repeat(ends, 2), np.stack((n + np.arange(m), n + m + np.arange(m)), 1).ravel())
    value: Floats = np.insert(rows.value, np.repeat(ends, 2), np.tile([1.0, -1.0], m))
    return Sparse(np.concatenate(([0], np.cumsum(counts + 2))), index, value)
