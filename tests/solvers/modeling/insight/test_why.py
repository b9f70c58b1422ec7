"""Asking for one thing more: its price, what changes with it, or what forbids it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.formulation import Constraint
from agentopt.solvers.modeling.insight.why import Forced, force, statement_of
from agentopt.solvers.modeling.instance import Instance

Build = Callable[..., Instance]

SHOP: dict[str, Any] = {
    "sets": {"P": ["A", "B"]},
    "parameters": {"gain": {"index": ["P"], "value": [5, 3]}, "hours": 10},
    "maximize": "sum(gain[p] * make[p] for p in P)",
    "constraints": {"time": "sum(make[p] for p in P) <= hours"},
}


@pytest.fixture
def asked(instance: Build) -> Callable[..., Forced]:
    """Asks the shop, which makes 10 of A for 50, for more."""

    def ask(text: str, **make: Any) -> Forced:
        made = instance({"make": {"index": ["P"], **make}}, **SHOP)
        return force(made, solve_instance(made), statement_of(made, text), 20)

    return ask


def test_a_wish_has_its_price(asked: Callable[..., Forced]) -> None:
    """Four of B in place of four of A cost 4 * (5 - 3)."""
    found = asked("make[B] >= 4")
    assert (found.cost, found.cost_percent) == (pytest.approx(8), pytest.approx(16))
    assert found.sentence == "It can be done and costs 8 (16 %): the objective goes from 50 to 42."


def test_what_else_changes_is_listed(asked: Callable[..., Forced]) -> None:
    """A gives way by what B takes."""
    assert {change.label: change.difference for change in asked("make[B] >= 4").comparison.changes} == {
        "make[A]": -4,
        "make[B]": 4,
    }


def test_the_new_plan_is_checked_against_the_wish(asked: Callable[..., Forced]) -> None:
    """The wish is one of the constraints that were found to hold."""
    assert any(f.check == "constraint asked" and f.ok for f in asked("make[B] >= 4").solution.findings)


def test_what_is_done_already_changes_nothing(asked: Callable[..., Forced]) -> None:
    """No solver is asked for what the plan does; its own solution comes back."""
    found = asked("make[A] >= 9")
    assert (found.no_change, found.cost, found.sentence) == (True, 0, "The plan does this already.")


def test_another_plan_that_is_as_good_costs_nothing(instance: Build) -> None:
    """Two products of one gain can be exchanged."""
    made = instance({"x": {}, "y": {}}, maximize="x + y", constraints={"c": "x + y <= 4"})
    plan = solve_instance(made)
    other = "y" if plan.variables["x"][()] > 2 else "x"
    found = force(made, plan, statement_of(made, f"{other} >= 3"))
    assert (found.cost, found.no_change, found.sentence) == (
        0,
        False,
        "It can be done at no cost: another plan is as good.",
    )


def test_what_forbids_a_wish_is_named(asked: Callable[..., Forced]) -> None:
    """The wish is a member of the conflict under its own words, with the row it contradicts and a way out."""
    found = asked("make[B] >= 12")
    assert found.conflict is not None
    assert set(found.conflict.members) == {"what you asked for", "time"}
    assert "what you asked for: make['B'] >= 12" in found.conflict.sentences
    assert all("asked" not in repair.replace("what you asked for", "") for repair in found.conflict.repair)
    assert found.sentence == "It cannot be done: it contradicts what the plan must keep to."


def test_a_bound_that_forbids_a_wish_is_named(asked: Callable[..., Forced]) -> None:
    """No row but an upper bound is in the way."""
    found = asked("make[B] >= 6", upper=5)
    assert found.conflict is not None
    assert found.conflict.sentences == ("what you asked for: make['B'] >= 6", "make[B] must be at most 5")


def test_a_sign_that_forbids_a_wish_is_named(asked: Callable[..., Forced]) -> None:
    """Less than nothing is forbidden by the 0 below, which is said where nothing else is."""
    found = asked("make[B] <= -1")
    assert found.conflict is not None
    assert found.conflict.sentences == ("what you asked for: make['B'] <= -1", "make[B] must be at least 0")


def test_bounds_within_a_conflict_of_rows_are_named(instance: Build) -> None:
    """x + y + z = 9 contradicts x - y >= 2 only as y is at least 4."""
    made = instance({"x": {}, "y": {"lower": 4}, "z": {"upper": 2}}, constraints={"all_of": "x + y + z == 9"})
    found = force(made, solve_instance(made), statement_of(made, "x - y >= 2"))
    assert found.conflict is not None
    assert set(found.conflict.members) == {"all_of", "what you asked for"}
    assert [s for s in found.conflict.sentences if "must be" in s] == ["y must be at least 4"]


def test_a_conflict_of_whole_numbers_names_no_bound(asked: Callable[..., Forced]) -> None:
    """Half of a product cannot be made, whatever the bounds."""
    found = asked("2 * make[B] == 3", domain="integer", upper=5)
    assert found.conflict is not None
    assert found.conflict.sentences == ("what you asked for: 2 * make['B'] == 3",)


def test_a_wish_of_any_class_is_solved(instance: Build) -> None:
    """A circle turns a linear program into one for SCIP: on x^2 + y^2 <= 2 the best of x + y is 2."""
    made = instance({"x": {}, "y": {}}, maximize="x + y", constraints={"c": "x + y <= 4"})
    found = force(made, solve_instance(made), statement_of(made, "x ** 2 + y ** 2 <= 2"))
    assert found.cost == pytest.approx(2, abs=1e-5)


def test_a_wish_replaces_no_constraint(instance: Build) -> None:
    """A constraint of the same name stays; the wish goes by another."""
    made = instance({"x": {}}, maximize="x", constraints={"c": "x <= 4"})
    found = force(made, solve_instance(made), Constraint(name="c", expression="x <= 7"))
    assert (found.constraint.name, found.no_change) == ("c_2", True)
    low = force(made, solve_instance(made), Constraint(name="c", expression="x <= 3"))
    assert [c.name for c in low.solution.formulation.constraints] == ["c", "c_2"]


def test_a_wish_can_be_asked_of_a_problem_without_a_plan(instance: Build) -> None:
    """What was unbounded has a plan once it is limited, and no cost, for there was nothing before."""
    made = instance({"x": {}}, maximize="x")
    found = force(made, solve_instance(made), statement_of(made, "x <= 5"))
    assert (found.cost, found.comparison.after, found.solution.solution_status) == (None, 5, "optimal")
    assert found.sentence == "There is a plan now; its objective is 5."


def test_a_missing_key_is_told(instance: Build) -> None:
    """A wish that was not read from a text may name a key that is not there."""
    made = instance({"make": {"index": ["P"], "upper": 3}}, **SHOP)
    with pytest.raises(FormulationError, match=r"^constraint wish: variable make has no value for 'Z'"):
        force(made, solve_instance(made), Constraint(name="wish", expression="make['Z'] >= 1"))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(1, 20), st.data())
def test_the_price_is_that_of_trying_everything(instance: Build, gains: list[int], limit: int, data: Any) -> None:
    """On small knapsacks the cost of taking an item is the difference of two enumerations."""
    n = len(gains)
    weights = data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    item = data.draw(st.integers(0, n - 1))
    made = instance(
        {"take": {"index": ["I"], "domain": "binary"}},
        sets={"I": list(range(n))},
        parameters={"g": {"index": ["I"], "value": gains}, "w": {"index": ["I"], "value": weights}},
        maximize="sum(g[i] * take[i] for i in I)",
        constraints={"c": f"sum(w[i] * take[i] for i in I) <= {limit}"},
    )
    plans = [[mask >> k & 1 for k in range(n)] for mask in range(2**n)]
    fitting = [plan for plan in plans if sum(w * t for w, t in zip(weights, plan)) <= limit]
    best = max(sum(g * t for g, t in zip(gains, plan)) for plan in fitting)
    with_item = [sum(g * t for g, t in zip(gains, plan)) for plan in fitting if plan[item]]
    found = force(made, solve_instance(made), statement_of(made, f"take[{item}] == 1"))
    assert found.cost == (pytest.approx(best - max(with_item)) if with_item else None)
    assert (found.conflict is None) == bool(with_item)
