"""Errors as nodes: an exception leaves as itself and carries a node, so that failing runs can be learned from."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from agentopt import backward, node, parameter, trace
from agentopt.errors import TraceError
from agentopt.graph import Failure, error_node


class Odd(Exception):
    """An exception without a text that can be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def fail_assert(_: object) -> None:
    """Fail without a word."""
    assert 1 > 2


def fail_bare(_: object) -> None:
    """Fail without arguments."""
    raise ValueError


def fail_odd(_: object) -> None:
    """Fail with a text that fails."""
    raise Odd


def fail_comprehension(x: Any) -> object:
    """Fail inside of a scope of its own."""
    return [1 / value for value in [x, 0]]


def fail_deep(x: Any) -> object:
    """Fail in a function that it calls."""
    return fail_comprehension(x)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (fail_assert, AssertionError), (fail_bare, ValueError), (fail_odd, Odd),
        (fail_comprehension, ZeroDivisionError), (fail_deep, ZeroDivisionError), (lambda x: x.nothing, AttributeError),
    ],
)  # fmt: skip
def test_error_leaves_as_itself_and_reaches_parameters(function: Callable[..., Any], kind: type[Exception]) -> None:
    """Any exception keeps its class, and backward from it reaches the inputs."""
    start = parameter(2)
    with pytest.raises(kind) as caught:
        trace(function)(start)
    graph = backward(caught.value, "do not fail")
    assert graph.parameters == (start,)
    assert graph.steps[-1].failed
    assert isinstance(error_node(caught.value).data, Failure)


def test_error_of_learned_code_reaches_the_code() -> None:
    """The code of a trainable function that fails is among the ancestors."""

    @trace(trainable=True)
    def divide(x: int) -> float:
        """Divide by nothing."""
        return x / 0

    with pytest.raises(ZeroDivisionError) as caught:
        divide(1)
    assert backward(caught.value, "x").parameters == (divide.parameter,)


def test_failure_says_where() -> None:
    """The node of a failed call names the line of the function that failed, counted from its first."""
    with pytest.raises(ZeroDivisionError) as caught:
        trace(fail_comprehension)(parameter(2))
    assert str(error_node(caught.value).data) == (
        "ZeroDivisionError: division by zero (line 3: return [1 / value for value in [x, 0]])"
    )
    assert "# failed: ZeroDivisionError: division by zero" in backward(caught.value, "x").render()


def test_failure_below_a_decorator_says_where() -> None:
    """So it does where @trace stands above another decorator."""
    import functools

    @functools.wraps(fail_comprehension)
    def wrapper(x: int) -> object:
        return fail_comprehension(x)

    with pytest.raises(ZeroDivisionError) as caught:
        trace(wrapper)(1)
    assert error_node(caught.value).data.place.startswith("line 3: ")


def test_long_message_is_bounded() -> None:
    """A message of any length takes bounded room."""

    def fail(_: object) -> None:
        raise ValueError("x" * 10**6)

    with pytest.raises(ValueError, match="xxx") as caught:
        trace(fail)(1)
    assert len(error_node(caught.value).data.message) == 2000


def test_error_of_a_method() -> None:
    """A failing method reaches what it read of its object."""

    class Thing:
        def __init__(self) -> None:
            self.prompt = parameter("a")

        @trace
        def work(self) -> int:
            return int(str(self.prompt))

    thing = Thing()
    with pytest.raises(ValueError, match="invalid literal") as caught:
        thing.work()
    assert backward(caught.value, "x").parameters == (thing.prompt,)


def test_error_of_an_async_function() -> None:
    """An exception out of an awaited call carries its node."""
    start = parameter(2)

    @trace
    async def fail(x: int) -> None:
        await asyncio.sleep(0)
        raise ValueError(x)

    with pytest.raises(ValueError, match="2") as caught:
        asyncio.run(fail(start))
    assert backward(caught.value, "x").parameters == (start,)


def test_error_of_a_generator() -> None:
    """An exception in a later piece of a generator carries a node."""
    start = parameter(2)

    @trace
    def fail(x: int) -> Any:
        yield x
        raise ValueError(x)

    stream = fail(start)
    next(stream)
    with pytest.raises(ValueError, match="2") as caught:
        next(stream)
    assert backward(caught.value, "x").parameters == (start,)


