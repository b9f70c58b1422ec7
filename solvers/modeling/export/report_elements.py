"""The five elements of an instance as tables, with the data they hold and the words they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from agentopt.number_text import show_number

from ..formulation import Element, Parameter, SetElement
from ..instance import Instance, Key
from ..shorten import cut
from ..told import domain_text, indexed_name, reference_text
from .page import Grid, Part, Prose

MAX_MEMBERS = 12
"""Members or values of an element that are shown."""


def element_parts(instance: Instance) -> Iterator[Part]:
    """The tables of sets, parameters, variables, objective and constraints."""
    formulation = instance.formulation
    yield _grid(
        "Sets",
        ("name", "members", "given as"),
        [(s.name, _members(instance, s), _origin(s)) for s in formulation.sets],
        formulation.sets,
    )
    yield _grid(
        "Parameters",
        ("name", "unit", "values", "given as"),
        [(indexed_name(p), p.unit, _values(instance, p), _origin(p)) for p in formulation.parameters],
        formulation.parameters,
    )
    yield _grid(
        "Variables",
        ("name", "unit", "domain"),
        [(indexed_name(v), v.unit, domain_text(v)) for v in formulation.variables],
        formulation.variables,
    )
    stated = formulation.objective
    row = (stated.sense, stated.unit, stated.expression, stated.meaning, stated.source)
    yield _filled("Objective", ("sense", "unit", "expression", "meaning", "from the words"), [row])
    yield _grid(
        "Constraints",
        ("name", "expression"),
        [(c.name, c.expression or "(in words only)") for c in formulation.constraints],
        formulation.constraints,
    )


def _grid(caption: str, headers: tuple[str, ...], rows: list[tuple[str, ...]], elements: Sequence[Element]) -> Part:
    if not rows:
        return Prose(f"{caption}: none.", "faint")
    told = [(*row, element.meaning, element.source) for row, element in zip(rows, elements)]
    return _filled(caption, (*headers, "meaning", "from the words"), told)


def _filled(caption: str, headers: tuple[str, ...], rows: list[tuple[str, ...]]) -> Grid:
    """A table without the columns in which nothing stands."""
    kept = [place for place in range(len(headers)) if any(row[place] for row in rows)]
    shortened = tuple(tuple(row[place] for place in kept) for row in rows)
    return Grid(tuple(headers[place] for place in kept), shortened, caption)


def _members(instance: Instance, element: SetElement) -> str:
    members = instance.data.sets[element.name]
    return _listed((_key(key) for key in members[:MAX_MEMBERS]), len(members))


def _values(instance: Instance, parameter: Parameter) -> str:
    values = instance.data.parameters[parameter.name]
    default = instance.data.defaults.get(parameter.name)
    if not parameter.index:
        return show_number(values.get((), 0.0 if default is None else default))
    pairs = (f"{_key(key)}: {show_number(value)}" for key, value in islice(values.items(), MAX_MEMBERS))
    text = _listed(pairs, len(values), "; ")
    return text if default is None else f"{text}; otherwise {show_number(default)}"


def _origin(element: SetElement | Parameter) -> str:
    """Where the members or values come from: listed, computed, or read."""
    if element.expression is not None:
        return element.expression
    if element.data is not None:
        return reference_text(element.data)
    return "listed"


def _key(key: Key) -> str:
    parts = [cut(part) for part in key]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _listed(texts: Iterator[str], n: int, joint: str = ", ") -> str:
    joined = joint.join(texts)
    return joined if n <= MAX_MEMBERS else f"{joined}{joint}… ({n} in all)"
