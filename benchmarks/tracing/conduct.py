"""What a tracer must not do, counted: nodes that it keeps, and calls that it mixes up."""

from __future__ import annotations

from benchmarks.table import Row
from benchmarks.tracing.cells import others
from benchmarks.tracing.lineup import EVERY, OURS, TRACE_OPT, Counts, Lineup

N_STEPS, N_CHARS = 200, 100_000
WRONG = ("raised", "values", "inputs", "names")


def alive_row(lineup: Lineup) -> Row:
    """Count the nodes that stay after many steps, of which the user holds the last output and the parameter."""
    counts = {name: lineup.once(name, "alive", n_steps=N_STEPS, n_chars=N_CHARS) for name in EVERY}
    told = {name: _kept(given) for name, given in counts.items()}
    ours = counts[OURS]
    return Row(
        what=f"nodes alive after {N_STEPS} steps of call and backward",
        ours=told[OURS],
        other=others(told),
        bar="as many as after 1 step",
        passed=not isinstance(ours, str) and ours["first"] == ours["nodes"] == ours["at_once"],
        note=f"before and after a collection; inputs of {N_CHARS:,} characters; last output and parameter are held",
    )


def thread_row(lineup: Lineup) -> Row:
    """Count what comes out wrong when threads interrupt each other."""
    what = "8 threads of 500 calls, switch interval 1 us"
    return _mixed(what, {name: lineup.once(name, "threads", n_threads=8, n_calls=500) for name in (OURS, TRACE_OPT)})


def task_row(lineup: Lineup) -> Row:
    """Count what comes out wrong when tasks take turns inside of every call."""
    what = "50 tasks of 20 awaited calls"
    return _mixed(what, {name: lineup.once(name, "tasks", n_tasks=50, n_calls=20) for name in (OURS, TRACE_OPT)})


def _mixed(what: str, counts: dict[str, Counts]) -> Row:
    told = {name: _errors(given) for name, given in counts.items()}
    ours = counts[OURS]
    return Row(
        what=f"{what}: what came out wrong",
        ours=told[OURS],
        other=others(told),
        bar="nothing",
        passed=not isinstance(ours, str) and not any(ours[kind] for kind in WRONG),
        note="calls that raised, wrong values, calls with an input misremembered anywhere, names given twice",
    )


def _kept(given: Counts) -> str:
    if isinstance(given, str):
        return given
    return f"{given['at_once']:.0f}, {given['nodes']:.0f} ({given['first']:.0f} after 1), +{given['mb']:.1f} MB"


def _errors(given: Counts) -> str:
    return given if isinstance(given, str) else ", ".join(f"{given[kind]:.0f} {kind}" for kind in WRONG)
