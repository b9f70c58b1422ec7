"""The route: honest classes, a solver that can prove them, and a check that believes no one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agentopt.errors import CheckError, FormulationError
from agentopt.solvers.modeling.engines.route import build_solution, checked, choose, solve_instance
from agentopt.solvers.modeling.instance import Instance
from agentopt.solvers.modeling.solution import Point

Build = Callable[..., Instance]
WHOLE: dict[str, Any] = {"domain": "integer", "upper": 9}
BOX: dict[str, Any] = {"upper": 5}
FREE: dict[str, Any] = {"lower": None}


@pytest.mark.parametrize(
    ("variables", "stated", "name", "optimum", "solver"),
    [
        ({"x": {}, "y": BOX}, {"maximize": "2 * x + y", "constraints": {"c": "x + y <= 6"}}, "LP", 12, "HiGHS"),
        ({"x": WHOLE}, {"maximize": "x", "constraints": {"c": "2 * x <= 7"}}, "MIP", 3, "HiGHS"),
        ({"x": FREE, "y": FREE}, {"minimize": "(x - y) ** 2 + (x - 3) ** 2 + 1"}, "convex QP", 1, "HiGHS"),
        # HiGHS itself answers 0 here, and calls it optimal.
        ({"x": BOX, "y": BOX}, {"maximize": "x * y", "constraints": {"c": "x + y <= 6"}}, "nonconvex QP", 9, "SCIP"),
        ({"x": WHOLE, "y": {}}, {"minimize": "(x - 2.6) ** 2 + (y - x) ** 2"}, "MIQP", 0.16, "SCIP"),
        ({"x": FREE, "y": FREE}, {"maximize": "x + y", "constraints": {"c": "x ** 2 + y ** 2 <= 2"}}, "QCP", 2, "SCIP"),
        ({"x": WHOLE, "y": {}}, {"maximize": "2*x + y", "constraints": {"c": "x**2 + y**2 <= 5"}}, "MIQCP", 5, "SCIP"),
        ({"x": {"lower": 0.1, "upper": 10}}, {"minimize": "x + 4 / x"}, "NLP", 4, "SCIP"),
        ({"x": {**WHOLE, "lower": 1}}, {"minimize": "x + 5 / x"}, "MINLP", 4.5, "SCIP"),
        ({"x": FREE}, {"minimize": "abs(x - 2) + abs(x + 1)"}, "NLP", 3, "SCIP"),
        ({"x": FREE}, {"minimize": "max(x - 2, 1 - x)"}, "NLP", -0.5, "SCIP"),
    ],
)  # fmt: skip
def test_every_class_is_named_and_solved_to_its_proved_optimum(
    variables: dict[str, Any], stated: dict[str, Any], name: str, optimum: float, solver: str, instance: Build
) -> None:
    """The class is honest, the solver is one that can prove it, and the optimum is the one worked out by hand."""
    found = solve_instance(instance(variables, **stated), 20)
    assert (found.problem_class, found.solution_status, found.guarantee) == (name, "optimal", "global")
    assert found.solver.startswith(solver)
    assert found.incumbent_objective == pytest.approx(optimum, abs=1e-5)


def test_an_objective_near_the_solvers_infinity_is_not_called_optimal(instance: Build) -> None:
    """SCIP takes 1e20 for infinity and says optimal below it, whatever lies beyond."""
    found = solve_instance(instance({"x": {"upper": 45}}, maximize="exp(x)"), 20)
    assert (found.solution_status, found.guarantee, found.objective_bound) == ("feasible", "none", None)


def test_whole_variables_make_the_class_discrete(instance: Build) -> None:
    """An integer variable counts even where no constraint mentions it."""
    assert choose(instance({"x": {}, "n": WHOLE}, minimize="x")).problem_class == "MIP"


def test_a_solution_carries_what_was_checked(instance: Build) -> None:
    """Every constraint, bound and the objective has a finding, and the assumptions are kept as notes."""
    made = instance({"x": WHOLE}, maximize="x", constraints={"c": "2 * x <= 7"})
    found = solve_instance(made)
    checks = {finding.check for finding in found.findings if finding.ok}
    assert checks >= {"constraint c", "bounds of x", "integrality of x", "objective"}


def test_an_outcome_without_a_point_claims_nothing(instance: Build) -> None:
    """Infeasible has no objective, no bound, no values and no gap."""
    found = solve_instance(instance({"x": {}}, constraints={"c": "x <= -1"}))
    assert (found.solution_status, found.incumbent_objective, found.objective_bound) == ("none", None, None)
    assert (found.variables, found.gap) == ({}, None)


def test_missing_data_are_told_before_any_solver_runs(instance: Build) -> None:
    """A key that an expression needs and the data lack is one sentence."""
    with pytest.raises(FormulationError, match=r"^constraint c: variable x has no value for 4 \(at t=3\)$"):
        solve_instance(
            instance({"x": {"index": ["T"]}}, sets={"T": [1, 2, 3]}, constraints={"c": "x[t + 1] >= x[t] for t in T"})
        )


# A solver that lies

HONEST = Point("optimal", "Liar 1.0", "global", 7.0, 7.0, {"x": {(1,): 3.0, (2,): 4.0}, "n": {(): 2.0}})


@pytest.fixture(scope="module")
def asked(instance: Build) -> Instance:
    """Maximize x[1] + x[2] with x[t] <= 5, x[1] + x[2] <= 3 + n, 0 <= n <= 4 whole."""
    return instance(
        {"x": {"index": ["T"], "upper": 5}, "n": {"domain": "integer", "upper": 4}},
        sets={"T": [1, 2]},
        maximize="sum(x[t] for t in T)",
        constraints={"cap": "sum(x[t] for t in T) <= 5 + n", "order": "x[t] <= x[t + 1] for t in T if t < 2"},
    )


def test_an_honest_point_passes(asked: Instance) -> None:
    """The objective is recomputed, whoever claims it."""
    assert checked(asked, HONEST).objective == 7


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"objective": 7.1}, "the check of objective: recomputed as 7, but the solver says 7.1"),
        ({"objective": float("nan")}, "the check of objective"),
        ({"objective": float("inf")}, "the check of objective"),
        ({"values": {"x": {(1,): 3.0, (2,): 4.5}, "n": {(): 2.0}}}, "the check of constraint cap"),
        ({"values": {"x": {(1,): 4.0, (2,): 3.0}, "n": {(): 2.0}}}, "the check of constraint order"),
        ({"values": {"x": {(1,): 1.0, (2,): 6.0}, "n": {(): 2.0}}}, "the check of bounds of x"),
        ({"values": {"x": {(1,): 3.0, (2,): 4.0}, "n": {(): 2.5}}}, "the check of integrality of n"),
        ({"values": {"x": {(1,): 3.0, (2,): 4.0}, "n": {(): 5.0}}}, "the check of bounds of n"),
        ({"values": {"x": {(1,): 3.0}, "n": {(): 2.0}}}, "the check of values of x"),
        ({"values": {"x": {(1,): 3.0, (2,): 4.0}}}, "the check of values of n"),
        ({"values": {"x": {(1,): 3.0, (2,): 4.0, (3,): 0.0}, "n": {(): 2.0}}}, "the check of values of x"),
        ({"values": {"x": {(1,): 3.0, (2,): float("nan")}, "n": {(): 2.0}}}, "the check of values of x"),
        ({"values": {**HONEST.values, "y": {(): 1.0}}}, "the check of values of y"),
    ],
)  # fmt: skip
def test_a_lie_is_refused(change: dict[str, Any], what: str, asked: Instance) -> None:
    """A point that breaks anything, or an objective that is another, never becomes a solution."""
    with pytest.raises(CheckError) as caught:
        checked(asked, replace(HONEST, **change))
    assert str(caught.value).startswith(f"Liar 1.0 returned a point that fails {what}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "guarantee"), [("optimal", "local"), ("time_limit", "none"), ("optimal", "none")]
)
def test_only_a_proved_optimum_is_called_optimal(condition: Any, guarantee: Any, asked: Instance) -> None:
    """A local or interrupted search has a feasible point, not an optimal one."""
    point = replace(HONEST, termination_condition=condition, guarantee=guarantee)
    assert build_solution(asked, "LP", point, checked(asked, point), None).solution_status == "feasible"


def test_the_gap_is_relative_to_the_incumbent(asked: Instance) -> None:
    """|bound - incumbent| / max(1, |incumbent|)."""
    point = replace(HONEST, termination_condition="time_limit", guarantee="none", objective_bound=10.5)
    assert build_solution(asked, "LP", point, checked(asked, point), None).gap == 0.5
