"""Operators on nodes: a table, and the loop that gives `Node` its methods.

Recorded: arithmetic, order comparisons, indexing, iteration, attributes, methods, calls, abs, round and the
like. Plain, because Python or its users need a plain value there: ==, !=, in, bool, len, int, float, complex,
index, str, format, hash.
"""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, overload

from agentopt.errors import TraceError
from agentopt.graph import arrays, attributes
from agentopt.graph.nodes import Constant, Node
from agentopt.graph.operation import Operation
from agentopt.graph.recording import bare, operate, take, take_unseen
from agentopt.graph.snapshot import FIXED
from agentopt.graph.state import STATE, Call, born

T = TypeVar("T")
BINARY = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "lshift": "<<", "rshift": ">>", "and": "&", "or": "|", "xor": "^", "divmod": "divmod",
}  # fmt: skip
ORDER = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
UNARY = {"neg": "-{0}", "pos": "+{0}", "invert": "~{0}", "abs": "abs({0})"}
WHOLE = {"floor": math.floor, "ceil": math.ceil, "trunc": math.trunc}
PLAIN: dict[str, Callable[[Any], Any]] = {
    "len": len, "int": int, "float": float, "complex": complex, "index": operator.index, "str": str, "bytes": bytes,
}  # fmt: skip

ITEM = Operation("item", template="{0}[{1}]")
NEXT = Operation("item", template="item {1} of {0}")
ITERATION = Operation("iteration", template="iter({0})")
ROUND = Operation("round", template="round({all})")
POWER = Operation("pow", template="{0} ** {1}")
POW = Operation("pow", template="pow({0}, {1}, {2})")
COPY = Operation("copy", template="copy({0})")


def _binary(name: str, symbol: str) -> None:
    compute = getattr(operator, f"__{name}__", divmod)
    operation = Operation(name, template="divmod({0}, {1})" if compute is divmod else f"{{0}} {symbol} {{1}}")

    def forward(self: Node[Any], other: Any) -> Any:
        return operate(operation, compute, ("x", "y"), (self, other))

    def reflected(self: Node[Any], other: Any) -> Any:
        return operate(operation, compute, ("x", "y"), (other, self))

    setattr(Node, f"__{name}__", forward)
    if name not in ORDER:
        setattr(Node, f"__r{name}__", reflected)


def _unary(name: str, template: str, compute: Callable[[Any], Any]) -> None:
    operation = Operation(name, template=template)
    setattr(Node, f"__{name}__", lambda self: operate(operation, compute, ("x",), (self,)))


def _plain(name: str, compute: Callable[[Any], Any]) -> None:
    setattr(Node, f"__{name}__", lambda self: compute(self.data))


def _install() -> None:
    for name, symbol in (BINARY | ORDER).items():
        _binary(name, symbol)
    for name, template in UNARY.items():
        _unary(name, template, getattr(operator, f"__{name}__"))
    for name, compute in WHOLE.items():
        _unary(name, f"{name}({{0}})", compute)  # type: ignore[arg-type]
    for name, compute in PLAIN.items():
        _plain(name, compute)
    for function in (
        _eq,
        _ne,
        _hash,
        _bool,
        _contains,
        _format,
        _round,
        _pow,
        _getitem,
        _setitem,
        _delitem,
        _iter,
        _enter,
        _exit,
    ):
        setattr(Node, f"__{function.__name__[1:]}__", function)
    for method in (arrays.array, arrays.array_ufunc, arrays.array_function):
        setattr(Node, f"__{method.__name__}__", method)
    for name, made in {"__getattr__": attributes.attribute, "__call__": attributes.call, "clone": _clone}.items():
        setattr(Node, name, made)
    Node.__copy__ = _clone  # type: ignore[attr-defined]


def _eq(self: Node[Any], other: object) -> bool:
    mine, theirs = self.data, other.data if isinstance(other, Node) else other
    # Compared by shape first: arrays would be stretched to one another's, or refuse.
    return _shape(mine) == _shape(theirs) and _same(mine, theirs)


