"""SCIP: every class against a closed form or enumeration, and every way a search can end."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt.errors import FormulationError, MissingExtra
from agentopt.solvers.modeling.engines.scip import solve_scip
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.pointwise.check import check

Build = Callable[..., Instance]
Interrupt = Callable[[float], AbstractContextManager[None]]
WHOLE = {"domain": "integer", "lower": 1, "upper": 20}
PAIRS = list(itertools.product(range(1, 21), repeat=2))

# Class -> variables, objective, constraints, sense, and the optimum found by other means.
CLASSES: dict[str, tuple[dict[str, Any], str, list[str], str, float]] = {
    "LP": ({"x": {}, "y": {}}, "3 * x + 2 * y", ["x + y <= 4", "x + 3 * y <= 6"], "maximize", 12.0),
    "MIP": (
        {"x": WHOLE, "y": WHOLE},
        "5 * x + 4 * y",
        ["6 * x + 4 * y <= 47"],
        "maximize",
        max(5 * x + 4 * y for x, y in PAIRS if 6 * x + 4 * y <= 47),
    ),
    # The nearest point of a line: distance 1 / sqrt(2).
    "convex QP": (
        {"x": {"lower": None}, "y": {"lower": None}},
        "(x - 1) ** 2 + (y - 2) ** 2",
        ["x + y <= 2"],
        "minimize",
        0.5,
    ),
    "nonconvex QP": ({"x": {"upper": 5}, "y": {"upper": 5}}, "x * y", ["x + y <= 6"], "maximize", 9.0),
    "fence": ({"x": {}, "y": {}}, "x * y", ["x + 2 * y <= 100"], "maximize", 1250.0),
    "MIQP": (
        {"x": WHOLE, "y": WHOLE},
        "(x - 7.6) ** 2 - (y - 3.3) ** 2 + x * y",
        [],
        "minimize",
        min((x - 7.6) ** 2 - (y - 3.3) ** 2 + x * y for x, y in PAIRS),
    ),
    "QCP": ({"x": {}, "y": {}}, "x + y", ["x ** 2 + y ** 2 <= 2"], "maximize", 2.0),
    # log x - x / e has its only stationary point at x = e.
    "NLP log": ({"x": {"lower": 0.1, "upper": 10}}, "log(x) - x / exp(1)", [], "maximize", 0.0),
    # x exp(-x) peaks at 1.
    "NLP exp": ({"x": {"upper": 9}}, "x * exp(-x)", [], "maximize", math.exp(-1)),
    # Of three peaks of sin in [0, 15] the last is worth most under a rising line: cos x = -0.1.
    "NLP sin": (
        {"x": {"upper": 15}},
        "sin(x) + 0.1 * x",
        [],
        "maximize",
        max(math.sin(x) + 0.1 * x for k in range(3) for x in [math.acos(-0.1) + 2 * math.pi * k] if x <= 15),
    ),
    # Convex in y, concave in x: y = 4 as much as its bound lets, x = 1 takes the rest.
    "NLP pow": ({"x": {"upper": 4}, "y": {"upper": 4}}, "x ** 0.5 + y ** 1.5", ["x + y <= 5"], "maximize", 9.0),
    "MINLP": (
        {"n": WHOLE, "x": {"upper": 10}},
        "n * exp(-0.2 * n) + log(1 + x) - 0.3 * x",
        ["x <= n"],
        "maximize",
        # The slope of log(1 + x) - 0.3 x is 0 at x = 7 / 3.
        max(n * math.exp(-0.2 * n) + math.log(1 + x) - 0.3 * x for n in range(1, 21) for x in [min(7 / 3, n)]),
    ),
    "ratio MINLP": (
        {"x": WHOLE, "y": WHOLE},
        "(x + 2 * y) / (x * y + 1)",
        ["x + y <= 7"],
        "minimize",
        min((x + 2 * y) / (x * y + 1) for x, y in PAIRS if x + y <= 7),
    ),
    "integer product": (
        {"x": WHOLE, "y": WHOLE, "z": WHOLE},
        "x * y * z",
        ["x + 2 * y + 3 * z <= 40"],
        "maximize",
        max(x * y * z for x, y in PAIRS for z in range(1, 21) if x + 2 * y + 3 * z <= 40),
    ),
    "max, min, abs": (
        {"x": WHOLE, "y": WHOLE},
        "max(x, y, 6) - min(x, y) + abs(x - 3)",
        ["x + y == 9"],
        "minimize",
        min(max(x, y, 6) - min(x, y) + abs(x - 3) for x, y in PAIRS if x + y == 9),
    ),
    "power of a power": ({"x": {"upper": 3}, "y": {"upper": 2}}, "2 ** x + (1 + y) ** x", [], "maximize", 35.0),
    "tan, log10": ({"x": {"upper": 1}}, "tan(x) + log10(1 + 9 * x)", [], "maximize", math.tan(1) + 1),
    "a constant": ({"x": {"upper": 1}}, "5", ["x <= 1"], "maximize", 5.0),
}


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_solved_to_its_known_optimum(build: Build, name: str) -> None:
    """The optimum is the one known from outside, it is called proven, and the point passes the check."""
    variables, objective, constraints, sense, expected = CLASSES[name]
    instance = build(variables, objective, *constraints, sense=sense)
    point = solve_scip(instance, 30.0)
    report = check(instance, point.values, point.objective)
    assert (point.termination_condition, point.guarantee, report.ok) == ("optimal", "global", True)
    assert report.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert point.objective_bound == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_integers_come_back_whole(build: Build) -> None:
    """What SCIP holds for 124.9999998 is shown as 125, and still checks."""
    instance = build({"n": WHOLE, "x": {}}, "n * x", "n * x <= 117", "x <= 6.5")
    point = solve_scip(instance, 30.0)
    assert point.values["n"][()].is_integer()


def test_a_continuous_optimum_is_sharp(build: Build) -> None:
    """A maximum of 9 is not shown as 9.0000002 at a point just outside."""
    point = solve_scip(build({"x": {"upper": 5}, "y": {"upper": 5}}, "x * y", "x + y <= 6"), 30.0)
    assert sum(at[()] for at in point.values.values()) <= 6 + 1e-9
    assert point.objective == pytest.approx(9, abs=1e-9)


@pytest.mark.parametrize(
    ("variables", "constraints"),
    [
        ({"x": {}}, ["x <= -1"]),
        ({"x": WHOLE, "y": WHOLE}, ["2 * x + 2 * y == 7"]),
        ({"x": {}}, ["x ** 2 + 1 <= x"]),
        ({"x": {"lower": 3, "upper": 2}}, []),
        ({"x": {"domain": "integer", "lower": 0.2, "upper": 0.8}}, []),
        ({"x": {}}, ["0 * x + sum(t for t in range(3)) <= 2", "x <= 5"]),
        ({"x": {"index": ["T"]}}, ["sum(x[t] for t in T if t > 5) >= 1"]),
    ],
)
def test_what_has_no_point_is_infeasible(build: Build, variables: dict[str, Any], constraints: list[str]) -> None:
    """Rows, integers, squares, crossed bounds and false rows of data are all told as infeasible."""
    objective = "sum(x[t] for t in T)" if "index" in variables["x"] else "x"
    point = solve_scip(build(variables, objective, *constraints, sets={"T": [1]}), 10.0)
    assert (point.termination_condition, point.guarantee, point.values) == ("infeasible", "global", {})


def test_a_false_row_of_data_is_named(build: Build) -> None:
    """Where no variable is left in a row, the row itself is the reason."""
    text = "sum(x[t] for t in T if t > k) >= k for k in range(3)"
    instance = build({"x": {"index": ["T"]}}, "sum(x[t] for t in T)", text, sets={"T": [1]})
    assert solve_scip(instance, 10.0).message == "c0[1] states 0 >= 1, which is false"


@pytest.mark.parametrize("domain", ["continuous", "integer"])
def test_a_linear_objective_without_limit_is_unbounded(build: Build, domain: str) -> None:
    """Unbounded is told from infeasible, and is proved."""
    point = solve_scip(build({"x": {"domain": domain}, "y": {"domain": domain}}, "x + y", "x - y <= 1"), 10.0)
    assert (point.termination_condition, point.values) == ("unbounded", {})


def test_a_product_without_limit_is_called_unbounded_without_a_proof(build: Build) -> None:
    """SCIP would search for ever; after some seconds the answer says what was seen and that it is no proof."""
    point = solve_scip(build({"x": {}, "y": {}}, "x * y", "x - y <= 1"), 60.0)
    assert (point.termination_condition, point.guarantee) == ("unbounded", "none")
    assert point.message.startswith("not proved: the objective has reached")


def test_the_time_limit_keeps_the_best_point(circles: Instance) -> None:
    """A search that is cut off returns a point that checks, its bound, and claims no proof."""
    instance = circles
    point = solve_scip(instance, 1.0)
    assert (point.termination_condition, point.guarantee) == ("time_limit", "none")
    assert check(instance, point.values, point.objective).ok
    assert point.objective is not None
    assert point.objective_bound is not None
    assert point.objective < point.objective_bound


def test_ctrl_c_stops_the_search(circles: Instance, interrupted_after: Interrupt) -> None:
    """An interrupt ends SCIP and not the program, long before the time limit."""
    instance = circles
    with interrupted_after(1.0):
        point = solve_scip(instance, 300.0)
    assert point.termination_condition == "interrupted"
    assert point.seconds < 60


@pytest.mark.parametrize("part", ["floor(x)", "ceil(x)", "x // 2", "x % 2", "(0 - 2) ** x", "x / 0"])
def test_what_scip_has_no_exact_form_for_is_refused(build: Build, part: str) -> None:
    """The message names the element; nothing is approximated in silence."""
    with pytest.raises(FormulationError, match="constraint c0: "):
        solve_scip(build({"x": {"upper": 5}}, "x", f"{part} <= 2"), 10.0)


def test_without_pyscipopt_the_error_says_what_to_install(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing SCIP is one sentence with the remedy."""
    monkeypatch.setitem(sys.modules, "pyscipopt", None)
    with pytest.raises(MissingExtra, match="pip install pyscipopt"):
        solve_scip(build({"x": {"upper": 5}}, "x * x"), 10.0)


