"""Traced generators: every item is a node of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from agentopt import Node, backward, node, parameter, trace
from agentopt.errors import HiddenDependencyError
from agentopt.graph import error_node


@trace
def words(text: str) -> Any:
    """The words of a text."""
    yield from text.split()


@trace
def echo(first: str) -> Any:
    """Give back what was sent."""
    sent = yield first
    while sent is not None:
        sent = yield sent + "!"


def test_items_are_nodes_of_the_inputs() -> None:
    """Each item is a node with the inputs of the call, and its number."""
    text = node("a b", "text")
    one, other = words(text)
    assert (one.data, other.data) == ("a", "b")
    assert one.inputs["text"] is other.inputs["text"] is text
    assert (one.inputs["item"].data, other.inputs["item"].data) == (0, 1)


def test_item_keeps_apart_from_an_argument_called_item() -> None:
    """An argument called item does not lose its name."""

    @trace
    def twice(item: int) -> Any:
        yield item
        yield item

    assert [parent.data for parent in list(twice(5))[1].inputs.values()] == [5, 1]


def test_items_reach_parameters() -> None:
    """Feedback on an item reaches what the generator was called with."""
    start = parameter("a b")
    assert backward(list(words(start))[1], "x").parameters == (start,)


def test_generator_is_lazy() -> None:
    """The body runs only as far as items are asked for."""
    seen: list[int] = []

    @trace
    def count() -> Any:
        for number in range(10):
            seen.append(number)
            yield number

    stream = count()
    assert seen == []
    next(stream)
    assert seen == [0]


def test_sent_node_is_an_input_of_what_follows() -> None:
    """A node that is sent reaches the body as its value, and what comes after depends on it."""
    start, later, last = parameter("a"), parameter("b"), parameter("c")
    stream = echo(start)
    first, second, third = next(stream), stream.send(later), stream.send(last)
    assert [first.data, second.data, third.data] == ["a", "b!", "c!"]
    assert [set(backward(one, "x").parameters) for one in (first, second, third)] == [
        {start}, {start, later}, {start, later, last},
    ]  # fmt: skip


def test_throw_reaches_the_body() -> None:
    """throw() raises inside, and the body may go on."""

    @trace
    def stubborn() -> Any:
        try:
            yield 1
        except ValueError:
            yield 2

    stream = stubborn()
    next(stream)
    assert stream.throw(ValueError()).data == 2


def test_close_runs_the_end_of_the_body() -> None:
    """close() runs what the body does at its end, inside of the call."""
    ended: list[object] = []

    @trace
    def open_ended() -> Any:
        try:
            yield 1
        finally:
            ended.append(type(words("a b")).__name__)

    stream = open_ended()
    next(stream)
    stream.close()
    assert ended == ["generator"]


def test_return_value_is_kept() -> None:
    """What a generator returns is found where Python puts it."""

    @trace
    def short() -> Any:
        yield 1
        return "end"

    stream = short()
    next(stream)
    with pytest.raises(StopIteration) as caught:
        next(stream)
    assert caught.value.value == "end"


def test_generator_inside_of_a_call_is_plain() -> None:
    """Inside of an opaque call items are plain."""
    assert trace(lambda text: [type(word).__name__ for word in words(text)])("a b").data == ["str", "str"]


def test_between_items_calls_are_recorded() -> None:
    """Between two items the caller's own calls are recorded as ever."""
    for word in words(node("a b")):
        assert isinstance(word + "!", Node)


def test_generator_changes_its_argument() -> None:
    """What a generator changed in place depends on it once it has ended."""
    values, more = node([1], "values"), parameter(2)

    @trace
    def push(given: list[int], value: int) -> Any:
        given.append(value)
        yield value

    list(push(values, more))
    assert backward(values * 2, "x").parameters == (more,)


def test_function_that_returns_a_generator() -> None:
    """A function that gives back a generator is one."""
    start = parameter(2)
    made = list(trace(lambda n: (number for number in range(n)))(start))
    assert [one.data for one in made] == [0, 1]
    assert backward(made[0], "x").parameters == (start,)


def test_generator_as_a_block() -> None:
    """A generator whose inside is recorded gives what its body yields."""
    start = parameter(2)

    @trace(opaque=False)
    def block(n: Any) -> Any:
        yield n + 1
        yield "plain"

    one, other = block(start)
    assert one.operation is not None
    assert [one.operation.name, other.operation.name] == ["add", "block"]
    assert backward(other, "x").parameters == (start,)


@trace
async def later(text: str) -> Any:
    """The words of a text, after others had their turn."""
    for word in text.split():
        await asyncio.sleep(0)
        yield word


async def collect(stream: Any) -> list[Node[Any]]:
    """All items."""
    return [one async for one in stream]


def test_async_items_are_nodes() -> None:
    """Items of an asynchronous generator are nodes of the inputs."""
    text = node("a b", "text")
    made = asyncio.run(collect(later(text)))
    assert [one.data for one in made] == ["a", "b"]
    assert all(one.inputs["text"] is text for one in made)


@pytest.mark.parametrize("end", ["aclose", "athrow"])
def test_async_generator_is_ended(end: str) -> None:
    """aclose() and athrow() reach the body."""
    ended: list[str] = []

    @trace
    async def open_ended() -> Any:
        try:
            yield 1
        except ValueError:
            ended.append("athrow")
            yield 2
        finally:
            ended.append("aclose")

    async def run() -> None:
        stream = open_ended()
        await anext(stream)
        if end == "athrow":
            assert (await stream.athrow(ValueError())).data == 2
        await stream.aclose()

    asyncio.run(run())
    assert ended[0] == end


def test_async_send() -> None:
    """A node that is sent into an asynchronous generator is an input of what follows."""
    start, more = parameter("a"), parameter("b")

    @trace
    async def echo_later(first: str) -> Any:
        sent = yield first
        yield sent + "!"

    async def run() -> Node[str]:
        stream = echo_later(start)
        await anext(stream)
        made: Node[str] = await stream.asend(more)
        await stream.aclose()
        return made

    assert set(backward(asyncio.run(run()), "x").parameters) == {start, more}


def fail(_: object) -> Any:
    """Fail at once, as a generator."""
    raise ValueError
    yield


@pytest.mark.parametrize("use", [list, next, lambda stream: stream.send(None)])
def test_error_carries_a_node(use: Callable[[Any], object]) -> None:
    """An error in any piece carries a node."""
    with pytest.raises(ValueError) as caught:
        use(trace(fail)(node(1)))
    assert error_node(caught.value).parents[0].data == 1


def test_hidden_read_of_an_async_generator() -> None:
    """A hidden read is found in an asynchronous generator too."""
    hidden = parameter("a")

    @trace
    async def peek() -> Any:
        yield hidden.data

    with pytest.raises(HiddenDependencyError):
        asyncio.run(collect(peek()))


def test_context_manager_of_a_traced_generator() -> None:
    """contextlib makes a context manager of a traced generator, which sees the errors of its block."""
    seen: list[Exception] = []

    @contextmanager
    @trace
    def opened(x: int) -> Any:
        try:
            yield x
        except ValueError as error:
            seen.append(error)

    with opened(node(1)) as made:
        assert made.data == 1
        raise ValueError
    assert len(seen) == 1
