"""Threads that a traced function starts, and work that it gives to a pool, count as part of its call."""

from __future__ import annotations

from agentopt.graph.state import STATE, Call, State
from agentopt.inheritance import inherit


def watch_threads() -> None:
    """Let threads that a traced function starts count as part of its call, from now on.

    Outside of traced functions nothing changes.
    """
    inherit(STATE, _in_call)


def _in_call(state: State) -> bool:
    return type(state) is Call
