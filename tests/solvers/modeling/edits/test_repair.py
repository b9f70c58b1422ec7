"""The least repair of an infeasible problem as edits, each of them made and solved again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentopt.solvers.modeling.edits.apply import apply_edits
from agentopt.solvers.modeling.edits.repair import repair_edits
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.solving import prepare, solve_formulation

Make = Callable[..., Formulation]


def repaired(stated: Formulation) -> tuple[list[str], float | None]:
    """The kinds of edits, and the optimum after them."""
    conflict = solve_formulation(stated).conflict
    assert conflict is not None
    edits = repair_edits(prepare(stated), conflict.loosened)
    return [edit.op for edit in edits], solve_formulation(apply_edits(stated, edits)).incumbent_objective


@pytest.mark.parametrize(
    ("constraints", "parameters", "ops", "optimum"),
    [
        # A figure that stands alone on a side gives way, on either side of the comparison.
        ({"least": "x >= need", "most": "x <= 3"}, {"need": 100}, ["change_data"], 3),
        ({"least": "need <= x", "most": "x <= 3"}, {"need": 100}, ["change_data"], 3),
        ({"least": "x >= 1", "most": "x + 0 <= room", "other": "100 * x >= 100 * 1"}, {"room": 0}, ["change_data"], 1),
        # Else the constraint itself is loosened.
        ({"least": "x >= 100", "most": "x <= 3"}, {}, ["put_constraint"], 3),
        ({"least": "100 <= x", "most": "x <= 3"}, {}, ["put_constraint"], 3),
        ({"least": "x >= 2 * need", "most": "x <= 3"}, {"need": 50}, ["put_constraint"], 3),
        ({"gap": "x >= y + 90", "most": "x <= 3", "least": "y >= 0"}, {}, ["put_constraint"], 3),
    ],
)
def test_the_repair_makes_it_feasible(
    formulation: Make, constraints: dict[str, str], parameters: dict[str, Any], ops: list[str], optimum: float
) -> None:
    """The repaired problem has exactly the room that the repair says."""
    stated = formulation({"x": {}, "y": {}}, parameters=parameters, minimize="x", constraints=constraints)
    assert repaired(stated) == (ops, pytest.approx(optimum))


def test_only_the_rows_that_must_give_way_do(formulation: Make) -> None:
    """Of three demands of an indexed constraint one changes, by its key."""
    stated = formulation(
        {"x": {"index": ["M"]}},
        sets={"M": ["oslo", "rome", "bonn"]},
        parameters={"demand": {"index": ["M"], "value": [1, 100, 2]}, "room": {"index": ["M"], "value": [5, 5, 5]}},
        minimize="sum(x[m] for m in M)",
        constraints={"serve": "x[m] >= demand[m] for m in M", "most": "x[m] <= room[m] for m in M"},
    )
    assert repaired(stated) == (["change_data"], pytest.approx(8))


def test_an_indexed_constraint_without_a_figure_is_loosened_at_its_key(formulation: Make) -> None:
    """The amount is added for rome alone."""
    stated = formulation(
        {"x": {"index": ["M"]}},
        sets={"M": ["oslo", "rome"]},
        parameters={"demand": {"index": ["M"], "value": [1, 100]}},
        minimize="sum(x[m] for m in M)",
        constraints={"serve": "x[m] >= 2 * demand[m] - 1 for m in M", "most": "x[m] <= 5 for m in M"},
    )
    assert repaired(stated) == (["put_constraint"], pytest.approx(6))


def test_an_equation_has_no_such_repair(formulation: Make) -> None:
    """A figure that is met exactly holds both ways, so it is left to the owner."""
    stated = formulation({"x": {}}, minimize="x", constraints={"exact": "2 * x == 100", "most": "x <= 3"})
    conflict = solve_formulation(stated).conflict
    assert conflict is not None
    edits = repair_edits(prepare(stated), conflict.loosened)
    assert all(edit.op == "put_constraint" for edit in edits)


def test_one_figure_that_bounds_several_rows_gives_way_once(formulation: Make) -> None:
    """Needs of 15 and 13 against one limit of 10: it is raised to 15, not by the sum of both."""
    stated = formulation(
        {"x": {"index": ["T"]}},
        sets={"T": ["a", "b"]},
        parameters={"need": {"index": ["T"], "value": [15, 13]}, "cap": 10},
        minimize="sum(x[t] for t in T)",
        constraints={"least": "x[t] >= 1 * need[t] for t in T", "most": "x[t] <= cap for t in T"},
    )
    conflict = solve_formulation(stated).conflict
    assert conflict is not None
    changes = [e for e in repair_edits(prepare(stated), conflict.loosened) if e.op == "change_data"]
    assert all(edit.amount <= 5 for edit in changes)
    assert solve_formulation(apply_edits(stated, repair_edits(prepare(stated), conflict.loosened))).variables


@pytest.mark.parametrize("text", ["x >= 100 # a note", "x >= 50 + \\\n 50"])
def test_what_stands_behind_an_expression_does_not_hide_the_repair(formulation: Make, text: str) -> None:
    """The amount is added before a comment."""
    stated = formulation({"x": {}}, minimize="x", constraints={"least": text.replace("\\\n", " "), "most": "x <= 3"})
    ops, optimum = repaired(stated)
    assert (ops, optimum) == (["put_constraint"], pytest.approx(3))
