"""What a model replies when it is given a problem in words."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ..formulation import Formulation
from .open_point import OpenPoint


class Reading(BaseModel):
    """A problem in words as a model understood it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reasoning: str
    """A short analysis, made before the formulation: what is decided, known, limited, and what is not said."""
    no_problem: str = ""
    """One sentence why the text states no optimization problem; "" when it does."""
    formulation: Formulation | None = Field(default=None)
    """The five elements; None when the text states no problem."""
    open_points: list[OpenPoint] = Field(default_factory=list)
    """What is decisive and not said, with the edits that make its other readings."""
    answer: str = ""
    """What answers the text's question, with an expression in braces for each figure; see `answer.py`."""
