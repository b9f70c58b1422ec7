"""Random draws: uniform, whatever the size of the domain."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Feedback, parameter
from agentopt.errors import InputError
from agentopt.graph import Choice, Exemplars, Integer, Real
from agentopt.optimizers import Evaluation, Random
from agentopt.optimizers.random import _drawn


def draws(domain: Any, n: int = 2000) -> list[Any]:
    rng = np.random.default_rng(0)
    return [_drawn(domain, rng) for _ in range(n)]


@given(st.tuples(st.integers(-(10**400), 10**400), st.integers(0, 10**400)), st.integers(0, 1000))
def test_whole_numbers_of_any_size_are_drawn(bounds: tuple[int, int], seed: int) -> None:
    """A draw is in its domain, also where no machine word holds it."""
    domain = Integer(bounds[0], bounds[0] + bounds[1])
    domain.check(_drawn(domain, np.random.default_rng(seed)))


@given(st.lists(st.floats(5e-324, 1.7e308), min_size=2, max_size=2, unique=True), st.booleans(), st.integers(0, 1000))
def test_numbers_of_any_size_are_drawn(bounds: list[float], log: bool, seed: int) -> None:
    """A draw is in its domain, also where the range is as wide as floats are."""
    low, high = sorted(bounds)
    domain = Real(low, high, log=log) if log else Real(-high, high)
    domain.check(_drawn(domain, np.random.default_rng(seed)))


@pytest.mark.parametrize(
    ("domain", "share"),
    [
        (Real(-1, 3), lambda value: (value + 1) / 4),
        (Real(1e-6, 1, log=True), lambda value: math.log10(value) / 6 + 1),
        (Integer(0, 999), lambda value: (value + 0.5) / 1000),
        (Choice(list(range(100))), lambda value: (value + 0.5) / 100),
        (Exemplars(list(range(100)), 3), lambda value: (value[1] + 0.5) / 100),
    ],
)
def test_draws_are_uniform(domain: Any, share: Any) -> None:
    """A quarter of the draws falls into each quarter of the domain, by its own scale."""
    quarters = np.histogram([share(value) for value in draws(domain)], 4, (0, 1))[0]
    assert all(abs(count - 500) < 80 for count in quarters)


def test_every_small_number_comes() -> None:
    """Both bounds are included."""
    assert set(draws(Integer(-1, 2), 100)) == {-1, 0, 1, 2}


def test_numbers_without_bounds_are_left_alone() -> None:
    """All that can be drawn is drawn anew in each proposal, the rest stays."""
    drawn = [parameter(0.5, Real(0, 1), name="a"), parameter(0, Integer(0, 10**6), name="b")]
    rest = [parameter(0.5, Real(0), name="c"), parameter("x", name="d")]
    optimizer = Random([*drawn, *rest])
    optimizer.tell(Evaluation.of(drawn[0], Feedback("so far")))
    assert [set(proposal.changes) for proposal in optimizer.ask(3)] == [set(drawn)] * 3


def test_nothing_with_bounds_is_refused() -> None:
    """The error names what was found."""
    with pytest.raises(InputError, match=r"Random can change, found the parameter 'c' \(number\)"):
        Random([parameter(0.5, Real(0), name="c")])
