"""What is told of a search while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.llm import Account


@dataclass(frozen=True)
class Progress:
    """One trial that is over, and where the search stands."""

    trial: int
    """How many trials are over, this one included."""
    candidate: int
    part: str
    """train, validation, anchors or test."""
    score: float | None
    """Of this trial; None if it failed or gave none."""
    error: str
    """Why it failed; "" if it did not."""
    best: int
    """The candidate that is thought best."""
    estimate: float | None
    """Of the best, higher is better; None before anything is known."""
    candidates: int
    spent: Account
    left: Account
    replayed: bool = False
    """It was taken from the store."""
