"""What tells a value from others, down to everything that it holds: where two fingerprints agree, a function of one
value gives the same of the other.

Stricter than a snapshot, which may keep a text of what it does not understand: what cannot be told apart for sure has
no fingerprint. Data counts by its parts, an object by its class and what stands in it, a node by its value. Classes,
models and the code of functions count as themselves.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import partial
from hashlib import blake2b
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from agentopt.graph.callee import Callee
from agentopt.graph.members import dict_of, is_special, slots_of
from agentopt.graph.nodes import Node
from agentopt.graph.snapshot import is_record
from agentopt.graph.state import OFF, Within
from agentopt.graph.traced import Bound, Traced

MAX_BYTES = 8 << 20
"""What is larger, all that it holds included, has no fingerprint."""
_POINTER = tuple.__itemsize__
_BY_PICKLE = (range, slice, complex, type(...), type(NotImplemented))
_FIXED = (type, Enum, ModuleType, CodeType)
"""What counts as itself, and is the same in a copy."""
_FIXED_PACKAGES = frozenset(["datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo", "collections", "numpy"])
"""Whose objects are written as they write themselves for pickle."""
_AS_THEMSELVES = frozenset(["re", "logging"])
"""Whose objects, such as a pattern or a logger, give the same whatever was done with them."""
_BASES = (dict, list, tuple, set, frozenset, str, bytes, int, float, complex)
_PROTOCOL = frozenset(["messages", "reply", "sampling", "budget"])
"""The arguments of a model's `complete`."""


class Fingerprint:
    """Of values that were looked at together.

    Attributes:
        digest: Equal where the values are.
        nodes: The nodes among what they hold, in the order in which they were come across, the same for equal digests.
        n_bytes: How large the values are, roughly.
        alive: What counts as itself; as long as somebody holds these, nothing else has the digest.
    """

    __slots__ = ("alive", "digest", "n_bytes", "nodes")

    def __init__(self, digest: bytes, n_bytes: int, nodes: list[Node[Any]], alive: list[object]) -> None:
        self.digest = digest
        self.n_bytes = n_bytes
        self.nodes = nodes
        self.alive = alive


def fingerprint(values: Sequence[object], *, data_only: bool = False) -> Fingerprint | None:
    """The fingerprint of values, or None if one of them cannot be told from others.

    Args:
        values: Of any kind.
        data_only: Whether objects, functions and nodes have none: what is left can be copied without a loss.
    """
    made = _Digest()
    nodes: list[Node[Any]] = []
    alive: list[object] = []
    try:
        # What values do while they are written is the user's code, and no part of a traced call.
        with Within(OFF):
            for value in values:
                # One after another: that two of them share a part makes no difference.
                _Writer(made, nodes, alive, data_only=data_only).dump(value)
    except Exception:  # noqa: BLE001 whatever an object raises when it is looked at, it is not known then
        return None
    return Fingerprint(made.digest(), made.n_bytes, nodes, alive)


class _UnknownError(Exception):
    """A value cannot be told from others."""


