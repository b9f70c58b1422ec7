"""Results that come in pieces: what a traced call gives whose function is asynchronous, or a generator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, Protocol

from agentopt.graph.nodes import Node
from agentopt.graph.state import State, Within

_PENDING = frozenset([CoroutineType, GeneratorType, AsyncGeneratorType])
"""The types of values that are not there yet."""


class Running(Protocol):
    """One call that is under way, whose body runs at once or in pieces."""

    @property
    def state(self) -> State:
        """The state in which the body runs."""

    @property
    def memo(self) -> bool:
        """Whether the call may be remembered."""

    def failed(self, error: Exception) -> None:
        """Note that an error left the body, which ends the call."""

    def done(self, value: Any) -> Any:
        """The node of the result."""

    def item(self, value: Any) -> Any:
        """The node of one of many results."""

    def sent(self, value: Any) -> Any:
        """The plain value of what is sent into a generator, noted as an input of the items that follow."""

    def ended(self) -> None:
        """Note that no more items come."""


def result_of(value: Any, running: Running) -> Any:
    """What a call gives whose body gave a value: its node, or what a caller awaits or iterates if it is pending."""
    if type(value) not in _PENDING:
        return running.done(value)
    if type(value) is CoroutineType:
        return _awaited(value, running)
    return Stream(running, value) if type(value) is GeneratorType else AsyncStream(running, value)


def _inside(running: Running) -> Within:
    return Within(running.state, running.failed)


async def _awaited(value: Coroutine[Any, Any, Any], running: Running) -> Any:
    with _inside(running):
        result = await value
    return running.done(result)


class Stream(Iterator[Node[Any]]):
    """A traced generator: each item is a node of its own, made of the inputs of the call."""

    def __init__(self, running: Running, generator: Any) -> None:
        self._running = running
        self._generator = generator

    def __next__(self) -> Node[Any]:
        return self._piece(self._generator.__next__)

    def send(self, value: Any) -> Node[Any]:
        """As of any generator; a node is sent as its value, and is an input of what comes after it."""
        plain = self._running.sent(value)
        return self._piece(lambda: self._generator.send(plain))

    def throw(self, *error: Any) -> Node[Any]:
        """As of any generator; contextlib still gives class, error and traceback."""
        return self._piece(lambda: self._generator.throw(*error))

    def close(self) -> None:
        """As of any generator."""
        with _inside(self._running):
            self._generator.close()
        self._running.ended()

    def _piece(self, step: Callable[[], Any]) -> Node[Any]:
        try:
            with _inside(self._running):
                value = step()
        except StopIteration:
            self._running.ended()
            raise
        return self._running.item(value)  # type: ignore[no-any-return]


class AsyncStream(AsyncIterator[Node[Any]]):
    """The same for an asynchronous generator."""

    def __init__(self, running: Running, generator: Any) -> None:
        self._running = running
        self._generator = generator

    async def __anext__(self) -> Node[Any]:
        return await self._piece(self._generator.__anext__)

    async def asend(self, value: Any) -> Node[Any]:
        """As of any asynchronous generator; a node is sent as its value, and is an input of what comes after it."""
        plain = self._running.sent(value)
        return await self._piece(lambda: self._generator.asend(plain))

    async def athrow(self, *error: Any) -> Node[Any]:
        """As of any asynchronous generator."""
        return await self._piece(lambda: self._generator.athrow(*error))

    async def aclose(self) -> None:
        """As of any asynchronous generator."""
        with _inside(self._running):
            await self._generator.aclose()
        self._running.ended()

    async def _piece(self, step: Callable[[], Any]) -> Node[Any]:
        try:
            with _inside(self._running):
                value = await step()
        except StopAsyncIteration:
            self._running.ended()
            raise
        return self._running.item(value)  # type: ignore[no-any-return]
