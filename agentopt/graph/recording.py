"""Recording one operation: its operands become nodes, its result becomes a node whose parents they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentopt.graph.contents import holds_nodes, without_nodes
from agentopt.graph.failure import attach, failure_of
from agentopt.graph.nodes import Constant, Node
from agentopt.graph.operation import Operation
from agentopt.graph.snapshot import FIXED, snapshot
from agentopt.graph.state import STATE, Block, Call, Off, born, scope

_EMPTY: dict[str, object] = {}
_VIEWS = (type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items()))


def take(value: Any) -> Node[Any]:
    """The node that stands for an operand; a plain value is wrapped, a container is seen through."""
    if isinstance(value, Node):
        return value.recorded()
    if type(value) in FIXED:
        return Constant(value)
    if not holds_nodes(value):
        return Node(value, snapshot(value))
    plain, found = without_nodes(value, lambda node: node.recorded()._value)
    operation = Operation(type(value).__name__, template=type(value).__name__ + " with {all}", kind="container")
    names, nodes = zip(*found, strict=True)
    return Node(plain, snapshot(plain), operation, names, tuple(node.recorded() for node in nodes), scope())


def take_unseen(value: Any) -> Node[Any]:
    """The same without looking for a change in place, for what takes a part: a loop over n parts stays linear."""
    return value.latest() if isinstance(value, Node) else take(value)


def give(
    value: Any,
    operation: Operation,
    names: tuple[str, ...],
    parents: tuple[Node[Any], ...],
    block: Block | None,
) -> Node[Any]:
    """The node of a result."""
    if type(value) in FIXED:
        return Node(value, None, operation, names, parents, block)
    if type(value) in _VIEWS:
        value = list(value)
    return Node(value, snapshot(value), operation, names, parents, block)


def follow_changes(parents: tuple[Node[Any], ...], by: Node[Any]) -> None:
    """Notice which operands a call changed in place; what uses them later then depends on the call."""
    for parent in parents:
        if parent._snapshot is not None and parent is not by:
            parent.latest().follow(by)


def fail(
    error: Exception, operation: Operation, names: tuple[str, ...], parents: tuple[Node[Any], ...], block: Block | None
) -> Node[Any]:
    """Give an exception the node of the operation that it ended."""
    made = Node(failure_of(error, operation.function), None, operation, names, parents, block)
    attach(error, made)
    return made


def detached(value: Any) -> Node[Any]:
    """A node without parents, for what is made while nothing is recorded."""
    plain = bare(value)
    return born(Node(plain, snapshot(plain)))


def operate(
    operation: Operation,
    compute: Callable[..., Any],
    names: tuple[str, ...],
    operands: tuple[Any, ...],
    take: Callable[[Any], Node[Any]] = take,
) -> Any:
    """Compute and record; plain inside of an opaque call, unrecorded under `no_trace`.

    Raises:
        Exception: Whatever computing raises, carrying a node.
    """
    state = STATE.get()
    if type(state) is Call:
        return compute(*[bare(operand) for operand in operands])
    if type(state) is Off:
        return detached(compute(*[bare(operand) for operand in operands]))
    block = state if type(state) is Block else None
    parents = tuple([take(operand) for operand in operands])
    try:
        value = compute(*[parent._value for parent in parents])
    except Exception as error:
        fail(error, operation, names, parents, block)
        raise
    return give(value, operation, names, parents, block)


def bare(value: Any) -> Any:
    """A value without nodes: that of a node, a container with each node inside replaced, or the value itself."""
    if isinstance(value, Node):
        return value.data
    if type(value) in FIXED or not holds_nodes(value):
        return value
    return without_nodes(value, lambda node: node.data)[0]


def unwrap(value: Any) -> Any:
    """The plain value of a node, also of nodes inside of containers; `json.dumps(x, default=unwrap)` uses it too."""
    return bare(value)
