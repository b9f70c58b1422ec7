"""The bounds of variables that take part in a conflict of rows: an irreducible set of rows leaves them unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..arrays.program import Program
from ..arrays.universe import Codes, Floats, totals
from ..engines.conflict import restricted
from ..engines.highs import load, run
from ..solution import label
from .meaning import figure

_COUNTS = 1e-9
"""Least share of a column in the proof, relative to the largest, that makes its bound a part of it."""


def conflicting_bounds(program: Program, members: Sequence[str], time_limit_s: float) -> list[str]:
    """Say which bounds make the rows of a conflict impossible, one sentence each.

    The dual ray y of the rows proves that they cannot hold together: the sum y A x
    cannot reach what it must for x within its bounds, and the bounds that count are
    those of the columns with a coefficient there (Farkas 1902). That an amount is not
    below 0 is said only where nothing else is. Empty where only integrality conflicts,
    and where a row has quadratic terms.

    Args:
        program: All rows.
        members: The conflicting rows, as labels.
        time_limit_s: Seconds for the proof.
    """
    rows = rows_of(program, members)
    if not len(rows) or program.quadratic_rows:
        return []
    share = _shares(program, rows, time_limit_s)
    found: list[tuple[bool, str]] = []
    for column in np.flatnonzero(np.abs(share) > _COUNTS * np.abs(share).max(initial=0.0)).tolist():
        # y A x must exceed what it can reach, so it is stopped by an upper bound where it grows.
        above = share[column] > 0
        bound = float((program.columns.upper if above else program.columns.lower)[column])
        if np.isfinite(bound):
            name, word = label(*program.column_origin(column)), "most" if above else "least"
            found.append((bound == 0 and not above, f"{name} must be at {word} {figure(bound)}"))
    told = [sentence for plain, sentence in found if not plain]
    return told or ([sentence for _, sentence in found] if len(members) == 1 else [])


def rows_of(program: Program, members: Sequence[str]) -> Codes:
    """The rows with the given labels, in order."""
    wanted = set(members)
    names = {member.partition("[")[0] for member in members}
    found: list[int] = []
    for block in program.blocks:
        if block.constraint in names:
            keys = program.vectors.row_keys(block.frame)
            found += [block.start + k for k, key in enumerate(keys) if label(block.constraint, key) in wanted]
    return np.array(found, dtype=np.int64)


def _shares(program: Program, rows: Codes, time_limit_s: float) -> Floats:
    """y A for the dual ray y of some rows, signed so that the rows ask for more of it than there is; else zeros."""
    part = restricted(program, rows)
    continuous = replace(part, columns=replace(part.columns, integer=np.zeros_like(part.columns.integer)))
    n = len(program.cost)
    highs = load(continuous, time_limit_s)
    highs.setOptionValue("presolve", "off")
    run(highs, discrete=False)
    _, has_ray, ray = highs.getDualRay()
    if not has_ray:
        return np.zeros(n)
    y = np.asarray(ray, dtype=float)
    share = totals(part.rows.index, part.rows.value * np.repeat(y, np.diff(part.rows.start)), n)
    if _proves(part, y, share):
        return share
    return -share if _proves(part, -y, -share) else np.zeros(n)


def _proves(program: Program, y: Floats, share: Floats) -> bool:
    """Whether what the rows ask of y A x is more than it can reach within the bounds of the columns."""
    needs = _weighed(y, program.row_lower, program.row_upper)
    return bool(needs > _weighed(share, program.columns.upper, program.columns.lower))


def _weighed(weights: Floats, where_above: Floats, where_below: Floats) -> float:
    """The sum of weights times one bound where they are above 0 and the other where they are below."""
    used = weights != 0
    return float(np.sum(weights[used] * np.where(weights > 0, where_above, where_below)[used]))
