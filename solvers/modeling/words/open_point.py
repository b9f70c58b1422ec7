"""What a problem in words leaves open, and whether it matters: every reading is solved and compared.

Ambiguity is a result: whether a quantity is whole, a limit exact, a route closed, the
objective this or that is often not said. A model names such points together with the
edits that make the other readings; code solves each of them and tells which matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from agentopt.errors import AgentoptError

from ..data.bind import bind
from ..data.tables import Tables
from ..edits.apply import apply_edits
from ..edits.difference import changed_elements
from ..edits.edit import ChangeData, Drop, PutConstraint, PutVariable, SetBound, SetDomain, SetObjective
from ..engines.route import solve_instance
from ..language.analysis import analyze
from ..solution import Alternative, Solution

SAME = 1e-6
"""Relative difference of two optima up to which the readings agree."""

MAX_READINGS = 8
"""Readings that are solved; a model that names more has not made up its mind."""


class OtherReading(BaseModel):
    """Another way to read what is not said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reading: str
    """In a few words, as "loaves may be cut"."""
    edits: list[ChangeData | SetDomain | SetBound | PutVariable | PutConstraint | SetObjective | Drop]
    """What turns the formulation into that reading."""


class OpenPoint(BaseModel):
    """Something decisive that the text does not say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    """As it is put to the problem's owner, one sentence."""
    taken: str
    """The reading that the formulation takes, in a few words."""
    others: list[OtherReading]


def alternatives(
    solution: Solution, points: Sequence[OpenPoint], tables: Tables, time_limit_s: float
) -> tuple[Alternative, ...]:
    """Solve every other reading by itself, and tell whether its outcome differs.

    A reading whose edits change nothing or make no formulation is left out: nobody asked for it.
    """
    readings = [(point, other) for point in points for other in point.others][:MAX_READINGS]
    return tuple(_solved(solution, readings, tables, time_limit_s / max(1, len(readings))))


def _solved(
    solution: Solution, readings: Sequence[tuple[OpenPoint, OtherReading]], tables: Tables, time_limit_s: float
) -> Iterator[Alternative]:
    for point, other in readings:
        try:
            changed = apply_edits(solution.formulation, other.edits)
            if not changed_elements(solution.formulation, changed):
                continue
            found = solve_instance(bind(analyze(changed), tables), time_limit_s)
        except AgentoptError:
            continue
        yield Alternative(
            question=point.question,
            taken=point.taken,
            reading=other.reading,
            formulation=changed,
            termination_condition=found.termination_condition,
            objective=found.incumbent_objective,
            differs=not _same(solution, found),
        )


def _same(one: Solution, other: Solution) -> bool:
    a, b = one.incumbent_objective, other.incumbent_objective
    if a is None or b is None:
        return one.termination_condition == other.termination_condition
    return abs(a - b) <= SAME * max(1.0, abs(a), abs(b))
