"""Prices and ranges of linear programs hold when SciPy solves again; steps elsewhere are true differences."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agentopt.errors import InputError
from agentopt.solvers.modeling.data.bind import bind
from agentopt.solvers.modeling.engines.route import solve_instance
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.insight.sensitivity import Difference, RowPrice, Sensitivity, sensitivity
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.language.analysis import analyze

Build = Callable[..., Instance]
Interrupt = Callable[[float], AbstractContextManager[None]]
INFINITE = math.inf


def examined(made: Instance, **more: Any) -> Sensitivity:
    """Solve, and ask what the optimum depends on."""
    return sensitivity(made, solve_instance(made), **more)


def row(found: Sensitivity, label: str) -> RowPrice:
    """Look a row up."""
    return next(r for r in found.rows if r.label == label)


def step(found: Sensitivity, label: str) -> Difference:
    """Look a step up."""
    return next(d for d in found.differences if d.label == label)


# A linear program, worked out by hand: 5 x + 3 y in 10 hours, at most 6 of x, at least 1 of y.
# The plan is x = 6, y = 4 for 42.

SHOP: dict[str, Any] = {
    "maximize": "5 * x + 3 * y",
    "constraints": {"hours": "x + y <= 10", "market": "6 >= x", "order": "y >= 1", "store": "x + 2 * y <= 100"},
}


@pytest.fixture(scope="module")
def shop(instance: Build) -> Sensitivity:
    """Prices of the shop."""
    return examined(instance({"x": {}, "y": {}}, **SHOP))


@pytest.mark.parametrize(
    ("label", "price", "lowest", "highest"),
    [
        ("hours", 3, 7, 53),  # from y = 1 to the store, 6 + 2 * 47
        ("market", 2, 0, 9),  # to y = 1
        ("order", 0, -INFINITE, 4),
        ("store", 0, 14, INFINITE),
    ],
)
def test_prices_and_their_ranges(label: str, price: float, lowest: float, highest: float, shop: Sensitivity) -> None:
    """They are those worked out by hand; a limit written on the left is one all the same."""
    found = row(shop, label)
    assert (shop.kind, found.price, found.lowest, found.highest) == ("duals", price, lowest, highest)


def test_coefficients_and_their_ranges(shop: Sensitivity) -> None:
    """x stays at 6 while it is worth as much as y; y at 4 while it is worth something and no more than x."""
    assert [(v.label, v.value, v.cost, v.lowest, v.highest) for v in shop.variables] == [
        ("x", 6, 5, 3, INFINITE),
        ("y", 4, 3, 0, 5),
    ]


def test_priced_rows_come_first(shop: Sensitivity) -> None:
    """The dearest is told first, and what is worth nothing is not told."""
    assert [r.label for r in shop.priced] == ["hours", "market"]


def test_a_price_is_positive_where_more_costs_more(instance: Build) -> None:
    """For who minimizes, a demand of one more raises the cost, and an upper limit of one more lowers it."""
    made = instance(
        {"x": {}, "y": {}}, minimize="5 * x + 3 * y", constraints={"demand": "x + y >= 10", "cheap": "y <= 6"}
    )
    found = examined(made)
    assert (row(found, "demand").price, row(found, "cheap").price) == (5, -2)


def test_what_stays_out_of_the_plan_has_a_reduced_cost(instance: Build) -> None:
    """z at 1 a unit takes two hours of 3 each: it loses 5, and enters at 6."""
    made = instance(
        {"x": {"upper": 4}, "y": {}, "z": {}}, maximize="5 * x + 3 * y + z", constraints={"c": "x + y + 2 * z <= 10"}
    )
    z = examined(made).variables[2]
    assert (z.reduced_cost, z.lowest, z.highest) == (-5, -INFINITE, 6)


def test_a_small_objective_is_priced_in_its_own_size(instance: Build) -> None:
    """Coefficients of 1e-7 are handed to the solver scaled; the prices are not."""
    made = instance({"x": {}, "y": {}}, maximize="5e-7 * x + 3e-7 * y", constraints=SHOP["constraints"])
    found = examined(made)
    assert row(found, "hours").price == pytest.approx(3e-7, rel=1e-9)
    assert found.variables[1].highest == pytest.approx(5e-7, rel=1e-9)
    assert found.objective == pytest.approx(42e-7, rel=1e-9)


def test_degeneracy_is_said_and_both_sides_are_priced(instance: Build) -> None:
    """Three limits meet in (5, 5): more of any alone gains nothing, less of the sum loses 1."""
    made = instance(
        {"x": {}, "y": {}}, maximize="x + y", constraints={"a": "x + y <= 10", "b": "x <= 5", "c": "y <= 5"}
    )
    found = examined(made)
    assert {r.label: (r.raised, r.lowered) for r in found.rows} == {"a": (0, -1), "b": (0, -1), "c": (0, -1)}
    assert "degenerate" in found.notes[0]
    assert any(r.one_sided for r in found.rows)


def test_what_cannot_be_moved_is_said(instance: Build) -> None:
    """Two equations that say the same cannot be moved one by one."""
    made = instance(
        {"x": {}, "y": {}}, minimize="x + 2 * y", constraints={"a": "x + y == 10", "b": "2 * (x + y) == 20"}
    )
    assert [(r.cannot_raise, r.cannot_lower) for r in examined(made).rows] == [(True, True), (True, True)]


def test_alternative_plans_are_said(instance: Build) -> None:
    """x and y are worth the same, so the plan is one of many."""
    made = instance({"x": {}, "y": {}}, maximize="x + y", constraints={"a": "x + y <= 10"})
    assert "another plan may be as good as this one" in examined(made).notes


def test_a_problem_without_a_plan_is_refused(instance: Build) -> None:
    """What has no optimum has no prices."""
    with pytest.raises(InputError, match=r"^expected a solution with a plan, got one that is infeasible$"):
        examined(instance({"x": {}}, constraints={"c": "x <= -1"}))


def test_a_price_is_told_in_the_owners_words() -> None:
    """Meaning, units and range stand in one sentence."""
    raw: dict[str, Any] = {
        "parameters": [{"name": "hours", "unit": "h", "value": 40}],
        "variables": [{"name": "bake", "unit": "t", "upper": 25}],
        "objective": {"sense": "maximize", "expression": "5 * bake", "unit": "USD"},
        "constraints": [{"name": "oven", "meaning": "Hours of the oven", "expression": "2 * bake <= hours"}],
    }
    found = examined(bind(analyze(Formulation.model_validate(raw))))
    assert found.rows[0].sentence == (
        "oven (Hours of the oven), now at most 40 h: each h more gains 2.5 USD, up to 50 h; "
        "each h less loses 2.5 USD, down to 0 h."
    )
    assert found.variables[0].sentence == (
        "bake = 20 t: the plan stays while its coefficient in the objective, now 5, is at least 0."
    )


def test_nothing_to_decide_has_no_price(instance: Build) -> None:
    """An empty set leaves a program without columns; it is told, not tried."""
    made = instance({"x": {"index": ["N"]}}, sets={"T": [1], "N": "[t for t in T if t > 9]"}, minimize="3")
    solution = replace(solve_instance(made), variables={"x": {}})
    assert sensitivity(made, solution).notes == ("there is nothing to decide, so nothing has a price",)


# Random linear programs, against SciPy

SMALL = st.integers(-4, 4)


@st.composite
def linear_programs(draw: Any) -> dict[str, Any]:
    """Draw a program of two to four variables in a box and one to four rows, with whole figures that often meet."""
    n, m = draw(st.integers(2, 4)), draw(st.integers(1, 4))
    return {
        "c": [draw(SMALL) for _ in range(n)],
        "a": [[draw(SMALL) for _ in range(n)] for _ in range(m)],
        "ops": [draw(st.sampled_from(["<=", ">=", "<=", ">=", "=="])) for _ in range(m)],
        "b": [draw(st.integers(-6, 12)) for _ in range(m)],
        "upper": [draw(st.sampled_from([2, 5, 9])) for _ in range(n)],
        "maximize": draw(st.booleans()),
    }


def as_instance(instance: Build, p: dict[str, Any]) -> Instance:
    """Say the program in the language."""
    n = len(p["c"])
    constraints = {
        f"r{k}": " + ".join(f"{a} * x[{j}]" for j, a in enumerate(coefficients)) + f" {op} {b}"
        for k, (coefficients, op, b) in enumerate(zip(p["a"], p["ops"], p["b"]))
    }
    return instance(
        {"x": {"index": ["J"], "upper": "u[j] for j in J"}},
        sets={"J": list(range(n))},
        parameters={"u": {"index": ["J"], "value": p["upper"]}},
        constraints=constraints,
        **{"maximize" if p["maximize"] else "minimize": " + ".join(f"{c} * x[{j}]" for j, c in enumerate(p["c"]))},
    )


def optimum(p: dict[str, Any], b: list[float], c: list[float]) -> float | None:
    """The optimum by SciPy for a right-hand side and costs; None when there is no plan."""
    from scipy.optimize import linprog

    sign = -1.0 if p["maximize"] else 1.0
    turn = [{"<=": 1.0, ">=": -1.0, "==": 0.0}[op] for op in p["ops"]]
    a = np.array(p["a"], dtype=float)
    le, eq = [k for k, t in enumerate(turn) if t], [k for k, t in enumerate(turn) if not t]
    found = linprog(
        sign * np.array(c),
        A_ub=np.array([turn[k] * a[k] for k in le]) if le else None,
        b_ub=[turn[k] * b[k] for k in le] if le else None,
        A_eq=a[eq] if eq else None,
        b_eq=[b[k] for k in eq] if eq else None,
        bounds=[(0, u) for u in p["upper"]],
        method="highs-ds",
        options={"presolve": False},
    )
    return sign * float(found.fun) if found.status == 0 else None


@settings(max_examples=60, deadline=None)
@given(p=linear_programs())
def test_the_price_holds_over_its_whole_range(instance: Build, p: dict[str, Any]) -> None:
    """Solved again with a right-hand side anywhere in the range, the objective has moved by price times distance."""
    made = as_instance(instance, p)
    solution = solve_instance(made)
    assume(solution.solution_status == "optimal")
    for r in sensitivity(made, solution).rows:
        k = int(r.label[1:])
        for end in (
            max(r.lowest, r.bound - 7),
            (r.bound + max(r.lowest, r.bound - 7)) / 2,
            min(r.highest, r.bound + 7),
        ):
            moved = [*map(float, p["b"])]
            moved[k] += end - r.bound
            assert optimum(p, moved, p["c"]) == pytest.approx(
                solution.incumbent_objective + r.price * (end - r.bound), abs=1e-6
            )


@settings(max_examples=60, deadline=None)
@given(p=linear_programs())
def test_both_sides_of_every_row_are_priced_truly(instance: Build, p: dict[str, Any]) -> None:
    """A small step up or down changes the objective by the price of its side, or leaves no plan where that is said."""
    made = as_instance(instance, p)
    solution = solve_instance(made)
    assume(solution.solution_status == "optimal")
    small = 1e-3
    for r in sensitivity(made, solution).rows:
        k = int(r.label[1:])
        for sign, price, cannot in ((1, r.raised, r.cannot_raise), (-1, r.lowered, r.cannot_lower)):
            moved = [*map(float, p["b"])]
            moved[k] += sign * small
            after = optimum(p, moved, p["c"])
            assert cannot == (after is None)
            assert cannot or price == pytest.approx((after - solution.incumbent_objective) / small, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(p=linear_programs())
def test_the_plan_stays_over_the_whole_range_of_a_coefficient(instance: Build, p: dict[str, Any]) -> None:
    """With a coefficient anywhere in its range, the plan's own objective is still the optimum."""
    made = as_instance(instance, p)
    solution = solve_instance(made)
    assume(solution.solution_status == "optimal")
    found = sensitivity(made, solution)
    values = [v.value for v in found.variables]
    for j, v in enumerate(found.variables):
        for cost in (max(v.lowest, v.cost - 7), min(v.highest, v.cost + 7)):
            costs = [*map(float, p["c"])]
            costs[j] = cost
            assert optimum(p, [*map(float, p["b"])], costs) == pytest.approx(float(np.dot(costs, values)), abs=1e-6)


