"""From parameters by path to the text of a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.code.code import Code
from agentopt.graph.code.learned_code import LearnedCode
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.writing.export_class import ClassWriter
from agentopt.graph.writing.page import upper_name


def exported(found: Mapping[str, Parameter[Any]]) -> str:
    """The module that holds the current versions of parameters.

    Raises:
        InputError: One of them, or something that its code uses, cannot be written as Python; names it.
    """
    writer = ClassWriter()
    owners: dict[int, tuple[str, object]] = {}
    # Names first: what the caller asked for is called as he knows it, whatever its helpers are called.
    for path, parameter in found.items():
        domain = parameter.domain
        if isinstance(domain, LearnedCode) and domain.instance is not None:
            owners.setdefault(id(domain.instance), (path.rpartition(".")[0], domain.instance))
        elif isinstance(domain, LearnedCode | Code):
            writer.name_function(parameter)
        else:
            writer.name_value(upper_name(path, parameter.name), parameter)
    for path, instance in owners.values():
        writer.name_class(path, instance, found.values())
    for path, parameter in found.items():
        if not isinstance(parameter.domain, LearnedCode | Code):
            writer.value(parameter, path)
    for parameter in found.values():
        domain = parameter.domain
        if isinstance(domain, LearnedCode) and domain.instance is not None:
            writer.instance(domain.instance)
        elif isinstance(domain, LearnedCode | Code):
            writer.learned(parameter)
    text = writer.page.text()
    try:
        compile(text, "<export>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"the learned code cannot be written as one module of Python: {error}") from error
    return text
