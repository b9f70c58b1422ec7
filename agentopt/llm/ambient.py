"""What surrounds every model call that is made while something runs: whose budget pays, who remembers, until when.

A workflow's calls are the user's own code and take no budget along. So the loop that runs it says once what holds for
all of them, in this context and in the threads that are started there.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

from agentopt.errors import BudgetExceeded
from agentopt.inheritance import inherit
from agentopt.llm.budget import Budget, Need, Reservation
from agentopt.llm.deadline import Deadline
from agentopt.llm.message import Usage

if TYPE_CHECKING:
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
        """Note a call that was just made; the usage of the completion is all that it was charged with, what was lost on
        the way included."""

    def give_up(self, key: str) -> None:
        """Note that the call failed."""


class Questions:
    """Numbers equal questions from 0 on.

    What one trial asks several times it asks several times, since it may be drawing samples, or may not like the first
    answer: the second such question is what another trial's second one was, and no question that failed is counted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: Counter[str] = Counter()
        self._free: dict[str, list[int]] = {}

    def put(self, question: str) -> int:
        with self._lock:
            if free := self._free.get(question):
                return heappop(free)
            self._next[question] += 1
            return self._next[question] - 1

    def take_back(self, question: str, number: int) -> None:
        with self._lock:
            heappush(self._free.setdefault(question, []), number)


@dataclass(frozen=True)
class Ambient:
    """What holds for every model call."""

    budget: Budget | None = None
    """Charged with each, beside the budgets that it has anyway; its seconds bound the time of each."""
    ledger: Ledger | None = None
    draw: int = 0
    """Added to each call's own draw, and to its seed: a repeat is a deliberate new draw."""
    deadline: Deadline | None = None
    purpose: str = "task"
    """What the calls are for, as the ledger notes it: "task", or "reflection" for an optimizer's own."""
    trial: str = ""
    """Which trial they belong to, as the ledger notes it."""
    closed: threading.Event = field(default_factory=threading.Event)
    """Once it is set, no further request is sent."""
    account: Budget = field(default_factory=Budget)
    """Charged with each as well: what the calls here took."""
    questions: Questions = field(default_factory=Questions, repr=False)

    def check(self) -> None:
        """Refuse a call that comes too late.

        Raises:
            BudgetExceeded: What the call belongs to is over.
        """
        if self.closed.is_set() or (self.deadline is not None and self.deadline.passed()):
            raise BudgetExceeded("the trial that this call belongs to is over, so the call was not made")

    def around(self, request: Request, gate: Budget) -> Request:
        """A request as it is sent here.

        Args:
            gate: Charged first.
        """
        sampling, budgets = request.sampling, (gate, *request.budgets)
        if self.draw:
            seed = None if sampling.seed is None else sampling.seed + self.draw
            sampling = replace(sampling, draw=sampling.draw + self.draw, seed=seed)
        for budget in (self.budget, self.account):
            if budget is not None and all(budget is not known for known in budgets):
                budgets = (*budgets, budget)
        return replace(request, sampling=sampling, budgets=budgets, deadline=self._earliest(request.deadline))

    def _earliest(self, deadline: Deadline) -> Deadline:
        found = [deadline] if self.deadline is None else [deadline, self.deadline]
        seconds = None if self.budget is None or self.budget.limits.seconds is None else self.budget.left.seconds
        if seconds is not None and seconds < deadline.left():
            found.append(Deadline.after(max(0.001, seconds)))
        return min(found, key=lambda one: one.at)


class _Gate(Budget):
    """What one call took, failed tries included; it lets none through that comes too late."""

    def __init__(self, around: Ambient) -> None:
        super().__init__()
        self._around = around

    def reserve(self, need: Need) -> Reservation:
        # Asked before each request of a call, so that what is over is not tried again either.
        self._around.check()
        return super().reserve(need)


class Surrounded:
    """The layer on top of a model's own, in which its surroundings are heeded.

    Args:
        around: What holds here.
        endpoint: Name and address of the model; part of every key.
    """

    # Whoever asks what another is asking just now waits; from asyncio in a thread that nobody else needs, see `apart`.
    blocking = True

    def __init__(self, around: Ambient, endpoint: str) -> None:
        self._around = around
        self._endpoint = endpoint

    def around(self, request: Request) -> Plan[Completion]:
        around, ledger = self._around, self._around.ledger
        around.check()
        gate = _Gate(around)
        request = around.around(request, gate)
        if ledger is None:
            return (yield request)
        question = request.key(self._endpoint)
        number = around.questions.put(question)
        try:
            key = f"{question}:{number}" if number else question
            return (yield from self._remembered(request, key, ledger, gate))
        except BaseException:
            around.questions.take_back(question, number)
            raise

    def _remembered(self, request: Request, key: str, ledger: Ledger, gate: Budget) -> Plan[Completion]:
        found = ledger.find(key)
        if found is not None:
            for budget in request.budgets:
                budget.charge(found.usage)
            return found
        try:
            completion = yield request
            # A channel of somebody's own may charge nobody.
            taken = gate.usage if gate.usage != Usage() else completion.usage
            ledger.keep(key, request, replace(completion, usage=taken), self._around)
        except BaseException:
            ledger.give_up(key)
            raise
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