# Where there are no duals


@pytest.fixture(scope="module")
def knapsack(instance: Build) -> Sensitivity:
    """Weights 3, 4, 5 for 4, 5, 7 in a sack of 8: two of them fit, for 11; one more makes room for 12."""
    made = instance(
        {"take": {"index": ["I"], "domain": "binary"}},
        sets={"I": ["a", "b", "c"]},
        parameters={"g": {"index": ["I"], "value": [4, 5, 7]}, "w": {"index": ["I"], "value": [3, 4, 5]}},
        maximize="sum(g[i] * take[i] for i in I)",
        constraints={"sack": "sum(w[i] * take[i] for i in I) <= 8", "each": "take[i] <= 1 for i in I"},
    )
    return examined(made)


def test_a_step_is_a_difference_and_no_dual(knapsack: Sensitivity) -> None:
    """One more of room lets b take the place of a."""
    assert (knapsack.kind, knapsack.rows) == ("differences", ())
    assert (step(knapsack, "sack").step, step(knapsack, "sack").change) == (1, 1)
    assert [d.label for d in knapsack.telling] == ["sack"]


def test_a_step_is_told_in_words(knapsack: Sensitivity) -> None:
    """What one more of room gains, and that a limit is worth nothing."""
    assert [step(knapsack, label).sentence for label in ("sack", "each[a]")] == [
        "sack (sum(w[i] * take[i] for i in I) <= 8): 1 of room more gains 1.",
        "each[a] (take[i] <= 1 for i in I): 1 of room more changes nothing.",
    ]


