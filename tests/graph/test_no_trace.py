"""no_trace: nothing is recorded, in this thread or task only, and nested as deep as one likes."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from agentopt import Node, no_trace, node, trace


@trace
def double(x: Any) -> Any:
    """Double."""
    return x * 2


@trace
def count(n: int) -> Any:
    """Count up."""
    yield from range(n)


@trace
async def wait(x: int) -> int:
    """Double later."""
    await asyncio.sleep(0)
    return x * 2


def test_calls_and_operators_give_detached_nodes() -> None:
    """Code reads the same, and nodes have no parents."""
    start = node([1], "start")
    with no_trace():
        made = [double(start), start * 2, start[0], double(x=[start]), start.copy()]
    assert all(isinstance(one, Node) and one.parents == () for one in made)
    assert made[0].data == [1, 1]


def test_blocks_keep_their_nodes() -> None:
    """A function whose inside is recorded still gets the nodes that it was given."""

    @trace(opaque=False)
    def block(x: Node[int]) -> object:
        return x.data + 1

    with no_trace():
        assert block(node(1)).data == 2


def test_it_nests() -> None:
    """Leaving an inner block does not turn tracing on in the outer one."""
    start = node(1)
    with no_trace():
        with no_trace():
            pass
        assert double(start).parents == ()
    assert double(start).parents == (start,)


def test_it_ends_with_an_error() -> None:
    """An error ends it too."""
    with pytest.raises(ValueError), no_trace():
        raise ValueError
    assert (node(1) + 1).parents != ()


def test_it_is_local_to_a_thread() -> None:
    """Another thread goes on recording."""
    start = node(1)
    made: list[Node[int]] = []
    with no_trace():
        thread = threading.Thread(target=lambda: made.append(double(start)))
        thread.start()
        thread.join()
    assert made[0].parents == (start,)


def test_it_is_local_to_a_task() -> None:
    """Tasks that run at the same time go on recording."""
    start = node(1)

    async def quiet() -> Node[int]:
        with no_trace():
            await asyncio.sleep(0)
            return double(start)  # type: ignore[no-any-return]

    async def loud() -> Node[int]:
        await asyncio.sleep(0)
        return double(start)  # type: ignore[no-any-return]

    async def both() -> list[Node[int]]:
        return await asyncio.gather(quiet(), loud(), quiet())

    assert [one.parents for one in asyncio.run(both())] == [(), (start,), ()]


def test_generator_stays_unrecorded() -> None:
    """A generator made under it is not recorded, wherever it is used up."""
    with no_trace():
        stream = count(node(2))
    assert [(one.data, one.parents) for one in stream] == [(0, ()), (1, ())]


def test_coroutine_stays_unrecorded() -> None:
    """Nor is what is awaited later."""
    with no_trace():
        pending = wait(node(2))
    made = asyncio.run(pending)
    assert (made.data, made.parents) == (4, ())


def test_errors_are_pythons() -> None:
    """Errors pass as they are."""
    with no_trace(), pytest.raises(TypeError):
        double(1, 2)
