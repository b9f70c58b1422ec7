"""A formulation and its outcome for a prompt: whole where they are small, a description where they are large."""

from __future__ import annotations

import json
from typing import Any

from ..data.files import dump_formulation
from ..formulation import Formulation
from ..instance import Key
from ..solution import Solution, label
from .answer import ZERO, shown

MAX_ITEMS = 60
"""Members, rows or figures of one element that stand in a prompt."""
MAX_VALUES = 40
"""Values of the solution that stand in a prompt, of each variable."""


def brief_formulation(formulation: Formulation) -> str:
    """The formulation as JSON, long lists of data cut to their beginning and counted."""
    raw = json.loads(dump_formulation(formulation, format="json"))
    for element in raw.get("sets", []):
        _cut(element, "elements")
    for element in raw.get("parameters", []):
        _cut(element, "rows")
        _cut(element, "changes")
        if _count(element.get("value")) > MAX_ITEMS:
            element["value"] = f"({_count(element['value'])} figures, not shown)"
    return json.dumps(raw, ensure_ascii=False)


def brief_outcome(solution: Solution) -> str:
    """The outcome, the objective, and the values that are not zero."""
    lines = [f"Outcome: {solution.termination_condition}, {solution.problem_class}, solved by {solution.solver}."]
    if solution.incumbent_objective is not None:
        unit = solution.formulation.objective.unit
        lines.append(f"Objective: {shown(solution.incumbent_objective)} {unit}".rstrip() + ".")
    for name, values in solution.variables.items():
        lines.append(_values(name, values))
    if solution.conflict is not None:
        lines += [f"It is {solution.conflict.kind}:", *solution.conflict.sentences, *solution.conflict.repair]
    return "\n".join(lines)


def _values(name: str, values: dict[Key, float]) -> str:
    if tuple(values) == ((),):
        return f"{name} = {shown(values[()])}"
    some = [(key, value) for key, value in values.items() if abs(value) > ZERO]
    said = ", ".join(f"{label(name, key)} = {shown(value)}" for key, value in some[:MAX_VALUES])
    more = f", and {len(some) - MAX_VALUES} more that are not zero" if len(some) > MAX_VALUES else ""
    return f"{said or f'all {len(values)} of {name} are 0'}{more}" + (
        "; the others are 0" if some and len(some) < len(values) else ""
    )


def _cut(element: dict[str, Any], field: str) -> None:
    items = element.get(field)
    if isinstance(items, list) and len(items) > MAX_ITEMS:
        element[field] = [*items[:5], f"... ({len(items)} in all)"]


def _count(value: object) -> int:
    return sum(map(_count, value)) if isinstance(value, list) else 1
