"""Traced calls that are awaited: each result has its own parents."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from contextlib import nullcontext
from typing import Any

import pytest

from agentopt import Node, backward, no_trace, node, parameter, trace
from agentopt.graph.state import STATE


@trace
async def double(x: int, y: int = 0) -> int:
    """Double, after others had their turn."""
    for _ in range(3):
        await asyncio.sleep(0)
    return 2 * x + y


def test_gather_gives_each_result_its_own_parents() -> None:
    """Fifty calls at the same time have right values, inputs and names."""
    starts = [node(number, f"n{number}") for number in range(50)]

    async def run() -> list[Node[int]]:
        return await asyncio.gather(*[double(start, y=number) for number, start in enumerate(starts)])

    for number, (made, start) in enumerate(zip(asyncio.run(run()), starts, strict=True)):
        assert made.data == 3 * number
        assert made.inputs["x"] is start
        assert made.inputs["y"].data == number


def test_inputs_are_taken_when_called() -> None:
    """A value that changes before the call is awaited was recorded as it was."""
    values = [1]

    @trace
    async def total(given: list[int]) -> int:
        return sum(given)

    async def run() -> Node[int]:
        pending = total(values)
        values.append(2)
        return await pending  # type: ignore[no-any-return]

    assert asyncio.run(run()).inputs["given"].then == [1]


def test_async_call_inside_of_one_is_plain() -> None:
    """A traced call awaited inside of an opaque one gives a plain value."""

    @trace
    async def outer(x: int) -> int:
        inner = await double(x)
        assert type(inner) is int
        return inner + 1

    made = asyncio.run(outer(node(2, "x")))
    assert (made.data, list(made.inputs)) == (5, ["x"])


def test_tasks_inside_of_a_call_are_plain() -> None:
    """So is a task that it starts."""

    @trace
    async def outer(x: int) -> int:
        return sum(await asyncio.gather(double(x), double(x)))

    assert asyncio.run(outer(node(2, "x"))).data == 8


def test_async_below_another_decorator() -> None:
    """A coroutine function under a plain decorator is awaited all the same."""

    @functools.wraps(double.__wrapped__)
    def wrapper(*args: Any) -> Any:
        return double.__wrapped__(*args)

    start = parameter(2)
    made = asyncio.run(trace(wrapper)(start))
    assert made.data == 4
    assert backward(made, "x").parameters == (start,)


def test_async_method() -> None:
    """Async methods reach what they read of their object."""

    class Thing:
        def __init__(self) -> None:
            self.prompt = parameter("a")

        @trace
        async def work(self) -> str:
            await asyncio.sleep(0)
            return f"{self.prompt}!"

    thing = Thing()
    assert backward(asyncio.run(thing.work()), "x").parameters == (thing.prompt,)


def test_async_learned_code() -> None:
    """The code of an async trainable function is an input."""

    @trace(trainable=True)
    async def later(x: int) -> int:
        """Count on."""
        return x + 1

    made = asyncio.run(later(1))
    assert made.data == 2
    assert backward(made, "x").parameters == (later.parameter,)


def test_async_block() -> None:
    """The inside of an async block is recorded."""
    start = parameter(2)

    @trace(opaque=False)
    async def block(x: int) -> Any:
        return (await double(x)) + 1

    graph = backward(asyncio.run(block(start)), "x")
    assert [step.operation for step in graph.steps if step.kind == "call"] == ["double", "add"]
    assert all(step.blocks == ("block#1",) for step in graph.steps if step.kind == "call")


def test_blocks_at_the_same_time_stay_apart() -> None:
    """Blocks that run at the same time are two blocks."""

    @trace(opaque=False)
    async def block(x: int) -> Any:
        return (await double(x)) + 1

    async def run() -> list[Node[int]]:
        return await asyncio.gather(block(parameter(1)), block(parameter(2)))

    one, other = asyncio.run(run())
    graph = backward(one + other, "x")
    assert [step.blocks for step in graph.steps if step.operation == "double"] == [("block#1",), ("block#2",)]


def test_cancelled_call_leaves_the_state_alone() -> None:
    """A call that is cancelled ends as Python has it, and later calls are recorded."""

    @trace
    async def forever(_: int) -> None:
        await asyncio.Event().wait()

    async def run() -> Node[int]:
        task = asyncio.ensure_future(forever(1))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        return await double(node(1))  # type: ignore[no-any-return]

    assert len(asyncio.run(run()).parents) == 2


@pytest.mark.parametrize("off", [False, True])
def test_async_method_of_a_value(off: bool) -> None:
    """An async method called through a node is awaited, recorded or not."""

    class Thing:
        async def work(self, x: int) -> int:
            await asyncio.sleep(0)
            return x + 1

    thing, start = node(Thing(), "thing"), parameter(1)

    async def run() -> Node[int]:
        with no_trace() if off else nullcontext():
            return await thing.work(start)  # type: ignore[no-any-return]

    made = asyncio.run(run())
    assert made.data == 2
    assert backward(made, "x").parameters == (() if off else (start,))


@trace
async def waiting(_: int) -> None:
    """Wait for ever."""
    await Forever()


@trace(opaque=False)
async def waiting_block(_: int) -> None:
    """The same as a block."""
    await Forever()


@trace
async def stream(_: int) -> Any:
    """The same before the first item."""
    await Forever()
    yield 1


class Forever:
    """Is never there."""

    def __await__(self) -> Any:
        yield


@pytest.mark.parametrize("begin", [waiting, waiting_block, lambda x: anext(stream(x))])
@pytest.mark.parametrize("off", [False, True])
def test_closed_in_another_context(begin: Any, off: bool) -> None:
    """A call that was begun in one context may be closed in another, whose state stays as it is."""
    with no_trace() if off else nullcontext():
        pending = begin(1)
        pending = pending if hasattr(pending, "send") else pending.__await__()
        contextvars.copy_context().run(pending.send, None)
    pending.close()
    assert STATE.get() is None


def test_no_trace_closed_in_another_context() -> None:
    """So may a generator that stands inside of no_trace."""

    def items() -> Any:
        with no_trace():
            yield 1

    made = items()
    contextvars.copy_context().run(next, made)
    made.close()
    assert STATE.get() is None
