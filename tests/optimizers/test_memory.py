"""The memory of trials: what is kept, what is shown."""

from __future__ import annotations

from typing import Any

from agentopt import Feedback, parameter
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
