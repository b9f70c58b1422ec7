"""Instances as arrays: every row, bound, cost and label, and the class they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.arrays.form import Nonlinear
from agentopt.solvers.modeling.arrays.program import Program, assemble, problem_class
from agentopt.solvers.modeling.instance import Instance

Build = Callable[..., Instance]
INF = float("inf")
SETS: dict[str, Any] = {
    "S": ["a", "b"],
    "T": [1, 2, 3],
    "ARCS": [["a", 2], ["b", 3]],
    "NONE": "[t for t in T if t > 9]",
}


@pytest.fixture(scope="session")
def program(instance: Build) -> Callable[..., Program]:
    """Makes the arrays of what `instance` takes; two scalar variables unless others are given."""
    return lambda variables=None, **stated: assemble(instance(variables or {"x": {}, "y": {}}, **stated))


def rows_of(program: Program) -> list[tuple[float, list[float], float]]:
    """Each row as lower end, dense coefficients, upper end."""
    dense = np.zeros((program.n_rows, len(program.cost)))
    for row in range(program.n_rows):
        span = slice(program.rows.start[row], program.rows.start[row + 1])
        dense[row, program.rows.index[span]] = program.rows.value[span]
    return [(low, row, high) for low, row, high in zip(program.row_lower.tolist(), dense.tolist(), program.row_upper)]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("x + 2 * y <= 5", [(-INF, [1, 2], 5)]),
        ("x + 2 * y + 1 >= 5", [(4, [1, 2], INF)]),
        ("x == 3 - y", [(3, [1, 1], 3)]),
        ("2 * x - y <= x + 4 * y - 6", [(-INF, [1, -5], -6)]),
        ("5 >= x", [(-INF, [1, 0], 5)]),
        ("5 <= x", [(5, [1, 0], INF)]),
        ("5 == x", [(5, [1, 0], 5)]),
        ("1 <= x + y <= 4", [(1, [1, 1], 4)]),
        ("4 >= x - y >= 1", [(1, [1, -1], 4)]),
        ("4 <= x <= 1", [(4, [1, 0], INF), (-INF, [1, 0], 1)]),
        ("x <= y <= 4", [(-INF, [1, -1], 0), (-INF, [0, 1], 4)]),
        ("x == y == 4", [(0, [1, -1], 0), (4, [0, 1], 4)]),
        ("1 <= x >= y", [(1, [1, 0], INF), (0, [1, -1], INF)]),
        ("x + x + x - y - x <= 1", [(-INF, [2, -1], 1)]),
        ("sum(t * x for t in T) + sum(y for t in NONE) <= 1", [(-INF, [6, 0], 1)]),
        ("x * 2 / 4 <= 1 + 2 * 3", [(-INF, [0.5, 0], 7)]),
        ("-(x - y) >= -1", [(-1, [-1, 1], INF)]),
    ],
)
def test_a_comparison_becomes_its_rows(
    text: str, rows: list[tuple[float, list[float], float]], program: Callable[..., Program]
) -> None:
    """Variables go to the left, numbers to the right; repeated variables are added."""
    assert rows_of(program(sets=SETS, constraints={"c": text})) == rows


def test_a_choice_of_comparisons_is_split_by_its_condition(program: Callable[..., Program]) -> None:
    """Each row states the branch that its index chooses, and is labelled by that index."""
    made = program(sets=SETS, constraints={"c": "(x >= t if t == 2 else y <= t) for t in T"})
    labelled = {made.row_label(row): ends for row, ends in enumerate(rows_of(made))}
    assert labelled == {"c[2]": (2, [1, 0], INF), "c[1]": (-INF, [0, 1], 1), "c[3]": (-INF, [0, 1], 3)}


def test_rows_are_labelled_by_constraint_and_key(program: Callable[..., Program]) -> None:
    """Every row knows where it came from, blocks without rows and chained comparisons included."""
    stated = {"none": "x >= t for t in NONE", "arc": "x >= 1 for (s, t) in ARCS", "chain": "x <= y <= 4"}
    made = program(sets=SETS, constraints=stated)
    assert [made.row_label(row) for row in range(made.n_rows)] == ["arc[a, 2]", "arc[b, 3]", "chain", "chain"]


def test_columns_are_labelled_by_variable_and_key(program: Callable[..., Program]) -> None:
    """Every column knows its variable and key; a variable over an empty set has none."""
    variables = {"w": {"index": ["NONE"]}, "z": {"index": ["ARCS", "T"]}, "v": {"index": ["NONE"]}, "x": {}}
    made = program(variables, sets=SETS)
    origins = [made.column_origin(column) for column in range(len(made.cost))]
    assert origins == [*(("z", (*arc, t)) for arc in (("a", 2), ("b", 3)) for t in (1, 2, 3)), ("x", ())]


def test_values_come_back_by_variable_and_key(program: Callable[..., Program]) -> None:
    """A vector of all columns is taken apart in the order it was laid out."""
    variables = {"w": {"index": ["NONE"]}, "z": {"index": ["S"]}, "x": {}}
    assert program(variables, sets=SETS).values(np.array([1.0, 2.0, 3.0])) == {
        "w": {},
        "z": {("a",): 1.0, ("b",): 2.0},
        "x": {(): 3.0},
    }


@pytest.mark.parametrize(
    ("text", "offset", "cost", "squares"),
    [
        ("7", 7, [0, 0], []),
        ("3 * x - y + 2 * x + 1", 1, [5, -1], []),
        ("(x - 2) ** 2", 4, [-4, 0], [(0, 0, 1)]),
        ("x * y + y * x + y ** 2 - 3 * y * y", 0, [0, 0], [(0, 1, 2), (1, 1, -2)]),
        ("(x + y) * (x - y)", 0, [0, 0], [(0, 0, 1), (1, 1, -1)]),
        ("x * y - y * x", 0, [0, 0], []),
        ("(x + 1) * (2 * y + 3)", 3, [3, 2], [(0, 1, 2)]),
    ],
)
def test_the_objective_is_merged(
    text: str,
    offset: float,
    cost: list[float],
    squares: list[tuple[int, int, float]],
    program: Callable[..., Program],
) -> None:
    """Number, linear and quadratic parts stand apart, each product of two variables once."""
    made = program(minimize=text)
    assert (made.offset, made.cost.tolist()) == (offset, cost)
    assert list(zip(*(part.tolist() for part in made.objective_terms))) == squares


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({}, (0, INF)),
        ({"lower": None}, (-INF, INF)),
        ({"lower": -2.5, "upper": 4.5}, (-2.5, 4.5)),
        ({"lower": "1 - len(T)", "upper": "2 * len(T)"}, (-2, 6)),
        ({"lower": -2.5, "upper": 4.5, "domain": "integer"}, (-2, 4)),
        ({"lower": 0.9999999999, "upper": 3.0000000001, "domain": "integer"}, (1, 3)),
        ({"lower": None, "domain": "integer"}, (-INF, INF)),
        ({"domain": "binary"}, (0, 1)),
        ({"domain": "binary", "lower": None, "upper": 7}, (0, 1)),
        ({"domain": "binary", "lower": 0.5}, (1, 1)),
        ({"lower": 5, "upper": 3}, (5, 3)),
    ],
)
def test_bounds_of_a_column(fields: dict[str, Any], ends: tuple[float, float], program: Callable[..., Program]) -> None:
    """Numbers, expressions and nothing are bounds; those of integers are whole, a binary lies in [0, 1]."""
    columns = program({"x": fields}, sets=SETS).columns
    assert (columns.lower[0], columns.upper[0]) == ends


def test_a_bound_may_hold_for_some_keys_only(program: Callable[..., Program]) -> None:
    """A key that the bound's loop leaves out has the usual bound."""
    bounds = {"index": ["T"], "lower": "-t for t in T if t > 1", "upper": "10 * t for t in T if t != 2"}
    columns = program({"x": bounds}, sets=SETS).columns
    assert list(zip(columns.lower, columns.upper)) == [(0, 10), (-2, INF), (-3, 30)]


