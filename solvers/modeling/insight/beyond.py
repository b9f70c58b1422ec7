"""Prices the side of a row that its dual leaves open: the row is moved a little, and the simplex goes on.

A dual is a price on both sides only where the plan is not degenerate. Where its range
ends at the present right-hand side, the price beyond is read from a restart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays.universe import Floats
from ..engines.highs import require_highspy, run
from .optimum import Optimum

MAX_RESTARTS = 200
"""Rows at most that are completed."""

_EXPLAINED = 1e-6
"""Part of a difference that the dual beyond may leave unexplained."""
_ROUNDING = 1e-11
"""Rounding of an objective, relative to it."""
_STEPS = (1e-2, 1e-3, 1e-4)
"""First, second and last step of a restart, relative to the right-hand side and at least to 1."""


@dataclass(frozen=True)
class Beyond:
    """What was found on one side of a row."""

    sign: float
    """1: raised, -1: lowered."""
    price: float | None
    """Change of the objective for each unit; None where it is not known."""
    infeasible: bool = False
    stopped: bool = False
    """Whether the time was over, or somebody interrupted."""


class Sides:
    """The price of a unit more and of a unit less for each row; NaN where it is not known."""

    def __init__(self, duals: Floats, lowest: Floats, highest: Floats) -> None:
        self.raised, self.lowered = duals.copy(), 0.0 - duals
        self.cannot_raise, self.cannot_lower = (np.zeros(len(duals), dtype=bool) for _ in range(2))
        self.lowest, self.highest = lowest, highest

    def put(self, row: int, found: Beyond) -> None:
        """Enter what was found for a row."""
        prices, cannot = (self.raised, self.cannot_raise) if found.sign > 0 else (self.lowered, self.cannot_lower)
        prices[row] = np.nan if found.price is None else found.price + 0.0
        cannot[row] = found.infeasible


@dataclass(frozen=True)
class Restarts:
    """Moves single rows and goes on from the last basis."""

    solved: Optimum
    deadline: float
    progress: Callable[[str], None]

    def complete(self, sides: Sides) -> list[str]:
        """Fill in what the duals leave open; the notes say that, and how far it was done."""
        solved = self.solved
        up, down = sides.highest <= solved.bound, sides.lowest >= solved.bound
        sides.raised[up], sides.lowered[down] = np.nan, np.nan
        rows = np.flatnonzero(up | down)
        # The dearest first: the time may not suffice for all.
        rows = rows[np.argsort(-np.abs(solved.duals[rows]), kind="stable")].tolist()
        done = 0
        for row in rows[:MAX_RESTARTS]:
            beyond = [self._one_side(row, sign) for sign, is_open in ((1.0, up[row]), (-1.0, down[row])) if is_open]
            for found in beyond:
                sides.put(row, found)
            if any(found.stopped for found in beyond) or time.perf_counter() >= self.deadline:
                break
            done += 1
            if done % 100 == 0:
                self.progress(f"priced {done} of {len(rows)} rows on both sides")
        if not rows:
            return []
        many = "1 row has" if len(rows) == 1 else f"{len(rows)} rows have"
        notes = [f"the plan is degenerate: {many} a dual that is a price on one side only, or on none"]
        return notes if done == len(rows) else [*notes, f"the other side was priced for {done} of them only"]

    def _one_side(self, row: int, sign: float) -> Beyond:
        """Price one side of a row by moving it a little, and by less where the price changes in between."""
        try:
            for share in _STEPS:
                found = self._moved_by(row, sign, share * max(1.0, abs(float(self.solved.bound[row]))))
                if found.stopped or found.price is not None:
                    break
            return found
        finally:
            self.solved.highs.changeRowBounds(row, *self._limits(row, 0.0))

    def _moved_by(self, row: int, sign: float, step: float) -> Beyond:
        """What the simplex finds with a row moved.

        The dual beyond is believed when it explains the whole difference: the objective
        is convex in the right-hand side (or concave), so it is a straight line in between.
        """
        solved, highs = self.solved, self.solved.highs
        status = require_highspy().HighsModelStatus
        highs.changeRowBounds(row, *self._limits(row, sign * step))
        # HiGHS counts the time of all runs of an instance together.
        highs.setOptionValue("time_limit", highs.getRunTime() + max(self.deadline - time.perf_counter(), 0.01))
        run(highs, discrete=False)
        found = highs.getModelStatus()
        if found != status.kOptimal:
            infeasible = found in (status.kInfeasible, status.kUnboundedOrInfeasible)
            return Beyond(sign, None, infeasible, stopped=not infeasible)
        change = float(highs.getInfo().objective_function_value) / solved.scale - solved.objective
        price = sign * float(highs.getSolution().row_dual[row]) / solved.scale
        off = abs(change - price * step)
        exact = off <= _EXPLAINED * abs(price * step) + _ROUNDING * max(abs(solved.objective), 1.0 / solved.scale)
        return Beyond(sign, price if exact else None)

    def _limits(self, row: int, step: float) -> tuple[float, float]:
        """The limits of a row with the one that counts moved, and both of an equation."""
        lower, upper = float(self.solved.program.row_lower[row]), float(self.solved.program.row_upper[row])
        if self.solved.equation[row]:
            return lower + step, upper + step
        return (lower, upper + step) if self.solved.above[row] else (lower + step, upper)
