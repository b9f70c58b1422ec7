"""Optimizers: told what happened, asked what to try next.

OptoPrime   reads the whole trace in one call
TextGrad    passes feedback back call by call, then asks for new values
OPRO        sees the values tried and their scores, no trace
LocalSearch tries numbers, choices and exemplars near those that are there; asks no model
Random      draws them from their whole domains, a baseline; asks no model
Mixed       gives every kind of parameter the optimizer that suits it
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.optimizers.local_search import LocalSearch
    from agentopt.optimizers.mixed import Mixed
    from agentopt.optimizers.opro import OPRO
    from agentopt.optimizers.optimizer import Optimizer, Settings
    from agentopt.optimizers.optoprime import OptoPrime
    from agentopt.optimizers.prompted import Prompted
    from agentopt.optimizers.proposal import Evaluation, Proposal, Rejection, Step
    from agentopt.optimizers.random import Random
    from agentopt.optimizers.textgrad import TextGrad

__all__ = [
    "OPRO",
    "Evaluation",
    "LocalSearch",
    "Mixed",
    "Optimizer",
    "OptoPrime",
    "Prompted",
    "Proposal",
    "Random",
    "Rejection",
    "Settings",
    "Step",
    "TextGrad",
]

_HOME = {
    "Evaluation": "proposal",
    "LocalSearch": "local_search",
    "Mixed": "mixed",
    "OPRO": "opro",
    "Optimizer": "optimizer",
    "OptoPrime": "optoprime",
    "Prompted": "prompted",
    "Proposal": "proposal",
    "Random": "random",
    "Rejection": "proposal",
    "Settings": "optimizer",
    "Step": "proposal",
    "TextGrad": "textgrad",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'agentopt.optimizers' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"agentopt.optimizers.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
