"""What tracing costs: CPU time and memory of a call and of backward, and CPU time of the import."""

from __future__ import annotations

import math
import os
import subprocess
import tempfile

from benchmarks.table import Row
from benchmarks.tracing.cells import byte_count, compared, others, ratio, seconds
from benchmarks.tracing.lineup import EVERY, OURS, TEXTGRAD, TRACE_OPT, Counts, Figures, Lineup, Rounds

ROUNDS = 5
CALLS_S = 0.05
"""CPU seconds over which the calls of one round are timed."""
N_KEPT = 1_000
SIZES = (100, 1_000, 10_000, 100_000)
PEER_SIZES = SIZES[:3]
LIMIT_S = 20.0
"""CPU seconds that one backward pass may take."""
SHAPES = {"chain": {10_000: 0.1, 100_000: 1.0}, "fan": {100_000: 1.0}, "diamond": {100_000: 1.0}}
"""The shapes of graph, with the most CPU seconds that backward over so many calls may take."""
NODE_BYTES = 1000.0
LINEAR = 1.1
"""The most that a call may weigh among ten times as many, as a multiple."""

IMPORTS = {
    OURS: "from agentopt import backward, node, trace",
    TRACE_OPT: "from opto.trace import bundle, node",
    TEXTGRAD: "import textgrad",
}
IMPORT_S = 0.1
N_IMPORTS, N_PEER_IMPORTS = 7, 2


def call_rows(lineup: Lineup) -> list[Row]:
    """Measure each kind of call, and what a kept one weighs."""
    plain = f"the same call untraced {_call(lineup, (OURS,), 'plain')[OURS].shown(seconds)}"
    both = (OURS, TRACE_OPT)
    memory = {
        name: rounds.figures("bytes") for name, rounds in lineup.in_turn(EVERY, 1, "call_memory", n=N_KEPT).items()
    }
    return [
        compared("a leaf node, CPU", _call(lineup, EVERY, "leaf"), seconds, math.inf, ""),
        compared("a traced call of two inputs, CPU", _call(lineup, EVERY, "two"), seconds, 10e-6, plain),
        compared("a call with tracing off, CPU", _call(lineup, both, "off"), seconds, 1e-6, plain),
        compared("a call of a code parameter, a human's, CPU", _call(lineup, both, "code"), seconds, math.inf, ""),
        compared("memory of a kept call beside its value", memory, byte_count, NODE_BYTES, "tracemalloc"),
    ]


def backward_rows(lineup: Lineup) -> list[Row]:
    """Measure backward over every shape at every size, and the reading of what it gives."""
    taken = {shape: {n: _backward(lineup, shape, n) for n in SIZES} for shape in SHAPES}
    whole = [by_size[SIZES[-1]][OURS].figures("whole") for by_size in taken.values()]
    written = Row(
        what=f"the same of {SIZES[-1]:,}, and every step named and written: {', '.join(SHAPES)}",
        ours=", ".join(given.shown(seconds) for given in whole),
        note="medians of 3; backward itself names nothing, as trace-opt's does not",
    )
    return [*(_backward_row(shape, by_size) for shape, by_size in taken.items()), written]


def _backward_row(shape: str, taken: dict[int, dict[str, Rounds]]) -> Row:
    by_size = {n: {name: rounds.figures("s") for name, rounds in given.items()} for n, given in taken.items()}
    told = {
        name: ", ".join(given[name].shown(seconds) for given in by_size.values() if name in given) for name in EVERY
    }
    last = max((n for n in SIZES if ratio(by_size[n])), default=SIZES[0])
    return Row(
        what=f"backward over a {shape} of {', '.join(f'{n:,}' for n in SIZES)} calls, CPU",
        ours=told[OURS],
        other=others(told),
        ratio=ratio(by_size[last]),
        bar=", ".join(f"<= {seconds(most)} at {n:,}" for n, most in SHAPES[shape].items()),
        passed=all(by_size[n][OURS].within(most) for n, most in SHAPES[shape].items()),
        note=f"medians of 3, but a peer's of {PEER_SIZES[-1]:,} once; ratio at {last:,}",
    )


def memory_row(lineup: Lineup, shape: str) -> Row:
    """Weigh a graph and backward over it, and see that a call weighs no more among ten times as many."""
    tenth, ours = (_weight(lineup, OURS, shape, n) for n in SIZES[-2:])
    peers = {name: _weight(lineup, name, shape, 1_000) for name in (TRACE_OPT, TEXTGRAD)}
    total, theirs = _total(ours), _total(peers[TRACE_OPT])
    return Row(
        what=f"memory a call of a {shape} of 100,000, graph + backward",
        ours=_told(ours),
        other=others({name: _told(weight) for name, weight in peers.items()}),
        ratio=theirs / total if theirs and total else None,
        bar=f"<= {byte_count(NODE_BYTES)}, and {LINEAR} times that of 10,000",
        passed=0 < total <= min(NODE_BYTES, LINEAR * _total(tenth)),
        note=f"tracemalloc, at its highest; ours with every step written, of 10,000 {_told(tenth)}; peers' of 1,000",
    )


def import_row(lineup: Lineup) -> Row:
    """Measure the import of what records and goes backward, in fresh processes; the byte code is written by now."""
    figures = {name: _import(lineup, name) for name in EVERY}
    return compared("import of the core, CPU of a fresh process", figures, seconds, IMPORT_S, "Python itself included")


def _call(lineup: Lineup, names: tuple[str, ...], kind: str) -> dict[str, Figures]:
    taken = lineup.in_turn(names, ROUNDS, "calls", kind=kind, least_s=CALLS_S)
    return {name: rounds.figures("s") for name, rounds in taken.items()}


def _backward(lineup: Lineup, shape: str, n: int) -> dict[str, Rounds]:
    def go(names: tuple[str, ...], n_rounds: int) -> dict[str, Rounds]:
        return lineup.in_turn(names, n_rounds, "backward", shape=shape, n=n, limit_s=LIMIT_S)

    if n < PEER_SIZES[-1]:
        return go(EVERY, 3)
    return go((OURS,), 3) | go(EVERY[1:] if n in PEER_SIZES else (), 1)


def _weight(lineup: Lineup, name: str, shape: str, n: int) -> Counts:
    return lineup.once(name, "memory", shape=shape, n=n, limit_s=LIMIT_S)


def _total(weight: Counts) -> float:
    return 0.0 if isinstance(weight, str) else weight["graph"] + weight["backward"]


def _told(weight: Counts) -> str:
    if isinstance(weight, str):
        return weight
    return f"{byte_count(weight['graph'])} + {byte_count(weight['backward'])}"


def _import(lineup: Lineup, name: str) -> Figures:
    if name not in lineup.pythons:
        return Figures(why="not installed")
    command = [lineup.pythons[name], "-c", f"{IMPORTS[name]}\nimport time\nprint(time.process_time())"]
    spent = []
    for _ in range(N_IMPORTS if name == OURS else N_PEER_IMPORTS):
        # Outside the checkout, so that no file of it is imported by the accident of lying in the current folder.
        where, environment = tempfile.gettempdir(), {**os.environ, **lineup.environment}
        run = subprocess.run(command, cwd=where, env=environment, check=True, capture_output=True, text=True)
        spent.append(float(run.stdout.split()[-1]))
    return Figures(tuple(spent))
