"""Asks the owner about what a problem leaves open, one question at a time, with a default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentopt.cli.block import Block, Table
from agentopt.errors import InputError
from agentopt.number_text import show_amount

if TYPE_CHECKING:
    from agentopt.solvers.modeling.solution import Alternative, Solution


@dataclass(frozen=True)
class OpenQuestion:
    """One thing that is not said, with its readings; the first is the one that was taken."""

    question: str
    taken: str
    others: tuple[Alternative, ...]

    def chosen(self, reply: str) -> Alternative | str | None:
        """What a reply chooses: a reading, None for the one taken, or the reply itself when it is no choice.

        Raises:
            InputError: It is a number, and none of theirs.
        """
        said = reply.strip().strip(".").casefold()
        if said in ("1", self.taken.casefold()):
            return None
        for number, other in enumerate(self.others, start=2):
            if said in (str(number), other.reading.casefold()):
                return other
        if said.isdecimal():
            raise InputError(f"{said} is none of the readings: expected 1 to {1 + len(self.others)}, or Enter for 1")
        return reply


def open_questions(alternatives: Sequence[Alternative]) -> list[OpenQuestion]:
    """The questions whose readings differ in outcome, in the order in which they were named."""
    by_question: dict[str, list[Alternative]] = {}
    for alternative in alternatives:
        by_question.setdefault(alternative.question, []).append(alternative)
    return [
        OpenQuestion(question, others[0].taken, tuple(others))
        for question, others in by_question.items()
        if any(other.differs for other in others)
    ]


def question_block(question: OpenQuestion, solution: Solution) -> Block:
    """The question as a table of its readings, numbered."""
    unit = solution.formulation.objective.unit
    taken = (
        "1",
        f"{question.taken} (taken)",
        _outcome(solution.termination_condition, solution.incumbent_objective, unit),
    )
    others = tuple(
        (str(number), other.reading, _outcome(other.termination_condition, other.objective, unit))
        for number, other in enumerate(question.others, start=2)
    )
    return Table(
        f"Not said: {question.question}",
        ("", "reading", "outcome"),
        (taken, *others),
        note=f"1 or Enter keeps what was taken; {' or '.join(row[0] for row in others)} takes another reading.",
    )


def _outcome(condition: str, objective: float | None, unit: str) -> str:
    return condition.replace("_", " ") if objective is None else show_amount(objective, unit)
