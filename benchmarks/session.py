"""What a change, a question and a problem in words cost in a session, small and with 10^5 rows of data.

The peer of a change is what chats over a model file do (OptiGuide): run the changed Pyomo program
in a fresh interpreter.
"""

from __future__ import annotations

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from agentopt.llm import connect
from agentopt.solvers.modeling.session.session import Session
from benchmarks.table import Row

SEEDS = (1,)
SIZE = (250, 400)
"""Plants and markets: 10^5 lanes, a row of the table each."""
REPEATS = 15


def rows() -> list[Row]:
    """Measure a small plan, a problem in words by its recording, and a large plan."""
    tasks = Path(str(files("agentopt"))) / "tasks" / "modeling"
    return [*small(tasks), *words(tasks), *large()]


def small(tasks: Path) -> list[Row]:
    """A change of one figure and a question, on the transport task."""
    session = Session()
    session.formulate(tasks / "transport" / "problem.yaml")
    program = session.export_text("pyomo")
    changes = [cpu(lambda step=step: session.tell(f"capacity[Turin] = {55 + step}")) for step in range(REPEATS)]  # type: ignore[misc]
    wishes = [cpu(lambda: session.why("ship[Porto, Oslo] >= 5")) for _ in range(REPEATS)]
    peer = statistics.median(child_cpu(program) for _ in range(5))
    change, wish = statistics.median(changes), statistics.median(wishes)
    return [
        Row(
            "a what-if on a small plan: read, changed, solved, checked, compared, CPU",
            f"{1e3 * change:.1f} ms",
            f"{1e3 * peer:.0f} ms (the changed Pyomo program in a fresh interpreter)",
            ratio=peer / change,
            bar=">= 10x",
            passed=peer >= 10 * change,
            note=f"12 variables; median of {REPEATS} and of 5; no model call on our side",
        ),
        Row("a why-not on it: forced, solved, compared, CPU", f"{1e3 * wish:.1f} ms", note=f"median of {REPEATS}"),
    ]


def words(tasks: Path) -> list[Row]:
    """Everything but the model's call: prompt, decoding, analysis, solve, check, answer."""
    problem = (tasks / "furniture" / "problem.txt").read_text(encoding="utf-8")

    def once() -> None:
        Session(connect(replay=tasks / "furniture" / "recording.jsonl")).tell(problem)

    once()
    own = statistics.median(cpu(once) for _ in range(REPEATS))
    return [
        Row(
            "a problem in words to its checked answer, all but the model's call, CPU",
            f"{1e3 * own:.0f} ms",
            bar="< 50 ms",
            passed=own < 0.05,
            note=f"the furniture task, its reply replayed; median of {REPEATS}",
        )
    ]


def large() -> list[Row]:
    """A transport problem whose 10^5 costs stand in a table."""
    with tempfile.TemporaryDirectory() as folder:
        problem = write_large(Path(folder))
        session = Session()
        loaded = wall(lambda: session.formulate(problem))
        every = wall(lambda: session.tell("capacity up 10 %"))
        one = wall(lambda: session.tell("cost[p3, m7] = 0"))
        wish = wall(lambda: session.why("ship[p0, m0] >= 5"))
        prices = wall(session.sensitivity)
    return [
        Row("10^5 rows of a table: read, compiled, solved, checked, wall", f"{loaded:.1f} s", note="10^5 variables"),
        Row(
            "the same plan: what-if of every capacity, of one cost; why not; all prices, wall",
            f"{every:.1f} s, {one:.1f} s; {wish:.1f} s; {prices:.1f} s",
            bar="each <= the first solve",
            passed=max(every, one, wish, prices) <= loaded,
            note="once each; no table is read again",
        ),
    ]


def write_large(folder: Path) -> Path:
    """Write the tables and the five elements of the large problem."""
    draw = random.Random(SEEDS[0])
    plants, markets = ([f"{letter}{n}" for n in range(size)] for letter, size in zip("pm", SIZE))
    tables = {
        "plants": ["plant,capacity", *(f"{p},{draw.randint(400, 900)}" for p in plants)],
        "markets": ["market,demand", *(f"{m},{draw.randint(100, 300)}" for m in markets)],
        "costs": ["plant,market,cost", *(f"{p},{m},{draw.randint(1, 99)}" for p in plants for m in markets)],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    problem = folder / "problem.yaml"
    problem.write_text(_LARGE, encoding="utf-8")
    return problem


_LARGE = """\
sets:
  - {name: P, data: {table: plants, keys: [plant]}}
  - {name: M, data: {table: markets, keys: [market]}}
parameters:
  - {name: capacity, index: [P], data: {table: plants, keys: [plant], column: capacity}}
  - {name: demand, index: [M], data: {table: markets, keys: [market], column: demand}}
  - {name: cost, index: [P, M], data: {table: costs, keys: [plant, market], column: cost}}
variables:
  - {name: ship, index: [P, M]}
objective: {sense: minimize, expression: "sum(cost[p, m] * ship[p, m] for p in P for m in M)"}
constraints:
  - {name: sends, expression: "sum(ship[p, m] for m in M) <= capacity[p] for p in P"}
  - {name: gets, expression: "sum(ship[p, m] for p in P) >= demand[m] for m in M"}
"""


def cpu(run: Callable[[], object]) -> float:
    """CPU seconds of this process, its threads included."""
    started = time.process_time()
    run()
    return time.process_time() - started


def wall(run: Callable[[], object]) -> float:
    """Wall seconds."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def child_cpu(program: str) -> float:
    """CPU seconds of a Python process that runs a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Print the table of this file alone."""
    from benchmarks.table import markdown

    print(markdown(rows()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
