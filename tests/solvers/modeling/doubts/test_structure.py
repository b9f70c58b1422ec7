"""What stands in a formulation and does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.doubts.structure import find_idle
from agentopt.solvers.modeling.doubts.subject import Subject
from agentopt.solvers.modeling.instance import Instance

Make = Callable[..., Instance]
Solve = Callable[[Instance], Subject]


def told(subject: Subject) -> dict[str, str]:
    """The level of each finding by its check."""
    return {finding.check: finding.level for finding in find_idle(subject)}


def test_a_parameter_that_stands_nowhere_is_told(instance: Make, solved: Solve) -> None:
    """It does not help to stand in another one that stands nowhere."""
    data = {"used": 5, "idle": 3, "twice": {"expression": "2 * idle"}}
    subject = solved(instance({"x": {}}, parameters=data, maximize="x", constraints={"c": "x <= used"}))
    assert told(subject) == {"parameter idle": "doubt", "parameter twice": "doubt"}


@pytest.mark.parametrize(
    "stated",
    [
        {"variables": {"x": {"upper": "p"}}, "maximize": "x"},
        {"variables": {"x": {}}, "parameters": {"p": 3, "q": {"expression": "p + 1"}}, "maximize": "x",
         "constraints": {"c": "x <= q"}},
        {"variables": {"x": {"index": ["T"]}}, "sets": {"T": "range(1, p)"}, "maximize": "-sum(x[t] for t in T)",
         "constraints": {"c": "x[t] >= 1 for t in T"}},
        {"variables": {"x": {"index": ["T"]}}, "sets": {"T": [1, 2]}, "maximize": "-sum(x[t] for t in T)",
         "constraints": {"c": "x[t] >= 1 for t in T if t < p"}},
    ],
)  # fmt: skip
def test_a_parameter_may_count_in_many_places(stated: dict[str, Any], instance: Make, solved: Solve) -> None:
    """Bounds, computed parameters, sets and conditions use what stands in them."""
    variables = stated.pop("variables")
    subject = solved(instance(variables, **{"parameters": {"p": 3}, **stated}))
    assert told(subject) == {"structure": "holds"}


def test_a_variable_that_stands_nowhere_is_told(instance: Make, solved: Solve) -> None:
    """Who decides it decides nothing."""
    subject = solved(instance({"x": {"upper": 2}, "y": {}}, maximize="x"))
    assert told(subject) == {"variable y": "doubt"}


def test_a_decision_without_its_link_is_told(instance: Make, solved: Solve) -> None:
    """A rent that nothing forces anybody to pay is the mark of a dropped requirement."""
    both: dict[str, Any] = {"make": {}, "rent": {"domain": "binary"}}
    linked = {"most": "make <= 30", "link": "make <= 30 * rent"}
    found = [
        told(solved(instance(both, maximize="5 * make - 40 * rent", constraints=constraints)))
        for constraints in (linked, {"most": "make <= 30"})
    ]
    assert found == [{"structure": "holds"}, {"variable rent": "doubt"}]


def test_a_constraint_that_the_bounds_keep_is_told(instance: Make, solved: Solve) -> None:
    """Two of at most 5 never come to 11; they come to 10."""
    box = {"x": {"upper": 5}, "y": {"upper": 5}}
    found = [told(solved(instance(box, maximize="x + y", constraints={"c": f"x + y <= {most}"}))) for most in (11, 10)]
    assert found == [{"constraint c": "doubt"}, {"structure": "holds"}]


def test_a_constraint_for_nobody_is_told(instance: Make, solved: Solve) -> None:
    """A condition that no member meets leaves nothing stated."""
    stated = {"c": "x[t] <= 3 for t in T", "d": "x[t] <= 1 for t in T if t > 9"}
    made = instance({"x": {"index": ["T"]}}, sets={"T": [1, 2]}, maximize="sum(x[t] for t in T)", constraints=stated)
    assert told(solved(made)) == {"constraint d": "doubt"}
