"""What is said about an output."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentopt.errors import InputError


@dataclass(frozen=True)
class Feedback:
    """Words, a score, and named objectives, each of which may be absent.

    Raises:
        InputError: A number is not finite.
    """

    text: str = ""
    score: float | None = None
    """Higher is better."""
    objectives: Mapping[str, float] = field(default_factory=dict)
    """Scores of single aims, by name; higher is better."""

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"expected the text of a feedback as str, got {type(self.text).__name__}")
        for name, number in {"score": self.score, **self.objectives}.items():
            if number is None:
                continue
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                raise InputError(f"expected a finite number as {name} of a feedback, got {number!r}")

    @classmethod
    def of(cls, said: Feedback | str | float) -> Feedback:
        """Read what a user gives as feedback: words, a score, or both.

        Raises:
            InputError: It is none of these.
        """
        if isinstance(said, Feedback):
            return said
        if isinstance(said, str):
            return cls(said)
        if isinstance(said, int | float) and not isinstance(said, bool):
            return cls(score=float(said))
        raise InputError(f"expected feedback as text, a score or a Feedback, got {type(said).__name__}")

    def __str__(self) -> str:
        parts = [f"score {self.score:.10g}"] if self.score is not None else []
        parts += [f"{name} {number:.10g}" for name, number in self.objectives.items()]
        return f"[{', '.join(parts)}] {self.text}".strip() if parts else self.text