def test_a_power_of_a_long_sum_stays_small(build: Build) -> None:
    """(x1 + ... + x60) ** 4 is not multiplied out to half a million terms."""
    variables = {"x": {"index": ["I"], "upper": 3}}
    instance = build(variables, "sum(x[i] for i in I) ** 4", "sum(x[i] for i in I) <= 3", sets={"I": "range(60)"})
    point = solve_scip(instance, 10.0)
    assert point.objective == pytest.approx(81, rel=1e-6)


def test_seventy_searches_in_one_process_end_well(build: Build) -> None:
    """SCIP has room for 64 threads in a process and crashes at the next, so threads are used again."""
    instance = build({"x": {"upper": 6}, "y": {"upper": 6}}, "exp(x) * y", "exp(x) + y ** 2 <= 9")
    conditions = {solve_scip(instance, 30.0).termination_condition for _ in range(70)}
    assert conditions == {"optimal"}


@settings(max_examples=25)
@given(st.data())
def test_random_integer_problems_equal_enumeration(build: Build, data: st.DataObject) -> None:
    """Quadratic objectives and ratio rows over a small box have the optimum of trying every point."""
    a, b, c, d = (data.draw(st.integers(-5, 5)) for _ in range(4))
    limit = data.draw(st.integers(2, 12))
    box = {"domain": "integer", "lower": 0, "upper": 4}
    instance = build(
        {"x": box, "y": box},
        f"{a} * x ** 2 + {b} * x * y + {c} * y ** 2 + {d} * x",
        f"(x + 3 * y) / (1 + x) + x <= {limit}",
    )
    points = itertools.product(range(5), repeat=2)
    best = max(a * x * x + b * x * y + c * y * y + d * x for x, y in points if (x + 3 * y) / (1 + x) + x <= limit)
    found = solve_scip(instance, 10.0)
    assert (found.termination_condition, found.objective) == ("optimal", pytest.approx(best, abs=1e-6))
