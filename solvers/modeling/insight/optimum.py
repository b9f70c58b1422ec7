"""The optimum of a linear program as arrays: duals and their ranges, in the sense and scale that the user stated."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays.program import Program
from ..arrays.universe import Floats
from ..engines.highs import INFINITE, objective_scale, point_of, require_highspy

Mask = NDArray[np.bool_]

_AT = 1e-7
"""Relative distance at which two figures are one: HiGHS's own tolerance."""
_DUST = 1e-13
"""Relative size below which a dual is rounding."""


class Optimum:
    """What HiGHS says of a linear program that it solved, its duals and ranges undone of the objective's scale.

    Args:
        program: What was solved.
        highs: The solved instance; it may go on to other solves, for all is copied here.

    Attributes:
        x: Values of the columns, (n,).
        activity: Left sides of the rows, (m,).
        duals: Change of the objective for each unit of a row's right-hand side, (m,).
        reduced: Change of the objective for each unit of a column's bound, (n,).
        basic: Which rows are in the basis: they have room, or are at their limit by chance.
    """

    def __init__(self, program: Program, highs: Any) -> None:
        statuses = require_highspy().HighsBasisStatus
        self.program, self.highs = program, highs
        self.scale = objective_scale(program)
        self.x = point_of(highs, program)
        solution, basis = highs.getSolution(), highs.getBasis()
        self.activity = np.array(solution.row_value, dtype=float)
        self.basic = np.array([status == statuses.kBasic for status in basis.row_status], dtype=bool)
        self.at_upper = np.array([status == statuses.kUpper for status in basis.row_status], dtype=bool)
        self.basic_columns = np.array([status == statuses.kBasic for status in basis.col_status], dtype=bool)
        self.duals = _clean(np.array(solution.row_dual, dtype=float) / self.scale)
        self.reduced = _clean(np.array(solution.col_dual, dtype=float) / self.scale)
        self.objective = float(highs.getInfo().objective_function_value) / self.scale
        _, self._ranging = highs.getRanging()

    @cached_property
    def above(self) -> Mask:
        """Whether the limit that counts is the upper one, for each row; an equation counts as such."""
        lower, upper = self.program.row_lower, self.program.row_upper
        nearer = np.abs(upper - self.activity) <= np.abs(self.activity - lower)
        return np.asarray(np.where(self.basic, nearer, self.at_upper | (lower == upper)), dtype=bool)

    @cached_property
    def bound(self) -> Floats:
        """The limit that counts: the one that the row is at, or nearer to."""
        return np.where(self.above, self.program.row_upper, self.program.row_lower)

    @cached_property
    def equation(self) -> Mask:
        """Whether both limits are one."""
        return np.asarray(self.program.row_lower == self.program.row_upper, dtype=bool)

    @cached_property
    def lowest(self) -> Floats:
        """Least right-hand side for which each dual holds."""
        below = self._ranged("row_bound_dn", self.bound)
        below = np.where(self.basic, np.where(self.above | self.equation, self.activity, -np.inf), below)
        # Room that is worth nothing when it is tight is worth nothing when there is more of it.
        below = np.where((self.duals == 0) & ~self.above & ~self.equation, -np.inf, below)
        return self._snapped(np.minimum(below, self.bound))

    @cached_property
    def highest(self) -> Floats:
        """Largest right-hand side for which each dual holds."""
        above = self._ranged("row_bound_up", self.bound)
        above = np.where(self.basic, np.where(self.above & ~self.equation, np.inf, self.activity), above)
        above = np.where((self.duals == 0) & self.above & ~self.equation, np.inf, above)
        return self._snapped(np.maximum(above, self.bound))

    @cached_property
    def lowest_cost(self) -> Floats:
        """Least coefficient of each column with which the plan stays optimal."""
        ends = np.where(self._costs_up, self.program.cost - self.reduced, -np.inf)
        found = self._ranged("col_cost_dn", np.where(self.basic_columns, self.program.cost, ends), self.scale)
        return np.minimum(found, self.program.cost)

    @cached_property
    def highest_cost(self) -> Floats:
        """Largest coefficient of each column with which the plan stays optimal."""
        ends = np.where(self._costs_up, np.inf, self.program.cost - self.reduced)
        found = self._ranged("col_cost_up", np.where(self.basic_columns, self.program.cost, ends), self.scale)
        return np.maximum(found, self.program.cost)

    @property
    def _costs_up(self) -> Mask:
        """Which columns stay where they are when their coefficient grows: at the lower bound for who minimizes."""
        at_lower = np.asarray(self.x <= self.program.columns.lower, dtype=bool)
        return ~at_lower if self.program.maximize else at_lower

    def _ranged(self, which: str, otherwise: Floats, scale: float = 1.0) -> Floats:
        """One of HiGHS's ranges; it has none for a matrix without a coefficient, where each column stands alone."""
        if not self._ranging.valid:
            return otherwise
        figures = np.array(getattr(self._ranging, which).value_, dtype=float)[: len(otherwise)]
        return np.where(figures >= INFINITE, np.inf, np.where(figures <= -INFINITE, -np.inf, figures)) / scale

    def _snapped(self, ends: Floats) -> Floats:
        return np.where(np.abs(ends - self.bound) <= _AT * np.maximum(1.0, np.abs(self.bound)), self.bound, ends)


def _clean(duals: Floats) -> Floats:
    """Duals without the dust that is far below the largest, and without minus zero."""
    return np.where(np.abs(duals) <= _DUST * np.abs(duals).max(initial=0.0), 0.0, duals) + 0.0
