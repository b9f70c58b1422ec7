"""Compares the arrays of two instances: whether the second allows more, or less, and pays better, or worse.

Where all that differs makes the second harder its optimum cannot be better, and where
all makes it easier it cannot be worse. This needs no rule for where a parameter
stands: a row `a x <= b` is harder with a smaller b, or with a larger a where x is never
negative. Nothing is claimed where a variable may have either sign, or where the rows
themselves are others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays.program import Program
from ..arrays.universe import Codes, Floats
from .rows import Mask, constraints_of, row_of_terms


@dataclass(frozen=True)
class Change:
    """How one program differs from another of the same rows and columns."""

    harder: bool
    """Whether something allows less or pays worse, or may."""
    easier: bool
    rows: Mask
    """The rows that differ, (n_rows,)."""
    columns: Mask
    """The columns whose cost or bounds differ, (n_columns,)."""
    constraints: frozenset[str]
    """The constraints that differ."""

    @property
    def nothing(self) -> bool:
        """Whether the two programs are the same."""
        return not (self.harder or self.easier)


def compare(old: Program, new: Program) -> Change | None:
    """How the second program differs from the first; None when nothing can be said.

    Quadratic rows are not compared, for the arrays do not hold them.
    """
    if not _alike(old, new):
        return None
    sides = _Sides.of(old, new)
    by_row = [
        _Difference.of_rows(old, new, sides),
        _of_ends(old.row_lower, new.row_lower, old.row_upper, new.row_upper),
    ]
    by_column = [
        _Difference.of_costs(old, new, sides),
        _of_ends(old.columns.lower, new.columns.lower, old.columns.upper, new.columns.upper),
    ]
    whole = _of_objective(old, new, sides)
    rows = by_row[0].where | by_row[1].where
    columns = by_column[0].where | by_column[1].where
    parts = [*by_row, *by_column, whole]
    return Change(
        harder=any(part.harder for part in parts),
        easier=any(part.easier for part in parts),
        rows=rows,
        columns=columns,
        constraints=frozenset(constraints_of(old, rows)),
    )


def _alike(old: Program, new: Program) -> bool:
    """Whether rows and columns mean the same in both."""
    sets = [program.vectors.instance.data.sets for program in (old, new)]
    if old.quadratic_rows or new.quadratic_rows or sets[0] != sets[1] or old.n_rows != new.n_rows:
        return False
    if len(old.cost) != len(new.cost) or len(old.blocks) != len(new.blocks):
        return False
    return all(
        (a.constraint, a.start, a.frame.n) == (b.constraint, b.start, b.frame.n)
        and a.frame.columns.keys() == b.frame.columns.keys()
        and all(np.array_equal(a.frame.columns[name], b.frame.columns[name]) for name in a.frame.columns)
        for a, b in zip(old.blocks, new.blocks)
    )


@dataclass(frozen=True)
class _Sides:
    """Which columns are never negative, or never positive, in either program."""

    plus: Mask
    minus: Mask

    @classmethod
    def of(cls, old: Program, new: Program) -> _Sides:
        plus = (old.columns.lower >= 0) & (new.columns.lower >= 0)
        return cls(plus, (old.columns.upper <= 0) & (new.columns.upper <= 0))

    def grows(self, change: Floats, columns: Codes) -> Mask:
        """Whether a term may grow when its coefficient changes so."""
        return ((change > 0) & ~self.minus[columns]) | ((change < 0) & ~self.plus[columns])

    def falls(self, change: Floats, columns: Codes) -> Mask:
        return self.grows(-change, columns)


@dataclass(frozen=True)
class _Difference:
    """Where two arrays differ, and what that does to the optimum."""

    harder: bool
    easier: bool
    where: Mask

    @classmethod
    def of_rows(cls, old: Program, new: Program, sides: _Sides) -> _Difference:
        """The coefficients of the rows."""
        places, change = _changes(old, new)
        row, column = places // max(len(old.cost), 1), places % max(len(old.cost), 1)
        grows, falls = sides.grows(change, column), sides.falls(change, column)
        upper = np.isfinite(old.row_upper[row]) | np.isfinite(new.row_upper[row])
        lower = np.isfinite(old.row_lower[row]) | np.isfinite(new.row_lower[row])
        harder, easier = (grows & upper) | (falls & lower), (falls & upper) | (grows & lower)
        where = np.zeros(old.n_rows, dtype=bool)
        where[row] = True
        return cls(bool(harder.any()), bool(easier.any()), where)

    @classmethod
    def of_costs(cls, old: Program, new: Program, sides: _Sides) -> _Difference:
        """The linear coefficients of the objective."""
        change = (new.cost - old.cost) * (-1.0 if old.maximize else 1.0)
        columns = np.arange(len(change))
        return cls(bool(sides.grows(change, columns).any()), bool(sides.falls(change, columns).any()), change != 0)


def _of_ends(old_lower: Floats, new_lower: Floats, old_upper: Floats, new_upper: Floats) -> _Difference:
    """The sides of rows, or the bounds of columns."""
    harder = (new_lower > old_lower) | (new_upper < old_upper)
    easier = (new_lower < old_lower) | (new_upper > old_upper)
    return _Difference(bool(harder.any()), bool(easier.any()), harder | easier)


def _of_objective(old: Program, new: Program, sides: _Sides) -> _Difference:
    """The constant and the quadratic terms of the objective."""
    sign = -1.0 if old.maximize else 1.0
    constant = (new.offset - old.offset) * sign
    n = max(len(old.cost), 1)
    places, values = _difference(
        (old.objective_terms[0] * n + old.objective_terms[1], old.objective_terms[2]),
        (new.objective_terms[0] * n + new.objective_terms[1], new.objective_terms[2]),
    )
    first, second, change = places // n, places % n, values * sign
    same = (first == second) | (sides.plus[first] & sides.plus[second]) | (sides.minus[first] & sides.minus[second])
    opposite = (sides.plus[first] & sides.minus[second]) | (sides.minus[first] & sides.plus[second])
    grows = ((change > 0) & ~opposite) | ((change < 0) & ~same)
    falls = ((change < 0) & ~opposite) | ((change > 0) & ~same)
    where = np.zeros(len(old.cost), dtype=bool)
    return _Difference(constant > 0 or bool(grows.any()), constant < 0 or bool(falls.any()), where)


def _changes(old: Program, new: Program) -> tuple[Codes, Floats]:
    """Places (row * n_columns + column) and differences of the coefficients that differ."""
    n = max(len(old.cost), 1)
    return _difference(
        (row_of_terms(old) * n + old.rows.index, old.rows.value),
        (row_of_terms(new) * n + new.rows.index, new.rows.value),
    )


def _difference(old: tuple[Codes, Floats], new: tuple[Codes, Floats]) -> tuple[Codes, Floats]:
    """The second of two sparse vectors less the first, its zeros left out."""
    places, at = np.unique(np.concatenate((old[0], new[0])), return_inverse=True)
    change = np.bincount(at, np.concatenate((-old[1], new[1])), len(places))
    return places[change != 0], change[change != 0]
