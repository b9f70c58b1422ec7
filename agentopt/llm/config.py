"""What agentopt.toml and the environment say about models.

    [model]
    name = "openai/gpt-5.4-mini"     # AGENTOPT_MODEL goes before it
    base_url = "..."                 # of this model's provider
    key_env = "MY_KEY"               # the variable that holds the key; never the key itself
    stream = true

    [providers.lab]                  # a provider of your own, or another address for a known one
    base_url = "http://gpu1:8000/v1"
    key_env = "LAB_KEY"
    sdk = "openai"                   # or anthropic, litellm

    [prices."lab/qwen"]
    input_per_million = 0.20
    output_per_million = 0.60

A provider's key and address are also read from <PROVIDER>_API_KEY and <PROVIDER>_BASE_URL.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agentopt.errors import ConfigError
from agentopt.llm.budget import Price
from agentopt.llm.provider import KNOWN, Endpoint, Provider, checked_key, checked_url, split_name
from agentopt.llm.redaction import Secrets

FILE_NAME = "agentopt.toml"


@dataclass(frozen=True)
class Config:
    """The settings that decide which model is asked, and where."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    model: str | None = None
    stream: bool = True
    """Whether replies are asked for as streams, which no idle proxy cuts; litellm never is."""
    providers: Mapping[str, Provider] = field(default_factory=lambda: dict(KNOWN))
    prices: Mapping[str, Price] = field(default_factory=dict)
    source: Path | None = None
    """The file that was read."""

    def secrets(self) -> Secrets:
        """Everything in the environment that looks like a key, under its usual or a configured name."""
        named = {provider.key_variable for provider in self.providers.values()}
        values = [self.environment[name] for name in named if name in self.environment]
        return Secrets.of_environment(self.environment).joined(values)

    def key(self, provider: Provider) -> str | None:
        value = self.environment.get(provider.key_variable, "").strip()
        return checked_key(value, provider.key_variable) if value else None

    def endpoint(self, name: str, base_url: str | None = None) -> Endpoint:
        """Where a model is reached.

        Args:
            name: As provider/name. Providers that are not known are left to litellm.
            base_url: Goes before the environment and the file.

        Raises:
            ConfigError: The name, the address or the key is missing or cannot be used.
        """
        provider_name, model = split_name(name)
        found = self.providers.get(provider_name) or Provider(provider_name, "litellm")
        in_environment = self.environment.get(found.url_variable)
        url = base_url or in_environment or found.base_url
        unknown = provider_name not in self.providers
        # Whoever gives an unknown provider an address means an OpenAI-compatible server.
        provider = replace(found, sdk="openai") if unknown and url else found
        where = "base_url" if base_url else provider.url_variable if in_environment else FILE_NAME
        endpoint = Endpoint(
            provider_name,
            model,
            provider.sdk,
            checked_url(url, where) if url else None,
            provider.key_variable,
            self.key(provider),
            self.secrets(),
        )
        if endpoint.key is None and endpoint.base_url == provider.base_url and _needs_key(endpoint):
            raise ConfigError(f"no key for {provider_name}: set {provider.key_variable}")
        return endpoint


def load_config(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings.

    Args:
        path: The file; None looks for agentopt.toml in the working directory, then in
            the user's configuration folder, and does without if there is none.
        environment: The process's own, if None.

    Raises:
        ConfigError: The file cannot be read, or a setting in it cannot be used.
    """
    environment = os.environ if environment is None else environment
    found = path or _find()
    if found is None:
        return Config(environment)
    try:
        table = tomllib.loads(found.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read {found}: {error}") from error
    return _configure(Config(environment, source=found), table)


def _find() -> Path | None:
    import platformdirs

    folders = (Path.cwd(), Path(platformdirs.user_config_dir("agentopt")))
    return next((folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()), None)


def _configure(config: Config, table: dict[str, Any]) -> Config:
    model = _table(table, "model", {"name": str, "base_url": str, "key_env": str, "stream": bool})
    providers = dict(config.providers)
    for name in _table(table, "providers"):
        given = _table(table["providers"], name, {"base_url": str, "key_env": str, "sdk": str}, "providers.")
        providers[name.lower()] = _provider(name.lower(), providers.get(name.lower()), given)
    if "name" in model:
        name = split_name(model["name"])[0]
        own: dict[str, Any] = {key: model[key] for key in ("base_url", "key_env") if key in model}
        if own:
            providers[name] = _provider(name, providers.get(name), own)
    elif "base_url" in model or "key_env" in model:
        raise ConfigError(f"{FILE_NAME}: [model] has a base_url or key_env but no name")
    return replace(
        config,
        model=model.get("name"),
        stream=model.get("stream", True),
        providers=providers,
        prices={name: _price(table["prices"], name) for name in _table(table, "prices")},
    )


def _provider(name: str, known: Provider | None, given: dict[str, Any]) -> Provider:
    sdk = given.get("sdk", known.sdk if known else "openai")
    if sdk not in ("openai", "anthropic", "litellm"):
        raise ConfigError(f"{FILE_NAME}: expected sdk openai, anthropic or litellm, got {sdk!r}")
    base_url = given.get("base_url", known.base_url if known else None)
    if base_url is None and sdk != "litellm":
        raise ConfigError(f"{FILE_NAME}: provider {name} needs a base_url")
    base = known or Provider(name)
    url = checked_url(base_url, FILE_NAME) if base_url else None
    return replace(base, sdk=sdk, base_url=url, key_env=given.get("key_env", base.key_env))


def _price(prices: dict[str, Any], name: str) -> Price:
    kinds = {"input_per_million": (int, float), "output_per_million": (int, float)}
    given = _table(prices, name, kinds, "prices.")
    if len(given) != 2 or min(given.values()) < 0:
        raise ConfigError(f"{FILE_NAME}: [prices.{name!r}] needs input_per_million and output_per_million, 0 or more")
    return Price(given["input_per_million"] / 1e6, given["output_per_million"] / 1e6)


def _table(
    table: dict[str, Any], name: str, kinds: Mapping[str, Any] | None = None, prefix: str = ""
) -> dict[str, Any]:
    """A table of the file, every key of it known and of its kind."""
    inner = table.get(name, {})
    if not isinstance(inner, dict):
        raise ConfigError(f"{FILE_NAME}: expected a table [{prefix}{name}]")
    for key, value in inner.items() if kinds is not None else ():
        if key in ("key", "api_key"):
            raise ConfigError(f"{FILE_NAME}: [{prefix}{name}] must not hold a key; name its variable in key_env")
        if key not in kinds:  # type: ignore[operator]
            raise ConfigError(f"{FILE_NAME}: unknown {key!r} in [{prefix}{name}]; it takes {', '.join(kinds or ())}")
        if not isinstance(value, kinds[key]) or isinstance(value, bool) != (kinds[key] is bool):  # type: ignore[index]
            raise ConfigError(f"{FILE_NAME}: {key} in [{prefix}{name}] is of the wrong type: {value!r}")
    return inner


def _needs_key(endpoint: Endpoint) -> bool:
    return endpoint.sdk != "litellm" and not endpoint.local
