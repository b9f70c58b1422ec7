"""Compares "at least" and "at most" in the text with the direction of what the formulation states.

Only a figure that stands once in the text, right after such words, is compared, and
only with requirements where it stands alone on one side and nothing is subtracted on
the other: there the words leave no choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..instance import Instance
from ..language.expression import Binary, Compare, Item, Name, Negate, Node, Number, Statement, walk
from .doubt import Doubt, doubtful, holds, not_tried
from .figures import Figure, figures
from .subject import said

Direction = Literal["at most", "at least"]
CHECK = "the words of the text"

_LINK = r"\s+(?:(?:of|a|the|total|be|to)\s+){0,3}(?:[$€£¥]|USD|EUR)?\s*$"
_WORDS: dict[Direction, re.Pattern[str]] = {
    "at most": re.compile(
        rf"\b(?:at most|(?:no|not) more than|(?:not|cannot|never) (?:be )?exceed(?:ing)?|maximum of|limited to"
        rf"|no greater than|less than or equal to){_LINK}",
        re.IGNORECASE,
    ),
    "at least": re.compile(
        rf"\b(?:at least|(?:no|not) (?:less|fewer) than|minimum of|a minimum|greater than or equal to){_LINK}",
        re.IGNORECASE,
    ),
}
_SENSES = {
    "maximize": re.compile(r"\bmaximi[sz]", re.IGNORECASE),
    "minimize": re.compile(r"\bminimi[sz]", re.IGNORECASE),
}
_BEFORE = 60


@dataclass(frozen=True)
class _Limit:
    """A number that stands alone on one side of a requirement, or as a bound."""

    values: frozenset[float]
    direction: Direction | None
    """None: an equation."""
    words: str


def compare_words(instance: Instance, problem_text: str = "") -> list[Doubt]:
    """Find limits that point the other way than the words of the text, and a sense that does."""
    if not problem_text.strip():
        return [not_tried(CHECK, "there is no text")]
    found = figures(problem_text)
    limits = list(_limits(instance))
    compared = 0
    doubts = list(_wrong_sense(instance, problem_text))
    for figure in found:
        direction = _direction(problem_text, figure)
        alike = [limit for limit in limits if limit.values & set(figure.readings)]
        if direction is None or not alike or sum(other.readings == figure.readings for other in found) > 1:
            continue
        compared += 1
        if all(limit.direction not in (direction, None) for limit in alike):
            detail = f'the text says "{figure.context}", but {alike[0].words} is {alike[0].direction} that'
            doubts.append(doubtful(CHECK, detail))
    return doubts or [holds(CHECK, f'{compared} figure(s) after "at least" or "at most" are limits of that direction')]


def _direction(text: str, figure: Figure) -> Direction | None:
    before = " ".join(text[max(0, figure.start - _BEFORE) : figure.start].split()) + " "
    return next((direction for direction, words in _WORDS.items() if words.search(before)), None)


def _wrong_sense(instance: Instance, text: str) -> Iterator[Doubt]:
    objective = instance.formulation.objective
    spoken = [sense for sense, words in _SENSES.items() if words.search(text)]
    if len(spoken) == 1 and spoken[0] != objective.sense and not objective.expression.lstrip(" (").startswith("-"):
        yield doubtful(CHECK, f"the text speaks of what to {spoken[0]}, but the formulation is to {objective.sense}")


def _limits(instance: Instance) -> Iterator[_Limit]:
    variables = {variable.name: variable for variable in instance.formulation.variables}
    for constraint in instance.formulation.constraints:
        body = instance.analysis.constraints[constraint.name].body if constraint.expression.strip() else None
        if isinstance(body, Compare) and len(body.ops) == 1:
            left, right = body.operands
            for alone, rest, op in ((right, left, body.ops[0]), (left, right, _MIRRORED[body.ops[0]])):
                values = _values(instance, alone)
                if values and _only_adds(instance, rest, set(variables)):
                    yield _Limit(values, _DIRECTIONS.get(op), said(constraint))
    for name, bounds in instance.analysis.bounds.items():
        for bound, direction in ((bounds.lower, "at least"), (bounds.upper, "at most")):
            node = bound.body if isinstance(bound, Statement) else Number(1, bound) if bound is not None else None
            if node is not None and (values := _values(instance, node)):
                yield _Limit(values, direction, f"the bound of {said(variables[name])}")  # type: ignore[arg-type]


_MIRRORED = {"<=": ">=", ">=": "<=", "==": "=="}
_DIRECTIONS: dict[str, Direction] = {"<=": "at most", ">=": "at least"}


def _values(instance: Instance, node: Node) -> frozenset[float]:
    """What a number or a parameter that stands alone may be; empty for anything else."""
    if isinstance(node, Number):
        return frozenset((float(node.value),))
    if isinstance(node, Name | Item) and node.name in instance.data.parameters:
        return frozenset(instance.data.parameters[node.name].values())
    return frozenset()


def _only_adds(instance: Instance, node: Node, variables: set[str]) -> bool:
    """Whether a side grows with each variable in it, as far as its form shows."""
    has_variable = False
    for part in walk(node):
        if isinstance(part, Negate) or (isinstance(part, Binary) and part.op not in "+*"):
            return False
        if isinstance(part, Name | Item):
            has_variable = has_variable or part.name in variables
            if min(instance.data.parameters.get(part.name, {}).values(), default=0.0) < 0:
                return False
    return has_variable
