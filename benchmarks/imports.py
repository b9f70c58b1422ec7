"""What a user waits for before anything happens: CPU time of `import agentopt` and of `agentopt --help`.

CPU time (user + system) of a fresh process, children included, not wall time: it is steady on a busy machine. The cost
of Python itself is part of each figure, because it is part of the wait, and stands beside it.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile

from benchmarks.table import Row

N_RUNS = 15

PYTHON = ("-c", "pass")
IMPORT = ("-c", "import agentopt")
HELP = ("-m", "agentopt", "--help")


def rows() -> list[Row]:
    """Measure both, each against its bar."""
    bare = _cpu_ms(PYTHON)
    return [_row("`import agentopt`", IMPORT, bare, 100.0), _row("`agentopt --help`", HELP, bare, 300.0)]


def _row(what: str, arguments: tuple[str, ...], bare: list[float], bar_ms: float) -> Row:
    spent = _cpu_ms(arguments)
    median = statistics.median(spent)
    return Row(
        what=f"{what}, CPU of a fresh process",
        ours=_figure(spent),
        other=f"bare Python {_figure(bare)}",
        bar=f"< {bar_ms:.0f} ms",
        passed=median < bar_ms,
        note=f"user + system, Python itself included, median (min-max) of {N_RUNS}",
    )


def _figure(spent: list[float]) -> str:
    return f"{statistics.median(spent):.0f} ms ({min(spent):.0f}-{max(spent):.0f})"


def _cpu_ms(arguments: tuple[str, ...]) -> list[float]:
    """Run Python afresh, once to fill the byte code cache and then N_RUNS times to measure."""
    return [_child_cpu_ms(arguments) for _ in range(N_RUNS + 1)][1:]


def _child_cpu_ms(arguments: tuple[str, ...]) -> float:
    # Outside the checkout, so that no file of it is imported by the accident of lying in the current folder.
    where = tempfile.gettempdir()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments], cwd=where, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    from benchmarks.run import main

    sys.exit(main(["--only", "imports"]))
