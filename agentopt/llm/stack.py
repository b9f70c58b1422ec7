"""Stacks the layers of a model on the channel that its name leads to."""

from __future__ import annotations

from dataclasses import dataclass

from agentopt.llm.abilities import Abilities
from agentopt.llm.anthropic_client import AnthropicWire
from agentopt.llm.budget import FREE
from agentopt.llm.cache import Cached
from agentopt.llm.config import Config, load_config
from agentopt.llm.discovery import chosen_model
from agentopt.llm.exchange import AsyncChannel, Channel
from agentopt.llm.litellm_client import AsyncLitellmChannel, LitellmChannel
from agentopt.llm.metering import Metered
from agentopt.llm.openai_client import OpenAIWire
from agentopt.llm.options import Files, Options
from agentopt.llm.plan import AsyncLayered, Layer, Layered
from agentopt.llm.price import PriceList
from agentopt.llm.provider import Endpoint
from agentopt.llm.recording import AsyncReplay, Recorded, Replay
from agentopt.llm.retry import AsyncRetried, Retried, RetryPolicy
from agentopt.llm.sdk_channel import AsyncSdkChannel, SdkChannel, Wire
from agentopt.llm.verdict import Whole


def channel(name: str | None, files: Files, options: Options) -> tuple[Channel, str]:
    """The channel to a model, or to a recording, with all its layers; and name and address of the model."""
    if files.replay is not None:
        made: Channel = Replay(files.replay)
        layers: list[Layer] = [_replayed(made.name), Whole()]
        endpoint = made.name
    else:
        live = _Live.of(name, options)
        made = Retried(Layered(live.meter(), live.channel()), live.retry)
        endpoint = live.endpoint.label
        layers = _layers(live.endpoint, files)
    for layer in layers:
        made = Layered(layer, made)
    return made, endpoint


def async_channel(name: str | None, files: Files, options: Options) -> tuple[AsyncChannel, str]:
    """The same for asyncio."""
    if files.replay is not None:
        made: AsyncChannel = AsyncReplay(files.replay)
        layers: list[Layer] = [_replayed(made.name), Whole()]
        endpoint = made.name
    else:
        live = _Live.of(name, options)
        made = AsyncRetried(AsyncLayered(live.meter(), live.async_channel()), live.retry)
        endpoint = live.endpoint.label
        layers = _layers(live.endpoint, files)
    for layer in layers:
        made = AsyncLayered(layer, made)
    return made, endpoint


@dataclass(frozen=True)
class _Live:
    """A model that is really asked."""

    endpoint: Endpoint
    config: Config
    retry: RetryPolicy

    @classmethod
    def of(cls, name: str | None, options: Options) -> _Live:
        config = options.config or load_config()
        endpoint = config.endpoint(name or chosen_model(config), options.base_url)
        return cls(endpoint, config, options.retry or RetryPolicy())

    def meter(self) -> Metered:
        return Metered(PriceList(self.endpoint, self.config.prices), self.endpoint.name)

    def channel(self) -> Channel:
        if self.endpoint.sdk == "litellm":
            return LitellmChannel(self.endpoint)
        return SdkChannel(self.endpoint, self._wire())

    def async_channel(self) -> AsyncChannel:
        if self.endpoint.sdk == "litellm":
            return AsyncLitellmChannel(self.endpoint)
        return AsyncSdkChannel(self.endpoint, self._wire())

    def _wire(self) -> Wire:
        kind = AnthropicWire if self.endpoint.sdk == "anthropic" else OpenAIWire
        return kind(self.endpoint, stream=self.config.stream)


def _layers(endpoint: Endpoint, files: Files) -> list[Layer]:
    """What goes on a live channel, innermost first."""
    layers: list[Layer] = [Abilities(endpoint.name), Whole()]
    if files.cache is not None:
        layers.append(Cached(files.cache, endpoint.label))
    if files.record is not None:
        layers.append(Recorded(files.record, endpoint.name, endpoint.secrets))
    return layers


def _replayed(model: str) -> Metered:
    # Charged as it was when recorded, so that a budget stops a replay alike.
    return Metered(lambda: FREE, model)
