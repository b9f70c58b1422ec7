"""agentopt lets a language model optimize: prompts, code, parameters, formulations and kernels.

Importing it is cheap on purpose: the names below load their module at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.graph import (
        Feedback,
        Module,
        Node,
        TraceGraph,
        backward,
        no_trace,
        node,
        parameter,
        parameters,
        trace,
    )
    from agentopt.llm import Budget, Model, connect
    from agentopt.search import Dataset, Result, optimize
    from agentopt.solvers.modeling import Formulation, Session, Solution, solve

__version__ = "0.1.0"
__all__ = [
    "Budget",
    "Dataset",
    "Feedback",
    "Formulation",
    "Model",
    "Module",
    "Node",
    "Result",
    "Session",
    "Solution",
    "TraceGraph",
    "__version__",
    "backward",
    "connect",
    "no_trace",
    "node",
    "optimize",
    "parameter",
    "parameters",
    "solve",
    "trace",
]

_HOME = {
    "Budget": "agentopt.llm",
    "Model": "agentopt.llm",
    "connect": "agentopt.llm",
    "Feedback": "agentopt.graph",
    "Module": "agentopt.graph",
    "Node": "agentopt.graph",
    "TraceGraph": "agentopt.graph",
    "backward": "agentopt.graph",
    "no_trace": "agentopt.graph",
    "node": "agentopt.graph",
    "parameter": "agentopt.graph",
    "parameters": "agentopt.graph",
    "trace": "agentopt.graph",
    "Dataset": "agentopt.search",
    "Result": "agentopt.search",
    "optimize": "agentopt.search",
    "Formulation": "agentopt.solvers.modeling",
    "Session": "agentopt.solvers.modeling",
    "Solution": "agentopt.solvers.modeling",
    "solve": "agentopt.solvers.modeling",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'agentopt' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
