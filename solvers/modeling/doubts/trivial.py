"""Answers that look like an accident: nothing is done, a number is absurd, nothing that counts is decided."""

from __future__ import annotations

from collections.abc import Iterator

from ..formulation import Variable
from ..language.expression import Number
from ..pointwise.bounds import variable_intervals
from ..solution import label
from .doubt import Doubt, doubtful, holds
from .stated import all_values, constants
from .statements import names
from .subject import Subject

FAR = 1e6
"""A value this many times the largest figure of the data is absurd; a bound from here on stands for no bound."""


def look_for_accidents(subject: Subject) -> list[Doubt]:
    """Look at the objective and the point for what a right formulation seldom comes to."""
    found = [*_no_decision(subject), *_nothing_done(subject), *_absurd(subject)]
    return found or [
        holds("a trivial answer", "something is done, no value is absurd, and the objective depends on it")
    ]


def is_any_plan(subject: Subject) -> bool:
    """Whether the objective is a plain number: any plan will do."""
    return isinstance(subject.instance.analysis.objective.body, Number)


def _no_decision(subject: Subject) -> Iterator[Doubt]:
    variables = {variable.name for variable in subject.instance.formulation.variables}
    standing = names(subject.instance.analysis.objective) & variables
    program = subject.program
    counts = program is None or program.cost.any() or len(program.objective_terms[2])
    if not is_any_plan(subject) and not (standing and counts):
        yield doubtful("the objective", "no decision counts in the objective, so every plan is as good as another")


def _nothing_done(subject: Subject) -> Iterator[Doubt]:
    values = [value for at in subject.solution.variables.values() for value in at.values()]
    if not values or is_any_plan(subject):
        return
    if not any(values) and not subject.solution.incumbent_objective:
        yield doubtful("a trivial answer", "the best plan is to do nothing: every decision and the objective are 0")
    elif all(_is_least(subject, variable) for variable in subject.instance.formulation.variables):
        yield doubtful("a trivial answer", "every decision is at its lower bound, so no requirement asks for more")


def _is_least(subject: Subject, variable: Variable) -> bool:
    values = subject.solution.variables[variable.name]
    intervals = variable_intervals(subject.instance, variable)
    return all(value <= intervals[key].lower for key, value in values.items())


def _absurd(subject: Subject) -> Iterator[Doubt]:
    """Values beyond all data, and values at a bound that was put there in place of none."""
    data = [*all_values(subject.instance), *(value for _, value in constants(subject.instance))]
    largest = max((abs(value) for value in data), default=1.0) or 1.0
    for variable in subject.instance.formulation.variables:
        values = subject.solution.variables.get(variable.name, {})
        if not values:
            continue
        key = max(values, key=lambda key: abs(values[key]))
        shown = f"{label(variable.name, key)} = {values[key]:.6g}"
        if abs(values[key]) >= FAR * largest:
            yield doubtful(f"variable {variable.name}", f"{shown} is a million times the largest figure of the data")
        elif _far_bound(variable, values[key]):
            what = "is at a bound that seems to stand for none, so a requirement may be missing"
            yield doubtful(f"variable {variable.name}", f"{shown} {what}")


def _far_bound(variable: Variable, value: float) -> bool:
    """Whether a value is at a bound that is a plain large number; those that come from data are the owner's own."""
    stated = [abs(bound) for bound in (variable.lower, variable.upper) if isinstance(bound, int | float)]
    return abs(value) >= FAR and abs(value) in stated
