"""Runs trials: each at most once, within the budget, on any executor, with every outcome on record.

Outcomes come back in the order in which the trials were asked for, and how many of a batch are run is settled before
the first begins, so that a search does not depend on who finishes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentopt.errors import BudgetExceeded
from agentopt.search.trial import Outcome, Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentopt.llm import Budget, Usage
    from agentopt.search.archive import Archive
    from agentopt.search.journal import Journal
    from agentopt.search.workplace import Workplace

_ATTEMPTS = 3
"""Of a trial that failed for a reason that says nothing about the candidate, such as a broken connection."""


@dataclass(frozen=True)
class Dearest:
    """The most that one of many took so far."""

    calls: int = 0
    tokens: int = 0
    dollars: float = 0.0

    def seen(self, usage: Usage) -> Dearest:
        """With one more."""
        return Dearest(
            max(self.calls, usage.calls),
            max(self.tokens, usage.tokens),
            max(self.dollars, usage.cost_usd or 0.0),
        )


class Trials:
    """Runs trials for one search.

    Args:
        archive: Told of every outcome, in order.
        workplace: Where they run.
        budget: What they may take, and what else the search takes.
        journal: What earlier sessions of this run found out, and where everything is noted.
        told: Called after each trial, in the order in which they end.
    """

    def __init__(
        self,
        archive: Archive,
        workplace: Workplace,
        budget: Budget,
        journal: Journal,
        told: Callable[[Trial, Outcome, bool], None],
    ) -> None:
        self._archive = archive
        self._workplace = workplace
        self._budget = budget
        self._journal = journal
        self._told = told
        self._dearest: Dearest | None = None
        self.kept = 0
        """Trials for which budget is kept, as for the held-out test."""
        self.spent = ""
        """Why no further trial can be run; "" as long as one can."""

    def run(self, trials: Sequence[Trial]) -> list[Outcome | None]:
        """Run trials, those that are known already at no cost.

        Returns:
            What came of each; None for those that the budget has no room for.

        Raises:
            AgentoptError: A trial failed for a reason that concerns all of them, such as a missing key.
        """
        fresh = [trial for trial in dict.fromkeys(trials) if self._archive.outcome(trial) is None]
        if fresh and self._dearest is None and self._limited():
            # What a trial takes is not known before one was run.
            self._run(fresh[:1])
            fresh = fresh[1:]
        if fresh and not self.spent:
            self._run(fresh)
        return [self._archive.outcome(trial) for trial in trials]

    def leaves(self, n: int, each: Dearest) -> bool:
        """Whether n pieces of other work, each as dear as this, leave what is kept; if not, the search ends."""
        left, mine = self._budget.left, self._dearest or Dearest()
        asked = (
            (left.calls, mine.calls, each.calls),
            (left.tokens, mine.tokens, each.tokens),
            (left.dollars, mine.dollars, each.dollars),
        )
        if all(amount is None or amount - self.kept * trial >= n * other for amount, trial, other in asked):
            return True
        self.spent = "the budget has no room for another proposal"
        return False

    def _run(self, fresh: Sequence[Trial]) -> None:
        room = self._room()
        if room is not None and room < len(fresh):
            fresh = fresh[: max(0, room)]
            self.spent = "the budget has no room for another trial"
        paid = self._paid(fresh)
        found: dict[Trial, Outcome] = {}
        waiting: list[Trial] = []
        for trial in paid:
            known = self._journal.outcome(self._archive[trial.candidate], trial)
            if known is None:
                waiting.append(trial)
                continue
            self._budget.charge(known.usage)
            found[trial] = known
            self._told(trial, known, True)
        self._work(waiting, found)
        for trial in paid:
            if trial in found:
                self._note(trial, found[trial])

    def _paid(self, fresh: Sequence[Trial]) -> list[Trial]:
        """Those of the trials, from the first on, that the budget of evaluations allows."""
        paid: list[Trial] = []
        for trial in fresh:
            try:
                self._budget.take_evaluation()
            except BudgetExceeded as error:
                self.spent = str(error)
                break
            paid.append(trial)
        return paid

    def _work(self, waiting: Sequence[Trial], found: dict[Trial, Outcome]) -> None:
        """Run trials at once, then one by one those that did not happen: calls in flight hold budget that others
        miss."""
        undone = self._batch(waiting, found)
        for attempt in range(1, _ATTEMPTS):
            if not undone:
                return
            last = attempt == _ATTEMPTS - 1
            again: dict[Trial, BaseException] = {}
            for trial, before in undone.items():
                if self.spent:
                    self._budget.give_back_evaluation()
                    continue
                again |= self._batch([trial], found)
                error = again.get(trial)
                if isinstance(error, BudgetExceeded):
                    self.spent = str(error)
                    self._budget.give_back_evaluation()
                    del again[trial]
                elif error is not None and last:
                    raise error from before
            undone = again

    def _batch(self, trials: Sequence[Trial], found: dict[Trial, Outcome]) -> dict[Trial, BaseException]:
        """Run trials at once; those that did not happen come back with the reason."""
        undone: dict[Trial, BaseException] = {}

        def over(place: int, result: Outcome | BaseException) -> None:
            trial = trials[place]
            if isinstance(result, BaseException):
                undone[trial] = result
                return
            found[trial] = result
            self._journal.note(self._archive[trial.candidate], trial, result)
            self._told(trial, result, False)

        candidates = self._archive.candidates
        if not trials:
            return {}
        self._workplace.run([(candidates[trial.candidate], trial) for trial in trials], over)
        hopeless = [error for error in undone.values() if not _may_pass(error)]
        if hopeless:
            raise hopeless[0]
        return {trial: undone[trial] for trial in trials if trial in undone}

    def _note(self, trial: Trial, outcome: Outcome) -> None:
        self._dearest = (self._dearest or Dearest()).seen(outcome.usage)
        self._archive.observe(trial, outcome)

    def _limited(self) -> bool:
        limits = self._budget.limits
        return any(limit is not None for limit in (limits.calls, limits.tokens, limits.dollars))

    def _room(self) -> int | None:
        """How many trials certainly fit, judging by the dearest so far; None for any number.

        At the first trial there is nothing to judge by.
        """
        left, dearest = self._budget.left, self._dearest
        rooms: list[float] = [] if left.evaluations is None else [left.evaluations - self.kept]
        if dearest is not None:
            asked = ((left.calls, dearest.calls), (left.tokens, dearest.tokens), (left.dollars, dearest.dollars))
            rooms += [amount / each - self.kept for amount, each in asked if amount is not None and each > 0]
        return int(max(0.0, min(rooms))) if rooms else None


def _may_pass(error: BaseException) -> bool:
    from agentopt.errors import LLMError, ProviderError, RateLimitError, TransportError, WorkerDied

    if isinstance(error, BudgetExceeded):
        return True
    if isinstance(error, LLMError):
        return isinstance(error, RateLimitError | TransportError | ProviderError)
    return isinstance(error, WorkerDied)
