"""What a token costs, from the configuration or from the table that litellm ships."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agentopt.llm.budget import FREE, Price
from agentopt.llm.provider import KNOWN, Endpoint

_TABLE = "model_prices_and_context_window_backup.json"


class PriceList:
    """Finds the price of one model, once, when it is first needed.

    A model on this machine is free. Elsewhere a price counts only for the
    provider's own address, for what a proxy charges is its own affair.

    Args:
        endpoint: The model.
        prices: As configured, by the model's full name; they go first.
    """

    def __init__(self, endpoint: Endpoint, prices: Mapping[str, Price]) -> None:
        self._endpoint = endpoint
        self._prices = prices
        self._lock = threading.Lock()
        self._found: list[Price | None] = []

    def __call__(self) -> Price | None:
        with self._lock:
            if not self._found:
                self._found.append(self._find())
            return self._found[0]

    def _find(self) -> Price | None:
        endpoint = self._endpoint
        if endpoint.name in self._prices:
            return self._prices[endpoint.name]
        if endpoint.local:
            return FREE
        known = KNOWN.get(endpoint.provider)
        if endpoint.base_url is not None and (known is None or known.base_url != endpoint.base_url):
            return None
        return listed_price(endpoint.provider, endpoint.model)


def listed_price(provider: str, model: str) -> Price | None:
    """The price in litellm's table, read as a file, since importing litellm takes seconds."""
    table = _read_table()
    entry = table.get(f"{provider}/{model}") or table.get(model) or {}
    try:
        ours = f"{provider}/{model}" in table or entry.get("litellm_provider") == provider
        price = Price(float(entry["input_cost_per_token"]), float(entry["output_cost_per_token"]))
    except (KeyError, TypeError, ValueError):
        return None
    cached = entry.get("cache_read_input_token_cost")
    if not ours:
        return None
    return Price(price.input, price.output, float(cached)) if isinstance(cached, (int, float)) else price


def _read_table() -> dict[str, Any]:
    spec = find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            table = json.loads((Path(folder) / _TABLE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(table, dict):
            return table
    return {}
