"""What a tracer must not do: keep nodes that nobody holds, or mix up calls of different threads and tasks.

Imported by the peers' interpreters: the standard library and this folder only.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.tracing.tracers import Tracer

SWITCH_S = 1e-6
"""The interpreter's switch interval, five thousand times shorter than usual, so that threads interrupt each other."""

Call = tuple[str, Any]
"""The text that went in first; and the output, or None where the call failed."""


def alive(tracer: Tracer, n_steps: int, n_chars: int) -> dict[str, float]:
    """Count the nodes alive after steps of call and backward, while the last output and the parameter are held.

    Gives `first`, the count after the first step; `at_once`, after the last without a collection; `nodes`, after one;
    and `mb`, what all steps but the first left behind.
    """
    prompt = tracer.parameter("abcd")
    output = _step(tracer, prompt, n_chars)
    gc.collect()
    first = _count(tracer)
    tracemalloc.start()
    gc.disable()
    for _ in range(n_steps - 1):
        output = _step(tracer, prompt, n_chars)
    at_once = _count(tracer)
    gc.enable()
    gc.collect()
    weight = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    nodes = _count(tracer)
    del output
    return {"first": first, "at_once": at_once, "nodes": nodes, "mb": weight / 1e6}


def threads(tracer: Tracer, n_threads: int, n_calls: int) -> dict[str, float]:
    """Make calls in threads that interrupt each other, and count what came out wrong."""
    shared = tracer.parameter("abcd")

    def one_call(text: str) -> Call:
        try:
            return text, tracer.two(tracer.leaf(text), shared)
        except Exception:  # noqa: BLE001 - that it failed is what is counted.
            return text, None

    def work(number: int) -> list[Call]:
        return [one_call(f"{number}{i:03}") for i in range(n_calls)]

    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        with ThreadPoolExecutor(n_threads) as pool:
            made = [call for part in pool.map(work, range(n_threads)) for call in part]
    finally:
        sys.setswitchinterval(before)
    return _wrong(tracer, made)


def tasks(tracer: Tracer, n_tasks: int, n_calls: int) -> dict[str, float]:
    """Await calls in tasks that take turns inside of every call, and count what came out wrong."""
    shared = tracer.parameter("abcd")

    async def one_call(text: str) -> Call:
        try:
            return text, await tracer.later(tracer.leaf(text), shared)  # type: ignore[misc]
        except Exception:  # noqa: BLE001 - that it failed is what is counted.
            return text, None

    async def work(number: int) -> list[Call]:
        return [await one_call(f"{number:02}{i:02}") for i in range(n_calls)]

    async def every() -> list[Call]:
        return [call for part in await asyncio.gather(*map(work, range(n_tasks))) for call in part]

    return _wrong(tracer, asyncio.run(every()))


def _step(tracer: Tracer, prompt: Any, n_chars: int) -> Any:
    output = tracer.two(prompt, tracer.leaf("x" * n_chars))
    tracer.read(tracer.backward(output))
    return output


def _count(tracer: Tracer) -> int:
    return sum(issubclass(type(thing), tracer.node_class) for thing in gc.get_objects())


def _wrong(tracer: Tracer, made: list[Call]) -> dict[str, float]:
    """Count calls that failed, wrong values, calls misremembered in any record of them, and names given twice."""
    done = [(text, output) for text, output in made if output is not None]
    names = tracer.names([output for _, output in done])
    return {
        "raised": len(made) - len(done),
        "values": sum(output.data != f"{text}abcd" for text, output in done),
        "inputs": sum(_misremembered(tracer, text, output) for text, output in done),
        "names": len(names) - len(set(names)),
    }


def _misremembered(tracer: Tracer, text: str, output: Any) -> bool:
    return any(record != {"a": text, "b": "abcd"} for record in tracer.records(output))
