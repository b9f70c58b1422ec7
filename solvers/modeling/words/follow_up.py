"""What a model replies to a sentence about a solved problem: what is to be done, as data that code then does."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agentopt.llm import Message, render

from ..edits.edit import Edit
from ..formulation import Objective
from ..solution import Solution
from .author import Author
from .brief import brief_formulation, brief_outcome

Action = Literal["edit", "force", "sensitivity", "pareto", "answer", "ask", "new"]


class FollowUp(BaseModel):
    """What a sentence of the problem's owner asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reasoning: str
    """Short: what is asked, and what that means in the formulation."""
    action: Action
    edits: list[Edit] = Field(default_factory=list)
    """For edit: what changes, in order."""
    requirement: str = ""
    """For force: a constraint that does what was asked about, as "make['B'] >= 1"."""
    objective: Objective | None = None
    """For pareto: the second objective."""
    answer: str = ""
    """For edit, force and answer: one to three sentences, an expression in braces for each figure."""
    question: str = ""
    """For ask: one question."""


def ask_follow_up(author: Author, solution: Solution, said: str, earlier: str = "") -> FollowUp:
    """Ask what a sentence means for the problem at hand.

    The conversation is that of the formulation, so that its rules need no second copy,
    with the formulation as it now stands for the model's own reply.

    Raises:
        LLMError: No usable reply came.
    """
    shown = author.tables.schema() if len(author.tables) else ""
    stated = f'{{"formulation": {brief_formulation(solution.formulation)}}}'
    messages = [
        *render("modeling/formulate", problem=author.problem or "(given as the formulation below)", tables=shown),
        Message("assistant", stated),
        *render("modeling/follow_up", outcome=brief_outcome(solution), earlier=earlier, said=said),
    ]
    return author.ask_for(messages, FollowUp).value
