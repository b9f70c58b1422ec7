"""One state of a session's problem; a session is a stack of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..formulation import Formulation
from ..instance import Instance
from ..solution import Solution

if TYPE_CHECKING:
    from ..insight.front import Front
    from ..insight.price import Sensitivity


@dataclass
class State:
    """A formulation as it stood after one thing that was said."""

    problem: str
    """The problem in words; "" when it came as a formulation."""
    formulation: Formulation
    said: str
    """What led to it."""
    answer: str = ""
    """The answer with expressions in braces, to be filled at any point."""
    instance: Instance | None = field(default=None, compare=False)
    """With its data; None until they are bound, and again when they have changed."""
    solution: Solution | None = field(default=None, compare=False)
    """None until it is solved."""
    sensitivity: Sensitivity | None = field(default=None, compare=False)
    """What was found when it was asked for; a report tells it."""
    front: Front | None = field(default=None, compare=False)

    def followed_by(self, formulation: Formulation, said: str, answer: str = "") -> State:
        """The state after a change; what was computed for this one is not carried over."""
        return State(self.problem, formulation, said, answer or self.answer)

    def to_data(self) -> dict[str, Any]:
        """As a line of the session's file; the solution is left out, for it can be computed again."""
        return {
            "problem": self.problem,
            "said": self.said,
            "answer": self.answer,
            "formulation": self.formulation.model_dump(mode="json", exclude_defaults=True),
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> State:
        """Read what `to_data` wrote; raises pydantic's ValidationError or KeyError for anything else."""
        formulation = Formulation.model_validate(data["formulation"])
        return cls(str(data["problem"]), formulation, str(data["said"]), str(data["answer"]))
