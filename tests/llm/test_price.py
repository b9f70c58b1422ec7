"""A price is known from the file or from litellm's table, or is said to be unknown."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from agentopt.llm.budget import FREE, Price
from agentopt.llm.price import PriceList, listed_price
from agentopt.llm.provider import Endpoint


def _price(provider: str, model: str, url: str | None, prices: dict[str, Price] | None = None) -> Price | None:
    return PriceList(Endpoint(provider, model, "openai", url, "K"), prices or {})()


def test_this_machine_is_free() -> None:
    """A local server costs nothing."""
    assert _price("ollama", "x", "http://127.0.0.1:11434/v1") == FREE


def test_the_configured_price_goes_first() -> None:
    """What the file says counts, also for a local server."""
    assert _price("a", "b", "http://127.0.0.1:1", {"a/b": Price(1, 2)}) == Price(1, 2)


def test_the_table_is_read_without_importing_litellm() -> None:
    """A known model has a price above zero, and litellm stays unloaded."""
    before = "litellm" in sys.modules
    if find_spec("litellm") is None:
        pytest.skip("litellm, whose table it is, is not installed")
    price = listed_price("openai", "gpt-4o-mini")
    assert price is not None
    assert (0 < price.input < price.output, "litellm" in sys.modules) == (True, before)


@pytest.mark.parametrize(
    ("provider", "url"),
    [("openai", "https://proxy.example/v1"), ("nobody", "https://nobody.example/v1"), ("nobody", None)],
)
def test_elsewhere_the_price_is_unknown(provider: str, url: str | None) -> None:
    """A proxy's price is not guessed from the model's name."""
    assert _price(provider, "gpt-4o-mini", url) is None
