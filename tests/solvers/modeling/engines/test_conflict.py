"""Conflicts of linear programs: irreducible, repairable, and checked by solving again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agentopt.solvers.modeling.arrays.program import Program, assemble
from agentopt.solvers.modeling.engines.conflict import (
    Repair,
    conflicting_rows,
    filtered,
    least_repair,
    ray_columns,
    restricted,
)
from agentopt.solvers.modeling.engines.highs import solve_highs
from agentopt.solvers.modeling.instance import Instance

Build = Callable[..., Instance]
WHOLE: dict[str, Any] = {"domain": "integer"}


@pytest.fixture(scope="session")
def program(instance: Build) -> Callable[..., Program]:
    """Makes the arrays of what `instance` takes."""
    return lambda variables, **stated: assemble(instance(variables, **stated))


def infeasible(program: Program) -> bool:
    """Whether nothing fulfils all rows."""
    return solve_highs(program, 20).termination_condition == "infeasible"


def assert_irreducible(program: Program, rows: list[int]) -> None:
    """The rows conflict, and without any one of them they do not."""
    assert infeasible(restricted(program, np.array(rows)))
    for left_out in rows:
        kept = np.array([row for row in rows if row != left_out], dtype=np.int64)
        assert not infeasible(restricted(program, kept))


CONFLICTS: list[tuple[dict[str, Any], dict[str, str], set[str]]] = [
    ({"x": {}, "y": {}}, {"a": "x + y <= 1", "b": "x >= 2", "c": "y <= 5"}, {"a", "b"}),
    ({"x": {}, "y": {}}, {"a": "x + y <= 5", "b": "x >= 3", "c": "y >= 3", "d": "x - y <= 9"}, {"a", "b", "c"}),
    ({"x": {"upper": 2}}, {"a": "x <= 9", "b": "x >= 3"}, {"b"}),
    ({"x": {}, "y": {}, "z": {}}, {"a": "x == y + 1", "b": "y == z + 1", "c": "z == x + 1", "d": "x >= 1"}, {*"abc"}),
    ({"x": {**WHOLE, "upper": 9}, "y": WHOLE}, {"a": "x <= 7", "b": "2 * x + 4 * y == 5"}, {"b"}),
    ({"x": WHOLE, "y": WHOLE}, {"a": "x + y >= 1.2", "b": "x + y <= 1.8", "c": "x <= 9"}, {"a", "b"}),
    ({"x": {}}, {"a": "6 <= x <= 4", "b": "x >= 1"}, {"a"}),
]


@pytest.mark.parametrize(("variables", "constraints", "names"), CONFLICTS)
def test_the_conflict_is_found_and_nothing_else(
    variables: dict[str, Any], constraints: dict[str, str], names: set[str], program: Callable[..., Program]
) -> None:
    """The rows named are those that cannot hold together; bystanders are left out."""
    made = program(variables, constraints=constraints)
    rows = conflicting_rows(made, 20).tolist()
    assert {made.row_label(row) for row in rows} == names
    assert_irreducible(made, rows)


@pytest.mark.parametrize("domain", ["continuous", "integer"])
def test_one_conflict_in_two_thousand_rows_is_found(domain: str, program: Callable[..., Program]) -> None:
    """Two rows that clash are found among two thousand that do not, by a few solves."""
    made = program(
        {"x": {"index": ["T"], "domain": domain}},
        sets={"T": "range(2000)"},
        constraints={
            "cap": "x[t] + x[(7 * t + 1) % 2000] <= 10 for t in T",
            "need": "x[1234] + x[(7 * 1234 + 1) % 2000] >= 11",
        },
    )
    started = time.perf_counter()
    rows = conflicting_rows(made, 20).tolist()
    assert {made.row_label(row) for row in rows} == {"cap[1234]", "need"}
    assert time.perf_counter() - started < 10


SMALL = st.integers(-4, 4)


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(SMALL, SMALL, st.sampled_from(["<=", ">=", "=="]), st.integers(-9, 9)), max_size=8),
    domain=st.sampled_from(["continuous", "integer"]),
)
def test_random_conflicts_are_irreducible(
    rows: list[tuple[int, int, str, int]], domain: str, program: Callable[..., Program]
) -> None:
    """Whatever conflicts is cut down to rows of which none can be spared."""
    box = {"upper": 3, "domain": domain}
    texts = {f"r{k}": f"({a}) * x + ({b}) * y {op} {right}" for k, (a, b, op, right) in enumerate(rows)}
    made = program({"x": box, "y": box}, constraints=texts)
    assume(infeasible(made))
    assert_irreducible(made, conflicting_rows(made, 20).tolist())


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(SMALL, SMALL, st.sampled_from(["<=", ">=", "=="]), st.integers(-9, 9)), max_size=6),
)
def test_the_least_repair_makes_it_feasible(
    rows: list[tuple[int, int, str, int]], program: Callable[..., Program]
) -> None:
    """With the new right-hand sides the rows hold together."""
    texts = {f"r{k}": f"({a}) * x + ({b}) * y {op} {right}" for k, (a, b, op, right) in enumerate(rows)}
    made = program({"x": {"upper": 3}, "y": {"upper": 3}}, constraints=texts)
    assume(infeasible(made))
    repairs = least_repair(made, 20)
    assert repairs
    assert not infeasible(_repaired(made, repairs))


def _repaired(program: Program, repairs: list[Repair]) -> Program:
    lower, upper = program.row_lower.copy(), program.row_upper.copy()
    for repair in repairs:
        end = lower if repair.word == "at least" else upper
        assert end[repair.row] == repair.old
        # A solver's figures are good to its tolerance.
        end[repair.row] = repair.new + (-1e-6 if repair.word == "at least" else 1e-6)
    return replace(program, row_lower=lower, row_upper=upper)


def test_the_repair_changes_least(program: Callable[..., Program]) -> None:
    """Between giving up 2 of 1000 and 2 of 4, the smaller part is given up."""
    made = program({"x": {}}, constraints={"need": "1000 * x >= 1000", "cap": "1000 * x <= 998"})
    made_small = program({"x": {}}, constraints={"need": "x >= 1000", "cap": "4 * x <= 3992"})
    assert sum(abs(r.new - r.old) for r in least_repair(made, 20)) == pytest.approx(2, abs=1e-6)
    assert [made_small.row_label(r.row) for r in least_repair(made_small, 20)] == ["need"]


def test_bounds_are_not_repaired(program: Callable[..., Program]) -> None:
    """Where rows hold against bounds, it is the row that gives way."""
    made = program({"x": {"upper": 3}}, constraints={"need": "x >= 5"})
    assert [(r.word, r.old, r.new) for r in least_repair(made, 20)] == [("at least", 5, pytest.approx(3))]


@pytest.mark.parametrize(
    ("variables", "stated", "moved"),
    [
        ({"x": {}, "y": {}}, {"maximize": "x", "constraints": {"a": "y <= 5"}}, {"x": 1}),
        ({"x": {"lower": None}}, {"minimize": "2 * x", "constraints": {"a": "x <= 5"}}, {"x": -1}),
        ({"x": {}, "y": {}}, {"maximize": "x", "constraints": {"a": "2 * x == y"}}, {"y": 1, "x": 0.5}),
        ({"x": WHOLE, "y": WHOLE}, {"maximize": "x", "constraints": {"a": "x <= y + 0.5"}}, {"x": 1, "y": 1}),
        ({"x": {}}, {"minimize": "x"}, {}),
        ({"x": {}, "y": {}}, {"minimize": "x ** 2 - x - y"}, {}),
    ],
)
def test_a_ray_names_what_runs_away(
    variables: dict[str, Any], stated: dict[str, Any], moved: dict[str, float], program: Callable[..., Program]
) -> None:
    """The columns of an improving ray come with their rates; none for a bounded or a quadratic program."""
    made = program(variables, **stated)
    found = {made.column_origin(column)[0]: rate for column, rate in ray_columns(made, 20)}
    assert found == pytest.approx(moved)


@given(st.sets(st.integers(0, 30), min_size=1, max_size=4))
def test_the_filter_finds_any_hidden_members(hidden: set[int]) -> None:
    """Leaving out halves and then single members ends at exactly what the conflict needs."""
    found = filtered(np.arange(31), lambda kept: hidden <= set(kept.tolist()), time.perf_counter() + 60)
    assert set(found.tolist()) == hidden


def test_the_filter_stops_when_time_is_up() -> None:
    """Out of time, what is left still conflicts."""
    assert filtered(np.arange(9), lambda kept: True, time.perf_counter() - 1).tolist() == list(range(9))
