"""Each strategy reaches a known optimum, draws only from the archive, and does what its source says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agentopt import Budget, Dataset, Feedback, Result, optimize, parameter
from agentopt.graph import Integer, Parameter
from agentopt.optimizers import LocalSearch
from agentopt.search import UCB, Archive, Beam, Islands, Outcome, Pareto, Rebase, Settings, Strategy, Trial
from agentopt.search.strategies import NAMES

SMART = [name for name in NAMES if name not in ("random", "best-of-n")]


def hill(strategy: Strategy | str, **changes: Any) -> Result:
    """A search for the highest of two numbers, one step of each apart from the start by many steps."""
    x, y = parameter(0, Integer(0, 30), name="x"), parameter(30, Integer(0, 30), name="y")
    score = lambda item, value: -abs(value[0] - 21) / 30 - abs(value[1] - 4) / 30  # noqa: E731
    return optimize(
        lambda item: (x.data, y.data),
        Dataset(range(3), range(10, 16), range(20, 26)),
        score,
        optimizer=LocalSearch([x, y], seed=4),
        strategy=strategy,
        budget=Budget(evaluations=900),
        settings=Settings(patience=60, target=-0.02, **changes),
        seed=2,
    )


@pytest.mark.parametrize("name", SMART)
def test_each_strategy_reaches_a_known_optimum(name: str) -> None:
    """The best of 961 combinations is found in a search that tries at most a fifth of them."""
    result = hill(name)
    assert (result.values, result.improved) == ({"x": 21, "y": 4}, True)
    assert len(result.candidates) < 961 / 5


@pytest.mark.parametrize("name", list(NAMES))
def test_each_strategy_repeats_itself(name: str) -> None:
    """Equal seeds give equal searches."""
    first, second = (hill(name, width=2) for _ in range(2))
    assert [one.values for one in first.candidates] == [one.values for one in second.candidates]


def archive_of(
    scores: list[list[float]], aims: list[list[float]] | None = None, parents: dict[int, int] | None = None
) -> Archive:
    """An archive of candidates with these scores on the validation items; each is a child of the start, or as said."""
    x: Parameter[Any] = parameter(0, Integer(), name="x")
    n_items = len(scores[0])
    archive = Archive(Dataset([0], range(n_items)), Settings(), np.random.default_rng(0))
    for number, of_one in enumerate(scores):
        archive.add(
            {"x": x.version if number == 0 else x.add(number)}, () if number == 0 else ((parents or {}).get(number, 0),)
        )
        for place, score in enumerate(of_one):
            objectives = {"aim": aims[number][place]} if aims else {}
            archive.observe(Trial(number, "validation", place), Outcome(score, objectives=objectives))
    return archive


def chosen(strategy: Strategy, archive: Archive, n: int = 300) -> list[int]:
    """How often each candidate is chosen to be improved."""
    parents = [ask.parent for _ in range(n) for ask in strategy.propose(archive)]
    return [parents.count(number) for number in range(len(archive))]


def test_pareto_improves_specialists_too() -> None:
    """One that is best on half of the items, as its children show, is a parent beside one with a better mean."""
    general, special = [0.7] * 40, [1.0] * 20 + [0.0] * 20
    family = {number: number - 1 for number in range(3, 9)}
    counts = chosen(Pareto(), archive_of([[0.2] * 40, general, *([special] * 7)], parents=family))
    assert counts[1] > 30
    assert sum(counts[2:]) > 30
    assert counts[0] == 0


def test_pareto_improves_the_best_in_an_objective() -> None:
    """What is worse in the score and better in an aim is a parent now and then."""
    archive = archive_of([[0.9] * 4, [0.1] * 4], [[0.0] * 4, [1.0] * 4])
    assert chosen(Pareto(), archive)[1] > 20


def test_a_beam_keeps_as_many_as_it_is_wide() -> None:
    """All but the best are out of the race, the start aside."""
    archive, beam = archive_of([[k / 10] * 4 for k in range(8)]), Beam(3)
    beam.select(archive, archive.candidates[1:])
    assert [one.number for one in archive.alive] == [0, 5, 6, 7]
    assert [ask.parent for ask in beam.propose(archive)] == [7, 6, 5]


def test_rebase_shares_the_width_by_reward() -> None:
    """The shares of a level add up to its width, and the better ones have more."""
    archive, rebase = archive_of([[0.1] * 8, [0.5] * 8, [0.9] * 8]), Rebase(width=10, temperature=1.0)
    parents = [ask.parent for ask in rebase.propose(archive)]
    counts = [parents.count(number) for number in range(3)]
    assert sum(counts) == 10
    assert counts[2] > counts[1] > counts[0] > 0


def test_ucb_leaves_a_parent_that_has_had_many_children() -> None:
    """Of equals the one with fewer children is next."""
    archive = archive_of([[0.5] * 6, *([[0.4] * 6] * 6), [0.5] * 6])
    assert [ask.parent for ask in UCB().propose(archive)] == [7]


def test_islands_keep_the_best_of_each_kind() -> None:
    """A candidate that is worse than another of its cell is not bred from; one that is different is."""
    archive = archive_of([[0.5] * 4, [0.9] * 4, [0.6] * 4], [[0.0] * 4, [1.0] * 4, [1.0] * 4])
    islands = Islands(islands=1, features=("aim",), bins=2)
    archive[0].features = (0,)
    islands.select(archive, archive.candidates[1:])
    elites = islands.elites(archive)
    assert {cell: one.number for cell, one in elites.items()} == {(0,): 0, (1,): 1}


def test_the_floor_of_failures_follows_the_scores() -> None:
    """A failed run counts 0 where scores are shares, and below all of them where they are not."""
    archive = archive_of([[0.5, 1.0]])
    assert archive.value(Outcome(None)) == 0.0
    archive.observe(Trial(0, "validation", 0, 1), Outcome(-300.0))
    assert archive.value(Outcome(None)) < -300


def test_feedback_with_objectives_alone_scores_their_mean() -> None:
    """All aims count alike where the metric does not say how much."""
    from agentopt.search.judged import judged

    assert judged(Feedback(objectives={"a": 1.0, "b": 0.0})).score == 0.5
