"""What stays alive: what the user holds, and nothing else."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from agentopt import Node, TraceGraph, backward, node, parameter, trace


@trace
def f(x: Any, y: Any = 0) -> Any:
    """Give back the first."""
    return x


class Big:
    """Something to keep an eye on."""


def alive() -> int:
    """How many nodes there are."""
    gc.collect()
    return sum(isinstance(one, Node) for one in gc.get_objects())


def test_graph_is_freed_with_its_output() -> None:
    """Nodes of a graph go with the output, at once and without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        first = node([1], "first")
        kept = weakref.ref(first)
        made = f(f(first))
        del first
        assert kept() is not None
        del made
        assert kept() is None
    finally:
        gc.enable()


def test_children_are_not_held() -> None:
    """A parameter keeps nothing of what was made of it."""
    start = parameter("a")
    made = weakref.ref(f(start))
    assert made() is None
    assert f(start).data == "a"


def test_two_hundred_steps_leave_what_is_held() -> None:
    """After 200 steps of call and backward no more nodes are alive than before, but what the user holds."""
    start = parameter("a", name="start")
    before = alive()
    for number in range(200):
        backward(f(f(start, [number]), node([number])), f"step {number}").render()
    assert alive() <= before
    before = alive()
    held = [f(start), f(start)]
    assert alive() == before + len(held) + 2  # and the default of each call


def test_long_chain_is_freed() -> None:
    """A chain of 100 000 calls is freed without overflowing the stack."""
    before = alive()
    made: Any = parameter("a")
    for number in range(100_000):
        made = f(made, number)
    assert alive() > 200_000
    del made
    assert alive() <= before


def test_trace_that_was_read_lets_go_of_the_graph() -> None:
    """A trace whose steps were read keeps the texts, not the nodes."""
    first = node([1], "first")
    kept = weakref.ref(first)
    graph = backward(f(f(parameter("a"), first)), "x")
    graph.render()
    del first
    gc.collect()
    assert kept() is None
    assert isinstance(graph, TraceGraph)


def test_result_does_not_hold_the_call() -> None:
    """A node keeps its value and parents, nothing of the frames that made it."""
    big = Big()
    kept = weakref.ref(big)

    @trace
    def work(x: int) -> int:
        local = big_of[0]
        return x + (local is None)

    big_of: list[Any] = [big]
    made = work(1)
    big_of.clear()
    del big
    gc.collect()
    assert kept() is None
    assert made.data == 1


def test_leaf_made_inside_does_not_hold_the_call() -> None:
    """A leaf that a body made and left behind keeps nothing of the call alive."""
    left: list[Node[int]] = []
    given = node([1], "given")
    kept = weakref.ref(given)
    trace(lambda x: left.append(node(3, "left")))(given)
    del given
    gc.collect()
    assert kept() is None


def test_finished_thread_of_a_call_is_freed() -> None:
    """A thread that a body started is freed like any other, without the garbage collector."""
    kept: list[weakref.ref[threading.Thread]] = []

    @trace
    def work() -> None:
        thread = threading.Thread(target=int)
        kept.append(weakref.ref(thread))
        thread.start()
        thread.join()

    gc.collect()
    gc.disable()
    try:
        work()
        assert kept[0]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("shape", ["chain", "fan", "diamond"])
def test_memory_is_linear(shape: str) -> None:
    """A node takes less than a kilobyte beside its value, whatever the shape of the graph, its sweep included."""
    import tracemalloc

    start: Any = parameter(1)
    n = 5000
    tracemalloc.start()
    try:
        if shape == "chain":
            made = start
            for number in range(n):
                made = f(made, number)
        elif shape == "fan":
            made = trace(lambda *xs: len(xs))(*[f(start, number) for number in range(n)])
        else:
            made = other = start
            for _ in range(n // 2):
                made, other = f(made, other), f(other, made)
        graph = backward(made, "x")
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used < 1000 * n
    assert graph.parameters == (start,)
