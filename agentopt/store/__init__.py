"""Runs in one SQLite file: what was tried, what it gave, what it took, and what was said.

Store       the file; its runs
RunLog      one run while it goes on: everything is written when it happens, and is there after a kill -9
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.store.file import Store
    from agentopt.store.log import RunLog
    from agentopt.store.records import AskRow, CallRow, CandidateRow, RunRow, TrialRow

_HOME = {
    "AskRow": "records",
    "CallRow": "records",
    "CandidateRow": "records",
    "RunLog": "log",
    "RunRow": "records",
    "Store": "file",
    "TrialRow": "records",
}

__all__ = ["AskRow", "CallRow", "CandidateRow", "RunLog", "RunRow", "Store", "TrialRow"]


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'agentopt.store' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"agentopt.store.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
