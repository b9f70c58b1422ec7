"""One Pyomo program with full isolation against a fresh `python program.py` without any: wall time, in one run.

Both solve the same small linear program with HiGHS and hand its result back, alternating, so that a busy machine slows
both. Two costs of ours lie outside the alternating figure and are shown beside it: the server's start, paid once a
session, and the forking of the next run's cell, which the server does ahead while the caller is busy elsewhere; the
figure of runs back to back, where the caller never is, holds that too.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agentopt.sandbox import ForkServerSandbox, Level
from benchmarks.table import Row, markdown, missed

N_RUNS = 15
BAR = 10.0

PROGRAM = """
import pyomo.environ as pyo

model = pyo.ConcreteModel()
model.make = pyo.Var(range(3), domain=pyo.NonNegativeReals)
model.profit = pyo.Objective(expr=5 * model.make[0] + 4 * model.make[1] + 3 * model.make[2], sense=pyo.maximize)
model.wood = pyo.Constraint(expr=2 * model.make[0] + 3 * model.make[1] + model.make[2] <= 5)
model.steel = pyo.Constraint(expr=4 * model.make[0] + model.make[1] + 2 * model.make[2] <= 11)
model.hours = pyo.Constraint(expr=3 * model.make[0] + 4 * model.make[1] + 2 * model.make[2] <= 8)
pyo.SolverFactory("appsi_highs").solve(model)
result = pyo.value(model.profit)
"""
OPTIMUM = 13.0


def rows() -> list[Row]:
    """Measure each level that this machine offers, full isolation first."""
    return [_row(level) for level in (Level.NAMESPACES, Level.LANDLOCK)]


def _row(level: Level) -> Row:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ForkServerSandbox(level=level) as sandbox:
        path = Path(folder, "program.py")
        path.write_text(PROGRAM + "print(result)\n", encoding="ascii")
        _require(sandbox.run(PROGRAM).result)
        start_s = time.perf_counter() - began
        _fresh(path)
        pairs = [
            (_wall_ms(lambda: _require(sandbox.run(PROGRAM).result)), _wall_ms(lambda: _fresh(path)))
            for _ in range(N_RUNS)
        ]
        in_a_row = [_wall_ms(lambda: _require(sandbox.run(PROGRAM).result)) for _ in range(N_RUNS)]
    ours, fresh = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    ratio = statistics.median(fresh) / statistics.median(ours)
    return Row(
        what=f"a small LP in Pyomo, solved at level {level}",
        ours=_figure(ours),
        other=f"python program.py, unisolated {_figure(fresh)}",
        ratio=ratio,
        bar=f">= {BAR:.0f}x less wall time",
        passed=ratio >= BAR,
        note=f"median (min-max) of {N_RUNS}; back to back {_figure(in_a_row)}; server start once, {start_s:.1f} s",
    )


def _fresh(path: Path) -> None:
    done = subprocess.run([sys.executable, str(path)], cwd=path.parent, check=True, capture_output=True, text=True)
    _require(float(done.stdout.split()[-1]))


def _require(profit: object) -> None:
    """Raise unless the optimum came back: a fast wrong answer is no figure."""
    if not isinstance(profit, float) or abs(profit - OPTIMUM) > 1e-6:
        raise ValueError(f"expected the optimum {OPTIMUM}, got {profit!r}")


def _wall_ms(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def _figure(spent: list[float]) -> str:
    return f"{statistics.median(spent):.0f} ms ({min(spent):.0f}-{max(spent):.0f})"


def main() -> int:
    """Print the table; fail if a bar is missed."""
    measured = rows()
    print(markdown(measured))
    return 1 if missed(measured) else 0


if __name__ == "__main__":
    sys.exit(main())
