"""A formulation as blocks: the five elements as five tables, with the words they come from."""

from __future__ import annotations

from collections.abc import Iterator

from agentopt.cli.block import Block, Items, Line, Table
from agentopt.number_text import show_number
from agentopt.solvers.modeling.formulation import Formulation, Parameter, SetElement
from agentopt.solvers.modeling.told import domain_text, indexed_name, reference_text

MAX_MEMBERS = 12
"""Members or values of an element that are shown."""


def formulation_blocks(formulation: Formulation) -> Iterator[Block]:
    """Yield the title, the five elements and the assumptions."""
    if formulation.title:
        yield Line(formulation.title, "title")
    yield from _tables(formulation)
    if formulation.assumptions:
        yield Items("Assumptions", tuple(formulation.assumptions), "warn")


def _tables(formulation: Formulation) -> Iterator[Block]:
    yield _table(
        "Sets",
        ("name", "members"),
        [(s.name, _members(s), s.meaning, s.source) for s in formulation.sets],
    )
    yield _table(
        "Parameters",
        ("name", "unit", "value"),
        [(indexed_name(p), p.unit, _value(p), p.meaning, p.source) for p in formulation.parameters],
    )
    yield _table(
        "Variables",
        ("name", "unit", "domain"),
        [(indexed_name(v), v.unit, domain_text(v), v.meaning, v.source) for v in formulation.variables],
    )
    stated = formulation.objective
    yield _table(
        "Objective",
        ("sense", "unit", "expression"),
        [(stated.sense, stated.unit, stated.expression, stated.meaning, stated.source)],
    )
    yield _table(
        "Constraints",
        ("name", "expression"),
        [(c.name, c.expression or "(in words only)", c.meaning, c.source) for c in formulation.constraints],
    )


def _table(title: str, headers: tuple[str, ...], rows: list[tuple[str, ...]]) -> Block:
    """Return the element's table; a column in which nothing stands is left out."""
    if not rows:
        return Line(f"{title}: none")
    full = (*headers, "meaning", "from the words")
    kept = [place for place in range(len(full)) if any(row[place] for row in rows)]
    return Table(
        title,
        tuple(full[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in rows),
    )


def _members(element: SetElement) -> str:
    if element.expression is not None:
        return element.expression
    if element.data is not None:
        return reference_text(element.data)
    members = element.elements or []
    return _cut([f"({', '.join(map(str, m))})" if isinstance(m, list) else str(m) for m in members])


def _value(parameter: Parameter) -> str:
    if parameter.expression is not None:
        text = parameter.expression
    elif parameter.data is not None:
        text = reference_text(parameter.data)
    elif parameter.rows is not None:
        text = _cut([f"{', '.join(map(_cell, row[:-1]))}: {_cell(row[-1])}" for row in parameter.rows], "; ")
    else:
        text = _nested(parameter.value)
    return text if parameter.default is None else f"{text}; otherwise {show_number(parameter.default)}"


def _cell(value: object) -> str:
    return show_number(value) if isinstance(value, float) else str(value)


def _nested(value: object) -> str:
    if isinstance(value, list):
        flat = not any(isinstance(item, list) for item in value)
        return _cut([_nested(item) for item in value], ", " if flat else "; ")
    return _cell(value)


def _cut(parts: list[str], joint: str = ", ") -> str:
    shown = joint.join(parts[:MAX_MEMBERS])
    return shown if len(parts) <= MAX_MEMBERS else f"{shown}{joint}... ({len(parts)} in all)"
