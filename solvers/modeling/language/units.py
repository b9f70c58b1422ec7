"""Checks that only quantities of one unit are added and compared.

The check would rather miss a clash than cry wolf. An unknown unit fits everything,
and so does what is computed from it. A bare number in a product (5 in 5 * chairs)
may carry a unit that nobody stated, so the product's unit is unknown; only 1 and -1
change nothing. Nouns for things that are counted (chairs, trucks, workers) may stand
together, for a sum of chairs and tables is a number of things; a measure or a
currency (h, kg, USD) left over between two sides is a clash.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..shorten import cut
from .analysis import Analysis
from .expression import (
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
    Statement,
    Text,
    Tuple,
)
from .unit import Unit, parse_unit

__all__ = ["Unit", "UnitClash", "check_units", "parse_unit"]

Quantity = Unit | float | None
"""The unit of a part; a float is a bare number, None an unknown unit."""

_KEEP = ("abs", "ceil", "floor")
_PLAIN = ("exp", "log", "log10", "sin", "cos", "tan")


@dataclass(frozen=True)
class UnitClash:
    """Two quantities of different units that are added or compared."""

    element: str
    """As "constraint time" or "objective"."""
    message: str
    """One sentence that names the element, both sides and a way out."""


def check_units(analysis: Analysis) -> list[UnitClash]:
    """Find every place where different units meet; an empty list promises nothing."""
    formulation = analysis.formulation
    known = {p.name: parse_unit(p.unit) for p in formulation.parameters}
    known |= {v.name: parse_unit(v.unit) for v in formulation.variables}
    clashes: list[UnitClash] = []
    for name, statement in analysis.sets.items():
        _Check(f"set {name}", known, clashes).clauses(statement.clauses)
    for name, statement in analysis.parameters.items():
        _Check(f"parameter {name}", known, clashes).stated(known[name], statement, "its unit")
    for name, bounds in analysis.bounds.items():
        for word, bound in (("lower", bounds.lower), ("upper", bounds.upper)):
            if isinstance(bound, Statement):
                check = _Check(f"variable {name}, {word} bound", known, clashes)
                check.stated(known[name], bound, "the variable's unit")
    stated = parse_unit(formulation.objective.unit)
    _Check("objective", known, clashes).stated(stated, analysis.objective, "its unit")
    for name, statement in analysis.constraints.items():
        check = _Check(f"constraint {name}", known, clashes)
        check.clauses(statement.clauses)
        check.condition(statement.body)
    return clashes


@dataclass(frozen=True)
class _Check:
    """Works out the units within one element and notes where they clash."""

    element: str
    known: dict[str, Unit | None]
    clashes: list[UnitClash]

    def stated(self, unit: Unit | None, statement: Statement, what: str) -> None:
        """Compare a stated unit with the unit of the statement."""
        self.clauses(statement.clauses)
        found = self.of(statement.body)
        if unit is not None and isinstance(found, Unit) and not _fits(unit, found):
            self.clash(f"{what} is {unit} but {_said(statement.body)} is {found}", found, unit)

    def clash(self, what: str, one: Unit, other: Unit) -> None:
        remedy = f"give one of them the other's unit or multiply by a parameter in {other / one}"
        self.clashes.append(UnitClash(self.element, f"{self.element}: {what}; {remedy}"))

    def of(self, node: Node) -> Quantity:
        """The unit of a number."""
        match node:
            case Number(value=value):
                return value
            case Name(name=name) | Item(name=name):
                return self.known.get(name)
            case Negate(operand=operand):
                unit = self.of(operand)
                return -unit if isinstance(unit, float) else unit
            case Binary(op="+" | "-"):
                return self.alike(_terms(node))
            case Binary(op=op, left=left, right=right):
                return _combined(op, self.of(left), self.of(right))
            case Choice(condition=condition, then=then, otherwise=otherwise):
                self.condition(condition)
                return self.alike([then, otherwise])
            case Reduce(function=function, body=body, clauses=clauses):
                self.clauses(clauses)
                unit = self.of(body)
                return unit if isinstance(unit, Unit) and (function != "prod" or unit == Unit()) else None
            case Call():
                return self.called(node)
            case _:
                return None

    def called(self, node: Call) -> Quantity:
        if node.function in ("min", "max"):
            return self.alike(node.arguments)
        if node.function not in (*_KEEP, *_PLAIN, "sqrt"):
            return None  # len, ord, prev and their like concern members, which carry no unit
        unit = self.of(node.arguments[0])
        if node.function in _PLAIN:
            if isinstance(unit, Unit) and not unit.counts_only:
                what = f"{node.function}() takes a plain number but {_said(node.arguments[0])} is {unit}"
                message = f"{self.element}: {what}; divide it by a parameter in {unit}"
                self.clashes.append(UnitClash(self.element, message))
            return Unit()
        if not isinstance(unit, Unit):
            return None
        return unit ** Fraction(1, 2) if node.function == "sqrt" else unit

    def alike(self, nodes: Sequence[Node]) -> Quantity:
        """The common unit of parts that are added or compared; a clash is noted once."""
        found = [(node, self.of(node)) for node in nodes]
        united = [(node, unit) for node, unit in found if isinstance(unit, Unit)]
        if not united:
            return None if any(unit is None for _, unit in found) else math.nan
        first, unit = united[0]
        for node, other in united[1:]:
            if not _fits(unit, other):
                self.clash(f"{_said(first)} is {unit} but {_said(node)} is {other}", unit, other)
                break
        return unit

    def clauses(self, clauses: Sequence[Clause]) -> None:
        for clause in clauses:
            for condition in clause.conditions:
                self.condition(condition)

    def condition(self, node: Node) -> None:
        """Check the comparisons of a condition, or of a constraint."""
        match node:
            case Logic(operands=operands):
                for operand in operands:
                    self.condition(operand)
            case Compare(ops=ops, operands=operands) if "in" not in ops and "not in" not in ops:
                self.alike(operands)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                for part in (condition, then, otherwise):
                    self.condition(part)


def _fits(one: Unit, other: Unit) -> bool:
    return (one / other).counts_only


def _terms(node: Node) -> list[Node]:
    """The parts that are added or subtracted, left to right."""
    if isinstance(node, Binary) and node.op in "+-":
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _combined(op: str, left: Quantity, right: Quantity) -> Quantity:
    if op == "**":
        return _raised(left, right)
    if op == "%":
        return left if isinstance(left, Unit) else None
    if isinstance(left, float) and isinstance(right, float):
        return left * right if op == "*" else left / right if right else math.nan
    one, other = _factor(left), _factor(right)
    if one is None or other is None:
        return None
    return one * other if op == "*" else one / other


def _factor(quantity: Quantity) -> Unit | None:
    if isinstance(quantity, float):
        return Unit() if abs(quantity) == 1 else None
    return quantity


def _raised(base: Quantity, exponent: Quantity) -> Quantity:
    if isinstance(base, float) and isinstance(exponent, float):
        return math.nan
    if not isinstance(base, Unit):
        return None
    if isinstance(exponent, float) and math.isfinite(exponent) and abs(exponent) <= 100:
        return base ** Fraction(exponent).limit_denominator(100)
    return base if base == Unit() else None


def _said(node: Node) -> str:
    """A part as it was written, near enough to be found, and cut."""
    return cut(_written(node), 60)


def _written(node: Node) -> str:
    match node:
        case Number(value=value):
            return f"{value:g}"
        case Text(value=value):
            return repr(value)
        case Name(name=name):
            return name
        case Item(name=name, keys=keys):
            return f"{name}[{', '.join(map(_written, keys))}]"
        case Negate(operand=operand):
            return f"-{_written(operand)}"
        case Binary(op=op, left=left, right=right):
            return f"{_bracketed(left, op)} {op} {_bracketed(right, op)}"
        case Reduce(function=function, body=body, clauses=clauses):
            loops = " ".join(f"for {', '.join(c.targets)} in {_written(c.domain)}" for c in clauses)
            return f"{function}({_written(body)} {loops})"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(_written, arguments))})"
        case Choice(then=then, otherwise=otherwise):
            return f"({_written(then)} if … else {_written(otherwise)})"
        case Tuple(items=items):
            return f"({', '.join(map(_written, items))})"
        case _:
            return "…"


def _bracketed(node: Node, op: str) -> str:
    text = _written(node)
    return f"({text})" if isinstance(node, Binary) and node.op in "+-" and op not in "+-" else text
