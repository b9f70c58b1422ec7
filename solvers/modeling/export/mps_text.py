"""An instance as an MPS file, the format that every solver reads (free form: fields between blanks).

The objective's constant is the negative right-hand side of its row, the sense a
section OBJSENSE, a quadratic objective the lower triangle of its Hessian in QUADOBJ,
as HiGHS and SCIP read them. HiGHS's own writer can only write what HiGHS holds, which
is no coefficient below 1e-12 and none of 1e15 or more (1.16), so the text is made here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..instance import Instance
from .legal_names import legal
from .linear_file import OBJECTIVE, LinearFile, linear_file
from .pyomo_text import number_text

_LETTERS = {"<=": "L", ">=": "G", "==": "E"}


def mps_text(instance: Instance) -> str:
    """Write a linear or quadratic program, integers allowed, as an MPS file.

    Raises:
        FormulationError: A constraint is not linear, or the objective is beyond the second degree.
    """
    file = linear_file(instance, "mps")
    lines = [f"* {remark}" for remark in file.remarks]
    lines.append(f"NAME {legal(file.title) or 'problem'}")
    lines += ["OBJSENSE", "    MAX"] if file.program.maximize else []
    lines += ["ROWS", f" N {OBJECTIVE}", *(f" {_LETTERS[row.op]} {row.name}" for row in file.rows)]
    lines += ["COLUMNS", *_columns(file)]
    lines += ["RHS", *_right_hand_sides(file)]
    lines += ["BOUNDS", *_bounds(file)]
    if len(file.program.objective_terms[2]):
        lines += ["QUADOBJ", *_hessian(file)]
    return "\n".join([*lines, "ENDATA", ""])


def _columns(file: LinearFile) -> Iterator[str]:
    """The matrix by columns; integer columns stand between two markers."""
    entries = _entries_by_column(file)
    within = False
    n_markers = 0
    for k, (name, integer) in enumerate(zip(file.columns, file.program.columns.integer.tolist())):
        if integer != within:
            yield f" MARK{n_markers} 'MARKER' '{'INTORG' if integer else 'INTEND'}'"
            within, n_markers = integer, n_markers + 1
        cost = float(file.program.cost[k])
        # A column is known to the reader only by an entry.
        if cost or not entries[k]:
            yield f" {name} {OBJECTIVE} {number_text(cost)}"
        yield from (f" {name} {row} {number_text(value)}" for row, value in entries[k])
    if within:
        yield f" MARK{n_markers} 'MARKER' 'INTEND'"


def _entries_by_column(file: LinearFile) -> list[list[tuple[str, float]]]:
    entries: list[list[tuple[str, float]]] = [[] for _ in file.columns]
    for row in file.rows:
        for k, value in file.terms(row.source):
            entries[k].append((row.name, value))
    return entries


def _right_hand_sides(file: LinearFile) -> Iterator[str]:
    if file.program.offset:
        yield f" RHS {OBJECTIVE} {number_text(-file.program.offset)}"
    yield from (f" RHS {row.name} {number_text(row.rhs)}" for row in file.rows if row.rhs)


def _bounds(file: LinearFile) -> Iterator[str]:
    columns = file.program.columns
    for name, lower, upper, integer in zip(
        file.columns, columns.lower.tolist(), columns.upper.tolist(), columns.integer.tolist()
    ):
        if integer and (lower, upper) == (0.0, 1.0):
            yield f" BV BOUND {name}"
        elif lower == upper:
            yield f" FX BOUND {name} {number_text(lower)}"
        elif math.isinf(lower) and math.isinf(upper):
            yield f" FR BOUND {name}"
        else:
            yield from _ends(name, lower, upper, integer)


def _ends(name: str, lower: float, upper: float, integer: bool) -> Iterator[str]:
    if math.isinf(lower):
        yield f" MI BOUND {name}"
    elif lower or upper < 0:
        # Before the upper bound: SCIP forgets an integer's upper bound of 1 when a lower one
        # follows (6.3), and some readers take a lone negative upper bound to mean no lower one.
        yield f" LO BOUND {name} {number_text(lower)}"
    if math.isfinite(upper):
        yield f" UP BOUND {name} {number_text(upper)}"
    elif integer:
        # Some readers take an integer column without an upper bound for a binary one.
        yield f" PL BOUND {name}"


def _hessian(file: LinearFile) -> Iterator[str]:
    """The lower triangle of the matrix Q of 1/2 x Q x."""
    first, second, value = file.program.objective_terms
    for i, j, entry in zip(first.tolist(), second.tolist(), np.where(first == second, 2.0 * value, value).tolist()):
        yield f" {file.columns[i]} {file.columns[j]} {number_text(entry)}"
