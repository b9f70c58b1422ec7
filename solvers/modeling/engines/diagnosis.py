"""Tells the owner of a problem, in its own sentences, why it has no solution or no finite one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..arrays.program import Program
from ..arrays.universe import Codes
from ..formulation import Constraint, Formulation, Objective
from ..instance import Instance, Key
from ..pointwise.bounds import variable_intervals
from ..solution import Conflict, Loosening, Point, label
from .conflict import Repair, conflicting_rows, filtered, least_repair, ray_columns

Solver = Callable[[Instance, float], Point]

MAX_SENTENCES = 20


def explain_infeasible(program: Program, time_limit_s: float) -> Conflict:
    """Name the rows of a linear or mixed-integer program that conflict, and the least repair."""
    formulation = program.vectors.instance.formulation
    crossed = crossed_bounds(program.vectors.instance)
    if crossed is not None:
        return crossed
    rows = [program.row_origin(row) for row in conflicting_rows(program, time_limit_s / 2).tolist()]
    repairs = least_repair(program, time_limit_s / 2)
    return Conflict(
        "infeasible",
        tuple(dict.fromkeys(label(name, key) for name, key in rows)),
        tuple(dict.fromkeys(constraint_sentence(formulation, name, key) for name, key in rows[:MAX_SENTENCES])),
        tuple(_repair_sentence(program, repair) for repair in repairs[:MAX_SENTENCES]),
        tuple(_loosening(program, repair) for repair in repairs),
    )


def explain_infeasible_by_solving(instance: Instance, solve: Solver, time_limit_s: float) -> Conflict:
    """Name the constraints that conflict in a problem of any class, by leaving them out one after another.

    The granularity is the constraint as stated, not its single rows: each trial is
    a solve of a class that has no faster test.
    """
    crossed = crossed_bounds(instance)
    if crossed is not None:
        return crossed
    deadline = time.perf_counter() + time_limit_s
    names = list(instance.analysis.constraints)
    if solve(without_objective(instance, set(names)), time_limit_s / 2).values:
        nowhere = "objective: it has no value at any point that the constraints and bounds allow"
        return Conflict("infeasible", ("objective",), (nowhere,))

    def is_infeasible(kept: Codes) -> bool:
        left = deadline - time.perf_counter()
        part = without_objective(instance, {names[k] for k in kept.tolist()})
        return left > 0 and solve(part, left).termination_condition == "infeasible"

    kept = [names[k] for k in filtered(np.arange(len(names)), is_infeasible, deadline).tolist()]
    sentences = tuple(constraint_sentence(instance.formulation, name, ()) for name in kept)
    return Conflict("infeasible", tuple(kept), sentences)


def crossed_bounds(instance: Instance) -> Conflict | None:
    """The variables whose lower bound is above their upper bound; None when there are none."""
    crossed = [
        (label(variable.name, key), interval)
        for variable in instance.formulation.variables
        for key, interval in variable_intervals(instance, variable).items()
        if interval.lower > interval.upper
    ][:MAX_SENTENCES]
    said = tuple(f"{name} must be at least {both.lower:g} and at most {both.upper:g}" for name, both in crossed)
    return Conflict("infeasible", tuple(name for name, _ in crossed), said) if crossed else None


def explain_unbounded(program: Program | None, instance: Instance, solve: Solver, time_limit_s: float) -> Conflict:
    """Name the variables that can change without end while the objective improves."""
    moved = _ray(program, time_limit_s) if program is not None else []
    moved = moved or _far_variables(instance, solve, time_limit_s)
    meanings = {variable.name: variable.meaning for variable in instance.formulation.variables}
    sentences = tuple(
        f"{label(name, key)}{_in_words(meanings[name])} can {'grow' if rate > 0 else 'fall'} without end"
        for name, key, rate in moved[:MAX_SENTENCES]
    )
    return Conflict("unbounded", tuple(label(name, key) for name, key, _ in moved), sentences)


def constraint_sentence(formulation: Formulation, name: str, key: Key) -> str:
    """A constraint at one key, in the words of the problem's owner."""
    constraint = next(c for c in formulation.constraints if c.name == name)
    said = constraint.meaning or constraint.source or constraint.expression
    return f"{label(name, key)}: {said}"


def without_objective(instance: Instance, constraints: set[str]) -> Instance:
    """The instance with some of its constraints and nothing to optimize."""
    from ..language.parser import parse

    analysis = instance.analysis
    nothing = Objective(sense="minimize", expression="0")
    formulation = analysis.formulation.model_copy(update={"objective": nothing})
    kept = {name: s for name, s in analysis.constraints.items() if name in constraints}
    changed = replace(analysis, formulation=formulation, objective=parse("0"), constraints=kept)
    return replace(instance, analysis=changed)


def _loosening(program: Program, repair: Repair) -> Loosening:
    name, key = program.row_origin(repair.row)
    return Loosening(name, key, "at least" if repair.word == "at least" else "at most", repair.old, repair.new)


def _repair_sentence(program: Program, repair: Repair) -> str:
    name, key = program.row_origin(repair.row)
    unit = _unit_of_row(program.vectors.instance.formulation, name)
    verb = "lower" if repair.new < repair.old else "raise"
    if repair.old == 0:
        return f"let {label(name, key)} be missed by {abs(repair.new):.6g}{unit}"
    return (
        f"{verb} {label(name, key)} from {repair.word} {repair.old:.6g} to {repair.new:.6g}{unit}"
        f" ({abs(repair.new - repair.old):.6g} {'less' if repair.new < repair.old else 'more'})"
    )


def _unit_of_row(formulation: Formulation, name: str) -> str:
    """The unit of a constraint, when one of the parameters in it stands alone on a side with that unit."""
    from ..language.expression import Compare, Item, Name
    from ..language.parser import parse

    constraint: Constraint = next(c for c in formulation.constraints if c.name == name)
    units = {p.name: p.unit for p in formulation.parameters}
    body = parse(constraint.expression).body
    for side in body.operands if isinstance(body, Compare) else ():
        if isinstance(side, Name | Item) and units.get(side.name):
            return f" {units[side.name]}"
    return ""


def _ray(program: Program, time_limit_s: float) -> list[tuple[str, Key, float]]:
    return [(*program.column_origin(column), rate) for column, rate in ray_columns(program, time_limit_s)]


_FAR = 1e6


def _far_variables(instance: Instance, solve: Solver, time_limit_s: float) -> list[tuple[str, Key, float]]:
    """Close every open side at a million and see which variables run there."""
    stated = instance.analysis.bounds
    closed = {
        name: replace(
            both,
            lower=-_FAR if both.lower is None else both.lower,
            upper=_FAR if both.upper is None else both.upper,
        )
        for name, both in stated.items()
    }
    point = solve(replace(instance, analysis=replace(instance.analysis, bounds=closed)), time_limit_s)
    return [
        (name, key, value)
        for name, values in point.values.items()
        for key, value in values.items()
        if abs(value) > 0.99 * _FAR and (stated[name].upper if value > 0 else stated[name].lower) is None
    ]


def _in_words(meaning: str) -> str:
    return f" ({meaning})" if meaning else ""
