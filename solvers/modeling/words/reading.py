"""What a model replies when it is given a problem in words."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ..formulation import Formulation


class Reading(BaseModel):
    """A problem in words as a model understood it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reasoning: str
    """A short analysis, made before the formulation: what is decided, known, limited, and what is not said."""
    no_problem: str = ""
    """One sentence why the text states no optimization problem; "" when it does."""
    formulation: Formulation | None = Field(default=None)
    """The five elements; None when the text states no problem."""
