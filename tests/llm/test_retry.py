"""Only what can pass is tried again, within a count, a pause and a deadline."""

from __future__ import annotations

import asyncio

import pytest

from agentopt.errors import AuthError, LLMError, ProviderError, RateLimitError, TransportError
from agentopt.llm.deadline import Deadline
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.faults import ServerError
from agentopt.llm.message import Message
from agentopt.llm.retry import AsyncRetried, Retried, RetryPolicy
from agentopt.testing.model import Script

ASK = (Message("user", "Say it."),)


def _send(script: Script, policy: RetryPolicy, timeout_s: float = 100) -> tuple[Completion | LLMError, list[float]]:
    """The outcome of one call, and the pauses made; nothing is waited for."""
    pauses: list[float] = []
    channel = Retried(script, policy, pauses.append)
    try:
        return channel.send(Request(ASK, deadline=Deadline.after(timeout_s))), pauses
    except LLMError as error:
        return error, pauses


@pytest.mark.parametrize("error", [ServerError("500"), RateLimitError("429"), TransportError("reset")])
def test_a_reply_after_failures_counts_all_requests(error: LLMError) -> None:
    """Requests that failed on the way are in the usage."""
    outcome, pauses = _send(Script([error, error, "good"]), RetryPolicy())
    assert isinstance(outcome, Completion)
    assert (outcome.text, outcome.usage.calls, len(pauses)) == ("good", 3, 2)


def test_the_number_of_tries_is_bounded() -> None:
    """The last failure is raised as it is, with the number of requests."""
    outcome, _ = _send(Script([ServerError("a"), ServerError("b"), ServerError("c")]), RetryPolicy(attempts=2))
    assert isinstance(outcome, ServerError)
    assert (outcome.message, outcome.attempts) == ("b", 2)


@pytest.mark.parametrize("error", [AuthError("401"), ProviderError("400")])
def test_other_errors_are_not_tried_again(error: LLMError) -> None:
    """What cannot pass costs one request and no pause."""
    assert _send(Script([error, "never"]), RetryPolicy()) == (error, [])


def test_the_servers_wish_is_obeyed() -> None:
    """Never less than Retry-After is waited, and little more."""
    _, (pause,) = _send(Script([RateLimitError("429", retry_after_s=7.0), "good"]), RetryPolicy())
    assert 7 <= pause <= 8


def test_a_wish_beyond_the_longest_pause_fails_at_once() -> None:
    """A server that asks for more than the stated maximum is not waited for, nor asked sooner."""
    outcome, pauses = _send(Script([RateLimitError("429", retry_after_s=31.0), "x"]), RetryPolicy(max_wait_s=30))
    assert (type(outcome), pauses) == (RateLimitError, [])


def test_a_pause_past_the_deadline_is_not_begun() -> None:
    """If the call would be over before the next try, it fails now."""
    outcome, pauses = _send(Script([RateLimitError("429", retry_after_s=9.0), "x"]), RetryPolicy(), timeout_s=5)
    assert (type(outcome), pauses) == (RateLimitError, [])


def test_pauses_grow_and_are_bounded() -> None:
    """Each pause is drawn below twice the bound of the one before, and below the maximum."""
    policy = RetryPolicy(attempts=7, first_wait_s=1.0, max_wait_s=5.0)
    _, pauses = _send(Script([ServerError("500")] * 7), policy)
    assert [pause for pause, bound in zip(pauses, [1, 2, 4, 5, 5, 5], strict=True) if not 0 <= pause <= bound] == []


def test_the_asyncio_twin_waits_alike() -> None:
    """The same rules hold, with a pause that the loop can use."""
    pauses: list[float] = []

    class Lines:
        name = "scripted/model"
        script = Script([RateLimitError("429", retry_after_s=2.0), "good"])

        async def send(self, request: Request) -> Completion:
            return self.script.send(request)

        async def close(self) -> None:
            """Nothing is open."""

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    channel = AsyncRetried(Lines(), RetryPolicy(), sleep)
    completion = asyncio.run(channel.send(Request(ASK)))
    assert (completion.usage.calls, 2 <= pauses[0] <= 3) == (2, True)
