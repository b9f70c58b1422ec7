"""How a session stands, so that a call that was cancelled or only asked leaves it so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.solvers.modeling.data.tables import Tables
    from agentopt.solvers.modeling.instance import Instance
    from agentopt.solvers.modeling.session.session import Session
    from agentopt.solvers.modeling.session.state import State
    from agentopt.solvers.modeling.solution import Solution


@dataclass(frozen=True)
class Standing:
    """What a verb of a session may change."""

    states: tuple[tuple[State, Solution | None, Instance | None], ...]
    said: tuple[str, ...]
    paths: tuple[Path, ...]
    tables: Tables
    digests: dict[Path, str]

    @classmethod
    def of(cls, session: Session) -> Standing:
        """Note how a session stands; the data are shared, not copied."""
        files = session.files
        states = tuple((state, state.solution, state.instance) for state in session.work.states)
        return cls(states, tuple(session.said), tuple(files.paths), files.tables, dict(files.digests))

    def restore(self, session: Session) -> None:
        """Put a session back to where it stood."""
        for state, solution, instance in self.states:
            state.solution, state.instance = solution, instance
        session.work.states[:] = [state for state, _, _ in self.states]
        session.said[:] = self.said
        session.files.paths = list(self.paths)
        session.files.tables = self.tables
        session.files.digests = dict(self.digests)
