"""An instance as a Pyomo model, for whoever wants a solver or an extension of Pyomo's.

The components have the names of the elements. A variable or constraint without an
index is scalar; one with an index is keyed by the members, as model.ship["Oslo", 3].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyomo.environ as pyo

from ..engines.scip_model import holds
from ..formulation import Variable
from ..instance import Instance, Key
from ..pointwise.bounds import evaluator_of, variable_intervals
from ..pointwise.scalar import Side
from ..pointwise.scope import MATH, Undefined

NEVER = "never_true"
"""Name of the variable, fixed to 0, by which a false row of plain numbers is stated."""


def pyomo_model(instance: Instance) -> pyo.ConcreteModel:
    """Build the Pyomo model of an instance of any class.

    Raises:
        FormulationError: A statement uses what Pyomo has no smooth form for, as floor(...) of
            a variable, or the data do not fit; the message names the element.
    """
    model = pyo.ConcreteModel(name=instance.formulation.title or None)
    names = component_names(instance)
    columns: dict[str, dict[Key, Any]] = {}
    for variable in instance.formulation.variables:
        columns[variable.name] = _add_variable(model, names[variable.name], instance, variable)
    evaluator = evaluator_of(instance, columns, PYOMO_FUNCTIONS)
    for name, statement in instance.analysis.constraints.items():
        rows = evaluator.comparisons(statement, f"constraint {name}")
        _add_constraint(model, names[name], rows, bool(statement.clauses))
    sense = pyo.minimize if instance.formulation.objective.sense == "minimize" else pyo.maximize
    value = evaluator.value(instance.analysis.objective, "objective")
    model.add_component(names[OBJECTIVE], pyo.Objective(expr=value, sense=sense))
    return model


def pyomo_columns(model: pyo.ConcreteModel, instance: Instance) -> dict[str, dict[Key, Any]]:
    """Pyomo's variables by the names and keys of an instance, to read values back."""
    names = component_names(instance)
    found: dict[str, dict[Key, Any]] = {}
    for variable in instance.formulation.variables:
        component = model.component(names[variable.name])
        found[variable.name] = {_key(index): component[index] for index in component}
    return found


OBJECTIVE = ""
"""Stands for the objective among the names of the elements; it has none of its own."""


def component_names(instance: Instance) -> dict[str, str]:
    """The name of Pyomo's component for each variable and constraint, and for the objective.

    It is the element's own, with a "_" where Pyomo needs that word for itself.
    """
    taken = {*dir(pyo.ConcreteModel()), NEVER}
    names: dict[str, str] = {}
    elements = [*instance.formulation.variables, *instance.formulation.constraints]
    for name in [*(element.name for element in elements), OBJECTIVE]:
        free = name or "objective"
        while free in taken:
            free += "_"
        taken.add(free)
        names[name] = free
    return names


def _index(key: Key) -> Any:
    """A key as Pyomo has it: a bare member for one position, None for none."""
    return key if len(key) > 1 else key[0] if key else None


def _key(index: Any) -> Key:
    return index if isinstance(index, tuple) else () if index is None else (index,)


def _add_variable(model: pyo.ConcreteModel, name: str, instance: Instance, variable: Variable) -> dict[Key, Any]:
    intervals = variable_intervals(instance, variable)
    within = {"continuous": pyo.Reals, "integer": pyo.Integers, "binary": pyo.Binary}[variable.domain]
    component = pyo.Var([_index(key) for key in intervals], domain=within) if variable.index else pyo.Var(domain=within)
    model.add_component(name, component)
    columns = {key: component[_index(key)] for key in intervals}
    for key, interval in intervals.items():
        columns[key].setlb(None if math.isinf(interval.lower) else interval.lower)
        columns[key].setub(None if math.isinf(interval.upper) else interval.upper)
    return columns


def _add_constraint(model: pyo.ConcreteModel, name: str, rows: Iterable[tuple[Key, list[Side]]], indexed: bool) -> None:
    """Add the rows of one constraint; the links of a chain are numbered behind the key, from 1."""
    component = pyo.Constraint(pyo.Any)
    scalar = None
    model.add_component(name, component)
    for key, sides in rows:
        for number, side in enumerate(sides, 1):
            row = _row(model, side)
            if row is not None:
                place = (*key, number) if len(sides) > 1 else key
                scalar = row if not place else None
                component[_index(place)] = row
    if not indexed and scalar is not None:
        model.del_component(component)
        model.add_component(name, pyo.Constraint(expr=scalar))


def _row(model: pyo.ConcreteModel, side: Side) -> Any:
    """A comparison as Pyomo's; None for one of plain numbers that is true anyway."""
    left, op, right = side
    if isinstance(left, float) and isinstance(right, float):
        if holds(left, op, right):
            return None
        if model.component(NEVER) is None:
            model.add_component(NEVER, pyo.Var(bounds=(0, 0)))
        return model.component(NEVER) >= 1.0
    return left <= right if op == "<=" else left >= right if op == ">=" else left == right


def _symbolic(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of expressions that is Python's own on plain numbers."""

    def apply(*arguments: Any) -> Any:
        plain = all(isinstance(argument, float) for argument in arguments)
        return MATH[name](*arguments) if plain else function(*arguments)

    return apply


def _refuse(name: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise Undefined(f"{name} of a variable has no form that a solver proves; state it with an integer variable")

    return refuse


def _quotient(left: Any, right: Any) -> Any:
    if isinstance(right, float) and right == 0:
        raise Undefined("division by zero")
    return left / right


def _total(values: Iterable[Any]) -> Any:
    parts = list(values)
    if all(isinstance(part, float) for part in parts):
        return math.fsum(parts)
    return pyo.quicksum(parts)


def _distance(value: Any) -> Any:
    """|value| as sqrt(value**2): Pyomo's way to SCIP knows no abs(...)."""
    return pyo.sqrt(value**2)


def _extreme(sign: float) -> Callable[..., Any]:
    """The larger (sign 1) or smaller (-1) of each two as (a + b +- |a - b|) / 2."""

    def extreme(*arguments: Any) -> Any:
        result = arguments[0]
        for argument in arguments[1:]:
            result = 0.5 * (result + argument) + (0.5 * sign) * _distance(result - argument)
        return result

    return extreme


PYOMO_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    name: _symbolic(name, function)
    for name, function in {
        "/": _quotient,
        "//": _refuse("//"),
        "%": _refuse("%"),
        "**": lambda base, exponent: base**exponent,
        "min": _extreme(-1.0),
        "max": _extreme(1.0),
        "abs": _distance,
        "ceil": _refuse("ceil(...)"),
        "cos": pyo.cos,
        "exp": pyo.exp,
        "floor": _refuse("floor(...)"),
        "log": pyo.log,
        "log10": pyo.log10,
        "sin": pyo.sin,
        "sqrt": pyo.sqrt,
        "tan": pyo.tan,
    }.items()
} | {"sum": _total}
"""The operators and functions of `MATH` on Pyomo expressions."""
