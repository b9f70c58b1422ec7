"""A solution as plain data."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agentopt.llm import Usage
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.report import solution_to_dict
from agentopt.solvers.modeling.solution import Conflict, Finding, Solution

SOLUTION = Solution(
    formulation=Formulation.model_validate(
        {
            "variables": [{"name": "ship"}, {"name": "fee"}],
            "objective": {"sense": "minimize", "expression": "ship + fee", "unit": "USD", "meaning": "Cost"},
        }
    ),
    termination_condition="optimal",
    solution_status="optimal",
    problem_class="LP",
    solver="HiGHS",
    guarantee="global",
    incumbent_objective=3.0,
    objective_bound=3.0,
    variables={"ship": {("Oslo", 2): 3.0}, "fee": {(): 0.0}},
    findings=(Finding("objective", True, "recomputed as 3"),),
)


def test_keys_are_lists() -> None:
    """A key is a list of its positions, the empty list for a scalar."""
    assert solution_to_dict(SOLUTION)["variables"] == {
        "ship": [{"key": ["Oslo", 2], "value": 3.0}],
        "fee": [{"key": [], "value": 0.0}],
    }


def test_the_objective_carries_its_meaning() -> None:
    """Value, bound and gap stand beside sense, unit and meaning."""
    assert solution_to_dict(SOLUTION)["objective"] == {
        "value": 3.0,
        "bound": 3.0,
        "gap": 0.0,
        "sense": "minimize",
        "unit": "USD",
        "meaning": "Cost",
    }


@pytest.mark.parametrize("unknown", [float("inf"), float("nan"), None])
def test_a_number_that_is_not_finite_is_null(unknown: float | None) -> None:
    """The document is strict JSON whatever a solver says."""
    amount = float("inf") if unknown is None else unknown
    findings = (Finding("values of ship", False, "missing", amount),)
    report = solution_to_dict(replace(SOLUTION, objective_bound=unknown, findings=findings, usage=Usage()))
    text = json.dumps(report, allow_nan=False)
    assert json.loads(text)["findings"][0]["amount"] is None


def test_a_conflict_keeps_its_sentences() -> None:
    """What conflicts and what would mend it are lists of text."""
    conflict = Conflict("infeasible", ("a", "b"), ("a: x", "b: y"), ("raise a by 2",))
    assert solution_to_dict(replace(SOLUTION, conflict=conflict))["conflict"] == {
        "kind": "infeasible",
        "members": ["a", "b"],
        "sentences": ["a: x", "b: y"],
        "repair": ["raise a by 2"],
    }


def test_the_formulation_can_be_read_back() -> None:
    """The formulation in the report is the one that was solved."""
    report = json.loads(json.dumps(solution_to_dict(SOLUTION)))
    assert Formulation.model_validate(report["formulation"]) == SOLUTION.formulation
