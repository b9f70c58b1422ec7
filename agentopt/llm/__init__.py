"""Talking to language models: one `Model`, whatever the provider, with typed replies and a budget.

    connect      a Model by name, from the environment or agentopt.toml
    complete     Model's one verb; a pydantic type in, a value of that type out
    Budget       limits on calls, tokens, dollars, seconds and evaluations
    render       a prompt from its Markdown file
    fenced       the program in a reply

A reply passes these layers on its way up, and each can be read on its own:
provider client -> metering -> retry -> abilities -> verdict -> cache -> recording -> ambient -> typed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.llm.budget import Account, Budget
    from agentopt.llm.config import Config, load_config
    from agentopt.llm.connection import connect, connect_async
    from agentopt.llm.discovery import Discovery, discover
    from agentopt.llm.draws import Draws, complete_many
    from agentopt.llm.fence import fenced, fenced_blocks
    from agentopt.llm.message import Message, Reply, Sampling, Usage
    from agentopt.llm.model import AsyncModel, Model
    from agentopt.llm.options import Options
    from agentopt.llm.prompt import Prompt, render
    from agentopt.llm.retry import RetryPolicy
    from agentopt.llm.typed import decode

_HOME = {
    "Account": "budget",
    "AsyncModel": "model",
    "Budget": "budget",
    "Config": "config",
    "Discovery": "discovery",
    "Message": "message",
    "Model": "model",
    "Options": "options",
    "Prompt": "prompt",
    "Reply": "message",
    "Sampling": "message",
    "RetryPolicy": "retry",
    "Usage": "message",
    "Draws": "draws",
    "complete_many": "draws",
    "connect": "connection",
    "connect_async": "connection",
    "decode": "typed",
    "discover": "discovery",
    "fenced": "fence",
    "fenced_blocks": "fence",
    "load_config": "config",
    "render": "prompt",
}

__all__ = [
    "Account",
    "AsyncModel",
    "Budget",
    "Config",
    "Discovery",
    "Draws",
    "Message",
    "Model",
    "Options",
    "Prompt",
    "Reply",
    "RetryPolicy",
    "Sampling",
    "Usage",
    "complete_many",
    "connect",
    "connect_async",
    "decode",
    "discover",
    "fenced",
    "fenced_blocks",
    "load_config",
    "render",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'agentopt.llm' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"agentopt.llm.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
