"""The providers that are known by name, and the endpoint that a model's name leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from agentopt.errors import ConfigError
from agentopt.llm.redaction import Secrets, without_credentials

Sdk = Literal["openai", "anthropic", "litellm"]


@dataclass(frozen=True)
class Provider:
    """How a provider is reached."""

    name: str
    sdk: Sdk = "openai"
    base_url: str | None = None
    """None: only litellm knows."""
    default_model: str | None = None
    """Taken when nothing but a key is there; a small, capable model."""
    key_env: str = ""

    @property
    def key_variable(self) -> str:
        return self.key_env or f"{_variable(self.name)}_API_KEY"

    @property
    def url_variable(self) -> str:
        return f"{_variable(self.name)}_BASE_URL"


HOSTED = (
    Provider("openai", "openai", "https://api.openai.com/v1", "gpt-5.4-mini"),
    Provider("anthropic", "anthropic", "https://api.anthropic.com", "claude-sonnet-5"),
    Provider(
        "gemini",
        "openai",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "gemini-3.5-flash",
    ),
    Provider("deepseek", "openai", "https://api.deepseek.com/v1", "deepseek-v4-flash"),
    Provider("mistral", "openai", "https://api.mistral.ai/v1", "mistral-medium-latest"),
    Provider("groq", "openai", "https://api.groq.com/openai/v1", "openai/gpt-oss-120b"),
    Provider("xai", "openai", "https://api.x.ai/v1", "grok-4.5"),
    Provider("openrouter", "openai", "https://openrouter.ai/api/v1", "openrouter/auto"),
)
LOCAL = (
    Provider("ollama", "openai", "http://127.0.0.1:11434/v1"),
    Provider("lmstudio", "openai", "http://127.0.0.1:1234/v1"),
    Provider("vllm", "openai", "http://127.0.0.1:8000/v1"),
    Provider("llamacpp", "openai", "http://127.0.0.1:8080/v1"),
)
KNOWN: Mapping[str, Provider] = {provider.name: provider for provider in HOSTED + LOCAL}


@dataclass(frozen=True)
class Endpoint:
    """One model at one address."""

    provider: str
    model: str
    sdk: Sdk
    base_url: str | None
    key_variable: str
    key: str | None = field(default=None, repr=False)
    secrets: Secrets = field(default_factory=Secrets, repr=False, compare=False)

    @property
    def name(self) -> str:
        return f"{self.provider}/{self.model}"

    @property
    def address(self) -> str:
        """The base URL as it may be shown."""
        return without_credentials(self.base_url) if self.base_url else self.provider

    @property
    def label(self) -> str:
        """Name and address, under which replies are kept."""
        return f"{self.name} {self.address}"

    @property
    def local(self) -> bool:
        return self.base_url is not None and is_loopback(self.base_url)


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def split_name(name: str) -> tuple[str, str]:
    """The provider and the model of a name such as openai/gpt-5.4-mini."""
    provider, slash, model = name.strip().partition("/")
    if not (provider and slash and model):
        raise ConfigError(f"expected a model's name as provider/name, such as openai/gpt-5.4-mini, got {name!r}")
    return provider.lower(), model


def checked_url(url: str, where: str) -> str:
    """A base URL without its last slash.

    Raises:
        ConfigError: It is no http address.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"expected an address such as http://127.0.0.1:8000/v1 in {where}, got {url!r}")
    return url.strip().rstrip("/")


def checked_key(key: str, where: str) -> str:
    """A key that fits into an HTTP header; the message never shows it."""
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(f"the key in {where} holds spaces, line breaks or non-ASCII characters")
    return key


def _variable(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in name).upper()
