"""A trace leaves its process or session, and comes back as nodes.

`pack` writes what `backward` reads of some outputs as JSON text, `unpack` makes nodes of it again: feedback on them
gives the same `TraceGraph` as on the live ones. Parameters are named by keys of the caller's, and the values of their
versions are not written where a number says which one it is. Nothing in the text is ever run. Traces of several runs
that are unpacked with one `Shared` read as the runs themselves do: what they had in common is one input.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agentopt.errors import AgentoptError, TraceError
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Origin, Version
from agentopt.graph.propagation import Output, output_node, sweep
from agentopt.graph.shown.assembly import kept_of
from agentopt.graph.shown.step import kept_as_data
from agentopt.graph.snapshot import Snapshot, is_container, snapshot
from agentopt.graph.state import Block
from agentopt.graph.writing.packed_operation import operation_as_data, operation_from_data
from agentopt.graph.writing.packed_value import CONSTANT, CONTAINER, ENDS, KEPT, OBJECT, READ_WHOLE, value_from_packed
from agentopt.graph.writing.shared import Shared
from agentopt.graph.writing.value_data import value_as_data, value_from_data

if TYPE_CHECKING:
    from agentopt.graph.operation import Operation
    from agentopt.graph.parameter_node import Parameter

_FORMAT = 1
_PLAIN = frozenset([int, float, bool, type(None), str])


def pack(outputs: Sequence[Output], keys: Mapping[int, str], known: Collection[Version[Any]] = ()) -> str:
    """Write the part of a trace that lies between parameters and some outputs.

    Args:
        outputs: Nodes, or exceptions that left a traced call.
        keys: By the id of each parameter that is written as such: what to call it; others are plain inputs.
        known: Versions whose values whoever reads the trace has, so that their numbers say enough.

    Raises:
        TraceError: An output is no node and carries none.
    """
    nodes = [output_node(output) for output in outputs]
    return _Packing(keys, known).text(sweep(nodes), nodes)


def unpack(
    text: str,
    parameters: Mapping[str, Parameter[Any]],
    versions: Mapping[str, Version[Any]],
    shared: Shared | None = None,
) -> list[Node[Any]]:
    """The outputs of a packed trace as nodes.

    Args:
        text: As `pack` wrote it.
        parameters: By the keys that were used.
        versions: Those that the run had, by key; a version with another number is made of what was written of it.
        shared: The same for all traces that are read together.

    Raises:
        TraceError: The text is no packed trace, or names a parameter that is not here.
    """
    try:
        data = json.loads(text)
        if data["format"] != _FORMAT:
            raise TraceError(f"expected a packed trace of format {_FORMAT}, got format {data['format']!r}")
        return _Unpacking(data, parameters, versions, shared or Shared()).outputs()
    except TraceError:
        raise
    except (AgentoptError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise TraceError(f"expected a packed trace, got {text[:60]!r} ({type(error).__name__}: {error})") from error


class _Packing:
    def __init__(self, keys: Mapping[int, str], known: Collection[Version[Any]]) -> None:
        self._keys = keys
        self._known = {id(version) for version in known}
        self._operations: list[Any] = []
        self._values: list[Any] = []
        self._blocks: list[Any] = []
        self._nodes: list[Any] = []
        self._place: dict[int, int] = {}
        """By id of a node, an operation, a block or an object that is known by its identity."""
        self._texts: dict[str, int] = {}
        """By its text: the place of a value that was written before."""

    def text(self, reached: Sequence[Node[Any]], outputs: Sequence[Node[Any]]) -> str:
        inside = {id(node) for node in reached}
        for node in reached:
            self._add(node, inside)
        data = {
            "format": _FORMAT,
            "outputs": [self._add(node, inside) for node in outputs],
            "nodes": self._nodes,
            "operations": self._operations,
            "values": self._values,
            "blocks": self._blocks,
        }
        # In ASCII, since a text that a model wrote may hold halves of characters, which no file takes.
        return json.dumps(data, allow_nan=False, separators=(",", ":"))

    def _add(self, node: Node[Any], inside: set[int], argument: str = "") -> int:
        """The place of a node, which is written if it was not before; its parents first."""
        known = self._place.get(id(node))
        if known is not None:
            return known
        if isinstance(node, Version) and id(node.parameter) in self._keys:
            written = self._version(node)
        elif id(node) not in inside or isinstance(node, Version):
            # What led here was no parameter that is written as such, so the value is all there is to it.
            label = node.label or (argument if isinstance(node, Version) else None)
            written = [None if node._operation is None else -1, self._value(node), label]
        else:
            parents = [self._add(parent, inside, name) for name, parent in zip(node._names, node._parents, strict=True)]
            assert node._operation is not None  # a leaf that is reached is a version
            made_by, scope = self._operation(node._operation), node._scope
            block = self._block(scope, inside) if isinstance(scope, Block) else None
            written = [made_by, self._value(node), node.label, list(node._names), parents, block]
        self._place[id(node)] = place = len(self._nodes)
        self._nodes.append(written)
        return place

    def _version(self, node: Version[Any]) -> list[Any]:
        key = self._keys[id(node.parameter)]
        if id(node) in self._known:
            return [key, node.number]
        origin = [node.author, node.reason, node.parent]
        try:
            return [key, node.number, origin, value_as_data(node)]
        except AgentoptError:  # a value that no file takes; whoever has the parameter has the version
            return [key, node.number]

    def _value(self, node: Node[Any]) -> int:
        value, kept = node._value, node._snapshot
        if kept is None and type(value) in _PLAIN:
            return self._written(CONSTANT, value, by_identity=type(value) is str)
        if kept is None or kept.opaque:
            is_opaque = CONTAINER if is_container(value) else OBJECT
            return self._written(is_opaque, kept_of(node), by_identity=True, of=value)
        return self._written(KEPT if kept._text is None else ENDS, kept_of(node))

    def _written(self, kind: int, kept: Any, *, by_identity: bool = False, of: Any = None) -> int:
        identity = id(kept if of is None else of)
        if by_identity and identity in self._place:
            return self._place[identity]
        data = [kind, kept_as_data(kept.value if isinstance(kept, Snapshot) else kept)]
        text = json.dumps(data)
        # Objects that are known by their identity stay apart, also where their texts are equal.
        place = self._texts.get(text) if not by_identity else None
        if place is None:
            place = len(self._values)
            self._values.append(data)
            self._texts.setdefault(text, place)
        if by_identity:
            self._place[identity] = place
        return place

    def _operation(self, operation: Operation) -> int:
        known = self._place.get(id(operation))
        if known is None:
            self._place[id(operation)] = known = len(self._operations)
            self._operations.append(operation_as_data(operation))
        return known

    def _block(self, block: Block, inside: set[int]) -> int:
        """The place of a block, which is written if it was not before; those around it first."""
        around: list[Block] = []
        inner: Block | None = block
        while inner is not None and id(inner) not in self._place:
            around.append(inner)
            inner = inner.around
        place = None if inner is None else self._place[id(inner)]
        for outer in reversed(around):
            inputs = [[name, self._add(node, inside, name)] for name, node in outer.inputs]
            self._place[id(outer)] = len(self._blocks)
            self._blocks.append([self._operation(outer.operation), place, inputs])
            place = len(self._blocks) - 1
        assert place is not None
        return place


class _Unpacking:
    def __init__(
        self,
        data: Any,
        parameters: Mapping[str, Parameter[Any]],
        versions: Mapping[str, Version[Any]],
        shared: Shared,
    ) -> None:
        self._data = data
        self._parameters = parameters
        self._versions = versions
        self._shared = shared.trace()
        self._operations = [operation_from_data(one) for one in data["operations"]]
        self._values = [value_from_packed(*one) for one in data["values"]]
        self._texts = [json.dumps(one) for one in data["values"]]
        self._objects: dict[int, tuple[Any, Snapshot | None]] = {}
        """By place: what calls were given as it is, the same for all traces that are read together."""
        self._blocks: list[Block] = []
        self._nodes: list[Node[Any]] = []

    def outputs(self) -> list[Node[Any]]:
        for written in self._data["nodes"]:
            self._nodes.append(self._node(written))
        return [self._nodes[_place(place)] for place in self._data["outputs"]]

    def _node(self, written: list[Any]) -> Node[Any]:
        if isinstance(written[0], str):
            return self._version(*written)
        made_by, place, label = written[:3]
        value, kept = self._values[_place(place)]
        if len(written) == 3:
            return self._leaf(made_by is None, place, None if label is None else str(label))
        names, parents, block = written[3:]
        if len(names) != len(parents):
            raise TraceError(f"expected a name for each of {len(parents)} parents, got {len(names)}")
        return Node(
            value,
            kept,
            self._operations[_place(made_by)],
            tuple(map(str, names)),
            tuple([self._nodes[_place(parent)] for parent in parents]),
            None if block is None else self._block(_place(block)),
            None if label is None else str(label),
        )

    def _leaf(self, is_given: bool, place: int, label: str | None) -> Node[Any]:
        """A value that nothing trainable led to; other traces may have it as well."""
        kind, (value, kept) = self._data["values"][place][0], self._values[place]
        if label is None and is_given and kind in (CONSTANT, OBJECT):
            # Each call wraps its object anew, so it is the object that is known again, and not the node.
            value, kept = self._object(place)
        made = Node(value, kept, None if is_given else _ELSEWHERE, label=label)
        if label is None or kind not in READ_WHOLE:
            return made
        return self._shared.one((is_given, label, self._texts[place]), made)

    def _object(self, place: int) -> tuple[Any, Snapshot | None]:
        if place not in self._objects:
            self._objects[place] = self._shared.one(self._texts[place], self._values[place])
        return self._objects[place]

    def _version(self, key: str, number: int, origin: Iterable[Any] = (), written: Any = None) -> Version[Any]:
        if key not in self._parameters:
            raise TraceError(f"the trace names a parameter {key!r}, which is not among {', '.join(self._parameters)}")
        parameter, version = self._parameters[key], self._versions.get(key)
        if written is None:
            if version is not None and version.number == number:
                return version
            return parameter.versions[_place(number)]
        value = value_from_data(written, parameter.domain)
        parameter.domain.check(value)
        made = Version(parameter, value, snapshot(value), _place(number), Origin(*origin))
        return self._shared.one((key, json.dumps([number, written])), made)

    def _block(self, place: int) -> Block:
        while len(self._blocks) <= place:
            made_by, around, inputs = self._data["blocks"][len(self._blocks)]
            outer = None if around is None else self._blocks[_place(around)]
            named = tuple((str(name), self._nodes[_place(node)]) for name, node in inputs)
            self._blocks.append(Block(self._operations[_place(made_by)], outer, named))
        return self._blocks[place]


_ELSEWHERE = operation_from_data(["operator", "elsewhere", "", "", ""])
"""Made a value that nothing trainable led to."""


def _place(number: Any) -> int:
    """A place in a list, counted from 0: a hostile text must not count from the end."""
    if type(number) is not int or number < 0:
        raise TraceError(f"expected a place in a packed trace, got {number!r}")
    return number
