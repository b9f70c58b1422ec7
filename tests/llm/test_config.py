"""Where a model is reached is read from the environment and agentopt.toml, with clear errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentopt.errors import ConfigError
from agentopt.llm import load_config
from agentopt.llm.budget import Price

FILE = """
[model]
name = "lab/qwen"
stream = false

[providers.lab]
base_url = "http://gpu1:8000/v1/"
key_env = "LAB_SECRET"

[providers.openai]
base_url = "https://proxy.example/v1"

[prices."lab/qwen"]
input_per_million = 2
output_per_million = 6.5
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A configuration of a provider of one's own."""
    (tmp_path / "agentopt.toml").write_text(FILE, encoding="utf-8")
    return tmp_path / "agentopt.toml"


def test_a_file_describes_a_provider(path: Path) -> None:
    """Address, key variable, price and streaming are the file's."""
    config = load_config(path, {"LAB_SECRET": "k-123"})
    endpoint = config.endpoint("lab/qwen")
    assert (endpoint.sdk, endpoint.base_url, endpoint.key) == ("openai", "http://gpu1:8000/v1", "k-123")
    assert (config.model, config.stream, config.prices["lab/qwen"]) == ("lab/qwen", False, Price(2e-6, 6.5e-6))


def test_the_working_directory_is_searched(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agentopt.toml where one works is found."""
    monkeypatch.chdir(path.parent)
    assert load_config(environment={}).model == "lab/qwen"


@pytest.mark.parametrize(
    ("environment", "base_url", "wanted"),
    [
        ({}, None, "https://proxy.example/v1"),
        ({"OPENAI_BASE_URL": "http://here:1/v1"}, None, "http://here:1/v1"),
        ({"OPENAI_BASE_URL": "http://here:1/v1"}, "http://arg:2/v1", "http://arg:2/v1"),
    ],
)
def test_the_nearest_address_counts(path: Path, environment: dict[str, str], base_url: str | None, wanted: str) -> None:
    """An argument goes before the environment, which goes before the file."""
    config = load_config(path, {"OPENAI_API_KEY": "k", **environment})
    assert config.endpoint("openai/x", base_url).base_url == wanted


@pytest.mark.parametrize(
    ("name", "sdk", "model"),
    [
        ("openai/gpt-x", "openai", "gpt-x"),
        ("anthropic/claude-x", "anthropic", "claude-x"),
        ("OpenRouter/meta/llama", "openai", "meta/llama"),
        ("ollama/llama3:8b", "openai", "llama3:8b"),
        ("bedrock/some.model", "litellm", "some.model"),
    ],
)
def test_the_provider_decides_the_sdk(tmp_path: Path, name: str, sdk: str, model: str) -> None:
    """The two SDKs are used wherever they reach; litellm only for the rest."""
    (tmp_path / "a.toml").write_text("")
    keys = {f"{provider}_API_KEY": "k" for provider in ("OPENAI", "ANTHROPIC", "OPENROUTER")}
    endpoint = load_config(tmp_path / "a.toml", keys).endpoint(name)
    assert (endpoint.sdk, endpoint.model) == (sdk, model)


def test_an_address_makes_an_unknown_provider_compatible(path: Path) -> None:
    """Whoever gives a base URL means a server that speaks as OpenAI does."""
    assert load_config(path, {"ACME_BASE_URL": "http://acme:1"}).endpoint("acme/m").sdk == "openai"


def test_a_missing_key_is_named(path: Path) -> None:
    """The message says which variable to set."""
    with pytest.raises(ConfigError, match="set ANTHROPIC_API_KEY"):
        load_config(path, {}).endpoint("anthropic/claude-x")


@pytest.mark.parametrize("name", ["gpt", "/gpt", "openai/", "", " / "])
def test_a_name_has_two_parts(path: Path, name: str) -> None:
    """A name without a provider is refused with an example."""
    with pytest.raises(ConfigError, match="provider/name"):
        load_config(path, {}).endpoint(name)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/v1", "http://", "http://x:99999/v1"])
def test_an_address_is_http(path: Path, url: str) -> None:
    """What is no address is refused, and where it stands is said."""
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL"):
        load_config(path, {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "k"}).endpoint("openai/x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[model\n", "cannot read"),
        ("[model]\nnam = 'x'", "unknown 'nam' in .model.; it takes name"),
        ("[model]\nname = 3", "name in .model. is of the wrong type: 3"),
        ("[model]\nname = 'a/b'\nstream = 1", "wrong type"),
        ("[model]\nbase_url = 'http://x'", "no name"),
        ("[model]\nname = 'a/b'\nkey = 'sk-x'", "must not hold a key"),
        ("model = 3", "expected a table"),
        ("[providers.x]\nkey_env = 'A'", "needs a base_url"),
        ("[providers.x]\nbase_url = 'http://x'\nsdk = 'cohere'", "expected sdk"),
        ("[prices.'a/b']\ninput_per_million = 1", "needs input_per_million and output"),
        ("[prices.'a/b']\ninput_per_million = 1\noutput_per_million = -1", "0 or more"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    """What the file says wrongly is quoted with its place."""
    (tmp_path / "agentopt.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_config(tmp_path / "agentopt.toml", {})


def test_tables_of_other_parts_are_left_alone(tmp_path: Path) -> None:
    """The file may hold settings that are not about models."""
    (tmp_path / "agentopt.toml").write_text("[sandbox]\nlevel = 2\n")
    assert load_config(tmp_path / "agentopt.toml", {}).model is None
