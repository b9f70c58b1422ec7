"""A model that knows how long it was waited for, so that the rest of an item's seconds are our own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TypeVar, overload

from agentopt.errors import AgentoptError, AuthError, BudgetExceeded, ConfigError, QuotaError
from agentopt.llm import Budget, Message, Model, Reply, Sampling

T = TypeVar("T")

ENDS_THE_RUN = (AuthError, QuotaError, ConfigError, BudgetExceeded)
"""Errors that the next item would meet as well, and that say nothing about this one."""


class RunOver(BudgetExceeded):
    """Something else ended the run, so the call was not made."""


class Timed:
    """Passes calls on to a `Model`, and counts them and the seconds in which at least one was under way.

    Args:
        model: The model that answers.
        over: Once it is set, no further call is made.
    """

    def __init__(self, model: Model, over: threading.Event) -> None:
        self._model = model
        self._over = over
        self._lock = threading.Lock()
        self._active = 0
        self._since = 0.0
        self.n_asked = 0
        self.seconds = 0.0
        self.end: AgentoptError | None = None
        """The error that ends the run, also where whoever asked went on without the reply."""

    @property
    def name(self) -> str:
        return self._model.name

    @overload
    def complete(
        self,
        messages: Sequence[Message],
        reply: None = None,
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[str]: ...

    @overload
    def complete(
        self,
        messages: Sequence[Message],
        reply: type[T],
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[T]: ...

    def complete(
        self,
        messages: Sequence[Message],
        reply: type[T] | None = None,
        *,
        sampling: Sampling | None = None,
        budget: Budget | None = None,
    ) -> Reply[T] | Reply[str]:
        """Answer a conversation; see `Model.complete`."""
        self._begin()
        try:
            if self._over.is_set():
                raise RunOver("the run is over, so the call was not made")
            return self._model.complete(messages, reply, sampling=sampling, budget=budget)
        except ENDS_THE_RUN as error:
            self.end = error
            raise
        finally:
            self._finish()

    def _begin(self) -> None:
        with self._lock:
            if self._active == 0:
                self._since = time.perf_counter()
            self._active += 1
            self.n_asked += 1

    def _finish(self) -> None:
        with self._lock:
            self._active -= 1
            if self._active == 0:
                self.seconds += time.perf_counter() - self._since
