"""first(SET), last(SET), prev(i, SET), next(i, SET), ord(i, SET): places in the order of a set."""

from __future__ import annotations

from collections.abc import Callable

from ..instance import Member
from ..language.expression import SET_FUNCTIONS, Call, Name
from .loop import Frame, Part
from .scope import Scope, Undefined, whole


def set_name(node: Call) -> str:
    """The set that a function such as len(SET) or prev(i, SET) concerns."""
    name = node.arguments[SET_FUNCTIONS[node.function]]
    assert isinstance(name, Name)
    return name.name


def end_of(function: str, name: str, scope: Scope) -> Callable[[Frame], Member]:
    """The first or last member of a set."""
    place = 0 if function == "first" else -1

    def end(f: Frame) -> Member:
        members = scope.sets[name]
        if not members:
            raise Undefined(f"{function}({name}): the set is empty")
        return members[place][0]

    return end


def neighbour_of(function: str, name: str, part: Part, scope: Scope) -> Callable[[Frame], Member | float]:
    """The member before or after another, or its own place from 1."""
    step = {"prev": -1, "next": 1, "ord": 0}[function]

    def neighbour(f: Frame) -> Member | float:
        member = whole(part(f))
        place = scope.places(name).get((member,))
        if place is None:
            raise Undefined(f"{function}({member!r}, {name}): {member!r} is no member of {name}")
        if function == "ord":
            return place + 1.0
        members = scope.sets[name]
        if not 0 <= place + step < len(members):
            raise Undefined(f"{function}({member!r}, {name}) goes past the end of {name}")
        return members[place + step][0]

    return neighbour
