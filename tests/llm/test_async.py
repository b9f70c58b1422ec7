"""The asyncio twin never blocks the loop, and cancelling it ends the request."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentopt.llm import Message
from agentopt.testing import ModelServer
from agentopt.testing.behaviour import Hang, Received, Say

ASK = [Message("user", "Say it.")]


@pytest.fixture
def way(plain: Any) -> Any:
    """The asyncio, streaming way to either provider."""
    return replace(plain, asynchronous=True)


def test_cancelling_ends_the_request(model_at: Any, way: Any) -> None:
    """The server sees the connection go when the task is cancelled."""

    async def go(server: ModelServer) -> bool:
        async with model_at(server, way) as model:
            task = asyncio.create_task(model.complete(ASK))
            while not server.requests:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await asyncio.to_thread(server.dropped.wait, 5)

    with ModelServer([Hang()]) as server:
        assert asyncio.run(go(server))


def test_many_calls_are_in_flight_at_once(model_at: Any, way: Any) -> None:
    """Sixteen calls that the server answers only together all come back."""
    together = threading.Barrier(16, timeout=20)

    def answer(request: Received) -> Say:
        together.wait()
        return Say("x")

    async def go(server: ModelServer) -> list[str]:
        async with model_at(server, way) as model:
            replies = await asyncio.gather(*(model.complete(ASK) for _ in range(16)))
        return [reply.text for reply in replies]

    with ModelServer(answer) as server:
        assert asyncio.run(go(server)) == ["x"] * 16


def test_the_loop_goes_on_during_a_call(model_at: Any, way: Any, tmp_path: Path) -> None:
    """While files are read and a server is silent, another task is never held up for long."""

    async def go(server: ModelServer) -> float:
        longest, running = 0.0, True

        async def tick() -> None:
            nonlocal longest
            while running:
                before = time.perf_counter()
                await asyncio.sleep(0.005)
                longest = max(longest, time.perf_counter() - before)

        files = {"cache": tmp_path / "c", "record": tmp_path / "r"}
        async with model_at(server, way, **files) as model:
            await model.complete(ASK)
            ticking = asyncio.create_task(tick())
            await asyncio.gather(*(model.complete([Message("user", str(n))]) for n in range(5)))
            running = False
            await ticking
        return longest

    def slow(request: Received) -> Say:
        time.sleep(0.2)
        return Say("x")

    with ModelServer(slow) as server:
        assert asyncio.run(go(server)) < 0.15


def test_one_model_serves_several_loops(model_at: Any, way: Any) -> None:
    """A model that was used in one event loop can be used in the next."""
    with ModelServer([Say("a"), Say("b")]) as server:
        model = model_at(server, way)

        async def once() -> str:
            text = (await model.complete(ASK)).text
            await model.close()
            return str(text)

        assert [asyncio.run(once()), asyncio.run(once())] == ["a", "b"]
