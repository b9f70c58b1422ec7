"""Finds a model when none is named: in the environment, by the keys that are there, on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentopt.errors import ConfigError

if TYPE_CHECKING:
    from agentopt.llm.config import Config
    from agentopt.llm.local_server import LocalServer
    from agentopt.llm.provider import Provider

NOTHING_FOUND = (
    "no model is set: set AGENTOPT_MODEL to provider/name, or a key such as OPENAI_API_KEY or "
    "ANTHROPIC_API_KEY, or start a local server (Ollama, LM Studio, vLLM, llama.cpp)"
)


@dataclass(frozen=True)
class Discovery:
    """What there is to talk to, and what would be taken."""

    keys: tuple[str, ...]
    """The names of the variables that hold a key; never the keys."""
    servers: tuple[LocalServer, ...]
    model: str | None
    """The model that `connect()` takes; None: none can be found."""
    reason: str
    """Why this one, or what to set."""


def discover(config: Config | None = None, places: Sequence[Provider] | None = None) -> Discovery:
    """Look everywhere, as `agentopt doctor` shows it.

    Args:
        config: As loaded from agentopt.toml and the environment, if None.
        places: Where to look for local servers, if not at their usual ports.
    """
    from agentopt.llm.config import load_config
    from agentopt.llm.local_server import find_servers

    config = config or load_config()
    servers = find_servers(_places(config) if places is None else places)
    model, reason = _choose(config, servers)
    return Discovery(_keys(config), servers, model, reason)


def chosen_model(config: Config, places: Sequence[Provider] | None = None) -> str:
    """The model to take when none is named; local servers are only asked if nothing else is set.

    Raises:
        ConfigError: There is none; the message says what to set.
    """
    from agentopt.llm.local_server import find_servers

    model, _ = _choose(config, ())
    if model is None:
        model, _ = _choose(config, find_servers(_places(config) if places is None else places))
    if model is None:
        raise ConfigError(NOTHING_FOUND)
    return model


def _choose(config: Config, servers: Sequence[LocalServer]) -> tuple[str | None, str]:
    from agentopt.llm.provider import HOSTED, split_name

    named = config.environment.get("AGENTOPT_MODEL", "").strip()
    if named:
        split_name(named)
        return named, "AGENTOPT_MODEL names it"
    if config.model:
        return config.model, f"{config.source} names it"
    for provider in HOSTED:
        configured = config.providers[provider.name]
        if config.key(configured):
            return f"{provider.name}/{provider.default_model}", f"{configured.key_variable} is set"
    for server in servers:
        if server.models:
            return f"{server.provider}/{server.models[0]}", f"{server.provider} answers at {server.base_url}"
    return None, NOTHING_FOUND


def _keys(config: Config) -> tuple[str, ...]:
    names = {provider.key_variable for provider in config.providers.values()}
    return tuple(sorted(name for name in names if config.environment.get(name, "").strip()))


def _places(config: Config) -> list[Provider]:
    from agentopt.llm.provider import LOCAL

    return [config.providers[provider.name] for provider in LOCAL]
