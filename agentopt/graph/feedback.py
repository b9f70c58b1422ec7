"""What is said about an output."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.domains.domain import brief


@dataclass(frozen=True)
class Feedback:
    """Words, a score, and named objectives, each of which may be absent.

    Numbers of any kind, such as numpy's, are kept as float.

    Raises:
        InputError: A number is none, or not finite.
    """

    text: str = ""
    score: float | None = None
    """Higher is better; None also where there are objectives only: how much each of them counts is not known here."""
    objectives: Mapping[str, float] = field(default_factory=dict)
    """Scores of single aims, by name; higher is better."""

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InputError(f"expected the text of a feedback as str, got {type(self.text).__name__}")
        if self.score is not None:
            object.__setattr__(self, "score", _number(self.score, "score"))
        objectives = {name: _number(number, f"objective {name!r}") for name, number in self.objectives.items()}
        object.__setattr__(self, "objectives", objectives)

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
        if _is_number(said):
            return cls(score=said)
        raise InputError(f"expected feedback as text, a score or a Feedback, got {type(said).__name__}")

    def __str__(self) -> str:
        parts = [f"score {self.score:.10g}"] if self.score is not None else []
        parts += [f"{name} {number:.10g}" for name, number in self.objectives.items()]
        return f"[{', '.join(parts)}] {self.text}".strip() if parts else self.text


def _is_number(value: object) -> bool:
    """Whether it is a real number of any kind; truth is none, nor is numpy's or torch's."""
    if isinstance(value, bool | str | bytes) or str(getattr(value, "dtype", "")).endswith("bool"):
        return False
    return isinstance(value, Real) or hasattr(type(value), "__float__")


def _number(value: Any, name: str) -> float:
    try:
        number = float(value) if _is_number(value) else None
    except (TypeError, ValueError, OverflowError):  # such as an array of several, or an int beyond floats
        number = None
    if number is None:
        raise InputError(f"expected a finite number as {name} of a feedback, got {brief(value)}; pass float(x)")
    if not math.isfinite(number):
        raise InputError(f"expected a finite number as {name} of a feedback, got {number}")
    return number
