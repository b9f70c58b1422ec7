"""The operators and functions of the language on SCIP expressions.

PySCIPOpt's expressions carry + - * themselves; what is here picks, for everything
else, the form that SCIP bounds exactly, and refuses what it has no form for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyscipopt
from pyscipopt.scip import Expr, buildGenExprObj

from ..pointwise.scope import MATH, Undefined

MAX_EXPANDED = 200
"""A power of a sum is multiplied out by PySCIPOpt; above this many terms it is kept nested."""


def _symbolic(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of expressions that is Python's own on plain numbers."""

    def apply(*arguments: Any) -> Any:
        if all(isinstance(argument, float) for argument in arguments):
            return MATH[name](*arguments)
        return function(*arguments)

    return apply


def _refuse(name: str, instead: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise Undefined(f"{name} of a variable cannot be solved exactly; {instead}")

    return refuse


def _total(values: Iterable[Any]) -> Any:
    parts = list(values)
    if all(isinstance(part, float) for part in parts):
        return math.fsum(parts)
    return pyscipopt.quicksum(parts)


def _quotient(left: Any, right: Any) -> Any:
    if isinstance(right, float):
        if right == 0:
            raise Undefined("division by zero")
        return left * (1.0 / right)
    return left / right


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, float):
        if exponent in (0.0, 1.0):
            return base if exponent else 1.0
        if not exponent.is_integer():
            return base**exponent
        if exponent > 0 and isinstance(base, Expr) and _n_expanded(base, int(exponent)) > MAX_EXPANDED:
            base = buildGenExprObj(base)
        return base ** int(exponent)
    if isinstance(base, float):
        if base <= 0:
            raise Undefined(f"({base:g}) to the power of a variable; the base must be above 0")
        return pyscipopt.exp(math.log(base) * exponent)
    return pyscipopt.exp(exponent * pyscipopt.log(base))


def _n_expanded(base: Any, exponent: int) -> int:
    """How many terms a power of a sum has when it is multiplied out."""
    return math.comb(len(base.terms) + exponent - 1, exponent)


def _extreme(sign: float) -> Callable[..., Any]:
    """The larger (sign 1) or smaller (-1) of two as (a + b +- |a - b|) / 2; numbers are settled first."""
    pick = max if sign > 0 else min

    def extreme(*arguments: Any) -> Any:
        numbers = [argument for argument in arguments if isinstance(argument, float)]
        rest = [argument for argument in arguments if not isinstance(argument, float)]
        parts = [pick(numbers), *rest] if numbers else rest
        while len(parts) > 1:  # in pairs, so that many arguments nest a few levels, not many
            pairs = [0.5 * (a + b) + (0.5 * sign) * abs(a - b) for a, b in zip(parts[::2], parts[1::2])]
            parts = pairs + parts[2 * len(pairs) :]
        return parts[0]

    return extreme


SCIP_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    name: _symbolic(name, function)
    for name, function in {
        "/": _quotient,
        "//": _refuse("//", "state it with an integer variable"),
        "%": _refuse("%", "state it with an integer variable"),
        "**": _power,
        "min": _extreme(-1.0),
        "max": _extreme(1.0),
        "abs": abs,
        "ceil": _refuse("ceil(...)", "state it with an integer variable"),
        "cos": pyscipopt.cos,
        "exp": pyscipopt.exp,
        "floor": _refuse("floor(...)", "state it with an integer variable"),
        "log": pyscipopt.log,
        "log10": lambda x: pyscipopt.log(x) * (1.0 / math.log(10.0)),
        "sin": pyscipopt.sin,
        "sqrt": pyscipopt.sqrt,
        "tan": lambda x: pyscipopt.sin(x) / pyscipopt.cos(x),
    }.items()
} | {"sum": _total}
