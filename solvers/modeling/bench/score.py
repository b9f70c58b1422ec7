"""A record against its label.

An objective x agrees with a number a at a tolerance t if |x - a| <= t max(1, |a|). The
answer is used here and nowhere else: no item is solved again because it is wrong, and
no integer, sign or sense is flipped until a number agrees.
"""

from __future__ import annotations

from dataclasses import dataclass

from .item import Label
from .record import Record

PASS = 1e-4
STRICT = 1e-6


@dataclass(frozen=True)
class Verdict:
    """How a record stands against its label."""

    executed: bool
    """There is a point that passed the check, or a proof that there is none, or none that is best."""
    has_point: bool
    """There is a point, and it passed the check."""
    right: bool
    """At the tolerance PASS."""
    right_strictly: bool
    """At the tolerance STRICT."""
    all_quantities: bool | None
    """Whether each named number of the label, too, is among the solution's numbers, at PASS; None where the label has
    no names. Where a problem has several best points, a right one may fail this."""
    right_otherwise: bool
    """It is not right, but another reading that the solution tells of as well is, at PASS. It does not count as right:
    the reading taken is the answer."""


def judge(record: Record, label: Label) -> Verdict:
    """Compare a record with what is right.

    A problem without a solution is right if a solver proved it infeasible or unbounded.
    Of named numbers (OptiBench) no one says which is the objective: the objective found
    has to be one of them, which is lenient, and `all_quantities` is the strict count.
    """
    proved = record.status in ("infeasible", "unbounded")
    right = _is_right(record, label, PASS)
    return Verdict(
        executed=proved or record.status == "solved",
        has_point=record.status == "solved",
        right=right,
        right_strictly=_is_right(record, label, STRICT),
        all_quantities=_has_all(record, label) if label.is_named else None,
        right_otherwise=not right and _is_right_otherwise(record, label),
    )


def agrees(found: float, answer: float, tolerance: float) -> bool:
    """Whether two numbers agree: |found - answer| <= tolerance max(1, |answer|)."""
    return abs(found - answer) <= tolerance * max(1.0, abs(answer))


def _is_right(record: Record, label: Label, tolerance: float) -> bool:
    if label.is_no_solution:
        return record.status in ("infeasible", "unbounded")
    found = record.objective
    if record.status != "solved" or found is None:
        return False
    return any(agrees(found, answer, tolerance) for _, answer in label.values)


def _is_right_otherwise(record: Record, label: Label) -> bool:
    if record.found is None:
        return False
    if label.is_no_solution:
        return any(one.termination_condition in ("infeasible", "unbounded") for one in record.found.others)
    objectives = [one.objective for one in record.found.others if one.objective is not None]
    return any(agrees(found, answer, PASS) for found in objectives for _, answer in label.values)


def _has_all(record: Record, label: Label) -> bool:
    if record.status != "solved" or record.found is None or record.objective is None:
        return False
    numbers = [record.objective, *(value for _, value in record.found.variables)]
    return all(any(agrees(found, answer, PASS) for found in numbers) for _, answer in label.values)
