"""The numbers that a formulation holds, and where: its given data, its constants, and what it counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..formulation import Parameter
from ..instance import Instance, Key
from ..language.expression import Number, Text
from .statements import parts, statements

_MAX_KIND = 12
_DIGITS = re.compile(r"\d+(?:\.\d+)?")


def own_values(instance: Instance, parameter: Parameter) -> Iterator[tuple[Key, float]]:
    """The values that stand in the formulation itself, its default among them under the key ()."""
    if parameter.expression is None and parameter.data is None and not parameter.changes:
        yield from instance.data.parameters[parameter.name].items()
    if parameter.default is not None and not parameter.changes:
        yield (), parameter.default


def all_values(instance: Instance) -> Iterator[float]:
    """The values of every parameter, from tables, computed, and as they were before they were changed."""
    for parameter in instance.formulation.parameters:
        if parameter.changes:
            yield from _numbers_in([parameter.value, parameter.rows])
    for values in instance.data.parameters.values():
        yield from values.values()
    yield from instance.data.defaults.values()


def constants(instance: Instance) -> Iterator[tuple[str, float]]:
    """The numbers that stand in expressions and as bounds, each with its element."""
    for element, statement in statements(instance.analysis):
        yield from ((element, part.value) for part in parts(statement) if isinstance(part, Number))
    for variable in instance.formulation.variables:
        for bound in (variable.lower, variable.upper):
            if isinstance(bound, int | float):
                yield f"variable {variable.name}", float(bound)


def counts(instance: Instance) -> set[float]:
    """How many there are of anything: members, keys, elements of a kind or with a word in common."""
    formulation, found = instance.formulation, {0.0, 1.0}
    sizes = {name: len(members) for name, members in instance.data.sets.items()}
    found |= {float(size) for size in sizes.values()}
    for values in instance.data.parameters.values():
        # A place with a supply is a source, though no set lists the sources.
        found |= {float(len(values)), float(sum(map(bool, values.values())))}
    # The members in a table may be of several kinds, of which the text counts each.
    read = max((sizes[element.name] for element in formulation.sets if element.data is not None), default=0)
    found |= {float(n) for n in range(min(read, _MAX_KIND) + 1)}
    for group in (formulation.sets, formulation.parameters, formulation.variables, formulation.constraints):
        found.add(float(len(group)))
    by_word: dict[tuple[str, str], int] = {}
    for kind, element in formulation.elements():
        for word in set(element.name.lower().split("_")):
            by_word[kind, word] = by_word.get((kind, word), 0) + 1
    return found | {float(n) for n in by_word.values()}


def named_numbers(instance: Instance) -> set[float]:
    """Numbers that stand in members and names, as the 2 of "Machine 2" and of x2."""
    members = [str(part) for keys in instance.data.sets.values() for key in keys for part in key]
    texts = [part.value for _, s in statements(instance.analysis) for part in parts(s) if isinstance(part, Text)]
    names = [element.name for _, element in instance.formulation.elements()]
    return {float(digits) for text in (*members, *texts, *names) for digits in _DIGITS.findall(text[:200])}


def _numbers_in(value: object) -> Iterator[float]:
    if isinstance(value, list):
        for item in value:
            yield from _numbers_in(item)
    elif isinstance(value, int | float):
        yield float(value)
