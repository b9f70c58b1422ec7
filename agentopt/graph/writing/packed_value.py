"""Values in packed traces: what a reader is told of one, without the live value."""

from __future__ import annotations

from typing import Any

from agentopt.graph.failure import Failure
from agentopt.graph.shown.step import kept_from_data
from agentopt.graph.snapshot import Remembered, Snapshot

CONSTANT, KEPT, OBJECT, CONTAINER, ENDS = range(5)
"""What a value is to a reader: a constant; data of a node of its own; an object that is known by its identity; a
container so strange that only its text is known; data so large that only its two ends are."""
READ_WHOLE = (CONSTANT, KEPT, OBJECT)
"""Kinds of which equal words mean the same value, as far as anybody can tell."""


class Stand:
    """Stands for an object that stayed elsewhere."""

    __slots__ = ()


def value_from_packed(kind: int, data: Any) -> tuple[Any, Snapshot | None]:
    """The live value of a node, and what is kept of it."""
    kept = kept_from_data(data)
    if kind == CONSTANT or isinstance(kept, Failure):
        return kept, None
    opaque = kind in (OBJECT, CONTAINER)
    return [] if kind != OBJECT else Stand(), Remembered(kept, opaque=opaque)
