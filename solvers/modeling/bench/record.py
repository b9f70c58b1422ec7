"""What came of an item. Nothing here knows or says whether it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agentopt.errors import ModelTimeout, NotAnApiError, ProviderError, RateLimitError, ReplayError, TransportError

from ..formulation import Formulation

_PROVIDER = frozenset(
    kind.__name__ for kind in (ModelTimeout, NotAnApiError, ProviderError, RateLimitError, ReplayError, TransportError)
)

Status = Literal["solved", "infeasible", "unbounded", "unproved", "failed"]
"""solved: there is a point, and it passed the check; infeasible, unbounded: a solver proved it; unproved: there is
neither point nor proof; failed: there is no outcome."""


@dataclass(frozen=True)
class Other:
    """What came of another reading of something that the text leaves open."""

    question: str
    reading: str
    termination_condition: str
    objective: float | None


@dataclass(frozen=True)
class Found:
    """The solution's own facts."""

    termination_condition: str
    guarantee: str
    problem_class: str
    solver: str
    objective: float | None
    """The objective at the point, recomputed by the checker."""
    objective_bound: float | None
    variables: tuple[tuple[str, float], ...]
    """Name with its key, and value, as ("ship[Oslo]", 3.0)."""
    n_findings: int
    """Checks that were made of the point."""
    notes: tuple[str, ...]
    formulation: Formulation
    program: str = ""
    """The program a model wrote, where the expression language could not say the problem."""
    answer: str = ""
    """The answer in words."""
    others: tuple[Other, ...] = ()


@dataclass(frozen=True)
class Spent:
    """What an item took."""

    rounds: int = 0
    """Replies that were asked for after the first: corrections, a program where one was needed, second readings."""
    calls: int = 0
    """Requests sent, failed ones and repairs of a malformed reply included."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    """None: the price is unknown."""
    model_s: float = 0.0
    """Wall seconds in which a model was waited for."""
    seconds: float = 0.0
    """Wall seconds in all."""

    @property
    def overhead_s(self) -> float:
        """Wall seconds of everything but the model: reading replies, checking, solving."""
        return max(0.0, self.seconds - self.model_s)


@dataclass(frozen=True)
class Record:
    """The outcome of one item, as it stands in a line of the results."""

    id: str
    kind: str
    status: Status
    found: Found | None
    spent: Spent
    error: str = ""
    """One sentence, where there is no outcome."""
    error_kind: str = ""
    """The name of the error's class."""

    @property
    def failed_at_provider(self) -> bool:
        """Whether no reply came, so that the item says nothing about the model; it counts as wrong all the same."""
        return self.error_kind in _PROVIDER

    @property
    def objective(self) -> float | None:
        """The objective found, None where there is no point."""
        return None if self.found is None else self.found.objective
