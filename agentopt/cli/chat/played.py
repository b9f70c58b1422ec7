"""What was entered in a session, as its file holds it, and what came of each entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from agentopt.solvers.modeling.session.journal import Event

ENTERED, DONE, TROUBLE = "entered", "done", "trouble"
"""Kinds of events: what was entered, and that it was done or why not."""

BROKEN_OFF = "The program ended in the middle of this."


@dataclass(frozen=True)
class Entry:
    """One thing that was entered."""

    text: str
    asked: bool = True
    """Whether there was a user to be asked about what it leaves open."""
    trouble: str | None = None
    """Why it was not done; "" when it was; None when the program ended before."""


def entries_in(events: Iterable[Event]) -> Iterator[Entry]:
    """Yield the entries of a session in their order."""
    entry: Entry | None = None
    for event in events:
        if event.kind == ENTERED:
            if entry is not None:
                yield entry
            entry = Entry(str(event.fields.get("text", "")), bool(event.fields.get("asked", True)))
        elif entry is not None and event.kind in (DONE, TROUBLE):
            entry = replace(entry, trouble=str(event.fields.get("sentence", "")))
    if entry is not None:
        yield entry
