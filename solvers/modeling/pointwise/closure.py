"""Turns the nodes of one statement into nested Python functions, once, without eval.

Because Python's operators are all that is asked of a number, the same functions
compute floats, Pyomo expressions or SCIP expressions, by what stands behind the
variables.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..instance import Key, Member
from ..language.expression import (
    SET_FUNCTIONS,
    Binary,
    Call,
    Choice,
    Clause,
    Compare,
    Item,
    Logic,
    Name,
    Negate,
    Node,
    Number,
    Reduce,
    Text,
    Tuple,
)
from .loop import Frame, Loop, Part, Test, all_of, compile_loop
from .order import end_of, neighbour_of, set_name
from .scope import Scope, Undefined, whole

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}


class Closures:
    """Compiles the parts of one statement; `names[k]` is the index name of slot k."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.names: list[str] = []
        self.bound: dict[str, int] = {}

    def bind(self, targets: tuple[str, ...]) -> slice:
        """Give index names the next slots."""
        where = slice(len(self.names), len(self.names) + len(targets))
        self.names += targets
        self.bound = self.bound | {name: where.start + place for place, name in enumerate(targets)}
        return where

    def span(self, call: Call) -> Callable[[Frame], range]:
        """The Python range of a range(...) call."""
        parts = [self.number(argument) for argument in call.arguments]

        def make(f: Frame) -> range:
            values = [float(part(f)) for part in parts]
            if not all(value.is_integer() for value in values):
                raise Undefined(f"range(...) needs whole numbers, got {', '.join(f'{v:g}' for v in values)}")
            if len(values) == 3 and values[2] == 0:
                raise Undefined("range(...) needs a step other than 0")
            return range(*map(int, values))

        return make

    def loop(self, clauses: tuple[Clause, ...], compile_body: Callable[[], Part]) -> Loop:
        """A generator of the body's values, one for each binding of the clauses."""
        return compile_loop(self, clauses, compile_body)

    # Numbers

    def number(self, node: Node) -> Part:
        """The value of a part that is a number."""
        match node:
            case Number(value=value):
                return lambda f: value
            case Name(name=name) if name in self.bound:
                return _index_number(name, self.bound[name])
            case Name(name=name):
                return self._named(name, ())
            case Item(name=name, keys=keys):
                return self._named(name, keys)
            case Negate(operand=operand):
                part = self.number(operand)
                return lambda f: -part(f)
            case Binary(op=op, left=left, right=right):
                return self._binary(op, self.number(left), self.number(right))
            case Choice():
                return self._choice(node, self.number)
            case Reduce():
                return self._reduce(node)
            case Call():
                return self._call(node)
        raise Undefined(f"expected a number, got {type(node).__name__}")

    def _named(self, name: str, nodes: tuple[Node, ...]) -> Part:
        key = self._key_tuple(nodes)
        variables, parameters, defaults = self.scope.variables, self.scope.parameters, self.scope.defaults

        def variable(f: Frame) -> Any:
            value = variables[name].get(key(f))
            if value is None:
                raise Undefined(f"variable {name} has no key {_shown(key(f))}")
            return value

        def parameter(f: Frame) -> Any:
            value = parameters[name].get(key(f))
            if value is not None:
                return value
            if name in defaults:
                return defaults[name]
            raise Undefined(f"parameter {name} has no value for {_shown(key(f))}")

        return variable if name in variables else parameter

    def _key_tuple(self, nodes: tuple[Node, ...]) -> Callable[[Frame], Key]:
        """The key that index parts make; plain indices, which most are, are fetched in one go."""
        slots = [self.bound.get(node.name) if isinstance(node, Name) else None for node in nodes]
        plain = [slot for slot in slots if slot is not None]
        if len(plain) == len(nodes) >= 2:
            return operator.itemgetter(*plain)
        parts = [self.key(node) for node in nodes]
        if len(parts) == 1:
            (only,) = parts
            return lambda f: (only(f),)
        return lambda f: tuple([part(f) for part in parts])

    def _binary(self, op: str, left: Part, right: Part) -> Part:
        if op == "+":
            return lambda f: left(f) + right(f)
        if op == "-":
            return lambda f: left(f) - right(f)
        if op == "*":
            return lambda f: left(f) * right(f)
        function = self.scope.functions[op]
        return lambda f: function(left(f), right(f))

    def _choice(self, node: Choice, compile_part: Callable[[Node], Part]) -> Part:
        holds = self.condition(node.condition)
        then, otherwise = compile_part(node.then), compile_part(node.otherwise)
        return lambda f: then(f) if holds(f) else otherwise(f)

    def _reduce(self, node: Reduce) -> Part:
        values = self.loop(node.clauses, lambda: self.number(node.body))
        if node.function == "sum":
            total = self.scope.functions["sum"]
            return lambda f: total(values(f))
        return _product(values) if node.function == "prod" else _extreme(node.function, values, self.scope)

    def _call(self, node: Call) -> Part:
        name, sets = node.function, self.scope.sets
        if name == "len":
            counted = set_name(node)
            return lambda f: float(len(sets[counted]))
        if name in SET_FUNCTIONS:
            member = self._ordered(node)
            return lambda f: _as_number(f"{name}(...)", member(f))
        function = self.scope.functions[name]
        parts = [self.number(argument) for argument in node.arguments]

        def apply(f: Frame) -> Any:
            values = [part(f) for part in parts]
            try:
                return function(*values)
            except (ValueError, OverflowError):
                shown = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values)
                raise Undefined(f"{name}({shown[:80]}) is no finite real number") from None

        return apply

    # Index values

    def key(self, node: Node) -> Part:
        """The value of a part that picks a member: the member itself, or a number equal to it."""
        match node:
            case Text(value=value):
                return lambda f: value
            case Name(name=name) if name in self.bound:
                return operator.itemgetter(self.bound[name])
            case Call(function=function) if function in SET_FUNCTIONS and function != "len":
                return self._ordered(node)
            case Choice():
                return self._choice(node, self.key)
        return self.number(node)

    def _ordered(self, node: Call) -> Part:
        if node.function in ("first", "last"):
            return end_of(node.function, set_name(node), self.scope)
        return neighbour_of(node.function, set_name(node), self.key(node.arguments[0]), self.scope)

    # Conditions

    def condition(self, node: Node) -> Test:
        """Whether a condition on data holds."""
        if isinstance(node, Logic):
            tests = [self.condition(operand) for operand in node.operands]
            if node.op == "not":
                (only,) = tests
                return lambda f: not only(f)
            return all_of(tests) if node.op == "and" else lambda f: any(test(f) for test in tests)
        assert isinstance(node, Compare)
        if node.ops[0] in ("in", "not in"):
            inside = self._inside(node.operands[0], node.operands[1])
            return inside if node.ops[0] == "in" else lambda f: not inside(f)
        links = [self._link(*link) for link in zip(node.ops, node.operands, node.operands[1:])]
        return all_of(links)

    def _link(self, op: str, left: Node, right: Node) -> Test:
        compile_part = self.key if op in ("==", "!=") else self.number
        compare, a, b = _COMPARISONS[op], compile_part(left), compile_part(right)
        return lambda f: compare(a(f), b(f))

    def _inside(self, left: Node, container: Node) -> Test:
        if isinstance(container, Call):
            number, span = self.number(left), self.span(container)
            return lambda f: (value := float(number(f))).is_integer() and int(value) in span(f)
        if isinstance(container, Tuple):
            links = [self._link("==", left, item) for item in container.items]
            return lambda f: any(link(f) for link in links)
        assert isinstance(container, Name)
        name, scope = container.name, self.scope
        key = self._key_tuple(left.items if isinstance(left, Tuple) else (left,))
        return lambda f: key(f) in scope.places(name)


def _product(values: Loop) -> Part:
    def product(f: Frame) -> Any:
        result: Any = 1.0
        for value in values(f):
            result = result * value
        return result

    return product


def _extreme(function: str, values: Loop, scope: Scope) -> Part:
    pick = scope.functions[function]

    def extreme(f: Frame) -> Any:
        found = list(values(f))
        if not found:
            raise Undefined(f"{function}(...) over nothing")
        return pick(*found) if len(found) > 1 else found[0]

    return extreme


def _index_number(name: str, slot: int) -> Part:
    what = f"the index {name!r}"
    return lambda f: _as_number(what, f[slot])


def _as_number(what: str, value: Member | float) -> float:
    if isinstance(value, str):
        raise Undefined(f"{what} is the text {value!r}, not a number")
    return float(value)


def _shown(key: Key) -> str:
    """A key for a message, as 'Oslo' or ('Oslo', 3)."""
    parts = tuple(whole(part) for part in key)
    return repr(parts[0]) if len(parts) == 1 else repr(parts) if parts else "it"
