"""Convexity is claimed only where it is proved: known matrices, and numpy's eigenvalues on random ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentopt.solvers.modeling.arrays.convexity import MAX_BLOCK, is_convex
from agentopt.solvers.modeling.arrays.program import assemble
from agentopt.solvers.modeling.instance import Instance

Build = Callable[..., Instance]
NAMES = "xyzuv"


@pytest.fixture(scope="session")
def convex(instance: Build) -> Callable[..., bool]:
    """Tells whether the objective is proved convex; five free variables."""
    free: dict[str, Any] = {name: {"lower": None} for name in NAMES}
    return lambda text, sense="minimize": is_convex(assemble(instance(free, **{sense: text})))


@pytest.mark.parametrize(
    "text",
    [
        "x + y",
        "x ** 2",
        "(x - y) ** 2",
        "(x + 2 * y - z) ** 2 + u ** 2",
        "x ** 2 + y ** 2 - 2 * x * y",
        "x ** 2 + x * y + y ** 2",
        "1e-9 * x ** 2 + 1e9 * (y - z) ** 2",
        "(0.1 * x + 0.2 * y) ** 2 + (0.3 * x - 0.7 * z) ** 2",
    ],
)
def test_sums_of_squares_are_convex(text: str, convex: Callable[..., bool]) -> None:
    """Semidefinite quadratics are convex to minimize, those that lie flat in a direction included."""
    assert convex(text)


@pytest.mark.parametrize(
    "text",
    [
        "x * y",
        "-x ** 2",
        "x ** 2 - 1e-6 * y ** 2",
        "x ** 2 + 3 * x * y + y ** 2",
        "x ** 2 + y ** 2 - 2.0001 * x * y",
        "(x - y) ** 2 + u * v",
        "1e12 * x ** 2 + x * y - 1e-3 * y ** 2",
        "1e12 * x ** 2 + x * y",
        "1e6 * x ** 2 + 2 * x * y + 0.9e-6 * y ** 2",
    ],
)
def test_a_direction_that_bends_down_is_found(text: str, convex: Callable[..., bool]) -> None:
    """One negative direction is enough, however small beside the other coefficients."""
    assert not convex(text)


def test_the_sense_turns_the_sign(convex: Callable[..., bool]) -> None:
    """What is to be raised must bend down."""
    assert convex("-(x - y) ** 2", "maximize")
    assert not convex("(x - y) ** 2", "maximize")


def test_each_block_is_looked_at(instance: Build) -> None:
    """One indefinite block among a thousand convex ones decides."""
    parts = {"index": ["S"], "lower": None}
    chains = "sum((x[s] - y[s]) ** 2 for s in S)"
    sets = {"S": "range(1000)"}
    good = assemble(instance({"x": parts, "y": parts}, sets=sets, minimize=chains))
    bad = assemble(instance({"x": parts, "y": parts}, sets=sets, minimize=f"{chains} - 3 * x[500] * y[500]"))
    assert (is_convex(good), is_convex(bad)) == (True, False)


def test_a_block_too_large_to_prove_is_not_proved(instance: Build) -> None:
    """A dense block beyond the limit is left to a global solver, though it is convex."""
    chain = "sum((x[t] - x[t + 1]) ** 2 for t in T if t < last(T))"
    made = assemble(instance({"x": {"index": ["T"]}}, sets={"T": f"range({MAX_BLOCK + 1})"}, minimize=chain))
    assert not is_convex(made)


ENTRY = st.integers(-9, 9).map(float) | st.sampled_from([1e-4, -1e-4, 1e4, 0.3])


@given(entries=st.lists(ENTRY, min_size=15, max_size=15), maximize=st.booleans())
def test_no_indefinite_matrix_passes_for_convex(
    entries: list[float], maximize: bool, convex: Callable[..., bool]
) -> None:
    """A quadratic with a clearly negative eigenvalue is never called convex."""
    matrix = np.zeros((5, 5))
    matrix[np.triu_indices(5)] = entries
    matrix = (matrix + matrix.T) * (-1.0 if maximize else 1.0)
    assume(np.linalg.eigvalsh(matrix)[0] < -1e-9 * np.abs(matrix).max())
    assert not convex(_text(entries), "maximize" if maximize else "minimize")


@given(entries=st.lists(st.integers(-9, 9).map(float), min_size=15, max_size=15))
def test_a_gram_matrix_is_convex(entries: list[float], convex: Callable[..., bool]) -> None:
    """x' B' B x is a sum of squares for any B."""
    factor = np.reshape(entries, (3, 5))
    gram = factor.T @ factor
    doubled = 2 * gram - np.diag(np.diag(gram))
    assert convex(_text(doubled[np.triu_indices(5)].tolist()))


def _text(entries: list[float]) -> str:
    """The quadratic of an upper triangle."""
    pairs = zip(*np.triu_indices(5))
    return " + ".join(f"({value}) * {NAMES[i]} * {NAMES[j]}" for value, (i, j) in zip(entries, pairs))
