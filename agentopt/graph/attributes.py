"""Attributes and methods of a node's value, and the value itself when it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentopt.graph.blocks import RunningUnrecorded
from agentopt.graph.callee import Begun, Callee
from agentopt.graph.nodes import Node
from agentopt.graph.operation import Operation
from agentopt.graph.recording import bare, operate, take
from agentopt.graph.running import RunningCall
from agentopt.graph.signature import distinct
from agentopt.graph.state import Block, Call, Off, State


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
    return Method(node, None)(*args, **kwargs)


class Method(Callee):
    """A method of a node's value; calling it is recorded, changes it makes to the value included.

    From outside it is opaque, like a traced function. Without a name it is the value itself.
    """

    __slots__ = ("_name", "_node")

    def __init__(self, node: Node[Any], name: str | None) -> None:
        self._node = node
        self._name = name

    def begin(self, state: State, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begun:
        if type(state) is Call or type(state) is Off:
            function = self._of(bare(self._node))
            running = RunningUnrecorded(state) if isinstance(state, Off) else None
            return running, function, list(map(bare, args)), {key: bare(value) for key, value in kwargs.items()}
        names = distinct(("x", *(f"args_{place}" for place in range(len(args))), *kwargs))
        parents = [take(value) for value in (self._node, *args, *kwargs.values())]
        receiver, *values = [parent._value for parent in parents]
        block = state if type(state) is Block else None
        recorded = RunningCall(self._operation(len(args), kwargs), names, parents, block, allow_hidden=True)
        named = dict(zip(kwargs, values[len(args) :], strict=True))
        return recorded, lambda *given, **keys: self._of(receiver)(*given, **keys), values[: len(args)], named

    def _of(self, value: Any) -> Callable[..., Any]:
        return value if self._name is None else getattr(value, self._name)  # type: ignore[no-any-return]

    def _operation(self, n_args: int, kwargs: dict[str, Any]) -> Operation:
        head = "{0}" if self._name is None else f"{{0}}.{self._name}"
        shown = [*("" for _ in range(n_args)), *(f"{key}=".replace("{", "{{").replace("}", "}}") for key in kwargs)]
        rest = ", ".join(f"{before}{{{place}}}" for place, before in enumerate(shown, start=1))
        return Operation(self._name or "call", template=f"{head}({rest})")

    def __repr__(self) -> str:
        return f"<method {self._name!r} of {self._node!r}>"
