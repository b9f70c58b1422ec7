"""The sessions of a server by their ids, the ones used last kept."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentopt.errors import InputError

if TYPE_CHECKING:
    from agentopt.solvers.modeling.session.session import Session

MAX_SESSIONS = 32


@dataclass(eq=False)
class Held:
    """A session, and the right to use it, which one call has at a time."""

    id: str
    session: Session
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))


class Sessions:
    """Sessions in memory; the one that was not used for the longest time goes when there are too many."""

    def __init__(self, most: int = MAX_SESSIONS) -> None:
        self._most = most
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._n_opened = 0
        self._guard = threading.Lock()

    def add(self, session: Session) -> Held:
        """Keep a session under an id of its own."""
        with self._guard:
            self._n_opened += 1
            held = Held(f"s{self._n_opened}", session)
            self._held[held.id] = held
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return held

    def find(self, id: str) -> Held:
        """The session of an id.

        Raises:
            InputError: There is none, or none any more.
        """
        with self._guard:
            held = self._held.get(id)
            if held is not None:
                self._held.move_to_end(id)
                return held
            gone = id[:1] == "s" and id[1:].isdecimal() and 0 < int(id[1:]) <= self._n_opened
        if gone:
            raise InputError(
                f"the session {id} is gone: the server keeps the {self._most} sessions that were used last; formulate"
                " the problem again"
            )
        raise InputError(f"there is no session {id[:40]!r}; formulate opens one and gives its id")
