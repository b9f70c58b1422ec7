"""The contract for models is kept by ours and broken by one that cuts corners."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from agentopt.llm import Config, Options, RetryPolicy, connect
from agentopt.llm.exchange import Channel, Completion, Request
from agentopt.llm.model import ChatModel
from agentopt.testing import ModelServer, broken_promises

CONFIG = Config({"OPENAI_API_KEY": "sk-contract-012345", "ANTHROPIC_API_KEY": "sk-contract-012345"})


def _make(server: ModelServer, provider: str = "openai") -> ChatModel:
    url = server.anthropic_url if provider == "anthropic" else server.openai_url
    return connect(f"{provider}/any", options=Options(url, CONFIG, RetryPolicy(3, 0.002)))


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_our_models_keep_the_contract(provider: str) -> None:
    """Both SDKs pass every promise."""
    assert broken_promises(lambda server: _make(server, provider)) == []


@dataclass
class Careless:
    """A channel that gives cut-off replies out as if they were whole."""

    inner: Any
    name: str = "careless/any"

    def send(self, request: Request) -> Completion:
        return replace(self.inner.send(request), finish="stop")

    def close(self) -> None:
        self.inner.close()


def test_a_careless_model_is_caught() -> None:
    """A model that hides why a reply ended, and never tries again, is told which promises it breaks."""

    def make(server: ModelServer) -> ChatModel:
        bottom: Any = _make(server).channel
        while hasattr(bottom, "_inner"):
            bottom = bottom._inner
        channel: Channel = Careless(bottom)
        return ChatModel(channel)

    said = [promise.split(":")[0] for promise in broken_promises(make)]
    wanted = {"500 is tried again", "a reply at its length limit is cut off", "a filtered reply is a refusal"}
    assert wanted - set(said) == set()
