"""`backward`: from outputs and what is said of them to the part of the graph that led there from parameters.

One sweep over the ancestors, without recursion, linear in the edges; names are given when the trace is read. Feedback
stays whole: what an optimizer reads is the subgraph with the feedback at its outputs (the minimal subgraph of Trace,
section 3.2).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from agentopt.errors import TraceError
from agentopt.graph.failure import error_node
from agentopt.graph.feedback import Feedback
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Version
from agentopt.graph.shown.trace_graph import TraceGraph

if TYPE_CHECKING:
    from agentopt.graph.shown.assembly import Parts

Said = Feedback | str | float
Output = Node[Any] | BaseException


def backward(output: Output, feedback: Said) -> TraceGraph:
    """Send feedback from an output back to the parameters that it came from.

    Args:
        output: A node, or an exception that left a traced call, also if another was raised from it, or a group that
            holds it (see `error_node`).
        feedback: Words, a score, or a `Feedback`.

    Returns:
        The minimal subgraph between the trainable parameters and the output; without parameters if none led there.

    Raises:
        TraceError: The output is no node and carries none.
        InputError: The feedback is none.
    """
    return backward_all([(output, feedback)])


def backward_all(pairs: Iterable[tuple[Output, Said]]) -> TraceGraph:
    """The same for several outputs, each with its own feedback, in one graph and one sweep."""
    said = [(output_node(output), Feedback.of(feedback)) for output, feedback in pairs]
    reached = sweep([output for output, _ in said])
    versions = tuple([node for node in reached if type(node) is Version])
    return TraceGraph(lambda: _assembled(reached, said), versions)


def sweep(outputs: Sequence[Node[Any]]) -> list[Node[Any]]:
    """Everything between trainable parameters and the outputs, both included, each once, parents before children.

    The order follows from the graph alone (depth first, in the order of arguments), so equal traces read equally.
    Linear in edges: a node is looked at when it is met and once more when its parents are done.
    """
    ordered: list[Node[Any]] = []
    done: dict[int, bool] = {}
    """By id: whether a trainable parameter leads to the node."""
    waiting: list[Node[Any]] = list(reversed(outputs))
    while waiting:
        node = waiting[-1]
        key = id(node)
        if key in done:
            waiting.pop()
            continue
        n_waiting = len(waiting)
        reached = False
        for parent in node._parents:
            known = done.get(id(parent))
            if known is None:
                if parent._parents or type(parent) is Version:
                    waiting.append(parent)
            elif known:
                reached = True
        if len(waiting) > n_waiting:
            # The first argument is to be met first, so it has to lie on top.
            waiting[n_waiting:] = waiting[: n_waiting - 1 : -1]
            continue
        waiting.pop()
        done[key] = reached = reached or (type(node) is Version and node.parameter.trainable)
        if reached:
            ordered.append(node)
    return ordered


def _assembled(reached: Sequence[Node[Any]], said: Sequence[tuple[Node[Any], Feedback]]) -> Parts:
    from agentopt.graph.shown.assembly import assemble

    return assemble(reached, said)


def output_node(output: Output) -> Node[Any]:
    if isinstance(output, Node):
        return output.recorded()
    if isinstance(output, BaseException):
        return error_node(output)
    raise TraceError(f"expected a node or an exception that left a traced call, got {_named(output)}")


def _named(output: object) -> str:
    kind = type(output).__name__
    if isinstance(output, Collection) and not isinstance(output, str | bytes):
        return f"{kind}; several outputs go to backward_all([(output, feedback), ...]) or become one by node([...])"
    return kind
