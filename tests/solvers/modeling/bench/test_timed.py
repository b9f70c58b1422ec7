"""The clock around a model."""

from __future__ import annotations

import threading

import pytest

from agentopt.errors import AuthError, BudgetExceeded, ReplyError
from agentopt.llm import Budget, Message
from agentopt.solvers.modeling.bench.timed import Timed
from agentopt.testing import ScriptedModel

HELLO = [Message("user", "hello")]


def test_calls_pass_through_and_are_counted() -> None:
    """Name, reply and budget are the model's own."""
    budget = Budget()
    timed = Timed(ScriptedModel(["one", "two"]), threading.Event())
    assert [timed.complete(HELLO, budget=budget).value for _ in range(2)] == ["one", "two"]
    assert (timed.name, timed.n_asked, budget.usage.calls, timed.end) == ("scripted/model", 2, 2, None)
    assert timed.seconds > 0


def test_seconds_of_calls_at_the_same_time_count_once() -> None:
    """While two calls wait for each other, the clock runs once: it never shows more than has passed."""
    both = threading.Barrier(2, timeout=30)

    def answer(messages: object) -> str:
        both.wait()
        return "yes"

    timed = Timed(ScriptedModel(answer), threading.Event())
    clock = Timed(ScriptedModel(lambda messages: _both_end(timed)), threading.Event())
    assert clock.complete(HELLO).value == "over"
    assert 0 < timed.seconds <= clock.seconds


def _both_end(timed: Timed) -> str:
    threads = [threading.Thread(target=timed.complete, args=(HELLO,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "over"


def test_an_error_that_ends_the_run_is_kept() -> None:
    """It is there also for who does not see the exception."""
    refused = AuthError("the key is wrong")
    timed = Timed(ScriptedModel([refused]), threading.Event())
    with pytest.raises(AuthError):
        timed.complete(HELLO)
    assert timed.end is refused


def test_an_error_of_one_call_is_not() -> None:
    """A reply that is no value of the type says nothing about the next item."""
    timed = Timed(ScriptedModel(["no", "no"]), threading.Event())
    with pytest.raises(ReplyError):
        timed.complete(HELLO, int)
    assert timed.end is None


def test_no_call_is_made_once_the_run_is_over() -> None:
    """What is under way in another thread ends at its next call."""
    over, model = threading.Event(), ScriptedModel(["one"])
    over.set()
    with pytest.raises(BudgetExceeded, match="the run is over"):
        Timed(model, over).complete(HELLO)
    assert model.requests == []
