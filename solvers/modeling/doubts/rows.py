"""The rows of a program at a point: what they come to, which are tight, which are broken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arrays.program import Program
from ..arrays.universe import Codes, Floats

NEAR = 1e-6
"""How far a row may be from its side and still be tight, absolute or relative to the side."""

Mask = NDArray[np.bool_]


def activities(program: Program, x: Floats) -> Floats:
    """What the linear part of each row comes to, (n_rows,)."""
    rows = program.rows
    terms = rows.value * x[rows.index]
    return np.bincount(row_of_terms(program), terms, program.n_rows).astype(float)


def row_of_terms(program: Program) -> Codes:
    """The row of each entry of the matrix, (n_entries,)."""
    return np.repeat(np.arange(program.n_rows), np.diff(program.rows.start))


def tight_rows(program: Program, x: Floats) -> Mask:
    """Which rows are at one of their sides, (n_rows,)."""
    activity = activities(program, x)
    return _at(activity, program.row_lower) | _at(activity, program.row_upper)


def fits(program: Program, x: Floats) -> bool:
    """Whether a point keeps every row and bound of a program without quadratic rows."""
    activity, columns = activities(program, x), program.columns
    inside = _above(activity, program.row_lower) & _above(-activity, -program.row_upper)
    return bool(inside.all() and (_above(x, columns.lower) & _above(-x, -columns.upper)).all())


def block_of_rows(program: Program) -> Codes:
    """The number of the block of each row, (n_rows,)."""
    starts = np.array([block.start for block in program.blocks], dtype=np.int64)
    return np.searchsorted(starts, np.arange(program.n_rows), side="right") - 1


def constraints_of(program: Program, rows: Mask) -> set[str]:
    """The names of the constraints that some of the rows belong to."""
    return {program.blocks[number].constraint for number in np.unique(block_of_rows(program)[rows]).tolist()}


def tight_constraints(program: Program | None, x: Floats | None) -> set[str] | None:
    """The constraints of which a row is tight at a point; None when that cannot be told from the arrays."""
    if program is None or x is None or program.quadratic_rows:
        return None
    return constraints_of(program, tight_rows(program, x))


def _at(activity: Floats, side: Floats) -> Mask:
    finite = np.isfinite(side)
    return finite & (np.abs(activity - np.where(finite, side, 0.0)) <= NEAR * _size(side))


def _above(value: Floats, floor: Floats) -> Mask:
    return value >= np.where(np.isfinite(floor), floor - NEAR * _size(floor), floor)


def _size(side: Floats) -> Floats:
    return np.where(np.isfinite(side), np.maximum(1.0, np.abs(side)), 1.0)
