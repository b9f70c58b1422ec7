"""The one seam of all optimizers: told what happened, asked what to try next.

`tell` and `ask` are for loops and searches; `zero_feedback`, `backward` and `step` are the same for hands that
know PyTorch:

    optimizer.zero_feedback()
    optimizer.backward(output, "too long")
    optimizer.step()
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from agentopt.errors import EmptyReplyError, InputError, ReplyError, TruncatedError
from agentopt.graph.parameter_node import Parameter, Version
from agentopt.graph.propagation import Output, Said
from agentopt.graph.walk import name_parameters
from agentopt.llm import Budget, Sampling, Usage
from agentopt.optimizers.memory import Memory
from agentopt.optimizers.proposal import Evaluation, Proposal, Rejection, Step

# A reply at fault is a proposal that was rejected; any other error of a call is nothing that a model proposed.
_REPLY_FAULTS = (ReplyError, EmptyReplyError, TruncatedError)


@dataclass(frozen=True)
class Settings:
    """What optimizers have in common beside parameters and model."""

    objective: str = ""
    """What is wanted, in a sentence; "" leaves it to the feedback."""
    memory: int = 4
    """How many earlier trials a prompt shows."""
    sampling: Sampling | None = None
    budget: Budget | None = None


@dataclass
class Asked:
    """What came of one `ask`."""

    proposals: tuple[Proposal, ...] = ()
    nothing_to_change: str = ""
    """Why nothing is to be changed, where the optimizer says so."""
    rejected: list[Rejection] = field(default_factory=list)
    """All that was refused, also what was mended when it was sent back."""
    at_fault: bool = False
    """Whether something of what it was to answer with was refused and never mended."""


class Optimizer(ABC):
    """Turns evaluations into proposals.

    It is used by one thread at a time; what `fork` gives may be asked in threads of their own.

    Args:
        parameters: A module, a traced function, parameters, or a container of these; those that are not trainable
            are left alone.
        settings: The rest.

    Raises:
        InputError: There is no trainable parameter.
    """

    def __init__(self, parameters: Any, settings: Settings | None = None) -> None:
        found = name_parameters(list(parameters) if isinstance(parameters, Iterator) else parameters)
        self.parameters = [parameter for parameter in found.values() if parameter.trainable]
        if not self.parameters:
            raise InputError("expected at least one trainable parameter to optimize, found none")
        self.settings = settings or Settings()
        self.memory = Memory(self.settings.memory)
        self.steps: list[Step] = []
        """The record of every step so far."""
        self._pending: list[Evaluation] = []
        self._usage = Usage()
        self.rejected: tuple[Rejection, ...] = ()
        """What was refused in the last `ask`."""
        self.asks = 0
        """How many asks came before; in a search the number of the ask."""

    @property
    def trainable(self) -> list[Parameter[Any]]:
        """The parameters that may be changed now; `Parameter.trainable` can be switched at any time."""
        return [parameter for parameter in self.parameters if parameter.trainable]

    def tell(self, evaluation: Evaluation) -> None:
        """Take note of what happened; it is used by every `ask` until `zero_feedback`."""
        self._pending.append(evaluation)
        self.memory.add(self._whole(latest_versions([evaluation])), evaluation)

    def judge(
        self,
        versions: Mapping[Parameter[Any], Version[Any]],
        estimate: float,
        *,
        parent: Mapping[Parameter[Any], Version[Any]] | None = None,
    ) -> None:
        """Take note of what a combination of versions is thought to be worth by now; it may be said again and again.

        What is told is the little that is known of a few runs. A search knows more, also of what was never told, such
        as proposals that made nothing better; said here, it ranks the trials that prompts show.

        Args:
            versions: By parameter; one that is not named is meant at its present version.
            estimate: Higher is better; can be compared with that of other combinations.
            parent: The combination that it was made from.

        Raises:
            InputError: The estimate is no finite number.
        """
        self.memory.judge(self._whole(versions), estimate, None if parent is None else self._whole(parent))

    def _whole(self, versions: Mapping[Parameter[Any], Version[Any]]) -> dict[Parameter[Any], Version[Any]]:
        return {parameter: versions.get(parameter, parameter.version) for parameter in self.parameters}

    def ask(self, n: int = 1) -> list[Proposal]:
        """Proposals for what to try next, at most n.

        Nothing is applied. None come if there is nothing to change or nothing that was proposed can be used.

        Raises:
            InputError: Nothing was told, or no parameter of this optimizer led to what was.
            LLMError: The call failed.
            BudgetExceeded: The call was not made.
        """
        return list(self._ask(n).proposals)

    def fork(self, number: int | None = None) -> Self:
        """A copy with feedback of its own, which shares parameters, model and memory.

        A search tells several forks of one optimizer what came of several parents, one after another, and asks them at
        the same time. To ask a fork reads what is shared and changes nothing of it.

        Args:
            number: Of the ask that it is for, from which an optimizer that draws at random draws; None counts on.
        """
        made = copy.copy(self)
        made._pending, made.steps, made._usage, made.rejected = [], [], Usage(), ()
        if number is None:
            self.asks += 1
        else:
            made.asks = number
        return made

    def zero_feedback(self) -> None:
        """Forget the feedback that waits for a step; the memory of trials and scores stays."""
        self._pending.clear()

    def backward(self, output: Output, feedback: Said) -> None:
        """Note what is said of an output, or of an exception that left a traced call; calls add up.

        Raises:
            TraceError: The output is no node and carries none.
            InputError: The feedback is none.
        """
        self.tell(Evaluation.of(output, feedback))

    def step(self, n: int = 1) -> Step:
        """Ask for proposals and apply the first.

        Args:
            n: How many proposals to ask for in the one call; the others stand in the record.

        Returns:
            The record, which is also added to `steps`.

        Raises:
            LLMError: The call failed for another reason than the reply; the record says so, no parameter was changed.
            BudgetExceeded: The call was not made.
        """
        self._usage = Usage()
        if not self._reached():
            return self._recorded(Step("no feedback", reason=self._why_unreached()))
        try:
            return self._recorded(self._applied(self._ask(n)))
        except _REPLY_FAULTS as error:
            lost = Rejection("the reply", "", str(error))
            return self._recorded(Step("rejected", rejected=(lost,), reason=str(error), usage=self._usage))
        except BaseException as error:
            # Whatever it is, an interrupt too: it is raised again, and the record has it.
            self._recorded(Step("failed", reason=f"{type(error).__name__}: {error}", usage=self._usage))
            raise

    def _applied(self, asked: Asked) -> Step:
        proposals, rejected, nothing = asked.proposals, tuple(asked.rejected), asked.nothing_to_change
        if not proposals and nothing and not asked.at_fault:
            return Step("unchanged", (), rejected, None, nothing, self._usage)
        if not proposals:
            return Step("rejected", (), rejected, None, nothing, self._usage)
        first, before = proposals[0], self._starts()
        first.apply()
        self.memory.expect(self._whole({}), before)
        return Step("applied", proposals, rejected, first, first.reason, self._usage)

    def _recorded(self, step: Step) -> Step:
        self.steps.append(step)
        return step

    def _ask(self, n: int) -> Asked:
        if n < 1:
            raise InputError(f"expected to be asked for at least 1 proposal, got {n}")
        if not self._reached():
            raise InputError(self._why_unreached())
        asked = self._asked(n)
        self.rejected = tuple(asked.rejected)
        self.asks += 1
        return asked

    @abstractmethod
    def _asked(self, n: int) -> Asked:
        """What comes of asking for n proposals; there is feedback."""

    def _starts(self) -> dict[Parameter[Any], Version[Any]]:
        """The versions that proposals start from: of what was told, or else the present ones."""
        return self._whole(latest_versions(self._pending))

    def _reached(self) -> bool:
        """Whether there is feedback for a parameter of this optimizer."""
        mine = set(map(id, self.trainable))
        return any(id(parameter) in mine for told in self._pending for parameter in told.graph.parameters)

    def _why_unreached(self) -> str:
        if not self._pending:
            return "no feedback was given since zero_feedback()"
        if not self.trainable:
            return "no parameter is trainable any more"
        names = ", ".join(parameter.name for parameter in self.trainable)
        return (
            f"no feedback reaches {names}: the outputs were not made from them by traced calls. A value that left the "
            "graph on the way, as by str(), int() or an f-string outside of a traced function, cuts it"
        )


def latest_versions(evaluations: Sequence[Evaluation]) -> dict[Parameter[Any], Version[Any]]:
    """The versions that led to what was told; of several of one parameter the latest is meant."""
    reached = (version for told in evaluations for version in told.graph.reached)
    return {version.parameter: version for version in sorted(reached, key=lambda version: version.number)}
