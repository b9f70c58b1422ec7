"""Measures one tracer in its own interpreter: `python -m benchmarks.tracing.measure NAME`, requests on standard input.

Imported by the peers' interpreters: the standard library and this folder only. Times are CPU seconds of this process,
with the garbage collector on, as users have it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from benchmarks.tracing.checks import alive, tasks, threads
from benchmarks.tracing.tracers import TRACERS, Tracer, two

Figures = dict[str, float]


class OverTime(BaseException):
    """The limit on CPU time has passed; no Exception, so that no tracer records it as one of its own."""


class Lacking(Exception):
    """The tracer has no such ability."""


def calls(tracer: Tracer, kind: str, least_s: float) -> Figures:
    """Time one kind of call, in seconds a call, over a thousand calls or as many as take this long.

    What a call gives is dropped at once.
    """
    nodes = tracer.parameter("abcd"), tracer.leaf("efgh")
    kinds: dict[str, tuple[Callable[..., Any] | None, tuple[Any, ...]]] = {
        "plain": (two, ("abcd", "efgh")),
        "leaf": (tracer.leaf, ("abcd",)),
        "two": (tracer.two, nodes),
        "off": (tracer.two if tracer.off else None, nodes),
        "code": (tracer.code, nodes),
    }
    call, given = kinds[kind]
    if call is None:
        raise Lacking("none")
    with tracer.off() if kind == "off" and tracer.off else nullcontext():
        start = time.process_time()
        n, spent = 0, 0.0
        while spent < least_s or not n:
            for _ in range(1_000):
                call(*given)
            n, spent = n + 1_000, time.process_time() - start
        return {"s": spent / n}


def call_memory(tracer: Tracer, n: int) -> Figures:
    """Weigh one kept call of two inputs, in bytes beside the value it holds."""
    a, b = tracer.parameter("abcd"), tracer.leaf("efgh")
    tracer.two(a, b)
    kept, value = [None] * n, sys.getsizeof("abcdefgh")
    tracemalloc.start()
    for i in range(n):
        kept[i] = tracer.two(a, b)
    weight = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {"bytes": weight / n - value}


def backward(tracer: Tracer, shape: str, n: int, limit_s: float) -> Figures:
    """Time one backward pass over a graph of n calls; and the whole, with the reading of its result."""
    output = SHAPES[shape](tracer, n)
    gc.collect()
    with cpu_limit(limit_s):
        start = time.process_time()
        result = tracer.backward(output)
        went = time.process_time()
        result = tracer.read(result)
        end = time.process_time()
    # Freed after the clock has stopped: dropping the result is not part of making it.
    del result
    return {"s": went - start, "whole": end - start}


def memory(tracer: Tracer, shape: str, n: int, limit_s: float) -> Figures:
    """Weigh a graph of n calls, and what backward adds at its highest, in bytes a call."""
    gc.collect()
    tracemalloc.start()
    try:
        output = SHAPES[shape](tracer, n)
        graph = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        with cpu_limit(limit_s):
            result = tracer.read(tracer.backward(output))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    del result
    return {"graph": graph / n, "backward": (peak - graph) / n}


def chain(tracer: Tracer, n: int) -> Any:
    """Make n calls, each of the one before."""
    output = tracer.parameter("abcd")
    for _ in range(n):
        output = tracer.one(output)
    return output


def fan(tracer: Tracer, n: int) -> Any:
    """Make n calls of one parameter, and one more that joins them."""
    start = tracer.parameter("abcd")
    return tracer.join(*[tracer.one(start) for _ in range(n)])


def diamond(tracer: Tracer, n: int) -> Any:
    """Make n calls in levels of two, each of both calls of the level before, and one more that joins the last."""
    left, right = tracer.parameter("abcd"), tracer.leaf("efgh")
    for _ in range(n // 2):
        left, right = tracer.two(left, right), tracer.two(right, left)
    return tracer.join(left, right)


SHAPES: dict[str, Callable[[Tracer, int], Any]] = {"chain": chain, "fan": fan, "diamond": diamond}
MEASURES: dict[str, Callable[..., Figures]] = {
    made.__name__: made for made in (calls, call_memory, backward, memory, alive, threads, tasks)
}


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise OverTime once this process has used so many more CPU seconds, to about half a second."""
    end = time.process_time() + seconds

    def look(number: int, frame: object) -> None:
        if time.process_time() > end:
            raise OverTime(f"over {seconds:g} s")

    # Not the timer of CPU time: while it runs, Linux counts the CPU time of a process in ticks of milliseconds.
    previous = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def answer(tracer: Tracer, request: str) -> dict[str, Any]:
    """Take the measure that a line asks for; why there is none is an answer too."""
    measure, arguments = json.loads(request)
    try:
        return MEASURES[measure](tracer, **arguments)
    except (OverTime, Lacking) as reason:
        return {"why": str(reason)}
    except Exception as error:  # noqa: BLE001 - a peer that breaks is a result, and its name stands in the table.
        return {"why": type(error).__name__}
    finally:
        tracer.forget()


def main() -> None:
    """Answer requests until standard input ends."""
    # A package that prints would spoil the answers, so standard output is theirs alone.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    tracer = TRACERS[sys.argv[1]]()
    for request in sys.stdin:
        answers.write(json.dumps(answer(tracer, request)) + "\n")


if __name__ == "__main__":
    main()
