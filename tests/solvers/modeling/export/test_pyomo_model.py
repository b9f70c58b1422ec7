"""The Pyomo model: the same optimum as enumeration, and components that are found again by name and key."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyomo.contrib.solver.common.factory import SolverFactory

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.export.pyomo_model import pyomo_columns, pyomo_model
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.pointwise.check import check

Build = Callable[..., Instance]
BOX = {"domain": "integer", "lower": 0, "upper": 4}


def solved(model: pyo.ConcreteModel, solver: str) -> tuple[str, float | None]:
    """Solve with one of Pyomo's solvers; the condition and the objective."""
    options = {"load_solutions": False, "raise_exception_on_nonoptimal_result": False, "rel_gap": 0.0}
    result = SolverFactory(solver).solve(model, **options)
    if result.incumbent_objective is not None:
        result.solution_loader.load_vars()
    return result.termination_condition.name, result.incumbent_objective


@settings(max_examples=20)
@given(st.data())
def test_random_integer_problems_equal_enumeration(build: Build, data: st.DataObject) -> None:
    """Linear and bilinear problems over a small box have the optimum of trying every point."""
    a, b, c, d = (data.draw(st.integers(-5, 5)) for _ in range(4))
    limit = data.draw(st.integers(1, 12))
    instance = build({"x": BOX, "y": BOX}, f"{a} * x + {b} * y + {c} * x * y", f"3 * x + y + {d} * x * y <= {limit}")
    points = itertools.product(range(5), repeat=2)
    best = max(a * x + b * y + c * x * y for x, y in points if 3 * x + y + d * x * y <= limit)
    model = pyomo_model(instance)
    assert solved(model, "scip_direct")[1] == pytest.approx(best, abs=1e-6)
    values = {name: {key: v.value for key, v in at.items()} for name, at in pyomo_columns(model, instance).items()}
    assert check(instance, values, best).ok


@pytest.fixture
def stock(build: Build) -> Instance:
    """Four periods of making and keeping, with a choice at the first."""
    return build(
        {"make": {"index": ["T"], "upper": 6}, "stock": {"index": ["T"]}, "open": {"index": ["T"], "domain": "binary"}},
        "sum(2 * make[t] + stock[t] + 9 * open[t] for t in T)",
        "stock[t] == (stock[t - 1] if t > 1 else 1) + make[t] - need[t] for t in T",
        "0 <= make[t] <= 6 * open[t] for t in T",
        sets={"T": "range(1, 5)"},
        parameters={"need": {"index": ["T"], "value": [3, 1, 4, 2]}},
        sense="minimize",
    )


def test_a_linear_model_solves_with_highs(stock: Instance) -> None:
    """The optimum is that of trying every set of openings, with each need made as late as can be."""
    best = min(_cost(opens) for opens in itertools.product((0, 1), repeat=4))
    assert solved(pyomo_model(stock), "highs")[1] == pytest.approx(best)


def _cost(opens: tuple[int, ...]) -> float:
    """The least cost with these openings: what is needed is made as late as can be."""
    stock, made, need = 1.0, [0.0] * 4, (3, 1, 4, 2)
    short = [max(0.0, sum(need[: t + 1]) - stock) for t in range(4)]
    for t in range(4):
        wanted = short[t] - sum(made[: t + 1])
        for earlier in range(t, -1, -1):
            extra = min(wanted, 6.0 * opens[earlier] - made[earlier])
            made[earlier] += extra
            wanted -= extra
        if wanted > 0:
            return float("inf")
    kept = [stock + sum(made[: t + 1]) - sum(need[: t + 1]) for t in range(4)]
    return 2 * sum(made) + sum(kept) + 9 * sum(opens)


def test_components_have_the_names_and_keys_of_the_elements(stock: Instance) -> None:
    """model.stock[3] is the variable, model.c0[3] the row; the links of a chain are numbered."""
    model = pyomo_model(stock)
    assert str(model.c0[3].body) == "stock[3] - (stock[2] + make[3] - 4.0)"
    assert list(model.c1)[:2] == [(1, 1), (1, 2)]
    assert pyomo_columns(model, stock)["stock"][(3,)] is model.stock[3]


def test_words_of_pyomo_can_be_names(build: Build) -> None:
    """An element may be called type or objective; its component then has a "_" more."""
    model = pyomo_model(instance := build({"type": {"upper": 2}, "objective": {"upper": 3}}, "type + objective"))
    assert solved(model, "highs")[1] == pytest.approx(5)
    assert {name: at[()].value for name, at in pyomo_columns(model, instance).items()} == {"type": 2, "objective": 3}


def test_a_false_row_of_data_makes_the_model_infeasible(build: Build) -> None:
    """A row in which no variable is left is stated if it is false, and left out if it is true."""
    text = "sum(x[t] for t in T if t > k) >= k for k in range({})"
    variables = {"x": {"index": ["T"], "upper": 1}}
    conditions = [
        solved(pyomo_model(build(variables, "sum(x[t] for t in T)", text.format(n), sets={"T": [1]})), "highs")[0]
        for n in (1, 3)
    ]
    assert conditions == ["convergenceCriteriaSatisfied", "provenInfeasible"]


@pytest.mark.parametrize(
    ("objective", "at", "expected"),
    [
        ("max(x, y, 1) - min(x, y) + abs(x - 3)", (1.0, 4.0), 5.0),
        ("exp(x) + log(y) + log10(y) + sin(x) + cos(x) + tan(x)", (0.0, 1.0), 2.0),
        ("x ** y + 2 ** x + sqrt(y) / x", (1.0, 4.0), 5.0),
        ("prod(x + t for t in range(1, 4)) * sum(y for t in range(2))", (1.0, 0.5), 24.0),
    ],
)
def test_functions_have_their_value(build: Build, objective: str, at: tuple[float, float], expected: float) -> None:
    """The expression that Pyomo holds is worth what the language says."""
    model = pyomo_model(build({"x": {}, "y": {}}, objective))
    model.x.value, model.y.value = at
    assert pyo.value(model.objective) == pytest.approx(expected)


@pytest.mark.parametrize("part", ["floor(x)", "ceil(x)", "x // 2", "x % 2", "x / 0"])
def test_what_has_no_form_is_refused_by_element(build: Build, part: str) -> None:
    """Steps of a variable are an error that names the constraint."""
    with pytest.raises(FormulationError, match="constraint c0: "):
        pyomo_model(build({"x": {}}, "x", f"{part} <= 2"))


def test_bounds_are_those_of_the_elements(build: Build) -> None:
    """Computed bounds, whole bounds of integers, and none where none is stated."""
    model = pyomo_model(
        build(
            {
                "x": {"index": ["T"], "lower": None, "upper": "2 * t for t in T if t > 1"},
                "n": {"domain": "integer", "lower": 0.5, "upper": 3.5},
            },
            "n + sum(x[t] for t in T)",
            sets={"T": [1, 2]},
        )
    )
    found: list[Any] = [model.x[1].bounds, model.x[2].bounds, model.n.bounds]
    assert found == [(None, None), (None, 4.0), (1.0, 3.0)]
