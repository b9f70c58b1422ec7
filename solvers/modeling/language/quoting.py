"""Quotes the members that people write bare: make[B] >= 1 means make['B'] >= 1."""

from __future__ import annotations

import re

from ..data.members import Members
from ..instance import Instance, Member

Place = tuple[Members, int]
"""A set, and a position in its members."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_BRACKET = re.compile(r"\b([A-Za-z_]\w*)\s*\[([^\[\]]*)\]")
_BOUND = re.compile(r"\bfor\s+\(?\s*([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s*\)?\s+in\b")


def places_of(instance: Instance) -> dict[str, list[Place]]:
    """For each indexed parameter and variable: what may stand at each position of its brackets."""
    formulation, sets = instance.formulation, instance.data.sets
    width = {name: instance.analysis.symbols[name].arity for name in sets}
    members = {name: Members(name, keys, width[name]) for name, keys in sets.items()}
    indices = {p.name: p.index for p in formulation.parameters} | {v.name: v.index for v in formulation.variables}
    return {
        element: [(members[name], place) for name in index for place in range(width[name])]
        for element, index in indices.items()
    }


def quote_members(text: str, instance: Instance, places: dict[str, list[Place]] | None = None) -> str:
    """Put quotes around what can only be a member, within the brackets of a parameter or variable.

    A member is taken as the set spells it, else but for case. An index that the text binds
    and what is quoted already stay as they are, and so does what no set holds: the analysis
    will name it.

    Args:
        text: An expression.
        instance: Knows the sets.
        places: What `places_of` gives, where it is at hand.
    """
    known = places_of(instance) if places is None else places
    bound = {name for group in _BOUND.findall(text) for name in re.split(r"\s*,\s*", group)}

    def quoted(bracket: re.Match[str]) -> str:
        at = known.get(bracket[1], [])
        parts = bracket[2].split(",")
        if len(parts) != len(at):
            return bracket[0]  # the analysis says how many are expected
        return f"{bracket[1]}[{', '.join(_part(part.strip(), place, bound) for part, place in zip(parts, at))}]"

    return _BRACKET.sub(quoted, text)


def _part(part: str, place: Place, bound: set[str]) -> str:
    if not part or part in bound or _QUOTED.fullmatch(part):
        return part
    member = member_of(part, place)
    return part if member is None else repr(member)


def member_of(text: str, place: Place) -> Member | None:
    """The member that a bare text means: as the set spells it, else but for case; None: none, or several."""
    members, position = place
    readings = members.readings[position]
    exact = readings.get(int(text) if re.fullmatch(r"-?\d{1,18}", text) else text)
    if exact is not None:
        return exact
    folded = text.casefold()
    loose = {member for member in readings.values() if str(member).casefold() == folded}
    return loose.pop() if len(loose) == 1 else None
