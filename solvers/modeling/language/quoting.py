"""Quotes the members that people write bare: make[B] >= 1 means make['B'] >= 1."""

from __future__ import annotations

import re

from ..formulation import Formulation
from ..instance import Instance, Key

_ITEM = re.compile(r"\b([A-Za-z_]\w*)\[([^\[\]]*)\]")
_BOUND = re.compile(r"\bfor\s+\(?([\w\s,]+?)\)?\s+in\b")


def quote_members(text: str, instance: Instance) -> str:
    """Put quotes around what can only be a member, within the brackets of a parameter or variable.

    An index that the text binds, a number and what is quoted already stay as they are,
    and so does what no set holds: the analysis will name it.
    """
    bound = {name.strip() for found in _BOUND.findall(text) for name in found.split(",")}
    indices = _indices(instance.formulation)

    def quoted(item: re.Match[str]) -> str:
        sets = indices.get(item[1])
        if sets is None:
            return item[0]
        parts = [part.strip() for part in item[2].split(",")]
        places = [(name, place) for name in sets for place in range(instance.analysis.symbols[name].arity)]
        if len(parts) != len(places):
            return item[0]
        said = (
            part if part in bound else _spelled(part, instance.data.sets[name], place)
            for part, (name, place) in zip(parts, places)
        )
        return f"{item[1]}[{', '.join(said)}]"

    return _ITEM.sub(quoted, text)


def _indices(formulation: Formulation) -> dict[str, list[str]]:
    return {p.name: p.index for p in formulation.parameters} | {v.name: v.index for v in formulation.variables}


def _spelled(part: str, members: tuple[Key, ...], place: int) -> str:
    """The part as the set spells it: exactly, else but for case; itself where that is not one member."""
    if not part or part[0] in "'\"":
        return part
    column = dict.fromkeys(key[place] for key in members)
    exact = [member for member in column if str(member) == part]
    loose = [member for member in column if str(member).casefold() == part.casefold()]
    found = exact or loose
    return repr(found[0]) if len(found) == 1 else part
