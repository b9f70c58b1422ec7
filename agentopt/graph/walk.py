"""Finding the nodes that an object holds: in its attributes, its containers, and the code of its methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentopt.graph.callee import Callee
from agentopt.graph.code.learned import Learned
from agentopt.graph.members import class_attributes, dict_of, is_special, slots_of
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Parameter, Version
from agentopt.graph.snapshot import FIXED, MARK, fields_of, is_record
from agentopt.graph.state import OFF, Within

_BUILT_IN = frozenset([dict, list, tuple, set, frozenset])


def walk(thing: object) -> Iterator[tuple[str, Node[Any]]]:
    """Every node that an object holds, each once, by the path that leads to it, such as `tools[0].prompt`.

    A search descends into lists, tuples, sets, dicts, dataclasses, pydantic models and modules, and into the object
    that it begins with whatever that is; other objects, such as a client of a provider, are not looked into. An object
    holds what stands in its attributes, its slots and its class, which shares it with other objects.
    """
    waiting: list[tuple[str, Any]] = [("", thing)]
    seen: set[int] = set()
    while waiting:
        path, value = waiting.pop()
        # By type, here and below: `isinstance` asks an object for its class, which a proxy answers by waking up.
        kind = type(value)
        if id(value) in seen or (kind in FIXED and not (kind is type and value is thing)):
            continue
        seen.add(id(value))
        if issubclass(kind, Node):
            yield path, value
            # A leaf may stand for a module, and then what the module holds is meant as well.
            if issubclass(kind, Parameter) or not hasattr(type(value._value), MARK):
                continue
            value = value._value
        code = _code(value)
        if code is not None:
            yield path, code
        elif not issubclass(kind, Callee):
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
            # Searched anew: the body may have come to hold more since. What keys say of themselves is the user's code,
            # and no part of the body.
            with Within(OFF):
                self._search()
        # An earlier version lies where its parameter does.
        whole = node.parameter if isinstance(node, Version) else node.latest()
        found = self._found.get(id(node)) or self._found.get(id(whole))
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
    if issubclass(kind, dict):
        yield from ((f"{path}[{key!r}]", item) for key, item in list(value.items()))
    elif issubclass(kind, tuple) and is_record(kind):
        yield from ((f"{path}.{name}", item) for name, item in fields_of(value).items())
    elif issubclass(kind, list | tuple | set | frozenset):
        yield from ((f"{path}[{place}]", item) for place, item in enumerate(value))
    if kind not in _BUILT_IN and (root or hasattr(kind, MARK) or is_record(kind)):
        held = class_attributes(value) if issubclass(kind, type) else _attributes(value)
        yield from ((f"{path}.{name}", item) for name, item in held.items() if type(item) not in FIXED)


def _attributes(value: Any) -> dict[str, Any]:
    """The code parameters of an object's trainable methods, and its attributes, those of its class first."""
    shared, own = class_attributes(type(value)), dict(dict_of(value))
    own |= slots_of(value, shared)
    learned = {name: code for name, member in shared.items() if (code := _learned(member)) is not None}
    found: dict[str, Any] = {name: code.parameter_of(value) for name, code in learned.items()}
    # Of a method that a subclass overrides the code counts as soon as it was called, through super().
    found |= own.get(Learned.ATTRIBUTE, {})
    found |= {name: member for name, member in shared.items() if name not in learned and name not in own}
    return found | {name: item for name, item in own.items() if not is_special(name)}


def _code(value: Any) -> Parameter[str] | None:
    """The parameter that holds the code of a trainable function, as itself or below a decorator."""
    if issubclass(type(value), Callee):
        return value.code()  # type: ignore[no-any-return]
    learned = _learned(value)
    return None if learned is None else learned.parameter_of()


def _learned(member: object) -> Learned | None:
    """The code of a trainable function; decorators that keep to `functools.wraps` take it over."""
    learned = dict_of(member).get("learned")
    return learned if type(learned) is Learned else None
