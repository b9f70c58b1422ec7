"""What a search leaves to its user beside the workflow, the data and the metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentopt.errors import InputError

if TYPE_CHECKING:
    from agentopt.search.progress import Progress

Constraint = Callable[[Mapping[str, Any]], str | None]
"""Says what is wrong with the values of a candidate, by the names of the parameters; None if nothing is."""


@dataclass(frozen=True)
class Settings:
    """How a search goes; the defaults are meant to stand.

    Raises:
        InputError: A number is out of its range.
    """

    objective: str = ""
    """What is wanted, in a sentence that the optimizer's model reads."""
    minibatch: int = 3
    """Train items of which an optimizer sees trace and feedback in one ask."""
    width: int = 1
    """Parents that are improved in one round; more of them keep more workers busy."""
    children: int = 1
    """Proposals that are asked for in one call."""
    repeats: int = 1
    """How often an item may be run with one candidate; each repeat draws anew whatever is drawn."""
    timeout_s: float | None = None
    """Seconds that one run may take; what runs longer has failed. In processes it is killed; in threads it is left
    behind, and can call no model any more."""
    patience: int = 10
    """Rounds in a row without a new candidate after which the search ends."""
    target: float | None = None
    """The search ends when the best candidate's estimate reaches this score."""
    alpha: float = 0.05
    """Improvement is claimed on the held-out test if chance alone would show it in at most this share of runs."""
    failed: float | None = None
    """What a failed run counts as when candidates are compared; None takes 0 where all scores lie in [0, 1], else as
    much below the lowest score seen as that lies below the highest. It is recorded as failed either way."""
    constraints: Sequence[Constraint] = ()
    """Checked before anything is paid for, beside the domains of the parameters."""
    progress: Callable[[Progress], None] | None = None
    """Told of every trial."""

    def __post_init__(self) -> None:
        for name in ("minibatch", "width", "children", "repeats", "patience"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise InputError(f"expected {name} to be a whole number of at least 1, got {getattr(self, name)!r}")
        if self.timeout_s is not None and not 0 < self.timeout_s < float("inf"):
            raise InputError(f"expected timeout_s to be a number of seconds above 0, got {self.timeout_s!r}")
        if not 0 < self.alpha < 1:
            raise InputError(f"expected alpha between 0 and 1, got {self.alpha!r}")

    def described(self) -> dict[str, Any]:
        """What of the settings decides the course of a run, as data."""
        shown = ("objective", "minibatch", "width", "children", "repeats", "timeout_s", "patience", "target", "alpha")
        return {name: getattr(self, name) for name in (*shown, "failed")}