def test_what_is_tight_is_tried_first(knapsack: Sensitivity) -> None:
    """The limits of what is not taken stand last."""
    assert [d.slack > 0 for d in knapsack.differences] == sorted(d.slack > 0 for d in knapsack.differences)


def test_many_keys_are_loosened_together(instance: Build) -> None:
    """Above the given number of keys a constraint is one step, everywhere at once."""
    made = instance(
        {"n": {"index": ["I"], "domain": "integer"}},
        sets={"I": "range(5)"},
        maximize="sum(n[i] for i in I)",
        constraints={"c": "n[i] <= 3 for i in I"},
    )
    found = examined(made, max_rows=4)
    assert [(d.label, d.key, d.change) for d in found.differences] == [("c", None, 5)]
    assert found.differences[0].sentence.endswith("1 of room more everywhere gains 5.")


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("n <= 3", 1),
        ("3 >= n", 1),
        ("-n >= -3", 1),
        ("2 * n <= 6.5", 0),  # a step of 0.065 is not enough for another one
        ("2 <= n <= 3", 1),
        ("n == 3", 1),
        ("3 == n", 1),
        ("3 * m >= n", 1),  # m is at most 1
        ("(n <= 3 if 1 == 1 else n <= 2)", 1),
    ],
)
def test_every_form_of_a_constraint_is_loosened(text: str, change: float, instance: Build) -> None:
    """The figure moves to the side that leaves more room, wherever it stands."""
    whole = {"domain": "integer", "upper": 50}
    found = examined(instance({"n": whole, "m": {"upper": 1}}, maximize="n", constraints={"c": text}))
    assert [d.change for d in found.differences] == [change]


