"""An instance as an LP file, the format that people read: CPLEX's, in the part that HiGHS and SCIP read alike.

HiGHS has a writer of its own. It leaves out columns that stand in no row and cost
nothing, and numbers all columns afresh when one name does not please it (1.16), so the
text is made here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from ..instance import Instance
from .linear_file import OBJECTIVE, LinearFile, Row, linear_file
from .pyomo_text import number_text

WIDTH = 100
"""Characters of a line where it is broken; some readers take no long lines."""


def lp_text(instance: Instance) -> str:
    """Write a linear or quadratic program, integers allowed, as an LP file.

    Raises:
        FormulationError: A constraint is not linear, or the objective is beyond the second degree.
    """
    file = linear_file(instance, "lp")
    lines = [f"\\ {remark}" for remark in file.remarks]
    lines.append("Maximize" if file.program.maximize else "Minimize")
    lines += _wrapped([f"{OBJECTIVE}:", *_objective(file)])
    lines.append("Subject To")
    for row in file.rows:
        lines += _wrapped(_row(file, row))
    lines += ["Bounds", *_bounds(file)]
    lines += _integers(file)
    return "\n".join([*lines, "End", ""])


def _objective(file: LinearFile) -> Iterator[str]:
    program, names = file.program, file.columns
    yield from _sum((names[k], float(program.cost[k])) for k in np.flatnonzero(program.cost))
    # A column is known to the reader only by a term.
    yield from (f"+ 0 {names[k]}" for k in _unused(file))
    if len(program.objective_terms[2]):
        yield "+ ["
        yield from _sum(_doubled(file))
        yield "] / 2"
    if program.offset:
        # At the end, since SCIP takes no term behind it.
        yield f"{'-' if program.offset < 0 else '+'} {number_text(abs(program.offset))}"


def _doubled(file: LinearFile) -> Iterator[tuple[str, float]]:
    """The quadratic terms twice over, as they stand in brackets that are halved."""
    names = file.columns
    for first, second, value in zip(*(part.tolist() for part in file.program.objective_terms)):
        product = f"{names[first]} ^2" if first == second else f"{names[first]} * {names[second]}"
        yield product, 2.0 * value


def _unused(file: LinearFile) -> list[int]:
    program = file.program
    used = program.cost != 0
    used[program.rows.index[program.rows.value != 0]] = True
    return [int(k) for k in np.flatnonzero(~used)]


def _row(file: LinearFile, row: Row) -> Iterator[str]:
    yield f"{row.name}:"
    terms = [*_sum((file.columns[k], value) for k, value in file.terms(row.source))]
    yield from terms or [f"0 {file.columns[0]}"]
    yield f"{row.op.replace('==', '=')} {number_text(row.rhs)}"


def _sum(terms: Iterable[tuple[str, float]]) -> Iterator[str]:
    """The terms of a sum with their signs: "+ 2 x", "- y"."""
    for name, value in terms:
        size = abs(value)
        yield f"{'-' if value < 0 else '+'} {name if size == 1 else f'{number_text(size)} {name}'}"


def _wrapped(parts: Iterable[str]) -> Iterator[str]:
    """Parts joined to lines, each within the width if it can be."""
    line = ""
    for part in parts:
        if len(line) + len(part) > WIDTH and line.strip():
            yield line
            line = "  "
        line += f" {part}"
    yield line


def _bounds(file: LinearFile) -> Iterator[str]:
    columns = file.program.columns
    for name, lower, upper, integer in zip(
        file.columns, columns.lower.tolist(), columns.upper.tolist(), columns.integer.tolist()
    ):
        if (lower, upper) == (0.0, math.inf) or (integer and (lower, upper) == (0.0, 1.0)):
            continue
        if lower == upper:
            yield f" {name} = {number_text(lower)}"
        elif math.isinf(lower) and math.isinf(upper):
            yield f" {name} free"
        elif math.isinf(upper):
            yield f" {name} >= {number_text(lower)}"
        else:
            # Both ends, since some readers take a negative upper bound to mean no lower one.
            yield f" {number_text(lower)} <= {name} <= {number_text(upper)}"


def _integers(file: LinearFile) -> Iterator[str]:
    columns = file.program.columns
    binary = columns.integer & (columns.lower == 0) & (columns.upper == 1)
    for title, chosen in (("Binaries", binary), ("Generals", columns.integer & ~binary)):
        if chosen.any():
            yield title
            yield from _wrapped(file.columns[k] for k in np.flatnonzero(chosen))
