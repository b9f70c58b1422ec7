"""What surrounds every model call that is made while something runs: whose budget pays, who remembers, until when.

A workflow's calls are the user's own code and take no budget along. So the loop that runs it says once what holds for
all of them, in this context and in the threads that are started there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from agentopt.errors import BudgetExceeded
from agentopt.inheritance import inherit
from agentopt.llm.budget import Budget

if TYPE_CHECKING:
    from agentopt.llm.deadline import Deadline
    from agentopt.llm.exchange import Completion, Request
    from agentopt.llm.plan import Plan


class Ledger(Protocol):
    """Remembers calls that were paid for."""

    def find(self, key: str) -> Completion | None:
        """The reply to an earlier call of this key, or None: whoever is told None makes the call, and others who ask
        meanwhile wait until it was kept or given up.

        The usage of a reply is what is charged for it now: nothing but a cache hit, or what the call took if it was
        paid for in an earlier session of a run that goes on, and counts in this one for the first time.
        """

    def keep(self, key: str, request: Request, completion: Completion, ambient: Ambient) -> None:
        """Note a call that was just made."""

    def give_up(self, key: str) -> None:
        """Note that the call failed."""


@dataclass(frozen=True)
class Ambient:
    """What holds for every model call."""

    budget: Budget | None = None
    """Charged with each, beside the budgets that it has anyway."""
    ledger: Ledger | None = None
    draw: int = 0
    """Added to each call's own draw, and to its seed: a repeat is a deliberate new draw."""
    deadline: Deadline | None = None
    purpose: str = "task"
    """What the calls are for, as the ledger notes it: "task", or "reflection" for an optimizer's own."""
    trial: str = ""
    """Which trial they belong to, as the ledger notes it."""
    closed: threading.Event = field(default_factory=threading.Event)
    """Once it is set, no further call is made."""
    account: Budget = field(default_factory=Budget)
    """Charged with each as well: what the calls here took."""

    def check(self) -> None:
        """Refuse a call that comes too late.

        Raises:
            BudgetExceeded: What the call belongs to is over.
        """
        if self.closed.is_set() or (self.deadline is not None and self.deadline.passed()):
            raise BudgetExceeded("the trial that this call belongs to is over, so the call was not made")

    def around(self, request: Request) -> Request:
        """A request as it is sent here."""
        self.check()
        sampling, budgets = request.sampling, request.budgets
        if self.draw:
            seed = None if sampling.seed is None else sampling.seed + self.draw
            sampling = replace(sampling, draw=sampling.draw + self.draw, seed=seed)
        for budget in (self.budget, self.account):
            if budget is not None and all(budget is not known for known in budgets):
                budgets = (*budgets, budget)
        deadline = request.deadline
        if self.deadline is not None and self.deadline.at < deadline.at:
            deadline = self.deadline
        return replace(request, sampling=sampling, budgets=budgets, deadline=deadline)


class Surrounded:
    """The layer on top of a model's own, in which its surroundings are heeded.

    Args:
        around: What holds here.
        endpoint: Name of the model; part of every key.
    """

    # Whoever asks what another is asking just now waits.
    blocking = True

    def __init__(self, around: Ambient, endpoint: str) -> None:
        self._around = around
        self._endpoint = endpoint

    def around(self, request: Request) -> Plan[Completion]:
        request = self._around.around(request)
        ledger = self._around.ledger
        if ledger is None:
            return (yield request)
        key = request.key(self._endpoint)
        found = ledger.find(key)
        if found is not None:
            for budget in request.budgets:
                budget.charge(found.usage)
            return found
        try:
            completion = yield request
        except BaseException:
            ledger.give_up(key)
            raise
        ledger.keep(key, request, completion, self._around)
        return completion


AMBIENT: ContextVar[Ambient | None] = ContextVar("agentopt_ambient", default=None)


@contextmanager
def ambient(around: Ambient) -> Iterator[None]:
    """Let this hold for every model call inside of the `with`, and in the threads that are started there."""
    inherit(AMBIENT)
    token = AMBIENT.set(around)
    try:
        yield
    finally:
        AMBIENT.reset(token)
