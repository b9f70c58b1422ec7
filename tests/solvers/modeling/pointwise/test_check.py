"""The checker: which points it accepts, which it refuses, and with what figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.arrays.program import assemble
from agentopt.solvers.modeling.engines.highs import solve_highs
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.pointwise.check import CheckReport, Tolerances, check
from agentopt.solvers.modeling.pointwise.magnitude import SIZED, Magnitude, magnitude

Build = Callable[..., Instance]


@pytest.fixture(scope="module")
def shop(build: Build) -> Instance:
    """Two products, one machine, whole batches of the second, at most 3 of the first."""
    return build(
        {
            "make": {"index": ["P"], "upper": "most[p] for p in P"},
            "batches": {"domain": "integer", "upper": 9},
        },
        "sum(profit[p] * make[p] for p in P)",
        "sum(hours[p] * make[p] for p in P) <= 10",
        "make['b'] == 2 * batches",
        "1 <= make[p] + batches for p in P",
        sets={"P": ["a", "b"]},
        parameters={
            "profit": {"index": ["P"], "value": [3, 5]},
            "hours": {"index": ["P"], "value": [2, 1]},
            "most": {"index": ["P"], "value": [3, 20]},
        },
    )


GOOD = {"make": {("a",): 2.0, ("b",): 6.0}, "batches": {(): 3.0}}


def changed(**values: Any) -> dict[str, dict[Any, Any]]:
    """The good point with other values; None takes a variable out."""
    return {name: at for name, at in {**GOOD, **values}.items() if at is not None}


def details(report: CheckReport, check_name: str) -> str:
    return next(finding.detail for finding in report.findings if finding.check == check_name)


def test_a_good_point_holds_everywhere(shop: Instance) -> None:
    """Every element is looked at, and each finding says what was seen."""
    report = check(shop, GOOD, 36.0)
    assert (report.ok, report.worst, report.objective) == (True, None, 36.0)
    assert [finding.check for finding in report.findings] == [
        "bounds of make",
        "bounds of batches",
        "integrality of batches",
        "constraint c0",
        "constraint c1",
        "constraint c2",
        "objective",
    ]


def test_what_holds_is_shown_with_its_slack(shop: Instance) -> None:
    """The tightest row is named with what is left of it; an equation with its deviation."""
    report = check(shop, GOOD, 36.0)
    assert details(report, "constraint c0") == "1 row holds; tightest c0, 0 left"
    assert details(report, "constraint c1") == "1 row holds; largest deviation 0"
    assert details(report, "constraint c2") == "2 rows hold; tightest c2[a], 4 left"


@pytest.mark.parametrize(
    ("values", "failed", "amount", "said"),
    [
        ({"make": {("a",): 3.0, ("b",): 6.0}}, "constraint c0", 2.0, "c0 states 12 <= 10, off by 2"),
        ({"make": {("a",): 2.0, ("b",): 4.0}}, "constraint c1", 2.0, "1 of 1 row violated; worst: c1 states 4 == 6"),
        ({"make": {("a",): -1.0, ("b",): 6.0}}, "bounds of make", 1.0, "make[a] = -1 lies outside of [0, 3] by 1"),
        ({"make": {("a",): 3.1, ("b",): 3.0}, "batches": {(): 1.5}}, "integrality of batches", 0.5, "1.5 is not whole"),
        ({"batches": None}, "values of batches", math.inf, "1 value(s) missing, as batches"),
        ({"make": {("a",): 1.0}}, "values of make", math.inf, "missing, as make[b]"),
        ({"make": {("a",): 1.0, ("b",): 1.0, ("c",): 1.0}}, "values of make", math.inf, "make[c]"),
        ({"batches": {(): math.nan}}, "values of batches", math.inf, "batches is nan, not a finite number"),
        ({"batches": {(): "3"}}, "values of batches", math.inf, "'3', not a finite number"),
        ({"other": {(): 1.0}}, "values of other", math.inf, "no variable other"),
    ],
)
def test_each_kind_of_failure_is_named(
    shop: Instance, values: dict[str, Any], failed: str, amount: float, said: str
) -> None:
    """A failed finding names the element, the worst key and by how much."""
    finding = next(f for f in check(shop, changed(**values)).findings if f.check == failed)
    assert not finding.ok
    assert finding.amount == pytest.approx(amount)
    assert said in finding.detail


def test_the_worst_row_of_many_is_told(build: Build) -> None:
    """One finding an element, however many rows fail, with the row that is furthest off."""
    instance = build({"x": {"index": ["T"]}}, "sum(x[t] for t in T)", "x[t] <= t for t in T", sets={"T": "range(1, 9)"})
    report = check(instance, {"x": {(t,): 5.0 for t in range(1, 9)}})
    assert report.worst is not None
    assert report.worst.detail == "4 of 8 rows violated; worst: c0[1] states 5 <= 1, off by 4"


@pytest.mark.parametrize(("claim", "ok"), [(36.0, True), (36.00003, True), (36.001, False), (math.inf, False)])
def test_a_claim_must_match_what_is_recomputed(shop: Instance, claim: float, ok: bool) -> None:
    """The solver's objective is believed only within 1e-6 of its own size."""
    assert check(shop, GOOD, claim).ok is ok


