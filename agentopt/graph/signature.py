"""Naming the arguments of a call: worked out once for each shape of call, then a look-up."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_MAX_PLANS = 256
_Shape = int | tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one shape of call is recorded."""

    names: tuple[str, ...]
    """Of the positional arguments, the keyword arguments and the defaults that were left to stand, in this order."""
    defaults: tuple[Any, ...]


class Arguments:
    """Names the arguments of a function's calls: by the parameters' names, `*args` as args_0, args_1."""

    __slots__ = ("_plans", "_signature", "first")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._plans: dict[_Shape, Plan] = {}
        self._signature: inspect.Signature | None = None
        with suppress(TypeError, ValueError):  # some built-in functions do not tell theirs
            self._signature = inspect.signature(function)
        self.first = next(iter(self._signature.parameters), "") if self._signature else ""
        """The name of the first parameter."""

    def plan(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan:
        """How this call is recorded. A call that does not fit is too: the function itself will say so."""
        shape: _Shape = (len(args), tuple(kwargs)) if kwargs else len(args)
        known = self._plans.get(shape)
        if known is not None:
            return known
        fitting = self._fit(args, kwargs)
        if fitting is None:
            return Plan(distinct((*(f"args_{place}" for place in range(len(args))), *kwargs)), ())
        if len(self._plans) >= _MAX_PLANS:
            self._plans.clear()
        self._plans[shape] = fitting
        return fitting

    def _fit(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan | None:
        if self._signature is None:
            return None
        try:
            bound = self._signature.bind(*args, **kwargs).arguments
        except TypeError:
            return None
        positional: list[str] = []
        defaults: dict[str, Any] = {}
        for name, parameter in self._signature.parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional += [f"{name}_{place}" for place in range(len(args) - len(positional))]
            elif parameter.kind is not parameter.VAR_KEYWORD:
                if name not in bound:
                    defaults[name] = parameter.default
                elif parameter.kind is parameter.POSITIONAL_ONLY or name not in kwargs:
                    positional.append(name)
        names = (*positional, *kwargs, *defaults)
        return Plan(distinct(names), tuple(defaults.values()))


def distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Make names differ, as where a keyword argument is called like the first of *args."""
    made: dict[str, None] = {}
    for name in names:
        while name in made:
            name += "_"
        made[name] = None
    return tuple(made)
