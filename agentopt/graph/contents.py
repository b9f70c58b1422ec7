"""Seeing through containers: lists, tuples, dicts, sets, dataclasses and pydantic models may hold nodes."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from agentopt.graph.nodes import Node
from agentopt.graph.snapshot import FIXED, fields_of, is_record

Found = list[tuple[str, Node[Any]]]


def holds_nodes(value: object) -> bool:
    """Whether there is a node somewhere inside of a container."""
    waiting, seen = [value], {id(value)}
    while waiting:
        for _, item in _items(waiting.pop()):
            if isinstance(item, Node):
                return True
            if type(item) not in FIXED and id(item) not in seen:
                seen.add(id(item))
                waiting.append(item)
    return False


def without_nodes(value: Any, read: Callable[[Node[Any]], Any]) -> tuple[Any, Found]:
    """Copy a container with each node replaced by what `read` makes of it; also the nodes, by their place in it.

    Only the containers on the way to a node are copied; everything else stays the same object.
    """
    found: Found = []
    return _replaced(value, "", read, found, {}), found


def _replaced(value: Any, path: str, read: Callable[[Node[Any]], Any], found: Found, done: dict[int, Any]) -> Any:
    if isinstance(value, Node):
        found.append((path, value))
        return read(value)
    if type(value) in FIXED or not holds_nodes(value):
        return value
    if id(value) in done:
        return done[id(value)]
    # Made before its parts are looked at, so that what holds itself holds the copy of itself. Only what is built in one
    # go cannot be, and then stays as it was in such a place.
    done[id(value)] = made = value if isinstance(value, tuple | set | frozenset) else copy.copy(value)
    items = _items(value)
    if isinstance(value, set | frozenset):
        # Nodes lie in a set in an order of chance, and traces have to come out equal.
        items = iter(sorted(items, key=lambda item: repr(item[1])))
    parts = [(key, _replaced(item, f"{path}{key}", read, found, done)) for key, item in items]
    done[id(value)] = made = _filled(made, [item for _, item in parts])
    return made


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a container by the text that leads to them; nothing for any other object."""
    kind = type(value)
    if isinstance(value, list | deque) or kind in (tuple, set, frozenset):
        for place, item in enumerate(value):
            yield f"[{place}]", item
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"[{key!r}]", item
    elif is_record(kind) and not isinstance(value, type):
        for name, item in fields_of(value).items():
            yield f".{name}", item


def _filled(made: Any, items: list[Any]) -> Any:
    """A container with other parts: the same object, except for kinds that are built in one go."""
    kind = type(made)
    if kind in (tuple, set, frozenset):
        return kind(items)
    if isinstance(made, tuple):
        return kind._make(items)
    if isinstance(made, list | deque):
        made.clear()
        made.extend(items)
    elif isinstance(made, dict):
        for key, item in zip(list(made), items, strict=True):
            made[key] = item
    else:
        for name, item in zip(fields_of(made), items, strict=True):
            # Frozen dataclasses and pydantic's validation stand in the way of plain assignment.
            object.__setattr__(made, name, item)
    return made
