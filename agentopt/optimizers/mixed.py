"""The mix: every kind of parameter has an optimizer that suits it, and all share trials, feedback and budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from agentopt.errors import InputError, LLMError
from agentopt.graph.parameter_node import Parameter
from agentopt.llm import Model
from agentopt.optimizers.local_search import DOMAINS, LocalSearch
from agentopt.optimizers.optimizer import Asked, Optimizer, Settings
from agentopt.optimizers.optoprime import OptoPrime
from agentopt.optimizers.proposal import Evaluation, Proposal, Rejection

_TOGETHER = 3
"""Every so many asks all members propose, and their changes are tried together: a prompt and its threshold often have
to move at the same time."""


class Mixed(Optimizer):
    """Lets a model write texts, code and data, and local search change numbers, choices and exemplars.

    The members take turns, by the number of the ask; in every third ask their proposals are put together. All
    are told of every trial. A member that fails, or sees nothing to change, gives its turn to the next.

    Args:
        parameters: As for every `Optimizer`.
        model: Asked about texts, code and data.
        settings: As for every `Optimizer`.
        members: Other optimizers in place of these, each of parameters of its own.
        seed: Of what is drawn at random.

    Raises:
        InputError: There is a parameter that needs a model, and no model; or two members have one parameter.
    """

    def __init__(
        self,
        parameters: Any,
        model: Model | None = None,
        settings: Settings | None = None,
        *,
        members: Sequence[Optimizer] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(parameters, settings)
        self.members = list(members) if members is not None else self._members(model, seed)
        owned = [id(parameter) for member in self.members for parameter in member.parameters]
        if len(set(owned)) < len(owned):
            raise InputError("expected members with parameters of their own, but two of them have one in common")
        for member in self.members:
            # What was tried is known to all, whoever proposed it.
            member.memory = self.memory

    @staticmethod
    def needs_model(parameters: Iterable[Parameter[Any]]) -> bool:
        """Whether some of the parameters can only be changed by a model."""
        return any(not isinstance(parameter.domain, DOMAINS) for parameter in parameters)

    def fork(self, number: int | None = None) -> Self:
        made = super().fork(number)
        made.members = [member.fork(number) for member in self.members]
        for member in made.members:
            member.memory = made.memory
        return made

    def tell(self, evaluation: Evaluation) -> None:
        super().tell(evaluation)
        for member in self.members:
            # The memory is one and has it already.
            member._pending.append(evaluation)

    def zero_feedback(self) -> None:
        super().zero_feedback()
        for member in self.members:
            member.zero_feedback()

    def _members(self, model: Model | None, seed: int) -> list[Optimizer]:
        numbers = [one for one in self.parameters if isinstance(one.domain, DOMAINS)]
        words = [one for one in self.parameters if not isinstance(one.domain, DOMAINS)]
        if words and model is None:
            names = ", ".join(one.name or "a parameter without a name" for one in words)
            raise InputError(f"expected a model to change {names}; give one, or make them not trainable")
        members: list[Optimizer] = []
        if words and model is not None:
            members.append(OptoPrime(words, model, self.settings))
        if numbers:
            members.append(LocalSearch(numbers, self.settings, seed=seed))
        return members

    def _reached(self) -> bool:
        return any(member._reached() for member in self.members)

    def _asked(self, n: int) -> Asked:
        turn = self.asks % len(self.members)
        in_turn = [member for member in (*self.members[turn:], *self.members[:turn]) if member._reached()]
        answers: list[Asked] = []
        together = len(in_turn) > 1 and self.asks % _TOGETHER == _TOGETHER - 1
        for member in in_turn:
            answers.append(self._answer(member, n, alone=len(in_turn) == 1))
            if answers[-1].proposals and not together:
                break
        proposals = _united([answer.proposals for answer in answers]) if together else answers[-1].proposals
        return Asked(
            tuple(proposals[:n]),
            "; ".join(answer.nothing_to_change for answer in answers if answer.nothing_to_change),
            [rejection for answer in answers for rejection in answer.rejected],
            any(answer.at_fault for answer in answers),
        )

    def _answer(self, member: Optimizer, n: int, *, alone: bool) -> Asked:
        member.asks = self.asks
        try:
            asked = member._asked(n)
        except LLMError as error:
            if alone:
                raise
            return Asked(rejected=[Rejection("the call", "", f"{type(error).__name__}: {error}")], at_fault=True)
        self._usage += member._usage
        return asked


def _united(proposals: Sequence[Sequence[Proposal]]) -> tuple[Proposal, ...]:
    """The first proposals of all put together, the second ones, and so on, as far as there are any."""
    found: list[Proposal] = []
    for place in range(max(map(len, proposals), default=0)):
        parts = [of_one[place] for of_one in proposals if place < len(of_one)]
        changes: dict[Parameter[Any], Any] = {}
        made_from: dict[Parameter[Any], int] = {}
        for part in parts:
            changes |= part.changes
            made_from |= part.made_from
        by_model: Mapping[bool, Proposal] = {bool(part.provenance.model): part for part in parts}
        provenance = by_model.get(True, parts[0]).provenance
        reason = "; ".join(dict.fromkeys(part.reason for part in parts if part.reason))
        found.append(Proposal(changes, reason, provenance, made_from))
    return tuple(found)
