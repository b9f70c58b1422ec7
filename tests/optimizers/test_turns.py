"""Turns: shares by success, and proposals by shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.optimizers.turns import seats, shares

ARMS = ("model", "steps", "both")
judged = st.lists(st.tuples(st.sampled_from((*ARMS, "another")), st.booleans()), max_size=50)


@given(judged)
def test_shares_make_a_whole_and_leave_nobody_out(judged: list[tuple[str, bool]]) -> None:
    """Shares add up to one, and each is at least a tenth of it, whatever came of the arm."""
    found = shares(ARMS, judged)
    assert sum(found) == pytest.approx(1)
    assert min(found) >= 0.1


def test_nothing_judged_is_equal_shares() -> None:
    """Before anything is known nobody is preferred."""
    assert shares(ARMS, [("another", True)]) == pytest.approx([1 / 3] * 3)


def test_success_is_worth_turns() -> None:
    """The arm that makes things better more often has the larger share."""
    found = shares(ARMS, [("model", True)] * 8 + [("model", False)] * 2 + [("steps", False)] * 10)
    assert found[0] > found[2] > found[1]


@given(judged, st.integers(1, 20), st.integers(0, 1000))
def test_everyone_has_its_share_of_one_ask(judged: list[tuple[str, bool]], n: int, turn: int) -> None:
    """The seats of an arm differ from its share of them by less than one."""
    parts = dict(zip(ARMS, shares(ARMS, judged)))
    found = seats(parts, n, turn)
    assert len(found) == n
    assert all(abs(found.count(arm) - share * n) < 1 for arm, share in parts.items())


@given(judged, st.integers(0, 100).map(lambda k: 64 * k))
def test_everyone_has_its_share_of_many_asks(judged: list[tuple[str, bool]], first: int) -> None:
    """Over 64 asks for one proposal each, the turns of an arm differ from its share by few."""
    parts = dict(zip(ARMS, shares(ARMS, judged)))
    found = [seats(parts, 1, turn)[0] for turn in range(first, first + 64)]
    assert all(abs(found.count(arm) - share * 64) <= 2 for arm, share in parts.items())


def test_two_take_turns() -> None:
    """Two equal ones alternate."""
    assert "".join(seats({"a": 0.5, "b": 0.5}, 1, turn)[0] for turn in range(6)) == "ababab"


def test_one_alone_has_every_turn() -> None:
    """Also where its share is 1 but for a rounding."""
    assert [seats({"a": 1 - 2**-53}, 3, turn) for turn in (0, 2**60 - 1)] == [["a"] * 3] * 2