@pytest.mark.parametrize(("excess", "ok"), [(0.5, True), (2.0, False)])
def test_a_violation_counts_relative_to_the_side(build: Build, excess: float, ok: bool) -> None:
    """A millionth of a million is within the tolerance, two are not."""
    instance = build({"x": {}}, "x", "x <= 1000000")
    assert check(instance, {"x": {(): 1e6 + excess}}).ok is ok


def test_rounding_in_large_terms_is_no_violation(build: Build) -> None:
    """1e9 - 1e9 may miss 0 by what doubles of that size lose in a solver, not by more."""
    instance = build({"x": {}, "y": {}}, "x", "1000 * x - 1000 * y == 0")
    verdicts = [check(instance, {"x": {(): 1e6 + e}, "y": {(): 1e6}}).ok for e in (1e-6, 1e-2)]
    assert verdicts == [True, False]


def test_a_constraint_without_a_value_fails(build: Build) -> None:
    """A row that divides by zero at the point is a failed finding, not a crash."""
    report = check(build({"x": {}, "y": {}}, "x + y", "x / y <= 1"), {"x": {(): 1.0}, "y": {(): 0.0}})
    assert report.worst is not None
    assert "has no value at this point: constraint c0: division by zero" in report.worst.detail


def test_an_objective_without_a_value_fails(build: Build) -> None:
    """log(0) in the objective is a failed finding, and the objective is no number."""
    report = check(build({"x": {}}, "log(x)"), {"x": {(): 0.0}}, 0.0)
    assert (report.ok, math.isnan(report.objective)) == (False, True)


def test_a_constraint_that_states_nothing_says_so(build: Build) -> None:
    """No key meets the condition: the user should know that nothing was required."""
    instance = build({"x": {"index": ["T"]}}, "sum(x[t] for t in T)", "x[t] <= 1 for t in T if t > 9", sets={"T": [1]})
    assert details(check(instance, {"x": {(1,): 7.0}}), "constraint c0") == "states nothing: no key meets its clauses"


def test_tolerances_can_be_tightened(shop: Instance) -> None:
    """A caller may ask for more than the default."""
    point = changed(make={("a",): 2.0 + 1e-7, ("b",): 6.0})
    assert check(shop, point).ok
    assert not check(shop, point, None, Tolerances(feasibility=1e-9)).ok


@given(st.data())
def test_an_optimum_passes_and_a_push_over_a_tight_row_does_not(build: Build, data: st.DataObject) -> None:
    """HiGHS's optimum of a random packing is accepted; more of anything in a full row is not."""
    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    number = st.integers(1, 9)
    use = data.draw(st.lists(st.lists(number, min_size=n, max_size=n), min_size=m, max_size=m))
    instance = build(
        {"x": {"index": ["I"], "domain": data.draw(st.sampled_from(["continuous", "integer"]))}},
        "sum(v[i] * x[i] for i in I)",
        "sum(u[r, i] * x[i] for i in I) <= cap[r] for r in R",
        sets={"I": [f"i{k}" for k in range(n)], "R": [f"r{k}" for k in range(m)]},
        parameters={
            "v": {"index": ["I"], "value": data.draw(st.lists(number, min_size=n, max_size=n))},
            "u": {"index": ["R", "I"], "value": use},
            "cap": {"index": ["R"], "value": data.draw(st.lists(st.integers(1, 50), min_size=m, max_size=m))},
        },
    )
    point = solve_highs(assemble(instance), 10.0)
    assert check(instance, point.values, point.objective).ok
    for key in point.values["x"]:
        pushed = {"x": {**point.values["x"], key: point.values["x"][key] + 51.0}}
        assert not check(instance, pushed).ok


def test_magnitudes_know_the_size_of_their_terms() -> None:
    """Size adds up where values cancel, through sums, products and quotients."""
    million = Magnitude(1e6, 1e6)
    total = SIZED["sum"]([million, -million, 2.0 * million - million, 5.0])
    assert (total.value, total.size) == (1e6 + 5.0, 5e6 + 5.0)
    assert SIZED["/"](3.0 - million, 2.0) == Magnitude(-499998.5, 500001.5)
    assert SIZED["max"](million, 2.0) == magnitude(1e6)
