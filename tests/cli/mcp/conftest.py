"""A real client of the protocol, and the server as a client starts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest

T = TypeVar("T")
GIVE_UP_S = 120
"""No test waits longer: what would hang fails."""

BAKERY: dict[str, Any] = {
    "sets": [{"name": "GOODS", "elements": ["bread", "cake"]}],
    "parameters": [
        {"name": "profit", "index": ["GOODS"], "unit": "EUR/piece", "value": [3, 2]},
        {"name": "room", "unit": "piece", "value": 4},
        {"name": "flour", "unit": "piece", "value": 6},
    ],
    "variables": [{"name": "bake", "index": ["GOODS"], "unit": "piece", "meaning": "Pieces of each kind"}],
    "objective": {
        "sense": "maximize",
        "expression": "sum(profit[g] * bake[g] for g in GOODS)",
        "meaning": "Profit of the day",
        "unit": "EUR",
    },
    "constraints": [
        {"name": "oven", "expression": "sum(bake[g] for g in GOODS) <= room", "meaning": "The oven holds four"},
        {"name": "dough", "expression": "bake['bread'] + 3 * bake['cake'] <= flour", "meaning": "Flour is short"},
    ],
}
"""Its best plan is four breads for 12: both limits by hand, profit 3 is the most that a place in the oven earns."""


@pytest.fixture
def bakery() -> dict[str, Any]:
    """A small formulation whose optimum is 12, with four breads and no cake."""
    return BAKERY


@pytest.fixture
def environment() -> dict[str, str]:
    """What the server is started with: the tests' home, and no model on this machine."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("XDG_")}
    places = ("OLLAMA", "LMSTUDIO", "VLLM", "LLAMACPP")
    # Port 9 is for discarding: nobody answers there.
    return kept | {f"{name}_BASE_URL": "http://127.0.0.1:9/v1" for name in places}


@pytest.fixture
def talk(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Any]:
    """Starts `agentopt mcp` in an empty folder and lets a function talk to it through a ClientSession."""
    pytest.importorskip("mcp_types", reason="the extra mcp is not installed")
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    def run(do: Callable[[Any], Awaitable[T]], *options: str, model: Any = None, **variables: str) -> T:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "agentopt", "mcp", *options],
            env=environment | variables,
            cwd=tmp_path,
        )

        async def conversation() -> T:
            with anyio.fail_after(GIVE_UP_S), (tmp_path / "errors.log").open("w") as errors:
                async with (
                    stdio_client(server, errlog=errors) as (incoming, outgoing),
                    ClientSession(incoming, outgoing, sampling_callback=model) as client,
                ):
                    await client.initialize()
                    return await do(client)

        return anyio.run(conversation)

    return run


@pytest.fixture
def call(talk: Callable[..., Any]) -> Callable[..., Any]:
    """Makes calls one after another in one server and returns their results."""

    def run(*calls: tuple[str, dict[str, Any]], options: tuple[str, ...] = ()) -> list[Any]:
        async def do(client: Any) -> list[Any]:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

        return talk(do, *options)

    return run
