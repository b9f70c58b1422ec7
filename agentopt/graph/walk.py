"""Finding the nodes that an object holds: in its attributes, its containers, and the code of its methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentopt.graph.code.learned import Learned
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.snapshot import FIXED, MARK, fields_of, is_record


def walk(thing: object) -> Iterator[tuple[str, Node[Any]]]:
    """Every node that an object holds, each once, by the path that leads to it, such as `tools[0].prompt`.

    A search descends into lists, tuples, sets, dicts, dataclasses, pydantic models and modules, and into the object
    that it begins with whatever that is; other objects, such as a client of a provider, are not looked into.
    """
    waiting: list[tuple[str, object]] = [("", thing)]
    seen: set[int] = set()
    while waiting:
        path, value = waiting.pop()
        if type(value) in FIXED or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Node):
            yield path, value
            # A leaf may stand for a module, and then what the module holds is meant as well.
            if isinstance(value, Parameter) or not hasattr(type(value._value), MARK):
                continue
            value = value._value
        code = getattr(value, "learned", None)
        if isinstance(code, Learned):
            yield path, code.parameter_of(getattr(value, "__self__", None))
            continue
        yield from _code(path, value, root=value is thing)
        # Reversed, since the last one put in is the first one looked at.
        waiting += reversed(list(_inside(path, value, root=value is thing)))


def parameters(thing: object) -> dict[str, Parameter[Any]]:
    """The parameters that an object holds, by their paths, in the order in which they were made part of it.

    Args:
        thing: A module, a traced function, a parameter, or a container of such.
    """
    found = ((path.removeprefix("."), node) for path, node in walk(thing))
    return {path or node.label or "parameter": node for path, node in found if isinstance(node, Parameter)}


def name_parameters(thing: object) -> dict[str, Parameter[Any]]:
    """The same, and each that has no name of its own is named by its path."""
    found = parameters(thing)
    for path, parameter in found.items():
        # A place in a list says nothing; such a parameter is named in a trace, by the argument that it was passed as.
        if not parameter.name and path[0].isidentifier():
            parameter.name = path
    return found


class Owner:
    """Tells by which path from a call's arguments a node can be reached; see `state.Owner`."""

    __slots__ = ("_found", "_names", "_values")

    def __init__(self, names: tuple[str, ...], values: list[Any]) -> None:
        self._names = names
        self._values = values
        self._found: dict[int, tuple[str, Node[Any]]] = {}

    def __call__(self, node: Node[Any]) -> str | None:
        if id(node) not in self._found:
            # Searched anew: the body may have come to hold more since.
            self._search()
        found = self._found.get(id(node)) or self._found.get(id(node.latest()))
        return found[0] if found else None

    def _search(self) -> None:
        for name, value in zip(self._names, self._values, strict=False):
            for path, held in walk(value):
                if isinstance(held, Parameter) and not held.name:
                    held.name = path.removeprefix(".")
                for one in (held, held.latest()):
                    self._found.setdefault(id(one), (name + path, one))


def _inside(path: str, value: Any, *, root: bool) -> Iterator[tuple[str, object]]:
    kind = type(value)
    if isinstance(value, dict):
        yield from ((f"{path}[{key!r}]", item) for key, item in value.items())
    elif isinstance(value, list | tuple | set | frozenset) and not is_record(kind):
        yield from ((f"{path}[{place}]", item) for place, item in enumerate(value))
    elif is_record(kind):
        yield from ((f"{path}.{name}", item) for name, item in fields_of(value).items())
    elif (root or hasattr(kind, MARK)) and not isinstance(value, type):
        attributes = getattr(value, "__dict__", {})
        yield from ((f"{path}.{name}", item) for name, item in attributes.items() if name != Learned.ATTRIBUTE)


def _code(path: str, value: Any, *, root: bool) -> Iterator[tuple[str, Node[Any]]]:
    """The code parameters of an instance's trainable methods."""
    kind = type(value)
    if not (root or hasattr(kind, MARK) or is_record(kind)) or isinstance(value, type):
        return
    members: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        members |= vars(base)
    found = []
    for name, member in members.items():
        learned = getattr(member, "learned", None)
        if isinstance(learned, Learned):
            found.append(learned.parameter_of(value))
            yield f"{path}.{name}", found[-1]
    # Of a method that a subclass overrides the code counts as soon as it was called, through super().
    for name, parameter in getattr(value, "__dict__", {}).get(Learned.ATTRIBUTE, {}).items():
        if all(parameter is not known for known in found):
            yield f"{path}.{name}", parameter
