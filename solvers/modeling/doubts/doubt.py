"""What one check without ground truth came to: it holds, it is a doubt, it fails, or it was not tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..solution import Finding

Level = Literal["holds", "doubt", "fails", "not tried"]


@dataclass(frozen=True)
class Doubt(Finding):
    """A finding that may also be a doubt: right for all that code knows, but worth a look."""

    level: Level = "holds"
    """fails: code proves that something is wrong; doubt: a right formulation seldom looks like this."""


def holds(check: str, detail: str, amount: float = 0.0) -> Doubt:
    """A check that found nothing wrong; amount: a figure that it worked out, in the objective's unit."""
    return Doubt(check, True, detail, amount, "holds")


def doubtful(check: str, detail: str, amount: float = 0.0) -> Doubt:
    """A check whose finding the owner should look at."""
    return Doubt(check, False, detail, amount, "doubt")


def failed(check: str, detail: str, amount: float = 0.0) -> Doubt:
    """A check that proves the formulation or the answer wrong."""
    return Doubt(check, False, detail, amount, "fails")


def not_tried(check: str, why: str) -> Doubt:
    """A check that could not be made, and why."""
    return Doubt(check, True, f"not tried: {why}", 0.0, "not tried")
