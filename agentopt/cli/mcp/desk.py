"""What a call works on: the session it turns to, and what the server allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentopt.cli.mcp.roots import Roots
from agentopt.errors import InputError

if TYPE_CHECKING:
    from agentopt.cli.mcp.sessions import Held
    from agentopt.solvers.modeling.session.session import Session


@dataclass(frozen=True)
class Desk:
    """Serves one call."""

    roots: Roots
    allow_write: bool
    open_session: Callable[[], Session]
    """Makes a session that is not kept yet."""
    keep: Callable[[Session], Held]
    held: Held | None = None
    """The session that the call names, which no other call uses meanwhile."""

    @property
    def session(self) -> Session:
        """The session that the call names.

        Raises:
            InputError: It names none.
        """
        if self.held is None:
            raise InputError("expected the id of a session; formulate opens one and gives its id")
        return self.held.session

    @property
    def id(self) -> str:
        """The session's id; "" when the call names none."""
        return "" if self.held is None else self.held.id
