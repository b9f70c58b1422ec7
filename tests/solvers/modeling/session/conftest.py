"""Sessions with a scripted model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.session.session import Session
from agentopt.testing import ScriptedModel

FORMULATION: dict[str, Any] = {
    "title": "Bakery",
    "sets": [{"name": "BREADS", "elements": ["rye", "wheat"]}],
    "parameters": [
        {"name": "price", "index": ["BREADS"], "unit": "USD/loaf", "value": [4, 3]},
        {"name": "minutes", "index": ["BREADS"], "unit": "min/loaf", "value": [2, 1]},
        {"name": "oven", "unit": "min", "value": 5},
    ],
    "variables": [{"name": "bake", "index": ["BREADS"], "unit": "loaf", "domain": "integer"}],
    "objective": {"sense": "maximize", "expression": "sum(price[b] * bake[b] for b in BREADS)", "unit": "USD"},
    "constraints": [
        {
            "name": "time",
            "meaning": "The oven is lit",
            "expression": "sum(minutes[b] * bake[b] for b in BREADS) <= oven",
        },
        {"name": "rye_sales", "meaning": "Rye sells badly", "expression": "bake['rye'] <= 2"},
        {"name": "wheat_sales", "meaning": "Wheat sells badly", "expression": "bake['wheat'] <= 2"},
    ],
}
"""Best: 2 rye and 1 wheat, 11 USD; divisible, 1.5 rye and 2 wheat, 12 USD."""

DIVISIBLE = {
    "question": "May a loaf be cut?",
    "taken": "whole",
    "others": [
        {"reading": "cut", "edits": [{"op": "set_domain", "variable": "bake", "domain": "continuous"}]},
        {"reading": "no limit on rye", "edits": [{"op": "drop", "name": "rye_sales"}]},
    ],
}


def reading(**fields: Any) -> str:
    """A model's reply to a problem in words."""
    reply = {
        "reasoning": "Bread.",
        "no_problem": "",
        "formulation": FORMULATION,
        "open_points": [DIVISIBLE],
        "answer": "Bake {bake['rye']} rye and {bake['wheat']} wheat for {objective} USD.",
    }
    return json.dumps(reply | fields)


def follow_up(action: str, **fields: Any) -> str:
    """A model's reply to a sentence about a solved problem."""
    return json.dumps({"reasoning": "So.", "action": action} | fields)


@pytest.fixture
def scripted() -> Callable[..., tuple[Session, ScriptedModel]]:
    """Makes a session whose model says the given lines."""

    def make(*lines: Any, **options: Any) -> tuple[Session, ScriptedModel]:
        model = ScriptedModel(list(lines))
        return Session(model, **options), model

    return make
