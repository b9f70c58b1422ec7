"""Calls of traced functions that were made before are not made again.

Where candidates differ in one parameter, most of a workflow computes what it computed before. Inside of `Memo.active`
an opaque traced function whose inputs are all known by value is run once for each combination of them; after that the
same node is recorded with an equal value. This takes traced functions for what feedback takes them for anyway:
functions of their inputs. One that is not says so by `@trace(memo=False)`.

Asynchronous functions and generators, and calls inside of opaque traced functions, are never remembered.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentopt.graph.members import dict_of
from agentopt.graph.snapshot import FIXED, MARK, Snapshot, snapshot
from agentopt.graph.state import MEMO, OFF, Within
from agentopt.graph.walk import walk
from agentopt.inheritance import inherit

if TYPE_CHECKING:
    from agentopt.graph.nodes import Node
    from agentopt.graph.running import RunningCall

MAX_BYTES = 256 << 20
_SMALL = 200
"""Bytes that an entry takes beside its value, roughly."""


class _Unknown(Exception):
    """An input is not known by value."""


@dataclass(frozen=True)
class _Kept:
    value: Any
    n_bytes: int
    hidden: tuple[str, ...]
    """The names of what the call read in its object."""


@dataclass(frozen=True)
class _Pending:
    thread: int
    over: threading.Event


class Memo:
    """Remembers what calls gave; may be used by many threads, of which only one makes a call that several need.

    Args:
        max_bytes: Of values, roughly; the ones that were not needed for longest go first.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._kept: OrderedDict[Any, _Kept] = OrderedDict()
        self._pending: dict[Any, _Pending] = {}
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    @contextmanager
    def active(self, repeat: int = 0) -> Iterator[None]:
        """Remember inside of the `with`, and in threads that are started there.

        Args:
            repeat: What one repeat drew is not given to another.
        """
        inherit(MEMO)
        token = MEMO.set((self, repeat))
        try:
            yield
        finally:
            MEMO.reset(token)

    def run(
        self,
        running: RunningCall,
        repeat: int,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
    ) -> Any:
        """The node of a call, whose body is run unless what it gives is known.

        Raises:
            Exception: Whatever the body raises.
        """
        found = _key(running, repeat)
        if found is None:
            return running.now(function, args, kwargs)
        key, held = found
        known = self._find(key)
        if known is not None:
            owned = {name: held[name].recorded() for name in known.hidden if name in held}
            if len(owned) == len(known.hidden):
                running.state.hidden.update(owned)
                return running.done(copy.deepcopy(known.value))
        try:
            made = running.now(function, args, kwargs)
            self._keep(key, running, made, held)
        finally:
            self._end(key)
        return made

    def _find(self, key: Any) -> _Kept | None:
        while True:
            with self._lock:
                known = self._kept.get(key)
                if known is not None:
                    self._kept.move_to_end(key)
                    self.hits += 1
                    return known
                pending = self._pending.get(key)
                if pending is None or pending.thread == threading.get_ident():
                    self.misses += 1
                    self._pending.setdefault(key, _Pending(threading.get_ident(), threading.Event()))
                    return None
            pending.over.wait()

    def _end(self, key: Any) -> None:
        with self._lock:
            pending = self._pending.pop(key, None)
        if pending is not None:
            pending.over.set()

    def _keep(self, key: Any, running: RunningCall, made: Any, held: dict[str, Node[Any]]) -> None:
        if not running.repeatable(made, held):
            return
        value, kept = made._value, made._snapshot
        if kept is not None and (kept.opaque or kept.is_hash):
            return
        try:
            value = copy.deepcopy(value)
        except Exception:  # noqa: BLE001 whatever copying runs of the user's code: such a value is not kept
            return
        n_bytes = _SMALL + (len(value) if isinstance(value, str | bytes) else kept.n_bytes if kept is not None else 0)
        if n_bytes > self._max_bytes // 4:
            return
        with self._lock:
            self._kept[key] = _Kept(value, n_bytes, tuple(running.state.hidden))
            self._n_bytes += n_bytes
            while self._n_bytes > self._max_bytes:
                self._n_bytes -= self._kept.popitem(last=False)[1].n_bytes


def _key(running: RunningCall, repeat: int) -> tuple[Any, dict[str, Node[Any]]] | None:
    """What a call is known by, and the nodes that its objects hold, by name; None if an input is not known by value.

    The key holds the operation and the objects in it, so that none of them can be another's successor.
    """
    held: dict[str, Node[Any]] = {}
    parts: list[Any] = []
    try:
        for name, parent in zip(*running.inputs(), strict=True):
            kept = parent._snapshot
            if kept is None and hasattr(type(parent._value), MARK):
                parts.append(_of_module(parent._value, name, held))
            elif kept is not None and kept.opaque:
                parts.append(_of_object(parent._value, name, held))
            else:
                parts.append(_of_value(parent._value, kept))
        key = (running.operation, running.inputs()[0], tuple(parts), repeat)
        hash(key)
    except (_Unknown, TypeError):
        return None
    return key, held


def _of_value(value: Any, kept: Snapshot | None) -> Any:
    if kept is not None:
        return kept.identity
    # 1, 1.0 and True are equal, and so are 0.0 and -0.0.
    return type(value), repr(value) if isinstance(value, float | complex) else value


def _of_object(value: Any, name: str, held: dict[str, Node[Any]]) -> Any:
    if hasattr(type(value), MARK):
        return _of_module(value, name, held)
    if callable(getattr(value, "complete", None)) and isinstance(getattr(value, "name", None), str):
        return _Same(value)  # a model, which answers what it is asked
    raise _Unknown


def _of_module(value: Any, name: str, held: dict[str, Node[Any]]) -> Any:
    """A module by what it holds: its nodes, and its plain attributes."""
    with Within(OFF):
        found = list(walk(value))
        parts: list[Any] = [_Same(type(value))]
        for path, node in found:
            held[name + path] = node
            latest = node.recorded()
            parts.append((path, _of_value(latest._value, latest._snapshot)))
            if latest._snapshot is not None and latest._snapshot.opaque:
                raise _Unknown
        nodes = {id(node) for _, node in found}
        for attribute, item in sorted(dict_of(value).items()):
            if id(item) in nodes or type(item) in FIXED:
                parts.append((attribute, None if id(item) in nodes else _of_value(item, None)))
                continue
            kept = snapshot(item)
            opaque = kept is not None and kept.opaque
            parts.append(
                (attribute, _of_object(item, f"{name}.{attribute}", held) if opaque else _of_value(item, kept))
            )
    return tuple(parts)


class _Same:
    """An object as itself, and alive."""

    __slots__ = ("thing",)

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)
