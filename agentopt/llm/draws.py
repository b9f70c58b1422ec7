"""Several independent replies to one prompt."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import TypeVar, overload

from agentopt.errors import InputError
from agentopt.llm.budget import Budget
from agentopt.llm.message import PLAIN, Message, Reply, Sampling
from agentopt.llm.model import Model

T = TypeVar("T")


@dataclass(frozen=True)
class Draws:
    """How many replies, and how."""

    n: int
    sampling: Sampling = PLAIN
    parallel: int = 1
    """Requests in flight; above 1 a scripted model hands out its lines in any order."""


@overload
def complete_many(
    model: Model, messages: Sequence[Message], reply: None, draws: Draws, *, budget: Budget | None = None
) -> list[Reply[str]]: ...


@overload
def complete_many(
    model: Model, messages: Sequence[Message], reply: type[T], draws: Draws, *, budget: Budget | None = None
) -> list[Reply[T]]: ...


def complete_many(
    model: Model,
    messages: Sequence[Message],
    reply: type[T] | None,
    draws: Draws,
    *,
    budget: Budget | None = None,
) -> list[Reply[T]] | list[Reply[str]]:
    """Several replies to one prompt, in the order of their draws.

    Each is a call of its own, numbered in `Sampling.draw`, so that caches and
    recordings keep them apart; a seed is raised by the number of the draw.

    Raises:
        LLMError: One of them failed; the first in order is raised once all are over.
    """
    if draws.n < 1 or draws.parallel < 1:
        raise InputError(f"expected n and parallel of at least 1, got {draws.n} and {draws.parallel}")

    def one(draw: int) -> Reply[T]:
        base = draws.sampling
        seed = None if base.seed is None else base.seed + draw
        numbered = replace(base, draw=base.draw + draw, seed=seed)
        return model.complete(messages, reply, sampling=numbered, budget=budget)  # type: ignore[return-value]

    if draws.parallel == 1:
        return [one(draw) for draw in range(draws.n)]
    with ThreadPoolExecutor(min(draws.parallel, draws.n), "agentopt-draw") as pool:
        waiting = [pool.submit(copy_context().run, one, draw) for draw in range(draws.n)]
    return [done.result() for done in waiting]
