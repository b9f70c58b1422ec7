"""Runs code that a model wrote; nothing else in agentopt does."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.sandbox.forkserver import ForkServerSandbox
    from agentopt.sandbox.levels import UNSAFE_WORDS, Finding, Level
    from agentopt.sandbox.opening import open_sandbox
    from agentopt.sandbox.outcome import Limits, Outcome, Verdict
    from agentopt.sandbox.probing import probe
    from agentopt.sandbox.sandbox import Sandbox
    from agentopt.sandbox.session import Session

__all__ = [
    "UNSAFE_WORDS",
    "Finding",
    "ForkServerSandbox",
    "Level",
    "Limits",
    "Outcome",
    "Sandbox",
    "Session",
    "Verdict",
    "open_sandbox",
    "probe",
]

_HOME = {
    "ForkServerSandbox": "forkserver",
    "UNSAFE_WORDS": "levels",
    "Finding": "levels",
    "Level": "levels",
    "Limits": "outcome",
    "Outcome": "outcome",
    "Verdict": "outcome",
    "Sandbox": "sandbox",
    "Session": "session",
    "open_sandbox": "opening",
    "probe": "probing",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
