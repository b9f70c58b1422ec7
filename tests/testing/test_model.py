"""A scripted model behaves like a real one, but for what it says."""

from __future__ import annotations

import asyncio

import pytest

from agentopt.errors import BudgetExceeded, EmptyReplyError, RateLimitError, ReplayError, TruncatedError
from agentopt.llm import Budget, Message, Usage
from agentopt.llm.exchange import Completion
from agentopt.testing import AsyncScriptedModel, ScriptedModel

ASK = [Message("user", "How many?")]


def test_lines_come_in_order_and_requests_are_kept() -> None:
    """Each request gets the next line and can be looked at afterwards."""
    model = ScriptedModel(["a", lambda messages: messages[-1].text.upper()])
    assert [model.complete(ASK).text for _ in range(2)] == ["a", "HOW MANY?"]
    assert [request.messages for request in model.requests] == [tuple(ASK)] * 2


def test_a_script_that_is_used_up_says_so() -> None:
    """One request more than there are lines is an error that quotes it."""
    with pytest.raises(ReplayError, match=r"0 lines .*'How many\?'"):
        ScriptedModel([]).complete(ASK)


def test_an_error_can_be_scripted() -> None:
    """An exception among the lines is raised as it is."""
    with pytest.raises(RateLimitError, match="slow down"):
        ScriptedModel([RateLimitError("slow down")]).complete(ASK)


def test_replies_are_judged_like_real_ones() -> None:
    """A scripted cut-off or empty reply becomes the error a real one becomes."""
    with pytest.raises(EmptyReplyError):
        ScriptedModel([""]).complete(ASK)
    with pytest.raises(TruncatedError):
        ScriptedModel([Completion("half", "length", "scripted/model")]).complete(ASK)


def test_a_completion_sets_its_usage() -> None:
    """A test of costs says what a call costs."""
    budget = Budget()
    line = Completion("x", "stop", "scripted/model", Usage(1, 10, 20, cost_usd=0.5))
    ScriptedModel([line], budget).complete(ASK)
    assert (budget.spent.tokens, budget.spent.dollars) == (30, 0.5)


def test_budgets_bind_it() -> None:
    """A budget refuses a scripted call as any other."""
    with pytest.raises(BudgetExceeded):
        ScriptedModel(["x"], Budget(calls=0)).complete(ASK)


def test_the_asyncio_twin_has_the_same_words() -> None:
    """Lines, requests and types are the same under asyncio."""
    model = AsyncScriptedModel(["[1, 2]"])
    reply = asyncio.run(model.complete(ASK, list[int]))
    assert (reply.value, len(model.requests)) == ([1, 2], 1)
