"""The keys and bounds of an instance's variables, found one by one from its statements."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentopt.errors import FormulationError

from ..formulation import Variable
from ..instance import Instance, Key
from ..language.analysis import Bounds
from ..language.expression import Statement
from .scalar import Evaluator
from .scope import MATH

_ROUND_IN = 1e-9
"""An integer bound this close to a whole number is that number."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The values that one variable may take."""

    lower: float
    """-inf when there is no bound."""
    upper: float
    integer: bool


def evaluator_of(
    instance: Instance,
    variables: Mapping[str, Mapping[Key, Any]] | None = None,
    functions: Mapping[str, Callable[..., Any]] = MATH,
) -> Evaluator:
    """An evaluator over the data of an instance, with the given values for its variables."""
    data = instance.data
    return Evaluator(data.sets, data.parameters, data.defaults, variables, functions)


def variable_keys(instance: Instance, variable: Variable) -> Iterator[Key]:
    """Every combination of the members of its index sets, the last running fastest."""
    for members in itertools.product(*(instance.data.sets[name] for name in variable.index)):
        yield tuple(itertools.chain.from_iterable(members))


def variable_intervals(instance: Instance, variable: Variable) -> dict[Key, Interval]:
    """What each key of a variable may be; integer bounds are whole, a binary lies in [0, 1].

    Raises:
        FormulationError: A bound cannot be computed, or names a key the variable does not have.
    """
    keys = list(variable_keys(instance, variable))
    bounds: Bounds = instance.analysis.bounds[variable.name]
    lower = _bound_values(instance, variable.name, "lower", bounds.lower, keys)
    upper = _bound_values(instance, variable.name, "upper", bounds.upper, keys)
    # Most keys share one interval, so each distinct one is made once.
    made: dict[tuple[float, float], Interval] = {}
    intervals = {}
    for key in keys:
        ends = (lower[key], upper[key])
        if ends not in made:
            made[ends] = _interval(*ends, variable.domain)
        intervals[key] = made[ends]
    return intervals


def _interval(low: float, high: float, domain: str) -> Interval:
    if domain == "continuous":
        return Interval(low, high, False)
    low = float(math.ceil(low - _ROUND_IN)) if math.isfinite(low) else low
    high = float(math.floor(high + _ROUND_IN)) if math.isfinite(high) else high
    return Interval(max(low, 0.0), min(high, 1.0), True) if domain == "binary" else Interval(low, high, True)


def _bound_values(
    instance: Instance, name: str, word: str, bound: float | Statement | None, keys: list[Key]
) -> dict[Key, float]:
    """The bound of every key; a key that the statement leaves out has the usual one: 0, or none."""
    infinite = -math.inf if word == "lower" else math.inf
    if not isinstance(bound, Statement):
        return dict.fromkeys(keys, infinite if bound is None else float(bound))
    element = f"variable {name}, {word} bound"
    evaluator = evaluator_of(instance)
    if not bound.clauses:
        return dict.fromkeys(keys, evaluator.value(bound, element))
    values = dict.fromkeys(keys, 0.0 if word == "lower" else infinite)
    for key, value in evaluator.rows(bound, element):
        if key not in values:
            raise FormulationError(f"{element}: the variable has no index {key}", f"variable {name}")
        values[key] = value
    return values
