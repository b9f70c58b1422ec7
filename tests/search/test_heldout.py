"""The held-out test: what it claims, and how often it is wrong."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student_t

from agentopt.errors import InputError
from agentopt.search.heldout import compare, interval, sign_flip, student


def by_enumeration(differences: list[float]) -> float:
    """The share of all choices of signs whose sum is at least the one seen."""
    total, sums = math.fsum(differences), []
    for signs in itertools.product((1, -1), repeat=len(differences)):
        sums.append(math.fsum(sign * abs(one) for sign, one in zip(signs, differences, strict=True)))
    return sum(one >= total - 1e-9 for one in sums) / len(sums)


@given(st.lists(st.integers(-5, 5).map(lambda k: k / 4), min_size=1, max_size=8))
def test_the_p_value_is_that_of_all_sign_flips(differences: list[float]) -> None:
    """Counted out, where something is better at all."""
    expected = by_enumeration(differences) if math.fsum(differences) > 0 else 1.0
    assert sign_flip(differences) == pytest.approx(expected)


def test_many_unequal_differences_are_drawn() -> None:
    """The share of draws is near that of the normal approximation."""
    rng = np.random.default_rng(0)
    differences = list(rng.normal(0.2, 1.0, 200))
    z = sum(differences) / math.sqrt(sum(one**2 for one in differences))
    assert sign_flip(differences) == pytest.approx(0.5 * math.erfc(z / math.sqrt(2)), abs=0.01)


@pytest.mark.parametrize("n", [5, 12, 40])
def test_without_improvement_few_claim_one(n: int) -> None:
    """At most the stated share of tests."""
    rng = np.random.default_rng(n)
    claims = 0
    for _ in range(800):
        start, best = rng.random(n) < 0.5, rng.random(n) < 0.5
        report = compare([*map(float, start)], [*map(float, best)])
        assert report is not None
        claims += report.improved
    assert claims / 800 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 800)


@pytest.mark.parametrize(("n", "p", "q"), [(8, 0.5, 0.6), (20, 0.9, 0.95), (50, 0.3, 0.5), (12, 0.98, 0.99)])
def test_the_interval_holds_the_truth_as_often_as_it_says(n: int, p: float, q: float) -> None:
    """For right-or-wrong items, few ones and rare errors included."""
    rng, held = np.random.default_rng(7), 0
    for _ in range(1500):
        differences = (rng.random(n) < q).astype(float) - (rng.random(n) < p)
        low, high = interval(list(differences), 1.0, 0.05)
        held += low <= q - p <= high
    assert held / 1500 >= 0.89


@pytest.mark.parametrize("freedom", [3, 5, 10, 30, 200])
def test_the_quantile_is_students(freedom: int) -> None:
    """Within a percent of the exact one, from three degrees of freedom on."""
    assert student(0.95, freedom) == pytest.approx(float(student_t.ppf(0.95, freedom)), rel=0.01)


def test_a_clear_improvement_is_claimed() -> None:
    """Nine of ten items that were wrong are right."""
    report = compare([0.0] * 10, [1.0] * 9 + [0.0])
    assert report is not None
    assert (report.improved, report.difference) == (True, pytest.approx(0.9))
    assert "improved: 0 -> 0.9 on 10 held-out items" in str(report)


def test_equal_scores_are_no_evidence() -> None:
    """A candidate that does what the start does is no improvement."""
    report = compare([0.25, 0.5], [0.25, 0.5])
    assert report is not None
    assert (report.improved, report.p_value) == (False, 1.0)
    assert str(report).startswith("no evidence of improvement")


def test_too_few_items_claim_nothing() -> None:
    """Four items cannot show anything at 5 %, however large the difference."""
    report = compare([0.0] * 4, [1.0] * 4)
    assert report is not None
    assert not report.improved


def test_no_items_are_no_report() -> None:
    """And scores of different items cannot be compared."""
    assert compare([], []) is None
    with pytest.raises(InputError, match="same items"):
        compare([1.0], [1.0, 2.0])