class _Digest:
    """A file of which only the hash is kept."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=32)
        self.n_bytes = 0
        self.digest = self._hash.digest

    def write(self, data: Any) -> int:
        n_bytes = memoryview(data).nbytes
        self.n_bytes += n_bytes
        if self.n_bytes > MAX_BYTES:
            raise _UnknownError
        self._hash.update(data)
        return n_bytes


class _Is:
    """Begins in the bytes what stands for an object; never called, since nothing reads them."""


_Parts = tuple[Any, ...]


class _Writer(pickle.Pickler):
    """Writes what values are made of; pickle itself sees to collections, to what is shared and to what holds itself."""

    def __init__(self, file: _Digest, nodes: list[Node[Any]], alive: list[object], *, data_only: bool) -> None:
        super().__init__(file, protocol=5)
        self._nodes = nodes
        self._alive = alive
        self._data_only = data_only

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if value is _Is or kind in _BY_PICKLE or _package(kind) in _FIXED_PACKAGES:
            if getattr(value, "nbytes", 0) > MAX_BYTES:
                raise _UnknownError
            return NotImplemented
        if issubclass(kind, _FIXED) or _is_plain_builtin(value):
            return self._parts("same", value)
        if kind is FunctionType and not value.__closure__:
            return self._function(value)
        for base in _BASES:
            if issubclass(kind, base):
                return self._parts("base", kind, _as(base, value), *_state(value, base))
        if is_record(kind):
            return self._parts("record", kind, *_state(value))
        if self._data_only:
            raise _UnknownError
        return self._object(value, kind)

    def _object(self, value: Any, kind: type) -> _Parts:
        if issubclass(kind, Node):
            return self._node(value)
        if issubclass(kind, Callee):
            return self._callee(value)
        if kind is FunctionType:
            return self._function(value)
        if kind is MethodType:
            return self._parts("method", value.__func__, value.__self__)
        if kind is BuiltinFunctionType:
            return self._parts("method", type(value.__self__), value.__name__, value.__self__)
        if kind is partial:
            return self._parts("partial", kind, value.func, value.args, value.keywords)
        if kind is object or _package(kind) in _AS_THEMSELVES or _is_model(kind):
            return self._parts("same", value)
        return self._parts("object", kind, *_state(value), dict(_of_class(kind)))

    def _function(self, value: FunctionType) -> _Parts:
        self._alive.append(value.__globals__)
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return self._parts(
            "function", value.__code__, id(value.__globals__), value.__defaults__, value.__kwdefaults__, cells
        )

    def _node(self, value: Node[Any]) -> _Parts:
        recorded = value.recorded()
        self._nodes.append(recorded)
        return self._parts("node", Node, recorded._value)

    def _callee(self, value: Callee) -> _Parts:
        if isinstance(value, Traced):
            return self._parts("traced", value.operation, value._function, value.code())
        if isinstance(value, Bound):
            return self._parts("bound", value.__wrapped__.operation, value.__self__, value.code())
        raise _UnknownError

    def _parts(self, word: str, same: object, *parts: object) -> _Parts:
        """How an object is written: one that counts as itself, and what is to be looked at further.

        The parts stand where pickle has the state of an object, which it looks at when it knows the object already, so
        that an object may lead to itself.
        """
        self._alive.append(same)
        return _Is, (word, id(same)), parts


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _is_plain_builtin(value: object) -> bool:
    """Whether it is a built-in function, not a method of something that can change."""
    return type(value) is BuiltinFunctionType and (value.__self__ is None or type(value.__self__) is ModuleType)


def _as(base: Any, value: Any) -> Any:
    """What makes the value up as one of a built-in class that it inherits from, whatever methods it overrides."""
    if base is dict:
        return list(dict.items(value))
    return list(base.__iter__(value)) if base in (list, set, frozenset) else base.__getnewargs__(value)


def _state(value: Any, base: type = object) -> tuple[dict[str, Any], list[Any]]:
    """What stands in an object's attributes and slots.

    Raises:
        _UnknownError: It may hold more, which Python cannot see.
    """
    kind = type(value)
    place = next((above.__dict__["__dict__"] for above in kind.__mro__ if "__dict__" in above.__dict__), None)
    if place is not None and type(place) is not GetSetDescriptorType:
        raise _UnknownError  # a proxy, which answers for another object
    slots = {
        name: member
        for above in reversed(kind.__mro__)
        for name, member in above.__dict__.items()
        if type(member) is MemberDescriptorType
    }
    # How Python itself finds out, for pickle, that a class written in C keeps something in its objects.
    n_pointers = len(slots) + (kind.__dictoffset__ > 0) + (kind.__weakrefoffset__ > 0)
    if not base.__itemsize__ and kind.__basicsize__ > base.__basicsize__ + n_pointers * _POINTER:
        raise _UnknownError
    return dict(dict_of(value)), list(slots_of(value, slots))


def _of_class(kind: type) -> Iterator[tuple[str, Any]]:
    """What stands in a class and the classes above it beside its methods."""
    for base in reversed(kind.__mro__[:-1]):
        for name, member in list(base.__dict__.items()):
            if not is_special(name) and not hasattr(type(member), "__get__") and name != "_abc_impl":
                yield name, member


def _is_model(kind: type) -> bool:
    """Whether objects of a class are models, which answer what they are asked, see `llm.Model`."""
    code = getattr(getattr(kind, "complete", None), "__code__", None)
    return code is not None and set(code.co_varnames) >= _PROTOCOL and hasattr(kind, "name")
