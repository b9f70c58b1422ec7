"""The session of a learned method: its object's state stays in the sandbox, and only what changed is sent again."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

from agentopt.graph.code.receiver import NOT_HELD
from agentopt.sandbox.outcome import Outcome
from agentopt.sandbox.session import Session


class ObjectSession:
    """Calls CALL_METHOD of a prelude, which keeps the state that it is given from call to call.

    Args:
        session: Where it is loaded.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held: dict[str, bytes] = {}
        self._keeps = True

    def call(self, args: Sequence[Any], kwargs: Mapping[str, Any], *, wall_s: float) -> Outcome:
        """Call with (state, args, kwargs); see `Session.call`."""
        state, *rest = args
        now = _pickled(state) if self._keeps else {}
        changed = {name: value for name, value in state.items() if name not in now or self._held.get(name) != now[name]}
        # Until it went well, it is not known what is there.
        self._held = {}
        outcome = self._session.call([changed, *rest], kwargs, wall_s=wall_s)
        if outcome.verdict == "error" and NOT_HELD in outcome.error and len(changed) < len(state):
            # A session that is loaded anew, maybe at each call, has nothing to keep.
            self._keeps = False
            return self._session.call(args, kwargs, wall_s=wall_s)
        if outcome.ok:
            self._held = now
        return outcome

    def close(self) -> None:
        """End the session."""
        self._session.close()


def _pickled(state: Mapping[str, Any]) -> dict[str, bytes]:
    """What tells of each value whether it changed; of what cannot be told, nothing."""
    found = {}
    for name, value in state.items():
        try:
            found[name] = pickle.dumps(value)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
            continue
    return found
