"""The memory of trials: what is kept, what is shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt import Feedback, parameter
from agentopt.errors import InputError
from agentopt.graph import Parameter, Version
from agentopt.optimizers import Evaluation
from agentopt.optimizers.memory import Memory, Trial, trial_text


def told(memory: Memory, one: Parameter[Any], *scores: float | None) -> None:
    """Evaluate a new value for each score."""
    for score in scores:
        one.set(one.data + 1)
        evaluation = Evaluation.of(one, Feedback("said", score))
        memory.add({one: one.version}, evaluation)


def shown(memory: Memory, one: Parameter[Any]) -> list[int]:
    return [trial.versions[one].number for trial in memory.shown()]


def test_the_best_and_the_latest_are_shown() -> None:
    """Half of the room goes to the best trials, the rest to the latest others; the best comes last."""
    memory, one = Memory(4), parameter(0, name="one")
    told(memory, one, 5, 1, 9, 2, 3, 4)
    assert shown(memory, one) == [5, 6, 1, 3]


def test_everything_is_shown_while_there_is_room() -> None:
    """A small memory is shown whole, in the order of scores."""
    memory, one = Memory(4), parameter(0, name="one")
    told(memory, one, 2, 1)
    assert shown(memory, one) == [2, 1]


def test_trials_without_scores_come_first() -> None:
    """A trial without a score is worse than any with one."""
    memory, one = Memory(4), parameter(0, name="one")
    told(memory, one, None, 1)
    assert shown(memory, one) == [1, 2]


def test_equal_trials_are_one() -> None:
    """The same versions evaluated twice are one trial with the mean of both scores."""
    memory, one = Memory(4), parameter(0, name="one")
    for score in (1.0, 2.0):
        memory.add({one: one.version}, Evaluation.of(one, score))
    best = memory.best
    assert best is not None
    assert (len(memory), best.score, one.version.score) == (1, 1.5, 1.5)


def test_the_best_is_the_earliest_of_equals() -> None:
    """A later trial has to be better to be the best."""
    memory, one = Memory(4), parameter(0, name="one")
    told(memory, one, 1, 1)
    best = memory.best
    assert best is not None
    assert best.versions[one].number == 1


def test_nothing_scored_has_no_best() -> None:
    """Without scores there is no best trial."""
    memory, one = Memory(4), parameter(0, name="one")
    told(memory, one, None)
    assert memory.best is None


def test_a_memory_of_no_room_shows_nothing() -> None:
    """Size 0 keeps trials and shows none."""
    memory, one = Memory(0), parameter(0, name="one")
    told(memory, one, 1, 2)
    assert (shown(memory, one), len(memory)) == ([], 2)


def test_long_values_and_feedback_are_cut() -> None:
    """A trial's text is bounded, whatever was tried and said."""
    one = parameter("x" * 100_000, name="one")
    trial = Trial(1, {one: one.version}, [1.0], "y" * 100_000)
    assert len(trial_text(trial, {one: "one"}, {})) < 2000


def test_what_is_as_now_is_left_out_or_named() -> None:
    """Values that a reader sees anyway are left out, or named shortly where all are asked for."""
    one, two = parameter("x" * 100, name="one"), parameter(3, name="two")
    versions: dict[Parameter[Any], Version[Any]] = {one: one.version, two: two.version}
    names = {one: "one", two: "two"}
    texts = [trial_text(Trial(1, versions, [1.0]), names, versions, whole=whole) for whole in (False, True)]
    assert texts == ["Trial 1: score 1", "Trial 1: score 1 (the present values)\none = (its present value)\ntwo = 3"]


def judged(memory: Memory, one: Parameter[Any], *estimates: float) -> list[Version[Any]]:
    """Judge a new value for each estimate, none of which was told."""
    versions = [one.add(place) for place in range(len(estimates))]
    for version, estimate in zip(versions, estimates):
        memory.judge({one: version}, estimate)
    return versions


def test_an_estimate_counts_instead_of_scores() -> None:
    """A trial is ranked, and its version scored, by its estimate, whatever its runs scored; the text says so."""
    memory, one = Memory(4), parameter(0, name="one")
    told(memory, one, 9, 1)
    lucky, _ = (trial.versions[one] for trial in memory.shown()[::-1])
    memory.judge({one: lucky}, 0.5)
    assert (memory.shown()[0].versions[one], lucky.score) == (lucky, 0.5)
    assert trial_text(memory.shown()[0], {one: "one"}, {}).startswith("Trial 1: score 0.5 (estimated from all runs)")


def test_an_evaluation_brings_its_estimate() -> None:
    """An estimate that is told with a batch is taken, and stays where a later batch has none."""
    memory, one = Memory(4), parameter(0, name="one")
    for estimate in (0.25, None):
        memory.add({one: one.version}, Evaluation.of_all([(one, Feedback(score=1))], estimate=estimate))
    assert [trial.score for trial in memory.shown()] == [0.25]


def test_what_was_never_told_is_remembered() -> None:
    """A trial that was only judged is shown like any other."""
    memory, one = Memory(2), parameter(0, name="one")
    versions = judged(memory, one, 0.1, 0.9, 0.5)
    assert [trial.versions[one] for trial in memory.shown()] == [versions[2], versions[1]]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-8, 8)), max_size=30))
def test_a_version_has_the_mean_of_its_trials_latest_estimates(said: list[tuple[int, int, int]]) -> None:
    """However often trials are judged, a version's score is the mean over its trials of what was said last of each."""
    memory, one, other = Memory(4), parameter(0, name="one"), parameter(0, name="other")
    ones, others = [one.add(k) for k in range(4)], [other.add(k) for k in range(4)]
    latest: dict[tuple[int, int], int] = {}
    for place, another, estimate in said:
        memory.judge({one: ones[place], other: others[another]}, estimate / 8)
        latest[place, another] = estimate
        mine = [value for (known, _), value in latest.items() if known == place]
        assert ones[place].score == pytest.approx(sum(mine) / len(mine) / 8)


def test_a_parent_is_known_once_it_is_remembered() -> None:
    """A trial is linked to what it was made from, and never to itself."""
    memory, one = Memory(4), parameter(0, name="one")
    first, second = one.version, one.add(1)
    parents = []
    for versions, parent in ((second, first), (first, first), (second, first)):
        memory.judge({one: versions}, 0.5, {one: parent})
        parents.append(memory.latest(2)[-1].parent)
    trials = {trial.number: trial for trial in memory.latest(2)}
    assert (trials[1].parent, trials[2].parent) == (trials[2], None)


@pytest.mark.parametrize("estimate", [float("nan"), float("inf")])
def test_an_estimate_is_a_number(estimate: float) -> None:
    """What cannot be ranked is refused."""
    memory, one = Memory(4), parameter(0, name="one")
    with pytest.raises(InputError, match="finite"):
        memory.judge({one: one.version}, estimate)


def test_a_memory_is_bounded() -> None:
    """Of thousands of trials the best and the latest stay, and no line of ancestors stays with them."""
    memory, one = Memory(4), parameter(0, name="one")
    before = one.version
    versions = [one.add(place) for place in range(5000)]
    for place, version in enumerate(versions):
        memory.judge({one: version}, -abs(place - 1000), {one: before})
        before = version
    kept = {trial.versions[one].data for trial in memory.latest(5000)}
    assert 512 <= len(kept) < 1024
    assert kept >= {1000, 999, 1001, *range(4900, 5000)}
    assert all(trial.parent is None or trial.parent.versions[one].data in kept for trial in memory.latest(5000))
