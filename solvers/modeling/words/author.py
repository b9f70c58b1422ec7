"""Who is asked, and with what: the model of one problem, its cost so far, and the means to solve."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from agentopt.errors import ReplyError
from agentopt.llm import Budget, Message, Model, Reply, Sampling, Usage
from agentopt.sandbox import Sandbox

from ..data.tables import Tables
from .reading import Reading

PATIENT = Sampling(timeout_s=300)
"""A formulation is long, and a model on the user's own machine may write ten tokens a second."""

Progress = Callable[[str], None]
T = TypeVar("T")


@dataclass
class Author:
    """Asks a model about one problem and keeps count of what it costs."""

    model: Model
    problem: str
    tables: Tables
    budget: Budget | None = None
    progress: Progress = lambda line: None
    usage: Usage = field(default_factory=Usage)
    recorded: bool = False
    """Whether a reply came from a recording."""

    def ask(self, messages: list[Message]) -> Reply[Reading]:
        """Ask for a formulation.

        Raises:
            ReplyError: What came is none, also after the model was told where.
            LLMError: No reply came.
        """
        try:
            return self._counted(self.model.complete(messages, Reading, sampling=PATIENT, budget=self.budget))
        except ReplyError as error:
            why = error.message.partition(": ")[2] or error.message
            raise ReplyError(
                f"the model's replies hold no usable formulation: {why}",
                provider=error.provider,
                model=error.model,
                attempts=error.attempts,
                remedy="Use a stronger model, or write the problem as five elements",
            ) from error

    def ask_for(self, messages: list[Message], kind: type[T]) -> Reply[T]:
        """Ask for a value of another type."""
        return self._counted(self.model.complete(messages, kind, sampling=PATIENT, budget=self.budget))

    def ask_text(self, messages: list[Message]) -> Reply[str]:
        """Ask for text, a program in it."""
        return self._counted(self.model.complete(messages, sampling=PATIENT, budget=self.budget))

    def _counted(self, reply: Reply[T]) -> Reply[T]:
        self.usage = self.usage + reply.usage
        self.recorded = self.recorded or reply.recorded
        return reply


@dataclass(frozen=True)
class Means:
    """What an attempt may use."""

    time_limit_s: float
    open_sandbox: Callable[[], AbstractContextManager[Sandbox]]
