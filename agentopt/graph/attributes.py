"""Attributes and methods of a node's value, and the value itself when it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentopt.graph.blocks import unrecorded
from agentopt.graph.nodes import Node
from agentopt.graph.operation import Operation
from agentopt.graph.recording import bare, operate, take
from agentopt.graph.running import RunningCall
from agentopt.graph.signature import distinct
from agentopt.graph.state import STATE, Block, Call, Off


def attribute(node: Node[Any], name: str) -> Any:
    """An attribute of the value as a node, or a method whose calls are recorded."""
    if name.startswith("__") and name.endswith("__"):
        # Protocols such as copying and arrays ask for these; answering for the value would lose the node.
        raise AttributeError(f"{type(node).__name__!r} object has no attribute {name!r}")
    operation = Operation(name, template=f"{{0}}.{name}")
    try:
        # Once only, since a property may do anything.
        part = getattr(node._value, name)
    except AttributeError:
        # Looked up again where the failure becomes a node.
        return operate(operation, lambda value: getattr(value, name), ("x",), (node,))
    return Method(node, name) if callable(part) else operate(operation, lambda _: part, ("x",), (node,))


def call(node: Node[Any], *args: Any, **kwargs: Any) -> Any:
    """Call the value."""
    return _record("call", "{0}", lambda value: value, node, args, kwargs)


class Method:
    """A method of a node's value; calling it is recorded, changes it makes to the value included."""

    __slots__ = ("_name", "_node")

    def __init__(self, node: Node[Any], name: str) -> None:
        self._node = node
        self._name = name

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        name = self._name
        return _record(name, f"{{0}}.{name}", lambda value: getattr(value, name), self._node, args, kwargs)

    def __repr__(self) -> str:
        return f"<method {self._name!r} of {self._node!r}>"


def _record(
    name: str,
    template: str,
    function_of: Callable[[Any], Callable[..., Any]],
    node: Node[Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Call what belongs to a node's value: from outside it is opaque, like a traced function."""
    state = STATE.get()
    if type(state) is Call or type(state) is Off:
        function = function_of(bare(node))
        value = function(*map(bare, args), **{key: bare(value) for key, value in kwargs.items()})
        return unrecorded(value, state) if isinstance(state, Off) else value
    names = distinct(("x", *(f"args_{place}" for place in range(len(args))), *kwargs))
    shown = [*("" for _ in args), *(f"{key}=".replace("{", "{{").replace("}", "}}") for key in kwargs)]
    rest = ", ".join(f"{head}{{{place}}}" for place, head in enumerate(shown, start=1))
    operation = Operation(name, template=f"{template}({rest})")
    parents = [take(value) for value in (node, *args, *kwargs.values())]
    receiver, *values = [parent._value for parent in parents]
    run = RunningCall(operation, names, parents, state if type(state) is Block else None, allow_hidden=True)
    named = dict(zip(kwargs, values[len(args) :], strict=True))
    return run.whole(lambda *given, **keys: function_of(receiver)(*given, **keys), values[: len(args)], named)
