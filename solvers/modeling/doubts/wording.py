"""Compares "at least" and "at most" in the text with the direction of what the formulation states.

A number on the larger side of <= or >= is one that something must not pass ("at most"),
one on the smaller side is one that something must reach ("at least"), whatever else
stands there, as long as the side only adds and multiplies numbers that are not
negative. A figure is compared when it stands once in the text, right after such words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..formulation import Constraint
from ..instance import Instance
from ..language.expression import (
    Binary,
    Clause,
    Compare,
    Item,
    Logic,
    Name,
    Node,
    Number,
    Reduce,
    Statement,
    Text,
    Tuple,
    walk,
)
from ..shorten import cut
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
_OWN_WORDS: dict[Direction, re.Pattern[str]] = {
    "at most": re.compile(r"\b(?:at most|(?:no|not) more|(?:not|cannot|never) exceed|maximum)\b", re.IGNORECASE),
    "at least": re.compile(r"\b(?:at least|(?:no|not) (?:less|fewer)|minimum)\b", re.IGNORECASE),
}
_BEFORE = 60


@dataclass(frozen=True)
class _Limit:
    """Numbers on one side of a requirement, or as a bound."""

    values: frozenset[float]
    direction: Direction
    words: str
    """What limits, as its owner calls it."""


def compare_words(instance: Instance, problem_text: str = "") -> list[Doubt]:
    """Find limits that point the other way than the words of the text or their own, and such a sense."""
    if not problem_text.strip():
        return [not_tried(CHECK, "there is no text")]
    found = figures(problem_text)
    limits = list(_limits(instance))
    doubts = [*_wrong_sense(instance, problem_text), *_wrong_by_their_own_words(instance)]
    compared = 0
    for figure in found:
        direction = direction_before(problem_text, figure)
        alike = [limit for limit in limits if limit.values & _sizes(figure)]
        if direction is None or not alike or sum(other.readings == figure.readings for other in found) > 1:
            continue
        compared += 1
        if all(limit.direction != direction for limit in alike):
            detail = f'the text says "{figure.context}", but {alike[0].words} states {alike[0].direction} that'
            doubts.append(doubtful(CHECK, detail))
    return doubts or [holds(CHECK, f'{compared} figure(s) after "at least" or "at most" are limits of that direction')]


def direction_before(text: str, figure: Figure) -> Direction | None:
    """The direction of the words right before a figure; None when there are none."""
    before = " ".join(text[max(0, figure.start - _BEFORE) : figure.start].split()) + " "
    return next((direction for direction, words in _WORDS.items() if words.search(before)), None)


def _sizes(figure: Figure) -> set[float]:
    """What a figure may be as a limit: not what remains of a percentage, for that limits the other way."""
    return set(figure.readings[: 2 if "%" in figure.text or "cent" in figure.text else 1])


def _wrong_sense(instance: Instance, text: str) -> Iterator[Doubt]:
    objective = instance.formulation.objective
    spoken = [sense for sense, words in _SENSES.items() if words.search(text)]
    if len(spoken) == 1 and spoken[0] != objective.sense and not objective.expression.lstrip(" (").startswith("-"):
        yield doubtful(CHECK, f"the text speaks of what to {spoken[0]}, but the formulation is to {objective.sense}")


def _wrong_by_their_own_words(instance: Instance) -> Iterator[Doubt]:
    """Constraints that say "no more" and state >=, or the other way round, against data alone."""
    for constraint in instance.formulation.constraints:
        spoken = [d for d, words in _OWN_WORDS.items() if words.search(f"{constraint.meaning} {constraint.source}")]
        sides = list(_sides(instance, constraint))
        data = [direction for direction, side in sides if not _variables_in(instance, side)]
        if len(spoken) == 1 and len(sides) == 2 and len(data) == 1 and data[0] != spoken[0]:
            detail = f"{said(constraint)} speaks of {spoken[0]}, but states {data[0]}: {cut(constraint.expression, 80)}"
            yield doubtful(CHECK, detail)


def _limits(instance: Instance) -> Iterator[_Limit]:
    variables = {variable.name: variable for variable in instance.formulation.variables}
    for constraint in instance.formulation.constraints:
        for direction, side in _sides(instance, constraint):
            yield _Limit(_values(instance, side), direction, said(constraint))
    for name, bounds in instance.analysis.bounds.items():
        ends: tuple[tuple[Direction, float | Statement | None], ...]
        ends = (("at least", bounds.lower), ("at most", bounds.upper))
        for direction, bound in ends:
            node = bound.body if isinstance(bound, Statement) else None if bound is None else Number(1, bound)
            if node is not None and _only_grows(instance, node):
                yield _Limit(_values(instance, node), direction, f"the bound of {said(variables[name])}")


def _sides(instance: Instance, constraint: Constraint) -> Iterator[tuple[Direction, Node]]:
    """The sides of a single inequality that only add and multiply, each with what a number on it is."""
    statement = instance.analysis.constraints.get(constraint.name)
    body = statement.body if statement else None
    if isinstance(body, Compare) and body.ops in (("<=",), (">=",)):
        smaller, larger = body.operands if body.ops == ("<=",) else body.operands[::-1]
        ends: tuple[tuple[Direction, Node], ...] = (("at least", smaller), ("at most", larger))
        yield from ((direction, side) for direction, side in ends if _only_grows(instance, side))


def _only_grows(instance: Instance, side: Node) -> bool:
    """Whether a side is larger the larger each number on it is, as far as its form shows."""
    for part in walk(side):
        if not isinstance(part, Number | Text | Name | Item | Binary | Reduce | Clause | Compare | Tuple | Logic):
            return False
        if isinstance(part, Binary) and part.op not in "+*":
            return False
        if isinstance(part, Name | Item) and min(_of(instance, part.name), default=0.0) < 0:
            return False
    return True


def _values(instance: Instance, side: Node) -> frozenset[float]:
    """The numbers on a side, the values of its parameters among them."""
    numbers = {float(part.value) for part in walk(side) if isinstance(part, Number)}
    return frozenset(numbers.union(*(_of(instance, part.name) for part in walk(side) if isinstance(part, Name | Item))))


def _of(instance: Instance, name: str) -> Iterable[float]:
    return instance.data.parameters.get(name, {}).values()


def _variables_in(instance: Instance, side: Node) -> bool:
    variables = {variable.name for variable in instance.formulation.variables}
    return any(isinstance(part, Name | Item) and part.name in variables for part in walk(side))
