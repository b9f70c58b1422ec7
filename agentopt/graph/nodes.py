"""The nodes of the graph: a value, and what it was made of.

A node points to its parents and never to its children, and nothing else keeps it, so a graph is freed with
its output. It has no name of its own until a trace is shown.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Generic, Never, TypeVar

from agentopt.errors import TraceError
from agentopt.graph.operation import Operation
from agentopt.graph.snapshot import Snapshot, snapshot, text_of_object
from agentopt.graph.state import STATE, Block, Call, Inside, born

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

CHANGED = Operation("changed", template="{0} after a change in place", kind="change")
CHANGED_BY = Operation("changed", template="{0} as the call that gave {1} left it", kind="change")


class Node(Generic[T]):
    """A value in the graph.

    It reads like its value: operators, indexing, iteration, attributes and methods give nodes again, while
    `==`, `in`, `bool`, `len`, `int`, `float`, `str`, `format` and f-strings give plain values. A traced
    function that is called with nodes works on their plain values. What takes plain values only, such as
    `json.dumps`, is given `.data`, or `unwrap` as in `json.dumps(x, default=unwrap)`. `"".join(nodes)` is refused by
    Python itself, which asks no object for its text there: a traced function does it, or `"".join(map(str, nodes))`,
    which leaves the graph. Nor has a node attributes to assign, and Python says so.

    Made by `node`, by `parameter`, and by every recorded call; not by hand.
    """

    __slots__ = ("__weakref__", "_later", "_names", "_operation", "_parents", "_scope", "_snapshot", "_value", "label")

    def __init__(
        self,
        value: T,
        kept: Snapshot | None = None,
        operation: Operation | None = None,
        names: tuple[str, ...] = (),
        parents: tuple[Node[Any], ...] = (),
        scope: Block | Inside | None = None,
        label: str | None = None,
    ) -> None:
        self._value = value
        self._snapshot = kept
        self._operation = operation
        self._names = names
        self._parents = parents
        self._scope = scope
        self._later: Node[T] | None = None
        self.label = label
        """The name that the user gave it, or None."""

    @property
    def data(self) -> T:
        """The live value; reading it inside of a traced function that was not given the node is an error."""
        state = STATE.get()
        if type(state) is Call:
            state.read(self)
        return self._value

    @data.setter
    def data(self, value: Never) -> None:
        raise TraceError(f"{self.described()} is a recorded value and cannot be given another; make a new node(value)")

    @property
    def then(self) -> T:
        """The value as it was when the node was recorded, whatever became of it since; a read like that of `data`."""
        self._read()
        return self._kept()

    @property
    def operation(self) -> Operation | None:
        """What made it; None for a leaf."""
        return self._operation

    @property
    def parents(self) -> tuple[Node[Any], ...]:
        """The nodes that it was made of, each once, in the order of the arguments."""
        return tuple({id(parent): parent for parent in self._parents}.values())

    @property
    def inputs(self) -> dict[str, Node[Any]]:
        """The nodes that it was made of, by the names of the arguments."""
        return dict(zip(self._names, self._parents, strict=True))

    def recorded(self) -> Node[T]:
        """The node that a call records when it is given this one now: a later one if the value changed in place."""
        node = self.latest()
        return node if node._snapshot is None else node.follow()

    def latest(self) -> Node[T]:
        """The last node known for this value, without another look at it."""
        node = self
        while node._later is not None:
            node = node._later
        return node

    def follow(self, by: Node[Any] | None = None) -> Node[T]:
        """Compare the live value with what was recorded; if it differs, a new node takes over from here.

        Args:
            by: The call during which it changed, if that is known.
        """
        kept = self._snapshot
        if kept is None or (now := snapshot(self._value)) is None or kept.same(now):
            return self
        parents = (self,) if by is None else (self, by)
        names, operation = ("was", "by")[: len(parents)], CHANGED if by is None else CHANGED_BY
        # A leaf lies in no block; what it may have as its scope is the mark of the call that made it.
        scope = None if self._operation is None else self._scope
        self._later = Node(self._value, now, operation, names, parents, scope, self.label)
        return self._later

    def detach(self) -> Node[T]:
        """A leaf with the same value: no feedback passes it."""
        self._read()
        return born(Node(self._value, snapshot(self._value), label=self.label))

    def described(self) -> str:
        """How messages speak of it."""
        return f"the node {self.label!r}" if self.label else f"the node {type(self._value).__name__} {self._brief()}"

    def _read(self) -> None:
        """Note that the value goes to whoever asks; `data` does the same in place, being asked for most."""
        state = STATE.get()
        if type(state) is Call:
            state.read(self)

    def _kept(self) -> T:
        return self._value if self._snapshot is None else self._snapshot.value

    def _brief(self) -> str:
        text = text_of_object(self._value)
        return text if len(text) <= 60 else f"{text[:40]}...{text[-15:]}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Node[T]:
        self._read()
        value = copy.deepcopy(self._value, memo)
        return born(Node(value, snapshot(value), label=self.label))

    def __reduce__(self) -> tuple[Any, ...]:
        # What crosses to another process is the value; the graph stays where it was recorded.
        self._read()
        return _leaf, (self._value, self.label)

    def __repr__(self) -> str:
        label = f"{self.label}: " if self.label else ""
        return f"{type(self).__name__}({label}{self._brief()})"

    if TYPE_CHECKING:
        # Put here by `operators`, which knows how to record them.
        def clone(self) -> Node[T]: ...
        def __getattr__(self, name: str) -> Any: ...
        def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
        def __iter__(self) -> Iterator[Any]: ...
        def __getitem__(self, key: Any) -> Node[Any]: ...
        def __contains__(self, item: object) -> bool: ...
        def __eq__(self, other: object) -> bool: ...
        def __ne__(self, other: object) -> bool: ...
        def __hash__(self) -> int: ...
        def __len__(self) -> int: ...
        def __bool__(self) -> bool: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...
        def __complex__(self) -> complex: ...
        def __index__(self) -> int: ...
        def __bytes__(self) -> bytes: ...
        def __lt__(self, other: Any) -> Node[Any]: ...
        def __le__(self, other: Any) -> Node[Any]: ...
        def __gt__(self, other: Any) -> Node[Any]: ...
        def __ge__(self, other: Any) -> Node[Any]: ...
        def __neg__(self) -> Node[Any]: ...
        def __pos__(self) -> Node[Any]: ...
        def __invert__(self) -> Node[Any]: ...
        def __abs__(self) -> Node[Any]: ...
        def __round__(self, digits: Any = None) -> Node[Any]: ...
        def __floor__(self) -> Node[Any]: ...
        def __ceil__(self) -> Node[Any]: ...
        def __trunc__(self) -> Node[Any]: ...
        def __add__(self, other: Any) -> Node[Any]: ...
        def __radd__(self, other: Any) -> Node[Any]: ...
        def __sub__(self, other: Any) -> Node[Any]: ...
        def __rsub__(self, other: Any) -> Node[Any]: ...
        def __mul__(self, other: Any) -> Node[Any]: ...
        def __rmul__(self, other: Any) -> Node[Any]: ...
        def __truediv__(self, other: Any) -> Node[Any]: ...
        def __rtruediv__(self, other: Any) -> Node[Any]: ...
        def __floordiv__(self, other: Any) -> Node[Any]: ...
        def __rfloordiv__(self, other: Any) -> Node[Any]: ...
        def __mod__(self, other: Any) -> Node[Any]: ...
        def __rmod__(self, other: Any) -> Node[Any]: ...
        def __divmod__(self, other: Any) -> Node[Any]: ...
        def __rdivmod__(self, other: Any) -> Node[Any]: ...
        def __pow__(self, other: Any, modulus: Any = None) -> Node[Any]: ...
        def __rpow__(self, other: Any) -> Node[Any]: ...
        def __matmul__(self, other: Any) -> Node[Any]: ...
        def __rmatmul__(self, other: Any) -> Node[Any]: ...
        def __lshift__(self, other: Any) -> Node[Any]: ...
        def __rlshift__(self, other: Any) -> Node[Any]: ...
        def __rshift__(self, other: Any) -> Node[Any]: ...
        def __rrshift__(self, other: Any) -> Node[Any]: ...
        def __and__(self, other: Any) -> Node[Any]: ...
        def __rand__(self, other: Any) -> Node[Any]: ...
        def __or__(self, other: Any) -> Node[Any]: ...
        def __ror__(self, other: Any) -> Node[Any]: ...
        def __xor__(self, other: Any) -> Node[Any]: ...
        def __rxor__(self, other: Any) -> Node[Any]: ...


class Constant(Node[T]):
    """A leaf without a name whose value cannot change; all but the value is shared, so that it costs little."""

    __slots__ = ()

    _snapshot = None
    _operation = None
    _names = ()
    _parents = ()
    _scope = None
    _later = None
    label = None

    def __init__(self, value: T) -> None:
        self._value = value

    def recorded(self) -> Node[T]:
        return self


# What Python says of a wrong use, as that it is not JSON serializable, is said of a Node.
Constant.__name__ = Node.__name__


def _leaf(value: T, label: str | None) -> Node[T]:
    return born(Node(value, snapshot(value), label=label))
