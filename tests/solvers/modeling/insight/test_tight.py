"""Slack of every inequality at a point: figures worked out by hand, and the same as the checker's own evaluator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.insight.tight import tightness
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.pointwise.bounds import evaluator_of

Build = Callable[..., Instance]
FREE: dict[str, Any] = {"lower": None}

BAKERY: dict[str, Any] = {
    "sets": [{"name": "BREADS", "elements": ["rye", "white"]}],
    "parameters": [
        {"name": "hours", "unit": "h", "value": 40},
        {"name": "least", "unit": "t", "index": ["BREADS"], "value": [1, 2]},
    ],
    "variables": [{"name": "make", "index": ["BREADS"], "unit": "t", "upper": 20, "meaning": "Tonnes to bake"}],
    "objective": {"sense": "maximize", "expression": "sum(make[b] for b in BREADS)", "unit": "USD"},
    "constraints": [
        {"name": "oven", "meaning": "The oven's hours", "expression": "hours >= sum(2 * make[b] for b in BREADS)"},
        {"name": "orders", "source": "what is ordered", "expression": "make[b] >= least[b] for b in BREADS"},
    ],
}


@pytest.fixture(scope="module")
def bakery() -> Instance:
    """Two breads, one oven."""
    return bind(analyze(Formulation.model_validate(BAKERY)))


def test_rows_come_tightest_first_with_their_slack(bakery: Instance) -> None:
    """18 t of rye and 2 of white take the oven's 40 h, meet the orders for white exactly and leave 17 t of rye."""
    found = tightness(bakery, {"make": {("rye",): 18.0, ("white",): 2.0}})
    assert [(row.label, row.slack, row.relative, row.is_tight) for row in found] == [
        ("oven", 0, 0, True),
        ("orders[white]", 0, 0, True),
        ("orders[rye]", 17, 17, False),
    ]


def test_a_slack_is_relative_to_the_side_that_is_data(bakery: Instance) -> None:
    """The oven's 40 hours stand on the left; 4 of them are left, a tenth."""
    oven = next(row for row in tightness(bakery, {"make": {("rye",): 16.0, ("white",): 2.0}}) if row.name == "oven")
    assert (oven.left, oven.op, oven.right, oven.relative) == (40, ">=", 36, 0.1)


def test_a_slack_is_told_in_the_owners_words(bakery: Instance) -> None:
    """Meaning, figures and unit stand in one sentence; the source stands in for a meaning."""
    found = tightness(bakery, {"make": {("rye",): 18.0, ("white",): 2.0}})
    assert [row.sentence for row in found] == [
        "oven (The oven's hours): 40 >= 40 h, nothing left",
        "orders[white] (what is ordered): 2 >= 2 t, nothing left",
        "orders[rye] (what is ordered): 18 >= 1 t, 17 t left",
    ]


def test_a_reached_bound_is_listed_and_no_other(bakery: Instance) -> None:
    """20 t of rye are its upper bound; that white is at 0 says nothing."""
    found = tightness(bakery, {"make": {("rye",): 20.0, ("white",): 0.0}})
    assert [(row.label, row.kind, row.right) for row in found if row.kind != "constraint"] == [
        ("make[rye]", "upper bound", 20)
    ]


def test_a_lower_bound_that_is_no_sign_is_listed(instance: Build) -> None:
    """At least 3 is a statement; a binary variable's ends are none."""
    made = instance({"x": {"lower": 3}, "open": {"domain": "binary"}}, minimize="x + open")
    assert [row.label for row in tightness(made, {"x": {(): 3.0}, "open": {(): 0.0}})] == ["x"]


def test_equations_have_no_slack(instance: Build) -> None:
    """Of a chain with an equation only the inequality is listed."""
    made = instance({"x": FREE, "y": FREE}, constraints={"a": "x == y", "b": "1 <= x == 3"})
    assert [(row.label, row.slack) for row in tightness(made, {"x": {(): 3.0}, "y": {(): 3.0}})] == [("b", 2)]


def test_a_violated_row_stands_first(instance: Build) -> None:
    """Its slack is what is missing, below 0; 1 of 1 is more than 2 of 4."""
    made = instance({"x": {}}, constraints={"a": "x <= 1", "b": "x >= 4"})
    assert [(row.name, row.slack) for row in tightness(made, {"x": {(): 2.0}})] == [("a", -1), ("b", -2)]


def test_choices_are_evaluated_where_they_hold(instance: Build) -> None:
    """Each branch gives the rows for which its condition holds."""
    made = instance(
        {"x": {"index": ["T"]}},
        sets={"T": [1, 2, 3]},
        constraints={"c": "(x[t] <= 5 if t == 1 else x[t] >= x[t - 1]) for t in T"},
    )
    found = tightness(made, {"x": {(1,): 4.0, (2,): 4.0, (3,): 9.0}})
    assert {row.label: row.slack for row in found} == {"c[1]": 1, "c[2]": 0, "c[3]": 5}


def test_a_statement_without_a_value_is_named(instance: Build) -> None:
    """The logarithm of a negative number is one sentence, not a slack."""
    made = instance({"x": FREE}, constraints={"c": "log(x) >= 0"})
    with pytest.raises(FormulationError, match=r"^constraint c: log\(\.\.\.\) of this value is no finite number"):
        tightness(made, {"x": {(): -1.0}})


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=6),
    st.sampled_from(["x[i] * x[i] - 3 <= d[i]", "abs(x[i]) + 2 >= d[i]", "d[i] <= 2 * x[i] + 1 <= d[i] + 60"]),
)
def test_the_slacks_are_those_of_the_independent_evaluator(instance: Build, rows: list[Any], text: str) -> None:
    """Arrays and the one-by-one evaluator agree on every row, for affine, quadratic and other statements."""
    made = instance(
        {"x": {"index": ["I"], "lower": None}},
        sets={"I": list(range(len(rows)))},
        parameters={"d": {"index": ["I"], "value": [d for d, _ in rows]}},
        constraints={"c": f"{text} for i in I"},
    )
    values = {"x": {(k,): x for k, (_, x) in enumerate(rows)}}
    one_by_one = [
        right - left if op == "<=" else left - right
        for _, sides in evaluator_of(made, values).comparisons(made.analysis.constraints["c"], "c")
        for left, op, right in sides
    ]
    assert sorted(row.slack for row in tightness(made, values)) == pytest.approx(sorted(one_by_one))
