"""What traces that are read together have in common.

Each trace is written by itself, so an object that several runs used comes back once a trace. A reader of all of them
should see one object, as it was one while the runs were live.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """Makes one of what several traces wrote alike.

    In memory an object is known by its identity; of a written trace only the words are left. So two objects that read
    alike in two traces are taken for one. In one trace they stay as many as they were there, and the second of them is
    the second in every other trace.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Hashable, int], Any] = {}

    def trace(self) -> SharedTrace:
        """What one more trace is read with."""
        return SharedTrace(self._known)


class SharedTrace:
    """One trace of those that are read together."""

    def __init__(self, known: dict[tuple[Hashable, int], Any]) -> None:
        self._known = known
        self._met: Counter[Hashable] = Counter()
        """How often the trace wrote the same so far."""

    def one(self, written: Hashable, made: T) -> T:
        """What another trace made of the same words; if none did, what this one made of them."""
        key = written, self._met[written]
        self._met[written] += 1
        known: T = self._known.setdefault(key, made)
        return known
