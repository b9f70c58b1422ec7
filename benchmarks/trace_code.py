"""What a call costs of a function that a model rewrote: it runs in the sandbox, in a worker that keeps it loaded."""

from __future__ import annotations

import math
import statistics
import time

from agentopt.graph import trace
from benchmarks.table import Row
from benchmarks.tracing.cells import compared, seconds
from benchmarks.tracing.lineup import OURS, Figures

N_CALLS = 200
LATER_S = 1e-3
BY_A_MODEL = '''
def priced(amount: int, rate: float = 0.2) -> float:
    """Add the tax to an amount."""
    return _raised(amount, rate)


def _raised(amount: int, rate: float) -> float:
    return amount * (1 + rate)
'''


@trace(trainable=True)
def priced(amount: int, rate: float = 0.2) -> float:
    """Add the tax to an amount."""
    return amount + rate


def rows() -> list[Row]:
    """Measure the first and the later calls of a version that a model wrote."""
    priced.parameter.set(BY_A_MODEL.lstrip(), author="model:benchmark")
    times = [_wall_s(amount) for amount in range(N_CALLS)]
    first, later = Figures((times[0],)), Figures(tuple(statistics.quantiles(times[1:], n=20)))
    return [
        compared("the first call of a model's version, in the sandbox, wall", {OURS: first}, seconds, math.inf, ""),
        compared("a later call of it, wall", {OURS: later}, seconds, LATER_S, f"{N_CALLS - 1} calls, 5 to 95 of 100"),
    ]


def _wall_s(amount: int) -> float:
    """Time one call. Wall time, since most of it is another process's."""
    start = time.perf_counter()
    total = priced(amount)
    spent = time.perf_counter() - start
    if abs(total.data - 1.2 * amount) > 1e-9:
        raise ValueError(f"expected {1.2 * amount}, got {total.data}: the model's version did not run")
    return spent
