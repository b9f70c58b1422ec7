"""Evaluates statements one value at a time, in plain Python.

This is the slower and simpler of the two evaluators (`vector.py` is the other). It
computes sets and parameters while data are bound, checks points that a solver
returned, and, given Pyomo or SCIP variables in place of numbers, builds models.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from agentopt.errors import AgentoptError, FormulationError

from ..instance import Key, Member
from ..language.expression import Call, Choice, Compare, Node, Statement, Tuple
from .closure import Closures
from .loop import Frame, Loop, Part, range_members
from .scope import MATH, Scope, Undefined, whole

Side = tuple[Any, str, Any]
"""One comparison of a constraint: left, op, right; op is <=, >= or ==."""


@dataclass(frozen=True)
class _Compiled:
    """A statement as functions."""

    statement: Statement
    names: list[str]
    """Index name of each slot of a frame."""
    slots: list[int]
    """Slots of the trailing clauses, which make the key of a row."""
    loop: Loop
    body: Part

    def frame(self) -> Frame:
        return [None] * len(self.names) + [0]


class Evaluator:
    """Evaluates statements over given sets, parameters and variables.

    All mappings are looked up when a value is asked for, so they may be filled
    between calls, or compute themselves.

    Args:
        sets: Members of each set in order, each a tuple.
        parameters: Values of each parameter by key.
        defaults: Value of an absent key, for the parameters that have one.
        variables: Value, or any object that adds and multiplies, of each variable by key.
        functions: Operators and functions for that type of number; see `MATH`.
    """

    def __init__(
        self,
        sets: Mapping[str, Sequence[Key]],
        parameters: Mapping[str, Mapping[Key, float]],
        defaults: Mapping[str, float],
        variables: Mapping[str, Mapping[Key, Any]] | None = None,
        functions: Mapping[str, Callable[..., Any]] = MATH,
    ) -> None:
        self.scope = Scope(sets, parameters, defaults, variables or {}, functions)
        self._compiled: dict[tuple[int, str], _Compiled] = {}

    def rows(self, statement: Statement, element: str) -> Iterator[tuple[Key, Any]]:
        """Yield the key and the body's value for each binding of the trailing clauses.

        Raises:
            FormulationError: A key is missing, a number is not finite, a function is
                not defined here; the message names the element and the index values.
        """
        compiled = self._compile(statement, element, "number")
        return self._run(compiled, element, _require_finite)

    def value(self, statement: Statement, element: str) -> Any:
        """The value of a statement without clauses.

        Raises:
            FormulationError: As `rows`.
        """
        return next(self.rows(statement, element))[1]

    def members(self, statement: Statement, element: str) -> list[Key]:
        """The members of a computed set, in order, as often as they are computed.

        Raises:
            FormulationError: As `rows`, or a member is neither text nor a whole number.
        """
        compiled = self._compile(statement, element, "members")
        return [member for _, members in self._run(compiled, element, _pass) for member in members]

    def comparisons(self, statement: Statement, element: str) -> Iterator[tuple[Key, list[Side]]]:
        """Yield the key and the comparisons of a constraint for each binding of its clauses.

        Raises:
            FormulationError: As `rows`.
        """
        compiled = self._compile(statement, element, "sides")
        return self._run(compiled, element, _require_finite_sides)

    def comparison_at(self, statement: Statement, element: str, key: Key) -> list[Side]:
        """The comparisons of a constraint at one of its keys.

        Raises:
            FormulationError: As `rows`.
        """
        compiled = self._compile(statement, element, "sides")
        frame = compiled.frame()
        for slot, value in zip(compiled.slots, key):
            frame[slot] = value
        with _located(element, compiled, frame):
            sides: list[Side] = compiled.body(frame)
            _require_finite_sides(sides)
        return sides

    def _run(self, compiled: _Compiled, element: str, check: Callable[[Any], None]) -> Iterator[tuple[Key, Any]]:
        frame, slots = compiled.frame(), compiled.slots
        with _located(element, compiled, frame):
            for value in compiled.loop(frame):
                check(value)
                yield tuple([frame[slot] for slot in slots]), value

    def _compile(self, statement: Statement, element: str, kind: str) -> _Compiled:
        known = self._compiled.get((id(statement), kind))
        if known is None:
            closures = Closures(self.scope)
            bodies: list[Part] = []

            def compile_body() -> Part:
                bodies.append(_BODIES[kind](closures, statement.body))
                slots.extend(closures.bound[name] for name in statement.indices)
                return bodies[0]

            slots: list[int] = []
            loop = closures.loop(statement.clauses, compile_body)
            known = _Compiled(statement, closures.names, slots, loop, bodies[0])
            self._compiled[(id(statement), kind)] = known  # it holds the statement, so the id stays its own
        return known


def _members_body(closures: Closures, node: Node) -> Part:
    """A list of the members that one binding gives: all of a range, or one tuple."""
    if isinstance(node, Call) and node.function == "range":
        members = range_members(closures.span(node))
        return lambda f: list(members(f))
    parts = [closures.key(item) for item in (node.items if isinstance(node, Tuple) else (node,))]
    return lambda f: [tuple([_as_member(part(f)) for part in parts])]


def _sides_body(closures: Closures, node: Node) -> Part:
    """A list of (left, op, right): one for each link of a chained comparison."""
    if isinstance(node, Choice):
        holds = closures.condition(node.condition)
        then, otherwise = _sides_body(closures, node.then), _sides_body(closures, node.otherwise)
        return lambda f: then(f) if holds(f) else otherwise(f)
    assert isinstance(node, Compare)
    ops, parts = node.ops, [closures.number(operand) for operand in node.operands]

    def sides(f: Frame) -> list[Side]:
        values = [part(f) for part in parts]
        return list(zip(values, ops, values[1:]))

    return sides


_BODIES: dict[str, Callable[[Closures, Node], Part]] = {
    "number": Closures.number,
    "members": _members_body,
    "sides": _sides_body,
}


def _as_member(value: Any) -> Member:
    member = whole(value)
    if isinstance(member, float):
        raise Undefined(f"expected text or a whole number as a member, got {member:g}")
    return member  # type: ignore[no-any-return]


def _pass(value: Any) -> None:
    pass


def _require_finite(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise Undefined("the result is too large for a number")


def _require_finite_sides(sides: list[Side]) -> None:
    for left, _, right in sides:
        _require_finite(left)
        _require_finite(right)


@contextmanager
def _located(element: str, compiled: _Compiled, frame: Frame) -> Iterator[None]:
    """Say at which element and index values something went wrong."""
    try:
        yield
    except AgentoptError:
        raise
    except ZeroDivisionError:
        raise _error(element, "division by zero", compiled, frame) from None
    except OverflowError:
        raise _error(element, "the result is too large for a number", compiled, frame) from None
    except Undefined as error:
        raise _error(element, str(error), compiled, frame) from None


def _error(element: str, what: str, compiled: _Compiled, frame: Frame) -> FormulationError:
    at = ", ".join(f"{name}={value!r}" for name, value in zip(compiled.names, frame) if value is not None)
    return FormulationError(f"{element}: {what}{f' (at {at})' if at else ''}", element)
