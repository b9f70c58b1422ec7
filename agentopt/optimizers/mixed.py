"""The mix: every kind of parameter has an optimizer that suits it, and all share trials, feedback and budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from agentopt.errors import AuthError, InputError, LLMError, QuotaError
from agentopt.graph.parameter_node import Parameter
from agentopt.llm import Model, Usage
from agentopt.optimizers.local_search import LocalSearch
from agentopt.optimizers.memory import Trial
from agentopt.optimizers.optimizer import Asked, Optimizer, Settings
from agentopt.optimizers.optoprime import OptoPrime
from agentopt.optimizers.proposal import Evaluation, Proposal, Rejection
from agentopt.optimizers.turns import seats, shares

_OF_LATE = 100
"""Trials by which turns are shared."""
_HOPELESS = (AuthError, QuotaError)
"""Errors of a call that the next call will have as well."""
Arm = tuple[int, ...]
"""The places of the members whose changes are tried together."""


@dataclass
class _Answer(Asked):
    """What came of asking one member."""

    error: LLMError | None = None


class Mixed(Optimizer):
    """Lets a model write texts, code and data, and local search change numbers, choices and exemplars.

    There are as many ways to propose as there are members, and one more: a proposal of each of them put together, as a
    prompt and its threshold often have to move at the same time. They take turns at first, and then those have more
    turns whose proposals were better than what they were made from, as far as scores were told or judged. All members
    know all trials. One that fails, or sees nothing to change, gives its turn to another.

    Args:
        parameters: As for every `Optimizer`.
        model: Asked about texts, code and data.
        settings: As for every `Optimizer`.
        members: Other optimizers in place of these, each of parameters of its own.
        seed: Of what is drawn at random.

    Raises:
        InputError: There is a parameter that needs a model, and no model; two members have one parameter in common, or
            one has a parameter that is not among these.
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
        self._check_members()
        for member in self.members:
            # What was tried is known to all, whoever proposed it.
            member.memory = self.memory

    @staticmethod
    def needs_model(parameters: Iterable[Parameter[Any]]) -> bool:
        """Whether some of the parameters can only be changed by a model."""
        return any(not LocalSearch.can_change(parameter) for parameter in parameters)

    def fork(self, number: int | None = None) -> Self:
        made = super().fork(number)
        made.members = [member.fork(number) for member in self.members]
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
        numbers = [one for one in self.parameters if LocalSearch.can_change(one)]
        words = [one for one in self.parameters if not LocalSearch.can_change(one)]
        if words and model is None:
            names = ", ".join(one.described() for one in words)
            raise InputError(f"expected a model to change {names}; give one, or make them not trainable")
        members: list[Optimizer] = []
        if words and model is not None:
            members.append(OptoPrime(words, model, self.settings))
        if numbers:
            members.append(LocalSearch(numbers, self.settings, seed=seed))
        return members

    def _check_members(self) -> None:
        if not self.members:
            raise InputError("expected at least one member to propose anything, got none")
        mine = set(map(id, self.parameters))
        owned = [one for member in self.members for one in member.parameters]
        if len(set(map(id, owned))) < len(owned):
            raise InputError("expected members with parameters of their own, but two of them have one in common")
        foreign = [one.described() for one in owned if id(one) not in mine]
        if foreign:
            raise InputError(f"expected members of the parameters given, but one has {', '.join(foreign)} as well")

    def _reached(self) -> bool:
        return any(member._reached() for member in self.members)

    def _asked(self, n: int) -> Asked:
        reached = [place for place, member in enumerate(self.members) if member._reached()]
        arms: list[Arm] = [(place,) for place in reached] + ([tuple(reached)] if len(reached) > 1 else [])
        turn = seats(dict(zip(arms, shares(arms, self._judged()))), n, self.asks)
        wanted = Counter(place for arm in turn for place in arm)
        answers = {place: self._answer(place, wanted[place]) for place in reached if wanted[place]}
        proposals = _seated(turn, {place: list(answer.proposals) for place, answer in answers.items()})
        for place in reached:
            if len(proposals) < n and place not in answers:
                answers[place] = self._answer(place, n - len(proposals))
                proposals += answers[place].proposals
        return self._summed(proposals[:n], list(answers.values()))

    def _summed(self, proposals: list[Proposal], answers: Sequence[_Answer]) -> Asked:
        errors = [answer.error for answer in answers if answer.error is not None]
        if errors and not proposals:
            raise errors[0]
        return Asked(
            tuple(proposals),
            "; ".join(answer.nothing_to_change for answer in answers if answer.nothing_to_change),
            [rejection for answer in answers for rejection in answer.rejected],
            any(answer.at_fault for answer in answers),
        )

    def _answer(self, place: int, n: int) -> _Answer:
        """What comes of asking one member; an error of a reply, or of the moment, is on record and stops no other."""
        member = self.members[place]
        member.asks, member._usage = self.asks, Usage()
        try:
            return _Answer(**vars(member._asked(n)))
        except _HOPELESS:
            raise
        except LLMError as error:
            lost = Rejection("the reply", "", f"{type(error).__name__}: {error}")
            return _Answer(rejected=[lost], at_fault=True, error=error)
        finally:
            self._usage += member._usage

    def _judged(self) -> list[tuple[Arm, bool]]:
        """The latest trials by who made them, each with whether it is better than what it was made from."""
        return [
            (self._made_by(trial, trial.parent), trial.score > trial.parent.score)
            for trial in self.memory.latest(_OF_LATE)
            if trial.score is not None and trial.parent is not None and trial.parent.score is not None
        ]

    def _made_by(self, trial: Trial, parent: Trial) -> Arm:
        changed = {id(one) for one, version in trial.versions.items() if version is not parent.versions[one]}
        return tuple(
            place for place, member in enumerate(self.members) if any(id(one) in changed for one in member.parameters)
        )


def _seated(turn: Sequence[Arm], left: Mapping[int, list[Proposal]]) -> list[Proposal]:
    """The proposals of a turn, each of the next ones of its members; those that have none left are left out."""
    parts = [[left[place].pop(0) for place in arm if left[place]] for arm in turn]
    return [_united(found) for found in parts if found]


def _united(parts: Sequence[Proposal]) -> Proposal:
    """The changes of several, which have no parameter in common, as one."""
    changes: dict[Parameter[Any], Any] = {}
    made_from: dict[Parameter[Any], int] = {}
    for part in parts:
        changes |= part.changes
        made_from |= part.made_from
    provenance = next((part.provenance for part in parts if part.provenance.model), parts[0].provenance)
    reason = "; ".join(dict.fromkeys(part.reason for part in parts if part.reason))
    return Proposal(changes, reason, provenance, made_from)
