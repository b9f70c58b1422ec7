"""Several replies to one prompt are drawn apart and come in order."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt.errors import InputError
from agentopt.llm import Draws, Message, Sampling, complete_many
from agentopt.testing import ModelServer, ScriptedModel
from agentopt.testing.behaviour import Received, Say

ASK = [Message("user", "Draw.")]


def test_draws_come_in_order() -> None:
    """A scripted model's lines are the draws, typed like any reply."""
    replies = complete_many(ScriptedModel(["1", "2", "3"]), ASK, int, Draws(3))
    assert [reply.value for reply in replies] == [1, 2, 3]


def test_each_draw_has_its_number_and_seed() -> None:
    """Draws differ in what keys caches and recordings, and in the seed if there is one."""
    model = ScriptedModel(lambda messages: "x")
    complete_many(model, ASK, None, Draws(3, Sampling(seed=7)))
    assert [(one.sampling.draw, one.sampling.seed) for one in model.requests] == [(0, 7), (1, 8), (2, 9)]


def test_parallel_draws_are_told_apart(model_at: Any) -> None:
    """With several in flight, each reply stands at the place of its own draw."""
    with ModelServer(lambda request: Say(str(request.body["seed"]))) as server, model_at(server) as model:
        replies = complete_many(model, ASK, None, Draws(8, Sampling(seed=0), parallel=4))
    assert [reply.text for reply in replies] == [str(number) for number in range(8)]


def test_a_cache_keeps_draws_apart(model_at: Any, tmp_path: Any) -> None:
    """Drawing again gives the same replies, each from its own entry."""
    texts = iter("abcdef")

    def answer(request: Received) -> Say:
        return Say(next(texts))

    with ModelServer(answer) as server, model_at(server, cache=tmp_path / "c") as model:
        first = [reply.text for reply in complete_many(model, ASK, None, Draws(3))]
        again = [reply.text for reply in complete_many(model, ASK, None, Draws(3))]
    assert (first, again) == (["a", "b", "c"], ["a", "b", "c"])


@pytest.mark.parametrize("draws", [Draws(0), Draws(1, parallel=0)])
def test_there_is_at_least_one(draws: Draws) -> None:
    """No draws at all is an error in the argument."""
    with pytest.raises(InputError, match="at least 1"):
        complete_many(ScriptedModel([]), ASK, None, draws)
