"""The optimum without each constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agentopt.solvers.modeling.doubts.drop import leave_out
from agentopt.solvers.modeling.doubts.subject import Subject
from agentopt.solvers.modeling.doubts.trial import Trials
from agentopt.solvers.modeling.instance import Instance

Make = Callable[..., Instance]
Solve = Callable[[Instance], Subject]


@pytest.fixture
def subject(instance: Make, solved: Solve) -> Subject:
    """max 3x + 2y: with all three 19; without wood 27, without time 21, without market 19."""
    stated = {"wood": "x + y <= 8", "time": "2 * x + y <= 11", "market": "x <= 7"}
    return solved(instance({"x": {}, "y": {"upper": 9}}, maximize="3 * x + 2 * y", constraints=stated))


def test_what_each_requirement_costs_is_worked_out(subject: Subject) -> None:
    """The amounts are those found by hand, and the dearest is named."""
    found = {finding.check: finding.amount for finding in leave_out(subject, Trials.within(20, subject))}
    assert found == pytest.approx(
        {"leaving out wood": 2, "leaving out time": 4, "leaving out market": 0, "dearest requirement": 4}
    )


def test_a_right_answer_raises_no_doubt(subject: Subject) -> None:
    """Slack constraints are told and no fault."""
    assert {finding.level for finding in leave_out(subject, Trials.within(20, subject))} == {"holds"}


def test_an_optimum_that_is_too_good_fails(subject: Subject) -> None:
    """Without a constraint everything that was allowed still is, so a worse optimum refutes the first."""
    false = Subject(subject.instance, replace(subject.solution, incumbent_objective=25.0))
    found = leave_out(false, Trials.within(20, subject))
    assert {finding.check for finding in found if finding.level == "fails"} == {
        "leaving out wood", "leaving out time", "leaving out market",
    }  # fmt: skip


def test_what_bounds_the_objective_is_told(instance: Make, solved: Solve) -> None:
    """Without its only limit there is no finite optimum, and that is no fault."""
    subject = solved(instance({"x": {}}, maximize="x", constraints={"most": "x <= 4"}))
    (found,) = leave_out(subject, Trials.within(20, subject))
    assert (found.level, "no finite optimum" in found.detail) == ("holds", True)


def test_requirements_that_all_cost_nothing_are_a_doubt(instance: Make, solved: Solve) -> None:
    """When each can be left out, something that should limit does not."""
    subject = solved(instance({"x": {"upper": 3}}, maximize="x", constraints={"a": "x <= 5", "b": "x <= 6"}))
    assert "requirements" in {f.check for f in leave_out(subject, Trials.within(20, subject)) if f.level == "doubt"}


def test_without_time_the_rest_is_listed(subject: Subject) -> None:
    """What was not tried is told by name."""
    (found,) = leave_out(subject, Trials.within(0, subject))
    assert (found.level, found.check) == ("not tried", "leaving out wood, time, market")


def test_without_an_optimum_nothing_is_compared(instance: Make, solved: Solve) -> None:
    """An infeasible problem is not taken for a wrong one."""
    subject = solved(instance({"x": {}}, maximize="x", constraints={"a": "x >= 5", "b": "x <= 3"}))
    assert {finding.level for finding in leave_out(subject, Trials.within(20, subject))} == {"not tried"}
