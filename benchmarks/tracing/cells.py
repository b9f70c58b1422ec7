"""How figures of several tracers become the cells of one row.

Ratios are to trace-opt, against which the bars were set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from benchmarks.table import Row
from benchmarks.tracing.lineup import OURS, TRACE_OPT, Figures


def compared(what: str, figures: Mapping[str, Figures], unit: Callable[[float], str], most: float, note: str) -> Row:
    """Make the row of one figure of which less is better; the bar of infinity is none."""
    barred = most < math.inf
    return Row(
        what=what,
        ours=_spread(figures[OURS], unit),
        other=others({name: given.shown(unit) for name, given in figures.items()}),
        ratio=ratio(figures),
        bar=f"<= {unit(most)}" if barred else "",
        passed=figures[OURS].within(most) if barred else None,
        note=note,
    )


def others(told: Mapping[str, str]) -> str:
    """Write what was told of every tracer but ours."""
    return "; ".join(f"{name} {text}" for name, text in told.items() if name != OURS)


def ratio(figures: Mapping[str, Figures]) -> float | None:
    """How many times less ours is than trace-opt's; None unless both were measured."""
    ours, theirs = figures[OURS], figures.get(TRACE_OPT, Figures())
    return theirs.median / ours.median if ours.values and theirs.values else None


def seconds(value: float) -> str:
    """Write a duration with two or three digits, in the unit that suits it."""
    unit, size = next(((unit, size) for unit, size in (("s", 1.0), ("ms", 1e-3)) if value >= size), ("us", 1e-6))
    return f"{_digits(value / size)} {unit}"


def byte_count(value: float) -> str:
    """Write an amount of memory, in bytes or in kB of 1000 bytes."""
    return f"{value:.0f} B" if abs(value) < 1000 else f"{_digits(value / 1000)} kB"


def _spread(figures: Figures, unit: Callable[[float], str]) -> str:
    if len(figures.values) < 2:
        return figures.shown(unit)
    return f"{figures.shown(unit)} ({unit(min(figures.values))} to {unit(max(figures.values))})"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.5 else f"{value:.3g}" if value >= 10 else f"{value:.2g}"
