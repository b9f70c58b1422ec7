"""Records against labels, by cases worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.solvers.modeling.bench.item import Label
from agentopt.solvers.modeling.bench.record import Record, Status
from agentopt.solvers.modeling.bench.score import PASS, STRICT, agrees, judge

Make = Callable[..., Record]
NONE = Label(())


def one(value: float) -> Label:
    return Label((("", value),))


@pytest.mark.parametrize(
    ("found", "answer", "right", "strictly"),
    [
        (1160.0, 1160.0, True, True),
        (1160.1, 1160.0, True, False),  # 0.1 <= 0.116
        (1160.12, 1160.0, False, False),  # 0.12 > 0.116
        (1160.001, 1160.0, True, True),  # 0.001 <= 0.00116
        (0.00009, 0.0, True, False),  # below 1 the tolerance is absolute
        (0.00011, 0.0, False, False),
        (-5.0, 5.0, False, False),  # a sign is not forgiven
        (20241.4, 20241.8, True, False),
    ],
)
def test_an_objective_is_compared_relatively(
    record: Make, found: float, answer: float, right: bool, strictly: bool
) -> None:
    """|x - a| <= t max(1, |a|), at 1e-4 and at 1e-6."""
    verdict = judge(record(objective=found), one(answer))
    assert (verdict.right, verdict.right_strictly) == (right, strictly)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_what_agrees_strictly_agrees(found: float, answer: float) -> None:
    """The stricter tolerance is never the kinder one."""
    assert agrees(found, answer, PASS) or not agrees(found, answer, STRICT)


@pytest.mark.parametrize(
    ("status", "executed", "has_point", "right"),
    [
        ("infeasible", True, False, True),
        ("unbounded", True, False, True),
        ("unproved", False, False, False),
        ("failed", False, False, False),
        ("solved", True, True, False),
    ],
)
def test_no_solution_has_to_be_proved(
    record: Make, status: Status, executed: bool, has_point: bool, right: bool
) -> None:
    """A label without a solution wants a proof; that nothing was found, or that something failed, is none."""
    verdict = judge(record(status, 0.0 if status == "solved" else None), NONE)
    assert (verdict.executed, verdict.has_point, verdict.right) == (executed, has_point, right)


@pytest.mark.parametrize("status", ["infeasible", "unbounded", "unproved", "failed"])
def test_a_number_is_not_met_without_a_point(record: Make, status: Status) -> None:
    """Where the label is a number, a proof that there is none is wrong."""
    assert not judge(record(status), one(0.0)).right


def test_the_objective_may_be_any_of_the_named_numbers(record: Make) -> None:
    """OptiBench does not say which of its numbers is the objective."""
    label = Label((("Cakes", 2.0), ("Profit", 14.0)))
    assert [judge(record(objective=found), label).right for found in (14.0, 2.0, 3.0)] == [True, True, False]


def test_all_quantities_wants_each_named_number(record: Make) -> None:
    """Each is found among the objective and the variables."""
    label = Label((("Cakes", 2.0), ("Profit", 14.0)))
    whole, half = (record(objective=14.0, numbers=numbers) for numbers in ((2.0, 5.0), (5.0,)))
    assert [judge(one, label).all_quantities for one in (whole, half)] == [True, False]
    assert judge(whole, one(14.0)).all_quantities is None


def test_another_reading_that_is_right_does_not_count(record: Make) -> None:
    """It is reported apart: the reading taken is the answer."""
    verdict = judge(record(objective=7.0, others=(8.0, 9.0)), one(9.0))
    assert (verdict.right, verdict.right_otherwise) == (False, True)
    right = judge(record(objective=9.0, others=(9.0,)), one(9.0))
    assert (right.right, right.right_otherwise) == (True, False)
