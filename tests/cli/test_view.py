"""What is said of a solution and of a formulation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentopt.cli.elements import formulation_blocks
from agentopt.cli.exits import FAILED, INTERRUPTED, NO_SOLUTION, SOLVED, SPENT, exit_code
from agentopt.cli.screen import draw
from agentopt.cli.terminal import Style
from agentopt.cli.view import MAX_ROWS, answer, check_blocks, solution_blocks
from agentopt.llm import Usage
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.solution import Conflict, Finding, Solution

PLAIN = Style(tables=False, color=False)

FORMULATION = Formulation.model_validate(
    {
        "title": "Routes",
        "sets": [
            {"name": "ARCS", "elements": [["a", "b"], ["b", "c"]], "meaning": "Roads"},
            {"name": "DAYS", "expression": "range(1, 41)"},
        ],
        "parameters": [
            {"name": "toll", "index": ["ARCS"], "rows": [["a", "b", 2]], "default": 0, "unit": "EUR"},
            {"name": "limit", "data": {"table": "limits", "column": "tonnes"}},
            {"name": "grid", "index": ["DAYS", "DAYS"], "value": [[1, 2], [3, 4]]},
            {"name": "twice", "expression": "2 * limit"},
        ],
        "variables": [
            {"name": "use", "index": ["ARCS"], "unit": "t"},
            {"name": "open", "index": ["DAYS"], "domain": "binary"},
            {"name": "total", "unit": "t", "meaning": "All that is sent", "lower": None, "upper": 9},
        ],
        "objective": {"sense": "minimize", "expression": "total", "meaning": "Cost of all.", "unit": "EUR"},
        "constraints": [
            {"name": "said", "expression": "total >= 1", "source": "at least one"},
            {"name": "unsaid", "expression": ""},
        ],
        "assumptions": ["Roads are free at night."],
    }
)

SOLVED_ONE = Solution(
    formulation=FORMULATION,
    termination_condition="optimal",
    solution_status="optimal",
    problem_class="LP",
    solver="HiGHS 1",
    guarantee="global",
    incumbent_objective=12.5,
    objective_bound=12.5,
    variables={
        "use": {("a", "b"): 3.0, ("b", "c"): 0.0},
        "open": {(day,): 1.0 for day in range(1, 41)},
        "total": {(): 0.0},
    },
    findings=(
        Finding("bounds of use", True, "2 value(s) within their bounds"),
        Finding("constraint said", True, "1 row holds"),
    ),
    seconds=0.5,
)


def shown(solution: Solution, **options: bool) -> str:
    return draw(solution_blocks(solution, **options), PLAIN)


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({}, SOLVED, "Cost of all: 12.5 EUR (minimized, proved optimal)"),
        (
            {"guarantee": "local", "solution_status": "feasible"},
            SOLVED,
            "Cost of all: 12.5 EUR (minimized, the best found; not proved optimal)",
        ),
        (
            {"termination_condition": "time_limit", "solution_status": "feasible"},
            SPENT,
            "The time is used up; best so far: Cost of all: 12.5 EUR, not proved optimal",
        ),
        (
            {"termination_condition": "time_limit", "solution_status": "none"},
            SPENT,
            "The time is used up; no point was found",
        ),
        (
            {"termination_condition": "interrupted", "solution_status": "feasible"},
            INTERRUPTED,
            "Interrupted; best so far: Cost of all: 12.5 EUR, not proved optimal",
        ),
        (
            {"termination_condition": "infeasible", "solution_status": "none"},
            NO_SOLUTION,
            "No solution exists: the constraints cannot all hold.",
        ),
        (
            {"termination_condition": "unbounded", "solution_status": "none"},
            NO_SOLUTION,
            "No finite optimum exists: the objective can improve without end.",
        ),
        (
            {"termination_condition": "unbounded", "solution_status": "none", "guarantee": "none"},
            FAILED,
            "No finite optimum exists: the objective can improve without end, it seems; that is not proved.",
        ),
        ({"termination_condition": "error", "solution_status": "none"}, FAILED, "The problem was not solved."),
    ],
)
def test_each_outcome_has_its_sentence_and_its_code(change: dict[str, str], code: int, sentence: str) -> None:
    """The first line says what came of the problem, and the exit code agrees with it."""
    solution = replace(SOLVED_ONE, **change)  # type: ignore[arg-type]
    assert (exit_code(solution), answer(solution).text) == (code, sentence)


def test_a_set_of_pairs_takes_two_columns() -> None:
    """A variable over pairs is shown with a header for each position."""
    assert "ARCS 1  ARCS 2  value [t]\n  a       b               3\n" in shown(SOLVED_ONE)


def test_a_long_table_is_cut_with_a_count() -> None:
    """Only the first rows are shown, and the note says how many there are."""
    drawn = shown(SOLVED_ONE)
    assert f"{MAX_ROWS} of 40 that are not zero (40 in all); -v shows every one" in drawn
    assert "\n  21 " not in drawn


def test_all_rows_are_shown_when_asked_for() -> None:
    """With -v no row is left out."""
    assert "\n  40        1\n" in shown(SOLVED_ONE, all_rows=True)


def test_a_variable_that_is_all_zero_takes_a_line() -> None:
    """Nothing is drawn of a variable that decides nothing."""
    variables = {**SOLVED_ONE.variables, "use": {("a", "b"): 1e-12, ("b", "c"): 0.0}}
    assert "use: all 2 are zero" in shown(replace(SOLVED_ONE, variables=variables))


def test_constraints_are_named_before_formalities() -> None:
    """Among checks that hold, those of constraints come before bounds."""
    drawn = draw(check_blocks(SOLVED_ONE), PLAIN)
    assert drawn.index("constraint said") < drawn.index("bounds of use")


def test_a_failed_check_comes_first() -> None:
    """What does not hold stands above what does, and is counted."""
    failed = Finding("integrality of open", False, "open[3] = 0.5 is not whole", 0.5)
    drawn = shown(replace(SOLVED_ONE, findings=(*SOLVED_ONE.findings, failed)))
    assert drawn.index("FAILS") < drawn.index("holds")
    assert "2 hold, 1 do not" in drawn


def test_checks_are_not_shown_twice() -> None:
    """Where the checks stand by themselves the solution only counts them."""
    assert "Checks" not in shown(SOLVED_ONE, checks=False)


def test_without_a_point_nothing_was_checked() -> None:
    """`--show check` says so when there is nothing to check."""
    assert draw(check_blocks(replace(SOLVED_ONE, findings=())), PLAIN) == "Nothing was checked: there is no point.\n"


def test_a_conflict_is_told_in_sentences_with_its_repair() -> None:
    """An infeasible problem shows what conflicts and the least change."""
    conflict = Conflict("infeasible", ("said",), ("said: at least one is sent",), ("lower said to 0",))
    drawn = shown(replace(SOLVED_ONE, termination_condition="infeasible", solution_status="none", conflict=conflict))
    assert "These cannot hold together\n  - said: at least one is sent\n" in drawn
    assert "The least change that makes it feasible\n  - lower said to 0\n" in drawn


def test_an_unbounded_ray_is_told_by_its_variables() -> None:
    """An unbounded problem shows which variables run away."""
    conflict = Conflict("unbounded", ("total",), ())
    drawn = shown(replace(SOLVED_ONE, termination_condition="unbounded", solution_status="none", conflict=conflict))
    assert "These variables can grow together without end\n  - total\n" in drawn


@pytest.mark.parametrize(
    ("bound", "told"),
    [(12.5, "gap 0 %"), (12.5 + 1e-8, "gap below 0.0001 %"), (10.0, "gap 20 %"), (None, "")],
)
def test_the_gap_is_told_where_a_bound_is_known(bound: float | None, told: str) -> None:
    """A gap too small to matter is not written as a long fraction."""
    assert told in shown(replace(SOLVED_ONE, objective_bound=bound))


def test_model_calls_are_counted_with_their_price() -> None:
    """Calls, tokens and cost stand in one line; an unknown price is called so."""
    usage = Usage(calls=2, input_tokens=100, output_tokens=50, cost_usd=None)
    assert "model      2 calls, 100 + 50 tokens, cost unknown" in shown(replace(SOLVED_ONE, usage=usage))


@pytest.mark.parametrize(
    "line",
    [
        "  ARCS  (a, b), (b, c)  Roads",
        "  toll[ARCS]        EUR   a, b: 2; otherwise 0",
        "  limit                   table limits, column tonnes",
        "  grid[DAYS, DAYS]        1, 2; 3, 4",
        "  twice                   2 * limit",
        "  use[ARCS]   t     continuous, >= 0",
        "  open[DAYS]        0 or 1",
        "  total       t     continuous, <= 9  All that is sent",
        "  minimize  EUR   total       Cost of all.",
        "  said    total >= 1       at least one",
        "  unsaid  (in words only)",
        "  - Roads are free at night.",
    ],
)
def test_a_formulation_shows_each_element(line: str) -> None:
    """Every way of giving an element has its words, and columns in which nothing stands are left out."""
    assert line in draw(formulation_blocks(FORMULATION), PLAIN).splitlines()
