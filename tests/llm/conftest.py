"""Every way to reach a model that the loopback server can answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from agentopt.llm import Message, Options, Reply, RetryPolicy, connect, connect_async
from agentopt.llm.config import Config
from agentopt.testing import ModelServer

KEY = "sk-test-0123456789abcdef"
QUICK = RetryPolicy(attempts=3, first_wait_s=0.002, max_wait_s=0.5)


@dataclass(frozen=True)
class Way:
    """One SDK, streaming or not, blocking or not."""

    provider: str = "openai"
    stream: bool = True
    asynchronous: bool = False

    def options(self, server: ModelServer) -> Options:
        url = server.anthropic_url if self.provider == "anthropic" else server.openai_url
        keys = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}
        return Options(url, Config(keys, stream=self.stream), QUICK)

    def complete(self, server: ModelServer, reply: Any = None, *, files: Any = None, **call: Any) -> Any:
        """One call through a model made for it."""
        name, options, files = f"{self.provider}/any", self.options(server), files or {}
        messages = call.pop("messages", [Message("system", "Be brief."), Message("user", "Say it.")])
        if not self.asynchronous:
            with connect(name, options=options, **files) as model:
                return model.complete(messages, reply, **call)

        async def go() -> Reply[Any]:
            async with connect_async(name, options=options, **files) as model:
                return await model.complete(messages, reply, **call)

        return asyncio.run(go())


WAYS = [
    Way(provider, stream, asynchronous)
    for provider in ("openai", "anthropic")
    for stream in (True, False)
    for asynchronous in (False, True)
]


def _label(way: Way) -> str:
    return f"{way.provider}-{'stream' if way.stream else 'whole'}-{'async' if way.asynchronous else 'sync'}"


@pytest.fixture(params=WAYS, ids=_label)
def way(request: pytest.FixtureRequest) -> Way:
    """Each of the eight ways."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=[one for one in WAYS if one.stream], ids=_label)
def streaming(request: pytest.FixtureRequest) -> Way:
    """Each of the four ways that stream."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=["openai", "anthropic"])
def plain(request: pytest.FixtureRequest) -> Way:
    """The blocking, streaming way to either provider."""
    return Way(request.param)


@pytest.fixture
def openai_way() -> Way:
    """The blocking, streaming way to an OpenAI-compatible server."""
    return Way()


@pytest.fixture
def key() -> str:
    """The key that every way sends."""
    return KEY


@pytest.fixture
def model_at() -> Callable[..., Any]:
    """Makes a model of a server, to be closed by the test."""

    def make(server: ModelServer, way: Way | None = None, **more: Any) -> Any:
        way = way or Way()
        options = replace(way.options(server), **more.pop("options", {}))
        kind = connect_async if way.asynchronous else connect
        return kind(f"{way.provider}/any", options=options, **more)

    return make
