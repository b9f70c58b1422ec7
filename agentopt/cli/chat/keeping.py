"""Keeps a session as long as that can be done; a full disk ends the keeping, never the session."""

from __future__ import annotations

from collections.abc import Callable

from agentopt.errors import FileError
from agentopt.solvers.modeling.session.journal import Journal
from agentopt.solvers.modeling.session.session import Session


class _Forgiving(Journal):
    """A journal that says once that it cannot be written, in place of an error."""

    def __init__(self, journal: Journal, stop: Callable[[FileError], None]) -> None:
        super().__init__(journal.path)
        self._stop = stop

    def write(self, kind: str, **fields: object) -> None:
        try:
            super().write(kind, **fields)
        except FileError as error:
            self._stop(error)


def keep_while_possible(session: Session, tell: Callable[[str], None]) -> Session:
    """Let a session go on without its file once that cannot be written any more.

    Args:
        session: Its journal is replaced by one that does not fail.
        tell: Is given the sentence about it.
    """

    def stop(error: FileError) -> None:
        session.work.journal = None
        if "/" in session.model_name:
            # Connected anew, it is asked without a recording, which would fail after every paid call.
            session.use_model(session.model_name)
        tell(f"{error}. The session goes on and is not kept from here; /save FILE keeps it.")

    if session.work.journal is not None:
        session.work.journal = _Forgiving(session.work.journal, stop)
    return session
