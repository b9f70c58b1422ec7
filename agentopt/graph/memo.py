"""Calls of traced functions that were made before are not made again.

Where candidates differ in one parameter, most of a workflow computes what it computed before. Inside of `Memo.active`
an opaque traced function whose inputs have a fingerprint is run once for each of them; after that the same node is
recorded with an equal value. This takes traced functions for what feedback takes them for anyway: functions of their
inputs, and of what their object holds. One that is not says so by `@trace(memo=False)`.

What one stretch of `active` calls several times with equal inputs it makes several times, since it may be drawing
samples: the second such call is what another stretch's second call was.

Asynchronous functions and generators, those that may read hidden nodes, and calls inside of opaque traced functions are
never remembered. Nor is a call that failed, that changed what it was given, or that gave anything but data.
"""

from __future__ import annotations

import copy
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentopt.graph.fingerprint import Fingerprint, fingerprint
from agentopt.graph.nodes import Node
from agentopt.graph.state import MEMO
from agentopt.inheritance import inherit

if TYPE_CHECKING:
    from agentopt.graph.running import RunningCall

Key = tuple[Any, ...]

MAX_BYTES = 256 << 20
PATIENCE_S = 60.0
_ENTRY_BYTES = 500
"""What an entry takes beside its value, roughly."""


@dataclass(frozen=True)
class _Kept:
    value: Any
    n_bytes: int
    hidden: tuple[tuple[str, int], ...]
    """What the call read in its object: under which name, and its place among the nodes of the fingerprint."""
    alive: list[object]
    """What the key knows by its place in memory."""


@dataclass(frozen=True, eq=False)
class _Flight:
    """A call under way that others wait for."""

    thread: int
    over: threading.Event


class Memo:
    """Remembers what calls gave; may be used by many threads, of which only one makes a call that several need.

    Attributes:
        hits: How many calls were not made, since what they give was known.
        misses: How many calls were made that might have been known.

    Args:
        max_bytes: Of values, roughly; what was not needed for longest goes first.
        patience_s: How long to wait for another thread that makes the same call before making it too; that one may be
            stuck, and its trial be left behind.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, patience_s: float = PATIENCE_S) -> None:
        self._max_bytes = max_bytes
        self._patience_s = patience_s
        self._n_bytes = 0
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._flights: dict[Key, _Flight] = {}
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
        token = MEMO.set(_Active(self, repeat))
        try:
            yield
        finally:
            MEMO.reset(token)

    def _find(self, key: Key) -> tuple[_Kept | None, _Flight | None]:
        """What is kept under a key; otherwise the flight of the call to be made now, if others may wait for it."""
        waited = False
        while True:
            with self._lock:
                known = self._kept.get(key)
                if known is not None:
                    self._kept.move_to_end(key)
                    self.hits += 1
                    return known, None
                flight = self._flights.get(key)
                # After waiting in vain nobody waits again: calls that cannot be kept would be made one by one.
                if waited or flight is None or flight.thread == threading.get_ident():
                    self.misses += 1
                    return None, self._begun(key) if flight is None else None
            flight.over.wait(self._patience_s)
            waited = True

    def _begun(self, key: Key) -> _Flight:
        flight = _Flight(threading.get_ident(), threading.Event())
        self._flights[key] = flight
        return flight

    def _end(self, key: Key, flight: _Flight | None) -> None:
        if flight is not None:
            with self._lock:
                del self._flights[key]
            flight.over.set()

    def _keep(self, key: Key, known: _Kept) -> None:
        if known.n_bytes > self._max_bytes // 4:
            return
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = known
            self._n_bytes += known.n_bytes - (0 if before is None else before.n_bytes)
            while self._n_bytes > self._max_bytes:
                self._n_bytes -= self._kept.popitem(last=False)[1].n_bytes


class _Active:
    """A memo while it remembers, for one repeat.

    Args:
        memo: The memo.
        repeat: Part of every key.
    """

    def __init__(self, memo: Memo, repeat: int) -> None:
        self._memo = memo
        self._repeat = repeat
        self._n_made: Counter[Key] = Counter()
        self._lock = threading.Lock()

    def run(
        self, running: RunningCall, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> Any:
        """The node of a call, whose body is run unless what it gives is known.

        Raises:
            Exception: Whatever the body raises.
        """
        inputs = _inputs(running)
        if inputs is None:
            return running.now(function, args, kwargs)
        memo, key = self._memo, self._key(running, inputs)
        known, flight = memo._find(key)
        if known is not None:
            hidden = {name: inputs.nodes[place] for name, place in known.hidden}
            return running.again(copy.deepcopy(known.value), hidden)
        try:
            made = running.now(function, args, kwargs)
            kept = _kept(running, inputs, made)
            if kept is not None:
                memo._keep(key, kept)
        finally:
            memo._end(key, flight)
        return made

    def _key(self, running: RunningCall, inputs: Fingerprint) -> Key:
        key = (running.operation, running.inputs()[0], inputs.digest, self._repeat)
        with self._lock:
            self._n_made[key] += 1
            return *key, self._n_made[key]


def _inputs(running: RunningCall) -> Fingerprint | None:
    return fingerprint([parent._value for parent in running.inputs()[1]])


def _kept(running: RunningCall, inputs: Fingerprint, made: object) -> _Kept | None:
    """What is to be remembered of a call that was just made; None if it is not to be made in any other way."""
    if not isinstance(made, Node) or not running.repeatable:
        return None
    places = {id(node): place for place, node in enumerate(inputs.nodes)}
    read = running.state.hidden
    if any(id(node) not in places for node in read.values()):
        return None
    data, after = fingerprint([made._value], data_only=True), _inputs(running)
    if data is None or after is None or after.digest != inputs.digest:
        return None
    try:
        value = copy.deepcopy(made._value)
    except Exception:  # noqa: BLE001 whatever copying runs of the user's code: such a value is not kept
        return None
    hidden = tuple((name, places[id(node)]) for name, node in read.items())
    return _Kept(value, data.n_bytes + _ENTRY_BYTES, hidden, inputs.alive)