def _same(mine: Any, theirs: Any) -> bool:
    try:
        return _truth(mine == theirs) or _size(mine) == 0
    except ValueError:  # containers of arrays, whose comparison numpy leaves undecided
        return mine is theirs


def _ne(self: Node[Any], other: object) -> bool:
    return not _eq(self, other)


def _hash(self: Node[Any]) -> int:
    return object.__hash__(self)


def _bool(self: Node[Any]) -> bool:
    return _truth(self.data)


def _truth(value: Any) -> bool:
    """Whether a value is true; an array is if it has elements and all of them are, where numpy would not say."""
    if not hasattr(value, "__array__"):
        return bool(value)
    array = value.__array__()
    return bool(array.size and array.all())


def _shape(value: Any) -> Any:
    return getattr(value, "shape", ())


def _size(value: Any) -> Any:
    return getattr(value, "size", None) if hasattr(value, "__array__") else None


def _contains(self: Node[Any], item: object) -> bool:
    wanted = item.data if isinstance(item, Node) else item
    return wanted in self.data


def _format(self: Node[Any], spec: str) -> str:
    return format(self.data, spec)


def _round(self: Node[Any], digits: Any = None) -> Any:
    if digits is None:
        return operate(ROUND, round, ("number",), (self,))
    return operate(ROUND, round, ("number", "ndigits"), (self, digits))


def _pow(self: Node[Any], other: Any, modulus: Any = None) -> Any:
    if modulus is None:
        return operate(POWER, operator.pow, ("x", "y"), (self, other))
    return operate(POW, pow, ("x", "y", "modulus"), (self, other, modulus))


def _getitem(self: Node[Any], key: Any) -> Any:
    return operate(ITEM, operator.getitem, ("x", "key"), (self, key), take_unseen)


def _setitem(self: Node[Any], key: Any, value: Any) -> None:
    raise TraceError(
        f"{self.described()} is a recorded value and takes no assignment to [{key!r}]; make a new value, as in "
        "node({**x.data, key: value}), or assign inside of a traced function"
    )


def _delitem(self: Node[Any], key: Any) -> None:
    raise TraceError(f"{self.described()} is a recorded value, so [{key!r}] cannot be deleted; make a new value")


def _enter(self: Node[Any]) -> Any:
    raise TraceError(
        f"{self.described()} cannot be entered by with; write `with x.data`, or do it in a traced function"
    )


def _exit(self: Node[Any], *error: object) -> None:
    """Asked for by `with` before it enters."""


def _iter(self: Node[Any]) -> Iterator[Any]:
    if type(STATE.get()) is Call:
        return iter(self.data)
    # Asked for at once, so that what cannot be iterated fails where it is tried, and as a node.
    items = operate(ITERATION, iter, ("x",), (self,))._value
    indexable = isinstance(self._value, list | tuple | str | bytes | range) or hasattr(self._value, "__array__")
    return _items(self, items, ITEM if indexable else NEXT)


def _items(self: Node[Any], items: Iterator[Any], operation: Operation) -> Iterator[Any]:
    for place, item in enumerate(items):
        yield operate(operation, lambda _, __, item=item: item, ("x", "key"), (self, place), take_unseen)


def _clone(self: Node[Any]) -> Node[Any]:
    """A node with a copy of the value and this one as its parent, so that feedback passes."""
    return operate(COPY, copy.deepcopy, ("x",), (self,))  # type: ignore[no-any-return]


_install()


@overload
def node(value: Node[T], name: str | None = None) -> Node[T]: ...
@overload
def node(value: T, name: str | None = None) -> Node[T]: ...
def node(value: Any, name: str | None = None) -> Node[Any]:
    """Put a value into the graph as a leaf; a container that holds nodes becomes their child.

    Args:
        value: Any object; a node is returned as it is.
        name: What a trace calls it.
    """
    if isinstance(value, Node):
        return value
    if type(STATE.get()) is Call:
        value = bare(value)
    elif name is None and type(value) in FIXED:
        return Constant(value)
    made = take(value)
    if made.operation is not None:
        made.label = name
        return made
    return born(Node(made._value, made._snapshot, label=name))
