"""One run of a candidate on an item: what is to be run, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from agentopt.graph.feedback import Feedback
from agentopt.llm import Usage
from agentopt.search.dataset import Part


class Trial(NamedTuple):
    """What is to be run, or was."""

    candidate: int
    """The number of the candidate."""
    part: Part
    place: int
    """Of the item in its part."""
    repeat: int = 0
    """Which of several independent draws."""

    @property
    def name(self) -> str:
        """As the calls that belong to it are noted under."""
        return f"{self.candidate}:{self.part}:{self.place}:{self.repeat}"


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: a score, or an error."""

    score: float | None
    """Higher is better; None if the run failed, which is never the same as a score of 0."""
    feedback: str = ""
    objectives: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    """Why there is no score."""
    error_kind: str = ""
    """The class of the error, or "timeout"."""
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    trace: str = ""
    """As `graph.pack` writes it; "" if the workflow gave no node."""

    @property
    def failed(self) -> bool:
        return self.score is None

    def said(self) -> Feedback:
        """What an optimizer is told of it."""
        if not self.failed:
            return Feedback(self.feedback, self.score, self.objectives)
        return Feedback(f"The run failed, so there is no score. {self.error_kind}: {self.error}")