def test_a_bound_for_a_key_that_is_not_there_is_refused(program: Callable[..., Program]) -> None:
    """A slip in the loop of a bound is one sentence."""
    with pytest.raises(FormulationError, match=r"^variable x, upper bound: the variable has no index \(4,\)$"):
        program({"x": {"index": ["T"], "upper": "t for t in range(1, 5)"}}, sets=SETS)


def test_integer_columns_are_marked(program: Callable[..., Program]) -> None:
    """Integer and binary variables are discrete, with all their keys."""
    made = program({"x": {}, "y": {"domain": "integer", "index": ["S"]}, "z": {"domain": "binary"}}, sets=SETS)
    assert made.columns.integer.tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("objective", "constraint", "domain", "name"),
    [
        ("x", "x >= 1", "continuous", "LP"),
        ("x", "x >= 1", "integer", "MIP"),
        ("x * y", "x >= 1", "continuous", "QP"),
        ("x ** 2", "x >= 1", "binary", "MIQP"),
        ("x", "x * y >= 1", "continuous", "QCP"),
        ("x", "x ** 2 <= 1", "integer", "MIQCP"),
        ("x * y - y * x", "x >= 1", "continuous", "LP"),
    ],
)
def test_the_class_is_named(
    objective: str, constraint: str, domain: str, name: str, program: Callable[..., Program]
) -> None:
    """The class follows from where products stand and whether anything is whole."""
    made = program({"x": {"domain": domain}, "y": {}}, minimize=objective, constraints={"c": constraint})
    assert problem_class(made, domain != "continuous") == name


def test_what_is_nonlinear_makes_no_arrays(program: Callable[..., Program]) -> None:
    """A cube leaves the arrays out."""
    with pytest.raises(Nonlinear):
        program(constraints={"c": "x ** 3 <= 1"})
    assert (problem_class(None, False), problem_class(None, True)) == ("NLP", "MINLP")


@pytest.mark.parametrize(
    ("stated", "element"),
    [
        ({"constraints": {"c": "1e200 * (1e200 * x) >= t for t in T"}}, "constraint c"),
        ({"constraints": {"c": "1 <= 1e200 * (1e200 * x) <= 2"}}, "constraint c"),
        ({"constraints": {"c": "(1e200 * x) ** 2 <= 1"}}, "constraint c"),
        ({"minimize": "(1e200 * x) ** 2"}, "objective"),
    ],
)
def test_a_coefficient_beyond_a_float_is_refused(
    stated: dict[str, Any], element: str, program: Callable[..., Program]
) -> None:
    """An overflow is named, and neither warned of nor handed to a solver."""
    with pytest.raises(FormulationError, match="a coefficient is no finite number") as caught:
        program(sets=SETS, **stated)
    assert caught.value.element == element
