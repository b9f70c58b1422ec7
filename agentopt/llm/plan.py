"""Layers are written once, as generators, and run by a blocking and by an asyncio driver.

A plan yields the requests it wants sent, is handed each completion (or has the
error thrown into it) and returns the completion it makes of them. It never
waits itself, so the same few lines serve `Model` and `AsyncModel`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextvars import copy_context
from typing import Protocol, TypeVar

from agentopt.llm.exchange import AsyncChannel, Channel, Completion, Request

R = TypeVar("R")
Plan = Generator[Request, Completion, R]
Step = Callable[[], Request]
Advanced = tuple[Request | None, object]
Within = Callable[[Callable[[Step], Advanced], Step], Awaitable[Advanced]]
"""Takes a step in a thread, as `asyncio.to_thread` does."""


class Layer(Protocol):
    """Changes what goes down to a channel or comes up from it."""

    @property
    def blocking(self) -> bool:
        """Whether it touches files, so that asyncio runs it in a thread."""

    def around(self, request: Request) -> Plan[Completion]: ...


def drive(plan: Plan[R], send: Callable[[Request], Completion]) -> R:
    """Run a plan to its end over a blocking channel."""
    step: Step = lambda: next(plan)  # noqa: E731
    while True:
        try:
            request = step()
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        step = _answer(plan, send, request)


def _answer(plan: Plan[R], send: Callable[[Request], Completion], request: Request) -> Step:
    try:
        completion = send(request)
    except BaseException as error:  # noqa: BLE001 the plan decides whether to raise it again
        return _throwing(plan, error)
    return lambda: plan.send(completion)


def _throwing(plan: Plan[R], error: BaseException) -> Step:
    return lambda: plan.throw(error)


async def drive_async(
    plan: Plan[R], send: Callable[[Request], Awaitable[Completion]], *, within: Within | None = None
) -> R:
    """Run a plan to its end over an asyncio channel, its own steps in threads where these are given."""
    step: Step = lambda: next(plan)  # noqa: E731
    while True:
        request, result = _advance(step) if within is None else await within(_advance, step)
        if request is None:
            return result  # type: ignore[return-value]
        try:
            completion = await send(request)
        except BaseException as error:  # noqa: BLE001 as above
            step = _throwing(plan, error)
        else:
            step = _sending(plan, completion)


async def apart(advance: Callable[[Step], Advanced], step: Step) -> Advanced:
    """Take a step in a thread of its own.

    asyncio's few threads might all be waiting for a reply, and whoever brings it need one of them.
    """
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1, "agentopt-step")
    try:
        return await asyncio.wrap_future(pool.submit(copy_context().run, advance, step))
    finally:
        pool.shutdown(wait=False)


def _sending(plan: Plan[R], completion: Completion) -> Step:
    return lambda: plan.send(completion)


def _advance(step: Step) -> Advanced:
    """The next request, or None and the plan's result; StopIteration must not reach a future."""
    try:
        return step(), None
    except StopIteration as stop:
        return None, stop.value


class Layered:
    """A layer on a channel, which is a channel again."""

    def __init__(self, layer: Layer, inner: Channel) -> None:
        self._layer = layer
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    def send(self, request: Request) -> Completion:
        return drive(self._layer.around(request), self._inner.send)

    def close(self) -> None:
        self._inner.close()


class AsyncLayered:
    """A layer on an asyncio channel, which is one again.

    Args:
        layer: The layer.
        inner: What it is put on.
        within: The threads for a layer that blocks; None takes asyncio's.
    """

    def __init__(self, layer: Layer, inner: AsyncChannel, within: Within | None = None) -> None:
        self._layer = layer
        self._inner = inner
        self._within = (within or asyncio.to_thread) if layer.blocking else None

    @property
    def name(self) -> str:
        return self._inner.name

    async def send(self, request: Request) -> Completion:
        plan = self._layer.around(request)
        return await drive_async(plan, self._inner.send, within=self._within)

    async def close(self) -> None:
        await self._inner.close()