def test_a_convex_quadratic_is_tried_where_it_is_tight(instance: Build) -> None:
    """(x - 5)^2 with x at most 3 is 4; a step of 1 makes it 1. The row with room cannot matter, and is not tried."""
    made = instance({"x": {}}, minimize="(x - 5) ** 2", constraints={"low": "x <= 3", "high": "x <= 30"})
    found = examined(made)
    assert [(d.label, d.change) for d in found.differences] == [("low", pytest.approx(-3, abs=1e-5))]


def test_a_problem_for_scip_is_tried(instance: Build) -> None:
    """x y with x + y at most 4 is 4, and with 5 it is 6.25."""
    box = {"upper": 9}
    made = instance({"x": box, "y": box}, maximize="x * y", constraints={"c": "x + y <= 4"})
    assert step(examined(made), "c").change == pytest.approx(2.25, abs=1e-5)


def test_a_step_without_an_end_is_told(instance: Build) -> None:
    """An equation that held a fraction leaves no plan for whole numbers when it is moved by a hundredth."""
    made = instance({"n": {"domain": "integer"}}, minimize="n", constraints={"c": "2 * n == 3.0 + 1", "d": "n >= 1.5"})
    found = step(examined(made), "c")
    assert (found.outcome, found.change) == ("infeasible", None)
    assert found.sentence.endswith("1 more leaves no plan.")


