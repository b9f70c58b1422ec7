"""A solution as plain data, for whoever reads it by program.

Keys of indexed variables are lists: {"ship": [{"key": ["Oslo", "Rome"], "value": 3.0}]};
a scalar has the key []. A number that is not finite is null, so that it is strict JSON.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from agentopt.values import Value

if TYPE_CHECKING:
    from .formulation import Formulation
    from .instance import Key
    from .solution import Alternative, Conflict, Solution


def solution_to_dict(solution: Solution) -> dict[str, Value]:
    """Return every field of a solution as data, the formulation and all its values included."""
    return {
        "termination_condition": solution.termination_condition,
        "solution_status": solution.solution_status,
        "guarantee": solution.guarantee,
        "problem_class": solution.problem_class,
        "solver": solution.solver,
        "objective": _objective(solution),
        "variables": {name: _rows(values) for name, values in solution.variables.items()},
        "findings": [_finite(asdict(finding)) for finding in solution.findings],
        "conflict": _conflict(solution.conflict),
        "answer": solution.answer,
        "alternatives": [_alternative(alternative) for alternative in solution.alternatives],
        "notes": list(solution.notes),
        "seconds": solution.seconds,
        "usage": None if solution.usage is None else _finite(asdict(solution.usage)),
        "program": solution.program,
        "formulation": formulation_to_dict(solution.formulation),
    }


def formulation_to_dict(formulation: Formulation) -> dict[str, Value]:
    """Return the five elements as data, without the fields that have their default."""
    return cast("dict[str, Value]", formulation.model_dump(mode="json", exclude_defaults=True))


def _objective(solution: Solution) -> Value:
    stated = solution.formulation.objective
    return {
        "value": _number(solution.incumbent_objective),
        "bound": _number(solution.objective_bound),
        "gap": _number(solution.gap),
        "sense": stated.sense,
        "unit": stated.unit,
        "meaning": stated.meaning,
    }


def _rows(values: dict[Key, float]) -> Value:
    return [{"key": list(key), "value": _number(value)} for key, value in values.items()]


def _conflict(conflict: Conflict | None) -> Value:
    if conflict is None:
        return None
    return {
        "kind": conflict.kind,
        "members": list(conflict.members),
        "sentences": list(conflict.sentences),
        "repair": list(conflict.repair),
    }


def _alternative(alternative: Alternative) -> Value:
    return {
        "question": alternative.question,
        "taken": alternative.taken,
        "reading": alternative.reading,
        "termination_condition": alternative.termination_condition,
        "objective": _number(alternative.objective),
        "differs": alternative.differs,
    }


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _finite(record: dict[str, Any]) -> dict[str, Value]:
    return {name: _number(value) if isinstance(value, float) else value for name, value in record.items()}