def test_error_inside_of_a_call_belongs_to_the_call() -> None:
    """An exception of a traced function inside of an opaque one is the outer one's."""
    inner = trace(fail_bare)

    @trace
    def outer(x: int) -> None:
        inner(x)

    with pytest.raises(ValueError) as caught:
        outer(1)
    assert error_node(caught.value).operation is outer.operation


def test_error_caught_inside_leaves_nothing() -> None:
    """A body that deals with an error gives a result like any other."""

    @trace
    def outer(x: int) -> str:
        try:
            fail_bare(x)
        except ValueError:
            return "dealt with"
        return ""

    assert outer(1).data == "dealt with"


def test_one_error_raised_twice_carries_the_last_call() -> None:
    """An exception object that is raised again speaks of the call that raised it last."""
    error = ValueError("again")
    one, other = parameter(1), parameter(2)

    @trace
    def fail(_: int) -> None:
        raise error

    for start in (one, other):
        with pytest.raises(ValueError, match="again"):
            fail(start)
    assert backward(error, "x").parameters == (other,)


def test_change_before_an_error_is_followed() -> None:
    """What a call changed in place before it failed depends on the call."""
    values, more = node([1], "values"), parameter(2)

    @trace
    def push(given: list[int], value: int) -> None:
        given.append(value)
        raise ValueError

    with pytest.raises(ValueError):
        push(values, more)
    assert backward(values * 2, "x").parameters == (more,)


def test_interrupts_are_left_alone() -> None:
    """KeyboardInterrupt and the like carry nothing."""

    @trace
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        interrupt()
    with pytest.raises(TraceError, match="expected an exception that left a traced call"):
        error_node(caught.value)


def test_failed_calls_keep_nothing_alive() -> None:
    """An exception that carries a node makes no circle that holds the frames of the call."""

    class Big:
        pass

    kept: list[weakref.ref[Big]] = []

    @trace
    def fail(_: int) -> None:
        big = Big()
        kept.append(weakref.ref(big))
        raise ValueError

    def run() -> Any:
        try:
            fail(1)
        except ValueError as error:
            return error_node(error)

    gc.collect()
    gc.disable()
    try:
        node_of_it = run()
        assert kept[0]() is None
    finally:
        gc.enable()
    assert node_of_it.operation is fail.operation


START = parameter(0, name="start")


@trace
def divide(x: int) -> float:
    """Fail at zero."""
    return 1 / x


def test_error_raised_from_another_stands_for_it() -> None:
    """An error that was raised from a traced call's, or while it was handled, leads to that call."""

    def translated() -> None:
        try:
            divide(START)
        except ZeroDivisionError as error:
            raise KeyError("own") from error

    def unhandled() -> None:
        try:
            translated()
        except KeyError:
            raise ValueError("another")  # noqa: B904

    with pytest.raises(ValueError, match="another") as caught:
        unhandled()
    assert error_node(caught.value).data.kind == "ZeroDivisionError"
    assert backward(caught.value, "x").parameters == (START,)


def test_own_node_comes_before_those_behind() -> None:
    """An error that carries a node stands for itself, whatever it was raised from."""

    @trace(opaque=False)
    def outer(x: Any) -> None:
        try:
            divide(x)
        except ZeroDivisionError as error:
            raise KeyError("own") from error

    with pytest.raises(KeyError) as caught:
        outer(START)
    assert error_node(caught.value).data.kind == "KeyError"


def test_group_leads_to_its_first_member_with_a_node() -> None:
    """A TaskGroup's error leads to the first of its members that left a traced call, at any depth."""

    @trace
    async def fail(x: int) -> float:
        return 1 / x

    async def untraced() -> None:
        raise OSError

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(untraced())
            tasks.create_task(fail(START))
            tasks.create_task(fail(node(0)))

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(run())
    assert backward(caught.value, "x").parameters == (START,)
    assert backward(ExceptionGroup("outer", [ValueError(), caught.value]), "x").parameters == (START,)


def test_errors_in_a_circle() -> None:
    """Errors that stand behind each other in a circle are looked at once."""
    one, other = ValueError(), KeyError()
    one.__cause__, other.__context__ = other, one
    with pytest.raises(TraceError, match="ValueError from elsewhere"):
        error_node(one)
