"""What came of one thing that was said in a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..edits.difference import Difference
from ..solution import Alternative, Solution

if TYPE_CHECKING:
    from ..doubts.examination import Examination
    from ..doubts.second import Opinion
    from ..insight.comparison import Comparison
    from ..insight.front import Front
    from ..insight.sensitivity import Sensitivity
    from ..insight.why import Forced
    from .data_files import Preview

Kind = Literal[
    "formulated",
    "edited",
    "solved",
    "undone",
    "forced",
    "sensitivity",
    "pareto",
    "examined",
    "second",
    "answered",
    "asked",
    "data",
]


@dataclass(frozen=True)
class Turn:
    """The outcome of one verb, with what a reader is shown of it."""

    kind: Kind
    said: str = ""
    answer: str = ""
    """In the words of who asked, figures computed."""
    question: str = ""
    """What must be known before anything can be done."""
    solution: Solution | None = None
    differences: tuple[Difference, ...] = ()
    """What was changed in the formulation."""
    comparison: Comparison | None = None
    """The plan before against the plan now."""
    forced: Forced | None = None
    sensitivity: Sensitivity | None = None
    front: Front | None = None
    examination: Examination | None = None
    opinion: Opinion | None = None
    """What a second formulation came to."""
    previews: tuple[Preview, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def open_alternatives(self) -> tuple[Alternative, ...]:
        """Other readings whose outcome differs, so that the owner must choose; a second formulation is one."""
        if self.solution is None:
            return ()
        if self.kind == "second":
            return _second_reading(self)
        return tuple(a for a in self.solution.alternatives if a.differs)


def _second_reading(turn: Turn) -> tuple[Alternative, ...]:
    if turn.opinion is None or turn.opinion.agrees or turn.opinion.solution is None:
        return ()
    second = turn.opinion.solution
    return (
        Alternative(
            question="Which of the two formulations is yours?",
            taken="the first",
            reading="the second",
            formulation=second.formulation,
            termination_condition=second.termination_condition,
            objective=second.incumbent_objective,
            differs=True,
        ),
    )
