"""Answers that look like an accident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.doubts.subject import Subject
from agentopt.solvers.modeling.doubts.trivial import look_for_accidents
from agentopt.solvers.modeling.instance import Instance

Make = Callable[..., Instance]
Solve = Callable[[Instance], Subject]
XY: dict[str, Any] = {"x": {}, "y": {}}


@pytest.mark.parametrize(
    ("variables", "stated", "word"),
    [
        (XY, {"minimize": "2 * x + y", "constraints": {"c": "x + y <= 8"}}, "do nothing"),
        (XY, {"minimize": "x - x + 3", "constraints": {"c": "x + y <= 8"}}, "no decision counts"),
        ({"x": {"lower": 2}}, {"minimize": "3 * x", "constraints": {"c": "x <= 8"}}, "lower bound"),
        ({"x": {"upper": 1e9}}, {"maximize": "3 * x"}, "seems to stand for none"),
        (XY, {"maximize": "x", "constraints": {"c": "x <= 10 ** 8"}}, "million times"),
    ],
)
def test_an_accident_is_told(
    variables: dict[str, Any], stated: dict[str, Any], word: str, instance: Make, solved: Solve
) -> None:
    """Each kind has its own sentence."""
    assert any(
        word in f.detail for f in look_for_accidents(solved(instance(variables, **stated))) if f.level == "doubt"
    )


@pytest.mark.parametrize(
    ("variables", "stated"),
    [
        (XY, {"minimize": "2 * x + y", "constraints": {"c": "x + y >= 8"}}),
        (XY, {"minimize": "0", "constraints": {"c": "x + y <= 8"}}),
        ({"x": {"upper": "most"}}, {"maximize": "x", "parameters": {"most": 5e7}}),
        ({"x": {"lower": None}}, {"maximize": "-(x - 2) ** 2"}),
    ],
)
def test_a_usual_answer_is_none(
    variables: dict[str, Any], stated: dict[str, Any], instance: Make, solved: Solve
) -> None:
    """Something is done, or nothing was asked for, or the owner's own figures are large."""
    assert {f.level for f in look_for_accidents(solved(instance(variables, **stated)))} == {"holds"}