def test_what_the_time_did_not_suffice_for_is_named(instance: Build) -> None:
    """Without any time nothing is tried, and all of it is said."""
    made = instance({"n": {"domain": "integer"}}, maximize="n", constraints={"a": "n <= 3", "b": "n <= 9"})
    found = examined(made, time_limit_s=0.0)
    assert (found.differences, found.not_tried) == ((), ("a", "b"))


def test_progress_is_told_before_each_solve(instance: Build) -> None:
    """A line names what is loosened, by how much, and how many there are."""
    lines: list[str] = []
    made = instance({"n": {"domain": "integer"}}, maximize="n", constraints={"a": "n <= 3", "b": "n <= 9"})
    examined(made, progress=lines.append)
    assert [re.sub(r"[ab]", "?", line) for line in lines] == ["loosening ? ?y 1 (1 of 2)", "loosening ? ?y 1 (2 of 2)"]


def test_ctrl_c_stops_the_steps(circles: Instance, interrupted_after: Interrupt) -> None:
    """An interrupt ends the steps, not the program: what was not tried is named, and the note says why."""
    made = circles
    plan = solve_instance(made, 1.0)
    with interrupted_after(1.0):
        found = sensitivity(made, plan, time_limit_s=300.0)
    assert (found.differences, found.not_tried) == ((), ("c0",))
    assert found.notes[-1] == "interrupted, so the rest was not tried"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=2, max_size=5), st.integers(3, 20))
def test_a_step_is_the_difference_of_two_enumerations(instance: Build, items: list[Any], limit: int) -> None:
    """On small knapsacks one more unit of room is worth what trying everything says."""
    made = instance(
        {"take": {"index": ["I"], "domain": "binary"}},
        sets={"I": list(range(len(items)))},
        parameters={
            "g": {"index": ["I"], "value": [g for g, _ in items]},
            "w": {"index": ["I"], "value": [w for _, w in items]},
        },
        maximize="sum(g[i] * take[i] for i in I)",
        constraints={"c": f"sum(w[i] * take[i] for i in I) <= {limit}"},
    )

    def best(room: int) -> int:
        plans = [[item for k, item in enumerate(items) if mask >> k & 1] for mask in range(2 ** len(items))]
        return max(sum(g for g, _ in plan) for plan in plans if sum(w for _, w in plan) <= room)

    assert step(examined(made), "c").change == pytest.approx(best(limit + 1) - best(limit))
