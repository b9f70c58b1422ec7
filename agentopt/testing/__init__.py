"""What a user or an author of a plug-in tests with: scripted models, a loopback model server, contract suites.

`ScriptedModel` stands in for a model in process; `ModelServer` speaks the wire
formats of OpenAI and Anthropic on 127.0.0.1. Nothing here needs a network or a key.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.testing.contract import broken_promises
    from agentopt.testing.model import AsyncScriptedModel, ScriptedModel
    from agentopt.testing.server import ModelServer

__all__ = ["AsyncScriptedModel", "ModelServer", "ScriptedModel", "broken_promises"]

_HOME = {
    "AsyncScriptedModel": "agentopt.testing.model",
    "ModelServer": "agentopt.testing.server",
    "ScriptedModel": "agentopt.testing.model",
    "broken_promises": "agentopt.testing.contract",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'agentopt.testing' has no attribute {name!r}; it has {__all__}")
    return getattr(import_module(_HOME[name]), name)
