"""Asking the optimizer: what it is shown of a parent, and which candidates come of its proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentopt.errors import AgentoptError, AuthError, BudgetExceeded, ConfigError, DomainError, LLMError, QuotaError
from agentopt.graph.choosing import using
from agentopt.graph.feedback import Feedback
from agentopt.graph.nodes import Node
from agentopt.graph.writing.packed import unpack
from agentopt.graph.writing.shared import Shared
from agentopt.graph.writing.value_data import plain_as_data, value_from_data
from agentopt.llm.ambient import Ambient, ambient
from agentopt.optimizers import Evaluation, Optimizer, Proposal
from agentopt.search.candidate import Candidate
from agentopt.search.job import DRAWS
from agentopt.search.journal import Asked, Journal, Proposed, RunLedger
from agentopt.search.judging import judging
from agentopt.search.strategy import Ask
from agentopt.search.trial import Outcome, Trial
from agentopt.search.trials import Dearest

if TYPE_CHECKING:
    from agentopt.graph.parameter_node import Parameter, Version
    from agentopt.llm import Budget
    from agentopt.search.archive import Archive

_HOPELESS = (AuthError, QuotaError, ConfigError)
"""Errors of a call that the next call will have as well."""


@dataclass(frozen=True)
class _Turn:
    """One ask with what it needs, so that several can be made at the same time."""

    number: int
    ask: Ask
    parent: Candidate
    optimizer: Optimizer


class Asking:
    """Turns asks into new candidates.

    Args:
        optimizer: Is told of parents' trials and asked for proposals.
        parameters: By key.
        archive: Takes the new candidates.
        budget: Pays for the optimizer's calls as for those of trials.
        journal: Knows the asks of earlier sessions.
        ledger: Knows their calls.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        parameters: Mapping[str, Parameter[Any]],
        archive: Archive,
        budget: Budget,
        journal: Journal,
        ledger: RunLedger,
    ) -> None:
        self._optimizer = optimizer
        self._parameters = parameters
        self._keys = {id(parameter): key for key, parameter in parameters.items()}
        self._archive = archive
        self._budget = budget
        self._journal = journal
        self._ledger = ledger
        self._n_asks = 0
        self._judging = judging(archive.dataset)
        self.spent = ""
        """Why no further proposal can be paid for."""
        self.refused: list[str] = []
        """What of the proposals was refused, and why."""
        self.n_failed = 0
        """Asks in a row that failed."""
        self.dearest = Dearest()
        """What an ask took at most."""

    def children(self, asks: Sequence[tuple[Ask, Sequence[tuple[Trial, Outcome]]]]) -> list[Candidate]:
        """New candidates from parents whose trials are known, in the order of the asks.

        Raises:
            LLMError: A call failed, as the next one will.
        """
        turns = [self._told(ask, seen) for ask, seen in asks]
        answers = self._answers(turns)
        for answer in answers:
            self.dearest = self.dearest.seen(answer.usage)
        return [child for turn, answer in zip(turns, answers, strict=True) for child in self._added(turn, answer)]

    def judge(self, candidate: Candidate, estimate: float) -> None:
        """Tell the optimizer what a candidate is thought to be worth, also one that it was never told of."""
        parent = self._archive[candidate.parents[0]].live if candidate.parents else None
        self._optimizer.judge(candidate.live, estimate, parent=parent)

    def _told(self, ask: Ask, seen: Sequence[tuple[Trial, Outcome]]) -> _Turn:
        """An optimizer of its own for one ask, which knows what came of the parent's trials."""
        parent, number = self._archive[ask.parent], self._n_asks
        self._n_asks += 1
        fork = self._optimizer.fork(number)
        shared = Shared()  # a model that all trials used is one input to whoever reads them
        pairs: list[tuple[Node[Any], Feedback]] = [
            (node, outcome.said()) for _, outcome in seen for node in self._output(parent, outcome, shared)
        ]
        with using(parent.live):
            if pairs:
                estimate, asks_model = self._archive.estimate(parent.number), any(_called(one) for _, one in seen)
                fork.tell(Evaluation.of_all(pairs, estimate=estimate, judging=self._judging, asks_model=asks_model))
        return _Turn(number, ask, parent, fork)

    def _output(self, parent: Candidate, outcome: Outcome, shared: Shared) -> list[Node[Any]]:
        if outcome.trace:
            return unpack(outcome.trace, self._parameters, parent.versions, shared)
        # Nothing of it was traced; what is said of it is said of nothing that can be shown.
        return [Node(None)]

    def _answers(self, turns: Sequence[_Turn]) -> list[Asked]:
        """What comes of asks: those of an earlier session at once, the others at the same time."""
        known = {turn.number: self._known(turn) for turn in turns}
        fresh = [turn for turn in turns if known[turn.number] is None]
        made: dict[int, Asked] = {}
        if len(fresh) > 1 and not self._is_tight(len(fresh)):
            with ThreadPoolExecutor(len(fresh), "agentopt-ask") as pool:
                waiting = [pool.submit(copy_context().run, self._asked, turn) for turn in fresh]
                made = {turn.number: one.result() for turn, one in zip(fresh, waiting, strict=True)}
        else:
            made = {turn.number: self._asked(turn) for turn in fresh}
        for turn in fresh:
            if made[turn.number].error != _UNPAID:
                self._journal.note_ask(turn.number, turn.ask.parent, turn.ask.places, made[turn.number])
        return [known[turn.number] or made[turn.number] for turn in turns]

    def _known(self, turn: _Turn) -> Asked | None:
        found = self._journal.asked(turn.number)
        if found is not None:
            self._budget.charge(found.usage)
        return found

    def _is_tight(self, n: int) -> bool:
        """Whether asks made at the same time might stand in each other's way, so that who comes first would matter."""
        left = self._budget.left
        return any(
            amount is not None and amount < each * n
            for amount, each in ((left.calls, 4), (left.tokens, 100_000), (left.dollars, 1.0))
        )

    def _asked(self, turn: _Turn) -> Asked:
        # A prompt that comes again, as from the same parent on the same items, is a new draw.
        draw = turn.number * DRAWS
        around = Ambient(self._budget, self._ledger, draw, purpose="reflection", trial=_named(turn))
        try:
            with using(turn.parent.live), ambient(around):
                proposals = turn.optimizer.ask(turn.ask.n)
        except BudgetExceeded as error:
            self.spent = str(error)
            return Asked((), error=_UNPAID)
        except _HOPELESS:
            raise
        except (LLMError, AgentoptError) as error:
            return Asked((), error=f"{type(error).__name__}: {error}", usage=around.account.usage)
        rejected = tuple(map(str, turn.optimizer.rejected))
        return Asked(tuple(self._as_data(one) for one in proposals), rejected, usage=around.account.usage)

    def _as_data(self, proposal: Proposal) -> Proposed:
        values = {}
        for parameter, value in proposal.changes.items():
            key = self._keys.get(id(parameter))
            if key is not None:
                values[key] = plain_as_data(value, parameter.domain)
        model = proposal.provenance.model
        return Proposed(values, proposal.reason, f"model:{model}" if model else "optimizer")

    def _added(self, turn: _Turn, answer: Asked) -> list[Candidate]:
        self.n_failed = self.n_failed + 1 if answer.error and answer.error != _UNPAID else 0
        self.refused += [*answer.rejected, *([answer.error] if answer.error and answer.error != _UNPAID else [])]
        children = [self._child(turn, proposed) for proposed in answer.proposals]
        return [child for child in children if child is not None]

    def _child(self, turn: _Turn, proposed: Proposed) -> Candidate | None:
        versions = dict(turn.parent.versions)
        try:
            values = {key: value_from_data(one, self._parameters[key].domain) for key, one in proposed.values.items()}
            complaint = self._complaint({**turn.parent.values, **values})
            if complaint:
                self.refused.append(complaint)
                return None
            for key, value in values.items():
                before = versions[key]
                versions[key] = self._version(key, value, before, proposed)
        except DomainError as error:
            self.refused.append(str(error))
            return None
        child = self._archive.add(versions, (turn.parent.number,), proposed.reason)
        if child is None:
            self.refused.append("it was tried before")
            return None
        self._journal.note_candidate(child, turn.number)
        return child

    def _version(self, key: str, value: Any, before: Version[Any], proposed: Proposed) -> Version[Any]:
        parameter = self._parameters[key]
        return parameter.add(value, author=proposed.author, reason=proposed.reason, parent=before.number)

    def _complaint(self, values: Mapping[str, Any]) -> str:
        for constraint in self._archive.settings.constraints:
            said = constraint(values)
            if said:
                return str(said)
        return ""


_UNPAID = "the budget has no room for it"


def _called(outcome: Outcome) -> bool:
    """Whether a trial called a model, paid or not."""
    return outcome.usage.calls + outcome.usage.cache_hits > 0


def _named(turn: _Turn) -> str:
    return f"ask:{turn.number}"
