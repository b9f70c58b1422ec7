"""What a text leaves open: every reading is solved, and told when it differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.data.tables import Tables
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.solving import solve_formulation
from agentopt.solvers.modeling.words.open_point import MAX_READINGS, OpenPoint, alternatives

Make = Callable[..., Formulation]


def point(*edits: list[dict[str, Any]]) -> OpenPoint:
    others = [{"reading": f"reading {n}", "edits": edit} for n, edit in enumerate(edits)]
    return OpenPoint.model_validate({"question": "Whole?", "taken": "whole", "others": others})


@pytest.fixture
def loaves(formulation: Make) -> Formulation:
    """max x, 2 x <= 5: 2 whole loaves, 2.5 divisible ones."""
    return formulation({"x": {"domain": "integer"}}, maximize="x", constraints={"oven": "2 * x <= 5"})


def readings(loaves: Formulation, *edits: list[dict[str, Any]]) -> list[tuple[str, float | None, bool]]:
    found = alternatives(solve_formulation(loaves), [point(*edits)], Tables(), 10)
    return [(a.termination_condition, a.objective, a.differs) for a in found]


def test_a_reading_that_differs_is_told_so(loaves: Formulation) -> None:
    """Divisible loaves are half a loaf more; another bound that does not bind is the same."""
    divisible = [{"op": "set_domain", "variable": "x", "domain": "continuous"}]
    bounded = [{"op": "set_bound", "variable": "x", "side": "upper", "value": 9}]
    assert readings(loaves, divisible, bounded) == [("optimal", 2.5, True), ("optimal", 2, False)]


def test_a_reading_without_a_solution_differs(loaves: Formulation) -> None:
    """Exactly five cannot be met by whole loaves."""
    exact = [{"op": "put_constraint", "element": {"name": "oven", "expression": "2 * x == 5"}}]
    assert readings(loaves, exact) == [("infeasible", None, True)]


def test_a_reading_that_cannot_be_made_is_left_out(loaves: Formulation) -> None:
    """Nobody asked for it: a wrong name, and edits that change nothing."""
    wrong = [{"op": "drop", "name": "flour"}]
    nothing = [{"op": "set_domain", "variable": "x", "domain": "integer"}]
    assert readings(loaves, wrong, nothing, []) == []


def test_the_number_of_readings_is_bounded(loaves: Formulation) -> None:
    """A model that names thirty does not cost thirty solves."""
    many = [[{"op": "set_bound", "variable": "x", "side": "upper", "value": n}] for n in range(30)]
    assert len(readings(loaves, *many)) == MAX_READINGS
