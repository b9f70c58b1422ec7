"""What an optimizer is told and what it answers: evaluations, proposals, and the record of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from agentopt.errors import InputError
from agentopt.graph.feedback import Feedback
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Parameter, Version
from agentopt.graph.propagation import Output, Said, backward_all
from agentopt.graph.shown.trace_graph import TraceGraph
from agentopt.llm import Usage


@dataclass(frozen=True)
class Evaluation:
    """What happened: outputs of a run and what is said of each, with the versions that led there."""

    pairs: tuple[tuple[Output, Feedback], ...]
    graph: TraceGraph
    estimate: float | None = None
    """What these versions are thought to be worth by all that is known, higher is better; unlike the scores of one
    batch it can be compared with that of other versions."""
    judging: str = ""
    """How and on what candidates will be judged, in sentences for a model, where a search knows it."""
    asks_model: bool = False
    """Whether the run called a model, as far as a search knows; what one says cannot be worked out by reading."""

    @classmethod
    def of(cls, output: Output, feedback: Said) -> Evaluation:
        """One output, or an exception that left a traced call, and what is said of it.

        Raises:
            TraceError: The output is no node and carries none.
            InputError: The feedback is none.
        """
        return cls.of_all([(output, feedback)])

    @classmethod
    def of_all(
        cls,
        pairs: Sequence[tuple[Output, Said]],
        *,
        estimate: float | None = None,
        judging: str = "",
        asks_model: bool = False,
    ) -> Evaluation:
        """Several outputs of one run, such as a batch."""
        if not pairs:
            raise InputError("expected at least one output with its feedback")
        said = tuple((output, Feedback.of(feedback)) for output, feedback in pairs)
        # Held as nodes, so that an output that is changed in place later does not become another one.
        fixed = tuple((output.recorded() if isinstance(output, Node) else output, words) for output, words in said)
        return cls(fixed, backward_all(fixed), estimate, judging, asks_model)

    @property
    def score(self) -> float | None:
        """The mean of the scores that were given, higher is better; None without any."""
        scores = [said.score for _, said in self.pairs if said.score is not None]
        return sum(scores) / len(scores) if scores else None

    @property
    def text(self) -> str:
        """All that was said, in one line an output, without the scores."""
        return "\n".join(filter(None, (str(replace(said, score=None)) for _, said in self.pairs)))


@dataclass(frozen=True)
class Provenance:
    """Where a proposal came from and what it took."""

    model: str = ""
    """As provider/name; "" if no model made it."""
    usage: Usage = field(default_factory=Usage)
    """Of the whole call, which may have made several proposals."""


@dataclass(frozen=True)
class Proposal:
    """New values for some parameters, to be tried together; every value is in its parameter's domain."""

    changes: Mapping[Parameter[Any], Any]
    reason: str = ""
    provenance: Provenance = field(default_factory=Provenance)
    made_from: Mapping[Parameter[Any], int] = field(default_factory=dict)
    """The version that each new value was made from; the current one where it is not said."""

    def apply(self) -> dict[Parameter[Any], Version[Any]]:
        """Give the parameters their new values.

        Raises:
            DomainError: A value is not in its domain; no parameter was changed.
            InputError: A parameter is not trainable; no parameter was changed.
        """
        for parameter, value in self.changes.items():
            if not parameter.trainable:
                raise InputError(f"{parameter.described()} is not trainable, so no proposal changes it")
            parameter.domain.check(value)
        author = f"model:{self.provenance.model}" if self.provenance.model else "optimizer"
        return {
            parameter: parameter.set(value, author=author, reason=self.reason, parent=self.made_from.get(parameter))
            for parameter, value in self.changes.items()
        }


@dataclass(frozen=True)
class Rejection:
    """A part of a reply that was not taken, and why."""

    parameter: str
    """The name that the reply gave, or what of the reply it is."""
    value: str
    """What came, as text, cut to a bound."""
    reason: str

    def __str__(self) -> str:
        return f"{self.parameter}: {self.reason}"


_SHOWN = 5
Outcome = Literal["applied", "unchanged", "rejected", "no feedback", "failed"]


@dataclass(frozen=True)
class Step:
    """The record of one step: nothing that a model proposed is lost in silence."""

    outcome: Outcome
    """applied: a proposal was. unchanged: the optimizer said that nothing is to change. rejected: nothing in the reply
    could be used. no feedback: none reaches a parameter, so no model was asked. failed: the call failed."""
    proposed: tuple[Proposal, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    applied: Proposal | None = None
    reason: str = ""
    """Of the model for changing nothing, of the failure, or of the proposal that was applied."""
    usage: Usage = field(default_factory=Usage)

    def __str__(self) -> str:
        changed = ", ".join(parameter.name for parameter in self.applied.changes) if self.applied else ""
        parts = [self.outcome, changed, self.reason, *(f"rejected {part}" for part in self.rejected[:_SHOWN])]
        if len(self.rejected) > _SHOWN:
            parts.append(f"and {len(self.rejected) - _SHOWN} more rejected")
        return "; ".join(filter(None, parts))
