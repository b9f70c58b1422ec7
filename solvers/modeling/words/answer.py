"""Answers in a reader's words whose figures are computed: "Bake {bake['rye']} loaves" at a point.

A model writes the sentence and puts an expression where a figure belongs; code
evaluates it with the evaluator that checks points. A figure that a model wrote itself
is let through only where the problem states it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from agentopt.errors import FormulationError

from ..instance import Instance, Key
from ..language.analysis import quantity_of
from ..language.quoting import quote_members
from ..pointwise.bounds import evaluator_of
from ..solution import Solution
from .figures import figures_in

OBJECTIVE = "objective"
"""The word that stands for the objective's value, where no element has this name."""
MAX_LISTED = 12
"""Values of an indexed element that are listed; more are counted."""
MAX_ANSWER = 2000
MAX_ZEROS = 8
"""Values of an element up to which those that are zero are listed as well."""
MAX_KNOWN = 1000
"""Members or values of one element up to which an answer may repeat them."""
ZERO = 1e-9

_WORD = re.compile(rf"\b{OBJECTIVE}\b")
_PLACE = re.compile(r"\{([^{}]+)\}")


class UnfitAnswer(Exception):
    """An answer cannot be shown; the text says why."""


def fill_in(template: str, instance: Instance, solution: Solution, known: str = "") -> str:
    """Put the values of the expressions into an answer.

    Args:
        template: A text with expressions in braces. A bare name of an indexed element
            lists its values, of many those that are not zero; of a binary one, the members that are chosen.
        instance: What was solved.
        solution: With a point.
        known: A text whose figures the answer may repeat, as the problem.

    Raises:
        UnfitAnswer: An expression has no value, or a figure stands in no expression and in no text.
    """
    if len(template) > MAX_ANSWER:
        raise UnfitAnswer(f"it is longer than {MAX_ANSWER} characters")
    # Digits alone in braces are no expression: {5000} is a figure that somebody made up.
    literal = _PLACE.sub(lambda place: " " if re.search(r"[A-Za-z]", place[1]) else f" {place[1]} ", template)
    if "{" in literal or "}" in literal:
        raise UnfitAnswer("its braces do not match")
    unknown = figures_in(literal) - figures_in(known) - _figures_of(instance)
    if unknown:
        raise UnfitAnswer(f"the figure {min(unknown):g} is in no expression")
    return _PLACE.sub(lambda place: _value(place[1].strip(), instance, solution), template)


def answered(template: str, instance: Instance, solution: Solution, known: str = "") -> str:
    """The filled answer; "" where there is no point, or the answer cannot be shown."""
    if not template.strip() or solution.solution_status == "none":
        return ""
    try:
        return fill_in(template.strip(), instance, solution, known)
    except UnfitAnswer:
        return ""


def _value(expression: str, instance: Instance, solution: Solution) -> str:
    known = instance.analysis.symbols
    if expression == OBJECTIVE and OBJECTIVE not in known:
        return shown(solution.incumbent_objective or 0.0)
    if expression in known and known[expression].kind != "set" and known[expression].arity:
        return _listed(expression, instance, solution)
    if _domain(expression, instance) == "binary":
        return "yes" if solution.variables[expression][()] > 0.5 else "no"
    if OBJECTIVE not in known:
        expression = _WORD.sub(lambda word: f"({instance.formulation.objective.expression})", expression)
    try:
        statement = quantity_of(instance.analysis, quote_members(expression, instance))
        return shown(float(evaluator_of(instance, solution.variables).value(statement, "answer")))
    except FormulationError as error:
        raise UnfitAnswer(str(error)) from error


def _listed(name: str, instance: Instance, solution: Solution) -> str:
    values: Mapping[Key, float] = solution.variables.get(name) or instance.data.parameters.get(name, {})
    is_binary = _domain(name, instance) == "binary"
    every = len(values) <= MAX_ZEROS and not is_binary
    chosen = [(key, value) for key, value in values.items() if every or abs(value) > ZERO]
    say: Callable[[Key, float], str] = (
        (lambda key, value: _member(key)) if is_binary else (lambda key, value: f"{_member(key)} {shown(value)}")
    )
    said = ", ".join(say(key, value) for key, value in chosen[:MAX_LISTED])
    return (said or "none") + (f" and {len(chosen) - MAX_LISTED} more" if len(chosen) > MAX_LISTED else "")


def _domain(name: str, instance: Instance) -> str | None:
    return next((v.domain for v in instance.formulation.variables if v.name == name), None)


def _member(key: Key) -> str:
    return " - ".join(map(str, key))


def _figures_of(instance: Instance) -> set[float]:
    """Figures that the formulation states as single numbers, and members that are numbers."""
    data = instance.data
    members = {part for keys in data.sets.values() if len(keys) <= MAX_KNOWN for key in keys for part in key}
    small = (values for values in data.parameters.values() if len(values) <= MAX_KNOWN)
    stated = {abs(value) for values in small for value in values.values()}
    return stated | figures_in(" ".join(map(str, members)))


def shown(value: float) -> str:
    """A figure as an answer gives it: whole where it is whole, else up to four decimals.

    >>> shown(2.9999999999), shown(1234.5), shown(1 / 3), shown(0.00001234)
    ('3', '1234.5', '0.3333', '1.234e-05')
    """
    nearest = round(value)
    if abs(value - nearest) <= 1e-6 * max(1.0, abs(value)) and abs(value) < 1e15:
        return str(nearest) if nearest or abs(value) < ZERO else f"{value:.4g}"
    return f"{value:.4g}" if abs(value) < 1e-2 else f"{value:.4f}".rstrip("0").rstrip(".")
