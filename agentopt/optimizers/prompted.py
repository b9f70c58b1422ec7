"""Optimizers that ask a model: the conversation that all of them have, whatever they show."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from agentopt.errors import BudgetExceeded, LLMError
from agentopt.graph.parameter_node import Version
from agentopt.llm import Message, Model, Reply, render
from agentopt.optimizers.optimizer import Asked, Optimizer, Settings
from agentopt.optimizers.proposal import Provenance, Rejection
from agentopt.optimizers.reply import Read, read, reply_type

T = TypeVar("T")
_SENT_BACK = 20
"""Refused parts that go back to the model at most."""


@dataclass(frozen=True)
class Prompt:
    """What a model is asked."""

    messages: list[Message]
    versions: Mapping[str, Version[Any]]
    """The versions that proposals start from, by their names in the messages."""


class Prompted(Optimizer):
    """Turns evaluations into proposals by one call of a model, and one more if parts of the reply were refused.

    Args:
        parameters: As for every `Optimizer`.
        model: Asked for proposals.
        settings: As for every `Optimizer`.

    Raises:
        InputError: There is no trainable parameter.
    """

    def __init__(self, parameters: Any, model: Model, settings: Settings | None = None) -> None:
        super().__init__(parameters, settings)
        self.model = model
        self._counting = threading.Lock()

    def fork(self, number: int | None = None) -> Self:
        made = super().fork(number)
        made._counting = threading.Lock()
        return made

    @abstractmethod
    def prompt(self, n: int) -> Prompt:
        """What the model is asked for n candidates."""

    def complete(self, messages: list[Message], kind: type[T]) -> Reply[T]:
        """Ask the model under the settings, and count what it takes; may be called from several threads."""
        reply = self.model.complete(messages, kind, sampling=self.settings.sampling, budget=self.settings.budget)
        with self._counting:
            self._usage += reply.usage
        return reply

    def _asked(self, n: int) -> Asked:
        return self._converse(self.prompt(n), n)

    def _converse(self, prompt: Prompt, n: int) -> Asked:
        """Ask, and send back once what was refused of the reply."""
        messages, versions = prompt.messages, prompt.versions
        kind = reply_type(versions)
        first = self.complete(messages, kind)
        judged = read(first.value, versions, Provenance(first.model, first.usage), n)
        if not judged.rejected:
            return _asked(judged, list(judged.left_over))
        again = [*messages, Message("assistant", first.text), *_correction(judged.rejected)]
        try:
            second = self.complete(again, kind)
        except (LLMError, BudgetExceeded) as error:
            # What was good in the first reply stands.
            lost = Rejection("the correction", "", f"{type(error).__name__}: {error}")
            return _asked(judged, [*judged.rejected, lost])
        mended = read(second.value, versions, Provenance(second.model, first.usage + second.usage), n)
        better = mended if mended.proposals or not judged.proposals else judged
        return _asked(better, [*judged.rejected, *mended.rejected, *better.left_over])


def _asked(judged: Read, rejected: list[Rejection]) -> Asked:
    return Asked(judged.proposals, judged.nothing_to_change, rejected, bool(judged.rejected))


def kinds(versions: Mapping[str, Version[Any]]) -> list[str]:
    """The kinds of domains in play, so that a prompt holds only the rules that apply."""
    return sorted({version.parameter.domain.kind for version in versions.values()})


def _correction(rejected: Sequence[Rejection]) -> list[Message]:
    """What goes back to the model about the parts of its reply that were refused."""
    faults = [f"{fault} (it was: {fault.value})" if fault.value else str(fault) for fault in rejected[:_SENT_BACK]]
    if len(rejected) > _SENT_BACK:
        faults.append(f"and {len(rejected) - _SENT_BACK} more parts")
    return render("optimizers/correct", faults=faults)
