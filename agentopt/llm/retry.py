"""Tries again what may pass: too many requests, a failing server, a broken connection. Nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from agentopt.errors import LLMError, RateLimitError, TransportError
from agentopt.llm.exchange import AsyncChannel, Channel, Completion, Request
from agentopt.llm.faults import ServerError


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long one call is tried."""

    attempts: int = 4
    first_wait_s: float = 0.5
    """The bound of the first pause; it doubles each time, and the pause is drawn at random below it."""
    max_wait_s: float = 30.0
    """A server that asks for a longer pause is not waited for; the error says how long it asked."""


def may_pass(error: BaseException) -> bool:
    """Whether the same request can succeed later on its own."""
    return isinstance(error, (RateLimitError, ServerError, TransportError))


class Retried:
    """A channel that sends again what may pass, within the request's deadline."""

    def __init__(self, inner: Channel, policy: RetryPolicy, sleep: Callable[[float], None] = time.sleep) -> None:
        self._inner = inner
        self._policy = policy
        self._sleep = sleep

    @property
    def name(self) -> str:
        return self._inner.name

    def send(self, request: Request) -> Completion:
        from tenacity import Retrying

        tries = _Tries(self._policy, request)
        retrying = Retrying(sleep=self._sleep, **tries.rules())
        try:
            return tries.count(retrying(self._inner.send, request))
        except LLMError as error:
            error.attempts = tries.made
            raise

    def close(self) -> None:
        self._inner.close()


class AsyncRetried:
    """The same for asyncio."""

    def __init__(
        self,
        inner: AsyncChannel,
        policy: RetryPolicy,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._sleep = sleep

    @property
    def name(self) -> str:
        return self._inner.name

    async def send(self, request: Request) -> Completion:
        from tenacity import AsyncRetrying

        tries = _Tries(self._policy, request)
        retrying = AsyncRetrying(sleep=self._sleep, **tries.rules())
        try:
            return tries.count(await retrying(self._inner.send, request))
        except LLMError as error:
            error.attempts = tries.made
            raise

    async def close(self) -> None:
        await self._inner.close()


class _Tries:
    """The rules for one call, and how many requests it took."""

    def __init__(self, policy: RetryPolicy, request: Request) -> None:
        self._policy = policy
        self._request = request
        self.made = 1

    def rules(self) -> dict[str, Any]:
        from tenacity import retry_if_exception, wait_random_exponential

        self._jitter = wait_random_exponential(self._policy.first_wait_s, self._policy.max_wait_s)
        return {
            "retry": retry_if_exception(self._again),
            "stop": self._enough,
            "wait": self._wait,
            "before": self._note,
            "reraise": True,
        }

    def count(self, completion: Completion) -> Completion:
        return replace(completion, usage=replace(completion.usage, calls=self.made))

    def _note(self, state: Any) -> None:
        self.made = state.attempt_number

    def _again(self, error: BaseException) -> bool:
        asked = error.retry_after_s if isinstance(error, RateLimitError) else None
        return may_pass(error) and (asked is None or asked <= self._policy.max_wait_s)

    def _wait(self, state: Any) -> float:
        """The pause the server asks for, or a random one, longer each time."""
        error = state.outcome.exception()
        asked = error.retry_after_s if isinstance(error, RateLimitError) else None
        drawn: float = self._jitter(state)
        return max(asked, min(drawn, 1.0)) if asked is not None else drawn

    def _enough(self, state: Any) -> bool:
        """Whether the tries are used up, or the deadline, and so any budget of seconds, passes before the next."""
        late = state.upcoming_sleep >= self._request.deadline.left()
        return bool(late or state.attempt_number >= self._policy.attempts)
