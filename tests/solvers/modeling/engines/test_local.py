"""The search without SCIP: exact gradients, good answers that claim no proof, and proofs where they are had."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.engines.descent import sharpened
from agentopt.solvers.modeling.engines.local import solve_local
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.pointwise.check import check
from agentopt.solvers.modeling.pointwise.smooth import SmoothProblem
from agentopt.solvers.modeling.solution import Point

Build = Callable[..., Instance]
WHOLE = {"domain": "integer", "lower": 1, "upper": 20}


@pytest.mark.parametrize(
    ("variables", "objective", "constraints", "expected"),
    [
        ({"x": {"upper": 5}, "y": {"upper": 5}}, "x * y", ["x + y <= 6"], 9.0),
        ({"x": {}, "y": {}}, "x * y", ["x + 2 * y <= 100"], 1250.0),
        ({"x": {}, "y": {}}, "x + y", ["x ** 2 + y ** 2 == 2"], 2.0),
        ({"x": {"upper": 15}}, "sin(x) + 0.1 * x", [], math.sin(14.2374687) + 1.42374687),
        ({"x": {"lower": None}}, "-abs(x - 3) - exp(x - 3)", [], -1.0),
        ({"n": WHOLE, "x": {"upper": 10}}, "n * exp(-0.2 * n) + log(1 + x) - 0.3 * x", ["x <= n"], 2.3433700102),
    ],
)
def test_a_good_answer_is_found_and_called_local(
    build: Build, variables: dict[str, Any], objective: str, constraints: list[str], expected: float
) -> None:
    """Many starts find these optima; the answer says that it is no proof and how to get one."""
    point = solve_local(build(variables, objective, *constraints), 20.0)
    assert point.objective == pytest.approx(expected, rel=1e-6)
    assert (point.termination_condition, point.guarantee, point.objective_bound) == ("optimal", "local", None)
    assert point.message.endswith("for a proof of the optimum: pip install pyscipopt")


def test_a_small_box_of_integers_is_enumerated_for_a_proof(build: Build) -> None:
    """When every point was tried, the optimum is proven without a solver."""
    point = solve_local(build({"x": WHOLE, "y": WHOLE}, "x * y - x ** 2", "x + 2 * y <= 31"), 20.0)
    pairs = itertools.product(range(1, 21), repeat=2)
    assert point.guarantee == "global"
    assert point.objective == max(x * y - x * x for x, y in pairs if x + 2 * y <= 31)


def test_an_empty_box_is_proved_infeasible(build: Build) -> None:
    """Enumeration that finds nothing is a proof, too."""
    point = solve_local(build({"x": WHOLE, "y": WHOLE}, "x * y", "2 * x + 2 * y == 7"), 20.0)
    assert (point.termination_condition, point.guarantee) == ("infeasible", "global")


def test_a_search_that_finds_nothing_proves_nothing(build: Build) -> None:
    """Without an enumeration, no point is an error that says so, never "infeasible"."""
    point = solve_local(build({"x": {}}, "x", "x ** 2 <= -1"), 20.0)
    assert (point.termination_condition, point.guarantee, point.values) == ("error", "none", {})
    assert "which proves nothing" in point.message


def test_an_objective_without_limit_is_called_unbounded_without_a_proof(build: Build) -> None:
    """An enormous objective is not sold as an optimum."""
    point = solve_local(build({"x": {}, "y": {}}, "x * y", "x - y <= 1"), 20.0)
    assert (point.termination_condition, point.guarantee) == ("unbounded", "none")


def test_the_same_seed_gives_the_same_answer(build: Build) -> None:
    """The starts are drawn from the seed alone."""
    instance = build({"x": {"upper": 40}, "y": {"upper": 40}}, "sin(x) * y - 0.1 * y ** 2 + cos(y)", "x + y <= 30")
    assert solve_local(instance, 60.0, seed=3).values == solve_local(instance, 60.0, seed=3).values


def test_no_time_leaves_no_answer(build: Build) -> None:
    """A limit that has passed ends the search at once."""
    point = solve_local(build({"x": {"upper": 5}}, "x ** 2"), 0.0)
    assert (point.termination_condition, point.values) == ("time_limit", {})


EXPRESSIONS = (
    "x * y + x ** 3 - y / x",
    "exp(x / 3) * log(y) + log10(x + y)",
    "sin(x) * cos(y) + tan(x / 9)",
    "sqrt(x) + abs(y - 9) + max(x, 2 * y, 1) - min(x, y)",
    "x ** y + 2 ** x + y ** -1.5",
    "sum(x * t for t in range(3)) + prod(y + t for t in range(2)) - (7 - x) * -y",
    "x % 7 + floor(x / 100) + y // 50",
)


@given(st.sampled_from(EXPRESSIONS), st.floats(1, 4), st.floats(1, 4))
def test_gradients_are_those_of_differences(build: Build, text: str, x: float, y: float) -> None:
    """The derivative carried along equals the slope of a small step, away from kinks."""
    if abs(x - y) < 1e-3 or abs(x - 2 * y) < 1e-3:
        return
    problem = SmoothProblem(build({"x": {}, "y": {}}, text, sense="minimize"))
    at, step = np.array([x, y]), 1e-6
    slopes = [
        (problem.sample(at + step * unit).objective - problem.sample(at - step * unit).objective) / (2 * step)
        for unit in np.eye(2)
    ]
    assert problem.sample(at).gradient == pytest.approx(slopes, rel=1e-4, abs=1e-4)


def test_a_point_is_sharpened_to_the_optimum_beside_it(build: Build) -> None:
    """A solver's tolerance is taken off: the rows then hold exactly and the optimum is the true one."""
    instance = build({"x": {"upper": 5}, "y": {"upper": 5}}, "x * y", "x + y <= 6")
    rough = Point("optimal", "S", "global", 9.0000003, 9.0000003, {"x": {(): 3.00001}, "y": {(): 2.99999009}})
    point = sharpened(instance, rough)
    assert point.objective == pytest.approx(9.0, abs=1e-10)
    assert (point.guarantee, point.objective_bound) == ("global", 9.0000003)


def test_a_false_proof_is_found_out(build: Build) -> None:
    """A point better than the claimed optimum takes the guarantee away, and the answer says so."""
    instance = build({"x": {"upper": 5}, "y": {"upper": 5}}, "x * y", "x + y <= 6")
    claimed = Point("optimal", "S", "global", 8.0, 8.0, {"x": {(): 4.0}, "y": {(): 2.0}})
    point = sharpened(instance, claimed)
    assert (point.guarantee, point.objective_bound) == ("local", None)
    assert point.objective == pytest.approx(9.0)
    assert "a better point was found" in point.message


def test_what_is_found_passes_the_check(build: Build) -> None:
    """Integers, equations and nonlinear rows together: the answer is feasible."""
    variables = {"n": {"index": ["I"], "domain": "integer", "upper": 50}, "x": {"upper": 90}}
    instance = build(
        variables,
        "sqrt(x) + sum(log(1 + n[i]) for i in I)",
        "x + sum(i * n[i] for i in I) == 60.5",
        "n[1] * n[2] <= 40",
        sets={"I": "range(1, 4)"},
    )
    point = solve_local(instance, 5.0)
    assert check(instance, point.values, point.objective).ok
