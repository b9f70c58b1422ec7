"""Instances that differ from another in one thing, made without reading any table again."""

from __future__ import annotations

from dataclasses import replace

from .data.revise import recomputed
from .formulation import Constraint, Formulation, Objective
from .instance import Instance, Key
from .language.analysis import analyze


def with_constraint(instance: Instance, constraint: Constraint) -> Instance:
    """Add a constraint, or state another one under its name.

    Raises:
        FormulationError: Its expression is wrong.
    """
    others = [c for c in instance.formulation.constraints if c.name != constraint.name]
    return _restated(instance, constraints=[*others, constraint])


def without_constraint(instance: Instance, name: str) -> Instance:
    """Leave a constraint out."""
    return _restated(instance, constraints=[c for c in instance.formulation.constraints if c.name != name])


def with_objective(instance: Instance, objective: Objective) -> Instance:
    """Optimize something else.

    Raises:
        FormulationError: Its expression is wrong.
    """
    return _restated(instance, objective=objective)


def relaxed(instance: Instance) -> Instance:
    """Let every variable be continuous; a binary one lies between 0 and 1."""
    variables = [
        v.model_copy(update={"domain": "continuous", **({"lower": 0.0, "upper": 1.0} if v.domain == "binary" else {})})
        for v in instance.formulation.variables
    ]
    return _restated(instance, variables=variables)


def scaled(instance: Instance, parameter: str, factor: float, key: Key | None = None) -> Instance:
    """Multiply a parameter by a factor, at one key or everywhere; what is computed from it follows.

    A computed parameter must not be named: it would be computed again. Absent keys keep
    their default, which is multiplied where every key is.
    """
    data = instance.data
    old = data.parameters[parameter]
    if key is not None:
        value = old.get(key, data.defaults.get(parameter, 0.0))
        return recomputed(instance, {parameter: {**old, key: value * factor}})
    if parameter in data.defaults:
        defaults = data.defaults | {parameter: data.defaults[parameter] * factor}
        instance = replace(instance, data=replace(data, defaults=defaults))
    return recomputed(instance, {parameter: {key: value * factor for key, value in old.items()}})


def _restated(instance: Instance, **groups: object) -> Instance:
    """The instance with other variables, constraints or another objective; its data stay."""
    formulation: Formulation = instance.formulation.model_copy(update=groups)
    return replace(instance, analysis=analyze(formulation))
