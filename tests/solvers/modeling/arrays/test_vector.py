"""The vectorised evaluator against the scalar one: the same numbers, rows and errors, on random statements.

The numbers of the small world are multiples of a quarter, so that sums are exact in any
order and no condition turns on rounding. Every kind of statement may also have no value:
keys are missing, divisors are 0, a first member has no one before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentopt.errors import FormulationError
from agentopt.solvers.modeling.arrays.form import Form, Nonlinear
from agentopt.solvers.modeling.arrays.indices import SMALL_JOIN
from agentopt.solvers.modeling.arrays.quantity import Quantities
from agentopt.solvers.modeling.arrays.vector import Vectors
from agentopt.solvers.modeling.instance import Instance, Key
from agentopt.solvers.modeling.language.parser import parse
from agentopt.solvers.modeling.pointwise.bounds import evaluator_of, variable_keys

Draw = st.DrawFn
Rows = list[tuple[Key, float]]

WORLD: dict[str, Any] = {
    "sets": {
        "S": ["a", "b", "c"],
        "T": [1, 2, 3, 5],
        "ARCS": [["a", 1], ["a", 2], ["b", 3], ["c", 1], ["c", 5]],
        "NONE": "[t for t in T if t > 9]",
    },
    "parameters": {
        "n": 2,
        "zero": 0,
        "cost": {"index": ["S"], "value": [1.5, -2, 0]},
        "level": {"index": ["T"], "value": [0, 4, -1, 0.25]},
        "price": {"index": ["T"], "rows": [[1, 3], [5, -0.5]], "default": 2},
        "dist": {"index": ["S", "T"], "rows": [["a", 1, 4], ["c", 5, -1]], "default": 0},
        "gap": {"index": ["ARCS"], "value": [1, 2, 0, -3, 0.5]},
    },
    "variables": {
        "v": {},
        "x": {"index": ["S"]},
        "y": {"index": ["T"]},
        "z": {"index": ["ARCS"]},
        "u": {"index": ["S", "T"]},
        "w": {"index": ["NONE"]},
    },
}

_DATA = ("0", "2", "0.5", "n", "zero", "len(S)", "price[4]", "price['a']", "level[n + 1]", "max(n, 3)")
_DATA_OF_S = ("cost[{s}]", "ord({s}, S)", "cost[prev({s}, S)]", "cost[{s} if {s} != 'c' else first(S)]", "{s}")
_DATA_OF_T = ("{t}", "level[{t}]", "price[{t}]", "price[{t} - 1]", "level[{t} - 1]", "level[next({t}, T)]",
              "ord({t}, T)", "{t} // 2 + {t} % 3", "abs(level[{t}]) ** n")  # fmt: skip
_DATA_OF_BOTH = ("dist[{s}, {t}]", "gap[{s}, {t}]", "(gap[{s}, {t}] if ({s}, {t}) in ARCS else {t})")
_DECIDED = ("v", "x['b']", "y[2]", "y[n + 1]", "y[4]", "sum(w[i_] for i_ in NONE)")
_DECIDED_OF_S = ("x[{s}]", "x[prev({s}, S) if {s} != first(S) else last(S)]", "u[{s}, 3]", "u[{s}, first(T)]")
_DECIDED_OF_T = ("y[{t}]", "y[{t} + 1]", "y[prev({t}, T)]", "u['a', {t}]", "u['c' if {t} > 2 else 'b', {t}]")
_DECIDED_OF_BOTH = ("u[{s}, {t}]", "z[{s}, {t}]", "(z[{s}, {t}] if ({s}, {t}) in ARCS else v)")

_TESTS = ("n == 2", "zero > 1")
_TESTS_OF_S = ("{s} != 'a'", "{s} in ('a', 'c')", "{s} == prev({s}, S)", "cost[{s}] >= 0", "{s} not in S",
               "1 <= ord({s}, S) < 3", "{s} == 3", "cost[{s}] == (n if {s} == 'a' else cost[{s}])")  # fmt: skip
_TESTS_OF_T = ("{t} != (level[{t}] if {t} > 2 else {t})", "{t} > 1",
               "{t} in range(1, 9, 2)", "{t} not in (2, 3)", "{t} == last(T)", "{t} - 1 in T",
               "{t} == next(1, T)", "1 / ({t} - 2) > 0", "{t} == '2'", "level[{t}] == zero", "{t} in NONE")  # fmt: skip
_TESTS_OF_BOTH = ("({s}, {t}) in ARCS", "({s}, {t} + 1) not in ARCS", "gap[{s}, {t}] >= 1")


def _filled(draw: Draw, indices: tuple[str, ...], general: tuple[str, ...], *more: tuple[str, ...]) -> str:
    """One of the templates whose indices are bound, with indices filled in."""
    of_s, of_t, of_both = more
    s = [name for name in indices if name[0] == "s"]
    t = [name for name in indices if name[0] == "t"]
    choices = [*general, *(of_s * 2 if s else ()), *(of_t * 2 if t else ()), *(of_both * 2 if s and t else ())]
    text = draw(st.sampled_from(choices))
    return text.format(s=draw(st.sampled_from(s or [""])), t=draw(st.sampled_from(t or [""])))


def _condition(draw: Draw, indices: tuple[str, ...], depth: int, new: tuple[str, ...] = ()) -> str:
    kind = draw(st.sampled_from(["test"] * 5 + ["compare", "and", "or", "not", "join"]))
    if kind == "join" and new:
        name = draw(st.sampled_from(new))
        others = [other for other in indices if other[0] == name[0] and other not in new]
        constants = ["'b'", "last(S)"] if name[0] == "s" else ["2", "n + 1", "first(T)", "2.5"]
        return f"{name} == {draw(st.sampled_from(others + constants))}"
    if kind in ("and", "or") and depth < 3:
        return f"({_condition(draw, indices, depth + 1, new)} {kind} {_condition(draw, indices, depth + 1, new)})"
    if kind == "not" and depth < 3:
        return f"not {_condition(draw, indices, depth + 1, new)}"
    if kind == "compare" and depth < 3:
        op = draw(st.sampled_from(["<=", "<", "==", "!=", ">=", ">"]))
        return f"{_number(draw, indices, 0, depth + 2)} {op} {_number(draw, indices, 0, depth + 2)}"
    return _filled(draw, indices, _TESTS, _TESTS_OF_S, _TESTS_OF_T, _TESTS_OF_BOTH)


def _clauses(draw: Draw, indices: tuple[str, ...], depth: int) -> tuple[str, tuple[str, ...]]:
    """One or two loops and all indices that are bound inside of them."""
    text = ""
    for _ in range(draw(st.integers(1, 2))):
        k = len(indices)
        loops = [(f"for s{k} in S", (f"s{k}",)), (f"for t{k} in T", (f"t{k}",)), (f"for t{k} in NONE", (f"t{k}",)),
                 (f"for (s{k}, t{k}) in ARCS", (f"s{k}", f"t{k}")),
                 (f"for t{k} in range({_number(draw, indices, 0, 4)}, 6)", (f"t{k}",))]  # fmt: skip
        loop, new = draw(st.sampled_from(loops))
        text, indices = f"{text} {loop}", indices + new
        if draw(st.booleans()):
            text += f" if {_condition(draw, indices, depth + 1, new)}"
    return text, indices


def _number(draw: Draw, indices: tuple[str, ...], degree: int, depth: int) -> str:
    """A number in which variables multiply up to a degree."""

    def inner(degree: int = degree) -> str:
        return _number(draw, indices, degree, depth + 1)

    def leaf() -> str:
        if degree and draw(st.booleans()):
            return _filled(draw, indices, _DECIDED, _DECIDED_OF_S, _DECIDED_OF_T, _DECIDED_OF_BOTH)
        return _filled(draw, indices, _DATA, _DATA_OF_S, _DATA_OF_T, _DATA_OF_BOTH)

    def reduced(function: str, degree: int) -> str:
        loops, bound = _clauses(draw, indices, depth)
        return f"{function}({_number(draw, bound, degree, depth + 1)}{loops})"

    def product() -> str:
        left = draw(st.integers(0, degree))
        return f"({inner(left)}) * ({inner(degree - left)})"

    kinds: dict[str, Callable[[], str]] = {
        "+": lambda: f"{inner()} + {inner()}",
        "-": lambda: f"{inner()} - ({inner()})",
        "*": product,
        "/": lambda: f"({inner()}) / ({leaf() if not degree else inner(0)})",
        "**": lambda: f"({inner(degree // 2)}) ** {draw(st.sampled_from(['0', '1', '2', 'n']))}",
        "negate": lambda: f"-({inner()})",
        "choice": lambda: f"({inner()} if {_condition(draw, indices, depth)} else {inner()})",
        "sum": lambda: reduced("sum", degree),
        "data": lambda: reduced(draw(st.sampled_from(["prod", "min", "max", "sum"])), 0),
        "floor": lambda: f"floor({inner(0)})",
    }
    chosen = draw(st.sampled_from(["leaf", "leaf", "sum", *kinds]))
    return leaf() if chosen == "leaf" or depth >= 4 else kinds[chosen]()


@st.composite
def statements(draw: Draw, degree: int = 2) -> str:
    """A number for each binding of random loops, or one number."""
    if draw(st.booleans()):
        return _number(draw, (), degree, 0)
    loops, indices = _clauses(draw, (), 0)
    return f"({_number(draw, indices, degree, 0)}){loops}"


# The two evaluators


@pytest.fixture(scope="session")
def world(instance: Callable[..., Instance]) -> Instance:
    """The small world with its data."""
    return instance(**WORLD)


def point_of(instance: Instance) -> dict[str, dict[Key, float]]:
    """A value for every key of every variable; multiples of a half, of both signs."""
    values: dict[str, dict[Key, float]] = {}
    for number, variable in enumerate(instance.formulation.variables):
        keys = variable_keys(instance, variable)
        values[variable.name] = {key: (5 * place + 3 * number) % 13 / 2 - 2 for place, key in enumerate(keys)}
    return values


def by_scalar(instance: Instance, text: str) -> Rows:
    """The rows of a statement, one value at a time."""
    return list(evaluator_of(instance, point_of(instance)).rows(parse(text), "objective"))


def by_arrays(instance: Instance, text: str) -> Rows:
    """The rows with the variables symbolic, then evaluated at the point."""
    vectors, statement = Vectors(instance), parse(text)
    quantities = Quantities(vectors, statement, "objective")
    frame = quantities.frame()
    form = quantities.form(statement.body, frame)
    return list(zip(vectors.row_keys(frame), values_of(form, vectors, point_of(instance))))


def by_arrays_at_the_point(instance: Instance, text: str) -> Rows:
    """The rows with the variables as numbers from the start."""
    vectors, statement = Vectors(instance, point_of(instance)), parse(text)
    quantities = Quantities(vectors, statement, "objective")
    frame = quantities.frame()
    return list(zip(vectors.row_keys(frame), quantities.data(statement.body, frame).tolist()))


def values_of(form: Form, vectors: Vectors, point: dict[str, dict[Key, float]]) -> list[float]:
    """A form at a point, term by term."""
    x = np.array([point[name][key] for name in vectors.offsets for key in vectors.keys(name)])
    rows: list[float] = form.constant.tolist()
    for row, col, value in zip(form.rows.tolist(), form.cols, form.values):
        rows[row] += value * x[col]
    for row, first, second, value in zip(form.qrows.tolist(), form.qfirst, form.qsecond, form.qvalues):
        rows[row] += value * x[first] * x[second]
    return rows


def outcome(evaluate: Callable[[Instance, str], Rows], instance: Instance, text: str) -> Rows | str:
    """The rows, or the word error; Nonlinear goes on to the caller."""
    try:
        return evaluate(instance, text)
    except FormulationError as error:
        assert str(error).startswith("objective: ")  # noqa: PT017
        return "error"


@given(text=statements())
def test_arrays_and_scalars_agree(text: str, world: Instance) -> None:
    """Symbolic rows have the keys, order and values of the scalar evaluator, and fail where it fails."""
    try:
        found = outcome(by_arrays, world, text)
    except Nonlinear:
        assume(False)
    assert found == _near(outcome(by_scalar, world, text))


@given(text=statements())
def test_numbers_at_a_point_agree(text: str, world: Instance) -> None:
    """With a point in place of the variables every statement has its value, nonlinear ones too."""
    assert outcome(by_arrays_at_the_point, world, text) == _near(outcome(by_scalar, world, text))


def _near(rows: Rows | str) -> Any:
    return rows if isinstance(rows, str) else [(key, pytest.approx(value, rel=1e-9, abs=1e-9)) for key, value in rows]


# Joins, which only large loops use


@pytest.fixture(scope="session")
def large(instance: Callable[..., Instance]) -> Instance:
    """Sets so large that an equation in a condition is looked up instead of tried for all members."""
    n = 150
    assert n * n > SMALL_JOIN
    pairs = [[f"k{i}", (7 * i + 3 * j) % n] for i in range(n) for j in range(1, 4)]
    return instance(
        {"x": {"index": ["K"]}, "y": {"index": ["D"]}, "f": {"index": ["PAIRS"]}},
        sets={"K": [f"k{i}" for i in range(n)], "D": list(range(n)), "PAIRS": pairs},
        parameters={"half": {"index": ["D"], "value": [d / 2 for d in range(n)]}, "best": 17},
    )


@pytest.mark.parametrize(
    "text",
    [
        "sum(f[k, d] for (k, d) in PAIRS if k == i) for i in K",
        "sum(f[k, d] for (k, d) in PAIRS if d == e) for e in D",
        "sum(f[k, d] * y[e] for (k, d) in PAIRS if e == d) for e in D",
        "sum(y[d] for d in D if d == e - 1) for e in D",
        "sum(y[d] for d in D if d == half[e]) for e in D",
        "sum(y[d] for d in D if d != 3 and d == e) for e in D",
        "sum(y[d] for d in D if d == e and 1 / (d + 1) > 0.01) for e in D",
        "sum(y[d] for d in D if e != 0 and d == 1 / e) for e in D",
        "sum(y[d] for d in D if d == best and d == e) for e in D",
        "sum(y[d] for d in D if d == e if d == 7 or d == 8) for e in D",
        "sum(x[k] for k in K if k == prev(i, K)) for i in K if i != first(K)",
        "sum(x[k] for k in K if k == (next(i, K) if i != last(K) else first(K))) for i in K",
        "sum(x[k] for k in K if k == e) for e in D",
        "sum(f[k, d] for (k, d) in PAIRS if k == i and d == e) for i in K for e in D if e < 2",
        "sum(f[k, d] for (k, d) in PAIRS for (l, g) in PAIRS if l == k if g == d) ** 2",
        "y[d] for e in D for d in D if d == 149 - e",
    ],
)
def test_joined_loops_have_the_rows_of_plain_ones(text: str, large: Instance) -> None:
    """Looking members up by an equation gives the rows, in the order, of trying them all."""
    assert by_arrays(large, text) == _near(by_scalar(large, text))


def test_a_join_evaluates_nothing_that_a_condition_guards(large: Instance) -> None:
    """Without its guard the same equation has no value for the first row."""
    with pytest.raises(FormulationError, match=r"division by zero \(at e=0\)"):
        by_arrays(large, "sum(y[d] for d in D if d == 1 / e) for e in D")
