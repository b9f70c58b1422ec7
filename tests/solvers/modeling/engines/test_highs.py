"""HiGHS from arrays: known optima, brute force on small programs, and every way to end without one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt.errors import SolverError
from agentopt.solvers.modeling.arrays.program import Program, assemble
from agentopt.solvers.modeling.engines.highs import solve_highs, version
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.solution import Point

Build = Callable[..., Instance]
WHOLE: dict[str, Any] = {"domain": "integer"}
FREE: dict[str, Any] = {"lower": None}


@pytest.fixture(scope="session")
def solved(instance: Build) -> Callable[..., Point]:
    """Solves what `instance` takes."""
    return lambda variables, **stated: solve_highs(assemble(instance(variables, **stated)), 20)


@pytest.mark.parametrize(
    ("variables", "stated", "optimum"),
    [
        # Two products: the vertex where both rows are tight is (2, 6).
        ({"x": {}, "y": {}}, {"maximize": "3 * x + 5 * y",
                              "constraints": {"a": "x <= 4", "b": "2 * y <= 12", "c": "3 * x + 2 * y <= 18"}}, 36),
        ({"x": {}, "y": {}}, {"minimize": "2 * x + 3 * y + 7",
                              "constraints": {"a": "x + y >= 4", "b": "x <= 3"}}, 16),
        ({"x": FREE}, {"minimize": "x", "constraints": {"a": "x >= -7.5"}}, -7.5),
        ({"x": {"lower": 2, "upper": 2}, "y": {"upper": 3}}, {"maximize": "x * 10 + y"}, 23),
        ({"x": WHOLE}, {"maximize": "x", "constraints": {"a": "2 * x <= 7"}}, 3),
        # Knapsack of 10 with weights 5, 4, 6: the first two, or 4 and 6: worth 50.
        ({name: {"domain": "binary"} for name in "xyz"},
         {"maximize": "10 * x + 40 * y + 30 * z", "constraints": {"a": "5 * x + 4 * y + 6 * z <= 10"}}, 70),
        ({"x": {}, "y": {}}, {"minimize": "(x - 3) ** 2 + (y + 1) ** 2"}, 1),
        # The nearest point of x + y = 1 to (1, 2) is (0, 1).
        ({"x": FREE, "y": FREE}, {"minimize": "(x - 1) ** 2 + (y - 2) ** 2",
                                  "constraints": {"a": "x + y == 1"}}, 2),
        ({"x": FREE}, {"maximize": "4 * x - x ** 2"}, 4),
        ({"x": FREE, "y": FREE}, {"minimize": "(x + y - 2) ** 2", "constraints": {"a": "1 <= x - y <= 3"}}, 0),
        ({"x": {}}, {"minimize": "0", "constraints": {"a": "x >= 1"}}, 0),
        ({"x": {}}, {"maximize": "12.5"}, 12.5),
        ({"x": {}}, {"minimize": "x", "constraints": {"a": "5 == 5 + 0 * x"}}, 0),
        ({"y": WHOLE, "b": {"domain": "binary"}},
         {"maximize": "y - 4 * b", "constraints": {"a": "y <= 1000000 * b", "c": "y <= 5"}}, 1),
    ],
)  # fmt: skip
def test_known_optima(variables: dict[str, Any], stated: dict[str, Any], optimum: float, solved: Build) -> None:
    """The optimum is the one worked out by hand, proved and with a bound that meets it."""
    point = solved(variables, **stated)
    assert (point.termination_condition, point.guarantee) == ("optimal", "global")
    assert point.objective == pytest.approx(optimum, abs=1e-6)
    assert point.objective_bound == pytest.approx(optimum, abs=1e-6)


@pytest.mark.parametrize(
    ("variables", "stated", "condition"),
    [
        ({"x": {}}, {"constraints": {"a": "x <= -1"}}, "infeasible"),
        ({"x": {"lower": 3, "upper": 2}}, {}, "infeasible"),
        ({"x": {}}, {"constraints": {"a": "4 <= x <= 3"}}, "infeasible"),
        ({"x": WHOLE}, {"constraints": {"a": "2 * x == 5"}}, "infeasible"),
        ({"x": WHOLE, "y": WHOLE}, {"constraints": {"a": "1 <= 3 * x + 6 * y <= 2"}}, "infeasible"),
        ({"x": {}}, {"constraints": {"a": "0 * x >= 1"}}, "infeasible"),
        ({"x": {}}, {"minimize": "x ** 2", "constraints": {"a": "x <= -1"}}, "infeasible"),
        ({"x": {}}, {"maximize": "x"}, "unbounded"),
        ({"x": FREE}, {"minimize": "x"}, "unbounded"),
        ({"x": WHOLE}, {"maximize": "x"}, "unbounded"),
        ({"x": WHOLE, "y": WHOLE}, {"maximize": "x", "constraints": {"a": "x <= y + 0.5"}}, "unbounded"),
        ({"x": FREE, "y": {}}, {"minimize": "x ** 2 - y"}, "unbounded"),
    ],
)
def test_no_optimum_is_told_apart(
    variables: dict[str, Any], stated: dict[str, Any], condition: str, solved: Build
) -> None:
    """Infeasible and unbounded are never mixed up, and neither has a point."""
    point = solved(variables, **stated)
    assert (point.termination_condition, point.values, point.objective_bound) == (condition, {}, None)


@pytest.mark.parametrize(("right", "condition"), [(0, "optimal"), (1, "infeasible")])
def test_variables_without_keys_leave_their_rows(right: int, condition: str, solved: Build) -> None:
    """A sum over nothing is 0: the row holds or it does not."""
    sets = {"T": [1, 2], "NONE": "[t for t in T if t > 9]"}
    total = "sum(x[t] for t in NONE)"
    point = solved(
        {"x": {"index": ["NONE"]}}, sets=sets, minimize=f"{total} + 4", constraints={"a": f"{total} >= {right}"}
    )
    assert point.termination_condition == condition
    assert (point.values, point.objective) == (({"x": {}}, 4) if condition == "optimal" else ({}, None))


def test_integers_come_back_whole_and_without_a_minus_zero(solved: Build) -> None:
    """The rounding of a solver does not reach the user."""
    point = solved({"x": WHOLE, "y": WHOLE}, minimize="x + 2 * y", constraints={"a": "3 * x + 7 * y >= 22"})
    values = [value for at in point.values.values() for value in at.values()]
    assert [value.is_integer() and math.copysign(1, value) > 0 for value in values] == [True, True]


SMALL = st.integers(-4, 4)


@settings(max_examples=40)
@given(
    cost=st.lists(SMALL, min_size=3, max_size=3),
    rows=st.lists(st.tuples(st.lists(SMALL, min_size=3, max_size=3), st.integers(-3, 9)), max_size=3),
    maximize=st.booleans(),
)
def test_integer_programs_equal_enumeration(
    cost: list[int], rows: list[tuple[list[int], int]], maximize: bool, solved: Build
) -> None:
    """On a small box the optimum is the best of all points, and infeasible means that there is none."""

    def total(row: list[int], names: str = "xyz") -> str:
        return " + ".join(f"({c}) * {name}" for c, name in zip(row, names))

    def at(row: list[int], point: tuple[int, ...]) -> int:
        return sum(c * v for c, v in zip(row, point))

    box = {name: {**WHOLE, "lower": -1, "upper": 2} for name in "xyz"}
    found = solved(
        box,
        **{"maximize" if maximize else "minimize": total(cost)},
        constraints={f"r{k}": f"{total(row)} <= {right}" for k, (row, right) in enumerate(rows)},
    )
    feasible = [p for p in itertools.product(range(-1, 3), repeat=3) if all(at(row, p) <= r for row, r in rows)]
    best = (max if maximize else min)((at(cost, p) for p in feasible), default=None)
    assert found.objective == (best if best is None else pytest.approx(best))


@settings(max_examples=40)
@given(
    parts=st.lists(st.tuples(st.integers(1, 9), SMALL, st.integers(-5, 0), st.integers(0, 5)), min_size=1, max_size=4)
)
def test_separable_quadratics_equal_their_closed_form(parts: list[tuple[int, int, int, int]], solved: Build) -> None:
    """The minimum of a x^2 + b x over [l, u] lies at -b / 2a, or at the bound next to it."""
    point = solved(
        {f"x{k}": {"lower": low, "upper": high} for k, (_, _, low, high) in enumerate(parts)},
        minimize=" + ".join(f"{a} * x{k} ** 2 + ({b}) * x{k}" for k, (a, b, _, _) in enumerate(parts)),
    )
    best = [min(max(-b / (2 * a), low), high) for a, b, low, high in parts]
    expected = sum(a * x * x + b * x for (a, b, _, _), x in zip(parts, best))
    assert point.objective == pytest.approx(expected, abs=1e-6)


@pytest.fixture(scope="module")
def hard(instance: Build) -> Program:
    """A market split: equations on 0/1 variables with no easy point, far too hard for a moment."""
    rng = np.random.default_rng(7)
    weights = [[k, i, float(w)] for k in range(5) for i, w in enumerate(rng.integers(0, 100, 40))]
    return assemble(
        instance(
            {"x": {"index": ["I"], "domain": "binary"}, "s": {"index": ["K"]}, "r": {"index": ["K"]}},
            sets={"K": list(range(5)), "I": list(range(40))},
            parameters={"w": {"index": ["K", "I"], "rows": weights}},
            minimize="sum(s[k] + r[k] for k in K)",
            constraints={
                "split": "sum(w[k, i] * x[i] for i in I) + s[k] - r[k] == sum(w[k, i] for i in I) // 2 for k in K"
            },
        )
    )


def test_the_time_limit_keeps_the_best_point_and_bound(hard: Program) -> None:
    """Out of time there is a point that is not called optimal, and a bound below it."""
    point = solve_highs(hard, 0.5)
    assert (point.termination_condition, point.guarantee) == ("time_limit", "none")
    assert point.objective is not None
    assert point.objective_bound is not None
    assert point.objective_bound <= point.objective + 1e-9


def test_no_time_at_all_ends_without_a_claim(hard: Program) -> None:
    """A limit too short for anything is a time limit, not an error and not an optimum."""
    point = solve_highs(hard, 1e-6)
    assert (point.termination_condition, point.guarantee) == ("time_limit", "none")


def test_nothing_is_printed(solved: Build, capfd: pytest.CaptureFixture[str]) -> None:
    """The compiled solver writes to no stream, below Python either."""
    solved({"x": WHOLE}, maximize="x", constraints={"a": "2 * x <= 7"})
    solved({"x": {}}, minimize="(x - 2) ** 2")
    solved({"x": WHOLE}, maximize="x")
    assert capfd.readouterr() == ("", "")


def test_a_model_that_highs_refuses_is_an_error(hard: Program) -> None:
    """What is no number in the arrays is one sentence."""
    columns = replace(hard.columns, lower=np.full(len(hard.cost), math.nan))
    with pytest.raises(SolverError, match="HiGHS refused the model: a coefficient or bound is too large or not"):
        solve_highs(replace(hard, columns=columns), 1)


def test_the_solver_is_named_with_its_version(solved: Build) -> None:
    """An answer says what computed it."""
    assert solved({"x": {}}).solver == f"HiGHS {version()}"


@pytest.mark.parametrize("large", [1e6, 1e7, 1e8])
def test_a_large_constant_lets_nothing_be_nearly_open(large: float, solved: Build) -> None:
    """A site that is open by a rounding error serves nobody: the cheapest is site 6, at 60 + 5 * 7.3."""
    stated = {
        "sets": {"SITES": "range(1, 7)"},
        "parameters": {
            "fee": {"index": ["SITES"], "value": [100, 90, 80, 120, 70, 60]},
            "cost": {"index": ["SITES"], "value": [1, 2, 3, 1, 4, 5]},
        },
        "minimize": "sum(fee[i] * open_[i] + cost[i] * serve[i] for i in SITES)",
        "constraints": {
            "demand": "sum(serve[i] for i in SITES) >= 7.3",
            "linked": f"serve[i] <= {large} * open_[i] for i in SITES",
        },
    }
    point = solved({"serve": {"index": ["SITES"]}, "open_": {"index": ["SITES"], "domain": "binary"}}, **stated)
    assert (point.objective, point.values["serve"][(6,)]) == (pytest.approx(96.5), pytest.approx(7.3))


@pytest.mark.parametrize("scale", [1e-8, 1e-6, 1e-4, 1.0, 1e4, 1e8])
def test_a_quadratic_optimum_holds_at_every_scale(scale: float, solved: Build) -> None:
    """The least of s x^2 - 2 s x 1000 is at x = 1000, where it is -1e6 s, however small s is."""
    point = solved({"x": {}}, minimize=f"{scale} * x ** 2 - {2000 * scale} * x")
    assert point.objective == pytest.approx(-1e6 * scale, rel=1e-6)


def test_small_prices_are_told_apart(solved: Build) -> None:
    """The cheapest of three is taken also where prices are below every absolute tolerance."""
    point = solved(
        {"a": {}, "b": {}, "c": {}}, minimize="5e-8 * a + 1e-8 * b + 3e-8 * c", constraints={"one": "a + b + c == 1"}
    )
    assert (point.objective, point.objective_bound) == (pytest.approx(1e-8, rel=1e-6), pytest.approx(1e-8, rel=1e-6))


def test_small_coefficients_are_not_dropped(solved: Build) -> None:
    """A row of coefficients of 1e-9 can be met, by four billion."""
    point = solved({"a": {}, "b": {}}, minimize="3 * a + 2 * b", constraints={"row": "1e-9 * a + 1e-9 * b >= 2"})
    assert point.objective == pytest.approx(4e9)


def test_what_highs_reads_as_infinity_is_refused_by_name(solved: Build) -> None:
    """A limit of 5e20 is no missing limit: it is refused, and the row is named."""
    with pytest.raises(SolverError, match="right-hand side 5e\\+20 of cap is too large"):
        solved({"x": {}}, maximize="x", constraints={"cap": "x <= 5e20"})
