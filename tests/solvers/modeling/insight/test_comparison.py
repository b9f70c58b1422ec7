"""Two solutions side by side: what changed, by how much, and whether it is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.insight.comparison import compare
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.solution import Solution

Build = Callable[..., Instance]


@pytest.fixture
def solved(instance: Build) -> Callable[..., Solution]:
    """Solves making of A (5 each), B (3) and C (1) up to a limit, at most four of each."""

    def solve(limit: float, sense: str = "maximize", members: tuple[str, ...] = ("A", "B", "C")) -> Solution:
        stated = {
            "sets": {"P": list(members)},
            "parameters": {"gain": {"index": ["P"], "value": [5, 3, 1, 9][: len(members)]}},
            "constraints": {"c": f"sum(make[p] for p in P) {'<=' if sense == 'maximize' else '>='} {limit}"},
        }
        make = {"make": {"index": ["P"], "upper": 4, "unit": "t"}}
        return solve_instance(instance(make, **{sense: "sum(gain[p] * make[p] for p in P)"}, **stated))

    return solve


def test_the_objective_is_compared_in_its_own_sense(solved: Callable[..., Solution]) -> None:
    """32 against 21 is a rise of 11; for who maximizes the loss is -11."""
    found = compare(solved(4.25), solved(8))
    assert (found.before, found.after, found.difference, found.loss) == (20.75, 32, 11.25, -11.25)


def test_a_cost_that_rises_is_a_loss(solved: Callable[..., Solution]) -> None:
    """For who minimizes more is worse."""
    found = compare(solved(4, "minimize"), solved(6, "minimize"))
    assert (found.difference, found.loss, found.percent) == (6, 6, 150)


def test_the_largest_change_comes_first(solved: Callable[..., Solution]) -> None:
    """From 7 to 10 tonnes B grows by 1 and C by 2; A stays and is not listed."""
    found = compare(solved(7), solved(10))
    assert [(c.label, c.before, c.after) for c in found.changes] == [("make[C]", 0, 2), ("make[B]", 3, 4)]


def test_keys_of_one_side_only_are_absent_on_the_other(solved: Callable[..., Solution]) -> None:
    """A product that is new has no value before, and one that is gone none after."""
    found = compare(solved(8), solved(8, members=("A", "B", "D", "C")))
    assert {(c.label, c.before, c.after) for c in found.changes} >= {("make[D]", None, 0.0)}
    back = compare(solved(8, members=("A", "B", "D", "C")), solved(8))
    assert {(c.label, c.before, c.after) for c in back.changes} >= {("make[D]", 0.0, None)}


def test_a_solution_is_the_same_as_itself(solved: Callable[..., Solution]) -> None:
    """Nothing is listed and the sentence says so."""
    found = compare(solved(8), solved(8))
    assert (found.is_same, found.changes, found.sentence) == (True, (), "The objective stays at 32.")


def test_dust_is_no_change(solved: Callable[..., Solution]) -> None:
    """A difference in the ninth digit comes from a solver, not from the plan."""
    one = solved(8)
    dusty = replace(one, variables={"make": {key: value + 1e-9 for key, value in one.variables["make"].items()}})
    assert compare(one, dusty).is_same


def test_a_plan_that_is_gone_is_said(solved: Callable[..., Solution]) -> None:
    """Without a plan after there is no difference, and no list of everything."""
    found = compare(solved(8), solved(-1))
    assert (found.difference, found.percent, found.changes) == (None, None, ())
    assert found.sentence == "There is no plan any more; the objective was 32."


def test_the_sentence_says_what_is_better(solved: Callable[..., Solution]) -> None:
    """Figures, percent and a verdict stand in one sentence."""
    assert compare(solved(4), solved(5)).sentence == "The objective rises from 20 to 23 (3, 15 %, better)."
    assert compare(solved(5), solved(4)).sentence == "The objective falls from 23 to 20 (3, 13 %, worse)."


def test_another_objective_is_not_judged(solved: Callable[..., Solution], instance: Build) -> None:
    """Figures of two objectives mean different things, so neither is called better."""
    found = compare(solved(4), solve_instance(instance({"make": {"upper": 4}}, minimize="make")))
    assert not found.same_objective
    assert "worse" not in found.sentence
