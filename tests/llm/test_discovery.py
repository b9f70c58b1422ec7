"""Without a name, a model is found in a stated order, or the message says what to set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentopt.errors import ConfigError
from agentopt.llm import Config, discover
from agentopt.llm.discovery import chosen_model
from agentopt.llm.provider import LOCAL, Provider
from agentopt.testing import ModelServer

ALL = {
    "AGENTOPT_MODEL": "lab/m",
    "ANTHROPIC_API_KEY": "sk-ant-000000",
    "OPENAI_API_KEY": "sk-oai-000000",
}


def _place(server: ModelServer) -> Provider:
    return replace(LOCAL[0], base_url=server.openai_url)


@pytest.mark.parametrize(
    ("gone", "model", "reason"),
    [
        (0, "lab/m", "AGENTOPT_MODEL names it"),
        (1, "openai/gpt-5.4-mini", "OPENAI_API_KEY is set"),
        (2, "anthropic/claude-sonnet-5", "ANTHROPIC_API_KEY is set"),
        (3, "ollama/llama-x", "ollama answers at "),
    ],
)
def test_the_order_is_name_keys_local(gone: int, model: str, reason: str) -> None:
    """AGENTOPT_MODEL goes before keys, and keys before a server on this machine."""
    order = ["AGENTOPT_MODEL", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"][gone:]
    config = Config({name: ALL[name] for name in order})
    with ModelServer([], models=("nomic-embed-text", "llama-x")) as server:
        found = discover(config, [_place(server)])
    assert (found.model, found.reason.startswith(reason)) == (model, True)


def test_the_file_goes_after_the_environment() -> None:
    """A model named in agentopt.toml comes after AGENTOPT_MODEL and before keys."""
    config = Config({"OPENAI_API_KEY": "sk-oai-000000"}, model="lab/file")
    assert discover(config, []).model == "lab/file"


def test_nothing_found_says_what_to_set() -> None:
    """One sentence names the variables and the servers."""
    with pytest.raises(ConfigError, match=r"set AGENTOPT_MODEL .* OPENAI_API_KEY .*\(Ollama"):
        chosen_model(Config({}), [])


def test_keys_are_told_by_name_only() -> None:
    """What doctor shows holds no key."""
    found = discover(Config(ALL), [])
    assert (found.keys, "000000" in repr(found)) == (("ANTHROPIC_API_KEY", "OPENAI_API_KEY"), False)


def test_servers_are_listed_with_their_models() -> None:
    """A server that answers is told with its address; one that does not is left out."""
    with ModelServer([]) as gone:
        dead = replace(LOCAL[1], base_url=gone.openai_url)
    with ModelServer([], models=("a", "b")) as server:
        (found,) = discover(Config({}), [dead, _place(server)]).servers
    assert (found.provider, found.base_url, found.models) == ("ollama", server.openai_url, ("a", "b"))


def test_other_servers_are_not_taken_for_models() -> None:
    """Whatever else listens on such a port is passed over."""
    with ModelServer([]) as server:
        wrong = replace(LOCAL[0], base_url=f"{server.anthropic_url}/elsewhere")
        assert discover(Config({}), [wrong]).servers == ()
