"""What rows and figures are called in the owner's words: meanings, units, numbers with their unit."""

from __future__ import annotations

from ..formulation import Formulation
from ..language.expression import Binary, Choice, Compare, Item, Name, Negate, Node, Reduce
from ..language.parser import parse
from ..shorten import cut


def said(formulation: Formulation, name: str) -> str:
    """The meaning of a constraint or variable, else the words it comes from, else its expression."""
    for element in (*formulation.constraints, *formulation.variables):
        if element.name == name:
            return element.meaning or element.source or cut(getattr(element, "expression", ""), 80)
    return ""


def row_units(formulation: Formulation) -> dict[str, str]:
    """The unit of each constraint's two sides, "" where none is stated.

    It is the unit of the first parameter or variable that stands alone as a term; a
    product may have a factor whose unit nobody stated, so none is worked out.
    """
    units = {v.name: v.unit for v in formulation.variables} | {p.name: p.unit for p in formulation.parameters}
    return {
        c.name: _unit(parse(c.expression).body, units) if c.expression.strip() else "" for c in formulation.constraints
    }


def _unit(node: Node, units: dict[str, str]) -> str:
    match node:
        case Name(name=name) | Item(name=name):
            return units.get(name, "")
        case Negate(operand=part) | Reduce(function="sum" | "min" | "max", body=part):
            return _unit(part, units)
        case Binary(op="+" | "-", left=left, right=right):
            return _unit(left, units) or _unit(right, units)
        case Choice(then=then, otherwise=otherwise):
            return _unit(then, units) or _unit(otherwise, units)
        case Compare(operands=operands):
            # Data first: a limit says its unit more surely than what is summed up against it.
            return next((unit for unit in (_unit(part, units) for part in reversed(operands)) if unit), "")
    return ""


def figure(value: float, unit: str = "") -> str:
    """A number with its unit, as a reader would write it: 2.5 USD."""
    shown = f"{value:.6g}"
    shown = "0" if shown == "-0" else shown
    return f"{shown} {unit}" if unit else shown


def gain(change: float | None, maximize: bool, unit: str = "") -> str:
    """What a change of the objective is to its owner: gains, loses, costs or saves 2.5 USD."""
    if change is None:
        return "is not priced"
    if not change:
        return "changes nothing"
    words = ("gains", "loses") if maximize else ("costs", "saves")
    return f"{words[0] if change > 0 else words[1]} {figure(abs(change), unit)}"
