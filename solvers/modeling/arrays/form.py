"""Many affine or quadratic expressions at once, as sparse arrays.

Row r of a Form is  constant[r] + sum of values * x[cols] + sum of qvalues * x[qfirst] * x[qsecond],
over the terms whose row is r. Terms may repeat; they add up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .universe import Codes, Floats, totals

MAX_TERMS = 200_000_000

_NO_CODES: Codes = np.empty(0, dtype=np.int64)
_NO_FLOATS: Floats = np.empty(0, dtype=float)


class Nonlinear(Exception):
    """An expression is neither affine nor quadratic in the variables; `what` says where."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Form:
    """n rows of affine or quadratic expressions."""

    n: int
    constant: Floats
    """(n,)"""
    rows: Codes = field(default_factory=lambda: _NO_CODES)
    """Row of each linear term, (n_linear,)."""
    cols: Codes = field(default_factory=lambda: _NO_CODES)
    values: Floats = field(default_factory=lambda: _NO_FLOATS)
    qrows: Codes = field(default_factory=lambda: _NO_CODES)
    """Row of each quadratic term, (n_quadratic,)."""
    qfirst: Codes = field(default_factory=lambda: _NO_CODES)
    qsecond: Codes = field(default_factory=lambda: _NO_CODES)
    qvalues: Floats = field(default_factory=lambda: _NO_FLOATS)

    def plus(self, other: Form) -> Form:
        """Row by row sum."""
        return Form(
            self.n,
            self.constant + other.constant,
            np.concatenate((self.rows, other.rows)),
            np.concatenate((self.cols, other.cols)),
            np.concatenate((self.values, other.values)),
            np.concatenate((self.qrows, other.qrows)),
            np.concatenate((self.qfirst, other.qfirst)),
            np.concatenate((self.qsecond, other.qsecond)),
            np.concatenate((self.qvalues, other.qvalues)),
        )

    def scaled(self, factor: Floats) -> Form:
        """Each row times its factor, (n,)."""
        return Form(
            self.n,
            self.constant * factor,
            self.rows,
            self.cols,
            self.values * factor[self.rows],
            self.qrows,
            self.qfirst,
            self.qsecond,
            self.qvalues * factor[self.qrows],
        )

    def times(self, other: Form) -> Form:
        """Row by row product.

        Raises:
            Nonlinear: The product has a degree above two.
        """
        if self.is_constant:
            return other.scaled(self.constant)
        if other.is_constant:
            return self.scaled(other.constant)
        if len(self.qrows) or len(other.qrows):
            raise Nonlinear("a product of more than two variables")
        first, second = _pairs_by_row(self.rows, other.rows, self.n)
        cross = self._affine().scaled(other.constant).plus(other._linear().scaled(self.constant))
        return Form(
            self.n,
            cross.constant,
            cross.rows,
            cross.cols,
            cross.values,
            self.rows[first],
            self.cols[first],
            other.cols[second],
            self.values[first] * other.values[second],
        )

    def gathered(self, parent: Codes, n: int) -> Form:
        """Rows summed into n parent rows; parent, (self.n,), says which."""
        return Form(
            n,
            totals(parent, self.constant, n),
            parent[self.rows],
            self.cols,
            self.values,
            parent[self.qrows],
            self.qfirst,
            self.qsecond,
            self.qvalues,
        )

    @property
    def is_constant(self) -> bool:
        """Whether no variable stands in any row."""
        return not len(self.rows) and not len(self.qrows)

    def _affine(self) -> Form:
        return Form(self.n, self.constant, self.rows, self.cols, self.values)

    def _linear(self) -> Form:
        return Form(self.n, np.zeros(self.n), self.rows, self.cols, self.values)


def constant_form(values: Floats) -> Form:
    """Rows without variables, (n,)."""
    return Form(len(values), values)


def expand(counts: Codes) -> tuple[Codes, Codes]:
    """For rows that become counts[r] rows each: the old row and the running number within it.

    Both are (sum of counts,); the old rows do not decrease.
    """
    total = int(counts.sum())
    parent = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return parent, np.arange(total) - first


def _pairs_by_row(left: Codes, right: Codes, n: int) -> tuple[Codes, Codes]:
    """Positions of all pairs (l, r) with left[l] == right[r]."""
    order = np.argsort(right, kind="stable")
    per_row = np.bincount(right, minlength=n)
    start = np.cumsum(per_row) - per_row
    counts = per_row[left]
    if float(counts.sum()) > MAX_TERMS:
        raise Nonlinear(f"a product of sums with more than {MAX_TERMS} terms")
    first, running = expand(counts)
    return first, order[start[left[first]] + running]
