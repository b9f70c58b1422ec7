"""`parameter`: makes a value something that an optimizer may change."""

from __future__ import annotations

from typing import Any

from agentopt.errors import TraceError
from agentopt.graph import operators
from agentopt.graph.domains.domain import Domain
from agentopt.graph.domains.infer import infer
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.recording import unwrap
from agentopt.graph.state import born

__all__ = ["operators", "parameter"]


def parameter(
    value: Any,
    domain: Domain[Any] | None = None,
    *,
    name: str | None = None,
    description: str = "",
    trainable: bool = True,
) -> Parameter[Any]:
    """Make a value something that an optimizer may change.

    Args:
        value: The first version.
        domain: What other values there are; None infers it: text keeps its {placeholders}, a bool is a choice, numbers
            keep their type, lists and dicts the types of what is in them.
        name: What traces, prompts and files call it; a parameter in an attribute needs none.
        description: What it is for, in a sentence for whoever changes it.
        trainable: Whether an optimizer may change it.

    Raises:
        DomainError: The value is not in the domain.
        TraceError: The value is a function, whose code becomes a parameter by @trace(trainable=True).
    """
    if callable(value) and not isinstance(value, Node):
        raise TraceError("a function's code becomes a parameter by @trace(trainable=True), not by parameter()")
    plain = unwrap(value)
    domain = infer(plain) if domain is None else domain
    return born(Parameter(plain, domain, name=name or "", description=description, trainable=trainable))
