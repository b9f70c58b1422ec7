"""The posterior of candidates: shrunk, paired, and right about itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt.errors import InputError
from agentopt.search.posterior import Posterior


def observed(scores: list[list[float]], parents: list[int] | None = None) -> Posterior:
    """A posterior of candidates that were run on all items; each is a child of the first, or as said."""
    posterior = Posterior()
    for number in range(len(scores)):
        posterior.add(() if number == 0 else ((parents or [0] * len(scores))[number],))
    for number, of_one in enumerate(scores):
        for item, score in enumerate(of_one):
            posterior.observe(number, item, score)
    return posterior


def noisy(n_candidates: int, n_items: int, seed: int, spread: float = 0.05) -> tuple[list[float], list[list[float]]]:
    """True worth by candidate, and right-or-wrong scores."""
    rng = np.random.default_rng(seed)
    truth = [0.5, *np.clip(0.5 + rng.normal(0, spread, n_candidates - 1), 0, 1)]
    return truth, [[float(rng.random() < worth) for _ in range(n_items)] for worth in truth]


def test_the_luckiest_of_many_is_not_believed() -> None:
    """Of 60 candidates worth .5 the best raw mean is far above; the best posterior mean is not."""
    raw, told = [], []
    for seed in range(10):
        _, scores = noisy(60, 20, seed, 0.0)
        raw.append(max(np.mean(one) for one in scores))
        told.append(max(observed(scores).means()))
    assert np.mean(raw) > 0.7
    assert np.mean(told) < 0.57


def test_means_are_nearer_to_the_truth_than_raw_means() -> None:
    """In squares, over many candidates."""
    posterior_error, raw_error = 0.0, 0.0
    for seed in range(8):
        truth, scores = noisy(30, 15, seed)
        means = observed(scores).means()
        posterior_error += float(np.sum((means - truth) ** 2))
        raw_error += float(np.sum((np.mean(scores, axis=1) - truth) ** 2))
    assert posterior_error < raw_error / 2


def test_the_difficulty_of_items_cancels() -> None:
    """A candidate that was run on the easy half only is not better for that."""
    posterior = Posterior()
    posterior.add()
    posterior.add((0,))
    for item in range(20):
        easy = item < 10
        posterior.observe(0, item, 0.9 if easy else 0.1)
        if easy:
            posterior.observe(1, item, 0.9)
    assert posterior.mean(1) == pytest.approx(posterior.mean(0), abs=0.02)


def test_exact_scores_are_told_apart() -> None:
    """Where there is no noise, a small difference on every item is one."""
    scores = [[k / 10 for k in range(10)], [k / 10 + 0.01 for k in range(10)]]
    assert observed(scores).better(1, 0) > 0.99


def test_a_candidate_is_as_good_as_itself() -> None:
    """And of two the chances add up to one."""
    posterior = observed(noisy(5, 10, 3)[1])
    assert posterior.better(2, 2) == 0.5
    assert posterior.better(1, 2) + posterior.better(2, 1) == pytest.approx(1.0)


def test_draws_have_the_mean_and_the_spread_of_the_posterior() -> None:
    """Also the chance that one is better than another."""
    posterior, rng = observed(noisy(6, 12, 5)[1], [0, 0, 1, 1, 2, 4]), np.random.default_rng(0)
    drawn = np.array([posterior.sample(rng) for _ in range(4000)])
    assert drawn.mean(axis=0) == pytest.approx(posterior.means(), abs=0.01)
    assert drawn.std(axis=0) == pytest.approx([posterior.sd(number) for number in range(6)], rel=0.06)
    assert (drawn[:, 5] > drawn[:, 3]).mean() == pytest.approx(posterior.better(5, 3), abs=0.03)


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=5), min_size=2, max_size=5),
    st.sampled_from([0.001, 1.0, 250.0]),
    st.sampled_from([-1000.0, 0.0, 3.0]),
)
def test_the_unit_of_scores_does_not_matter(scores: list[list[int]], scale: float, shift: float) -> None:
    """Scaled and shifted scores give scaled and shifted means, and the same chances."""
    plain = observed([[float(score) for score in one] for one in scores])
    moved = observed([[scale * score + shift for score in one] for one in scores])
    means = [scale * mean + shift for mean in plain.means()]
    assert list(moved.means()) == pytest.approx(means, rel=1e-4, abs=1e-4 * scale)
    assert moved.better(1, 0) == pytest.approx(plain.better(1, 0), abs=1e-3)


def test_before_anything_is_seen_nothing_is_known() -> None:
    """Means are equal, and nobody is better."""
    posterior = Posterior()
    posterior.add()
    posterior.add((0,))
    assert (posterior.mean(0), posterior.better(1, 0)) == (0.0, 0.5)
    with pytest.raises(InputError):
        posterior.mean(7)
