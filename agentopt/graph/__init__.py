"""Nodes, parameters and the trace: what ran, what it was made of, and what may be changed.

trace       records the calls of a function as nodes, or makes a class a module
node        puts a value into the graph
parameter   makes a value something that an optimizer may change, within a domain
backward    sends feedback from an output, or an exception, back to the parameters: a TraceGraph
no_trace    records nothing for a while
save, load  keep the parameters of anything in a file that a person can read
export      writes what was learned as plain Python
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentopt.graph.choosing import using
    from agentopt.graph.code.code import Code
    from agentopt.graph.domains.choice import Choice
    from agentopt.graph.domains.data import Data
    from agentopt.graph.domains.domain import Domain
    from agentopt.graph.domains.exemplars import Exemplars
    from agentopt.graph.domains.number import Integer, Real
    from agentopt.graph.domains.text import Text
    from agentopt.graph.failure import Failure, error_node
    from agentopt.graph.feedback import Feedback
    from agentopt.graph.module import Module
    from agentopt.graph.nodes import Node
    from agentopt.graph.operators import node
    from agentopt.graph.parameter_node import Parameter, Version
    from agentopt.graph.propagation import backward, backward_all
    from agentopt.graph.recording import unwrap
    from agentopt.graph.shown.step import Step
    from agentopt.graph.shown.trace_graph import TraceGraph
    from agentopt.graph.state import no_trace
    from agentopt.graph.tracing import trace
    from agentopt.graph.variable import parameter
    from agentopt.graph.walk import parameters
    from agentopt.graph.writing.export_source import export
    from agentopt.graph.writing.parameter_file import load, save

# No module here has the name of something public in it: importing it would put the module in that one's place.
_HOME = {
    "Choice": "domains.choice",
    "Code": "code.code",
    "Data": "domains.data",
    "Domain": "domains.domain",
    "Exemplars": "domains.exemplars",
    "Failure": "failure",
    "Feedback": "feedback",
    "Integer": "domains.number",
    "Module": "module",
    "Node": "nodes",
    "Parameter": "parameter_node",
    "Real": "domains.number",
    "Step": "shown.step",
    "Text": "domains.text",
    "TraceGraph": "shown.trace_graph",
    "Version": "parameter_node",
    "backward": "propagation",
    "backward_all": "propagation",
    "error_node": "failure",
    "export": "writing.export_source",
    "load": "writing.parameter_file",
    "no_trace": "state",
    "node": "operators",
    "parameter": "variable",
    "parameters": "walk",
    "save": "writing.parameter_file",
    "trace": "tracing",
    "unwrap": "recording",
    "using": "choosing",
}

__all__ = [
    "Choice",
    "Code",
    "Data",
    "Domain",
    "Exemplars",
    "Failure",
    "Feedback",
    "Integer",
    "Module",
    "Node",
    "Parameter",
    "Real",
    "Step",
    "Text",
    "TraceGraph",
    "Version",
    "backward",
    "backward_all",
    "error_node",
    "export",
    "load",
    "no_trace",
    "node",
    "parameter",
    "parameters",
    "save",
    "trace",
    "unwrap",
    "using",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'agentopt.graph' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"agentopt.graph.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
