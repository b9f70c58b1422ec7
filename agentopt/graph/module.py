"""Modules: classes whose parameters are found, copied, saved and written back together."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, Self, TypeVar

from agentopt.errors import TraceError
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.snapshot import MARK
from agentopt.graph.walk import name_parameters

C = TypeVar("C", bound=type)
_HEAP_TYPE = 1 << 9
"""The flag of classes that Python code made, which can be given attributes."""


class Module:
    """A base class for objects that hold parameters; `@trace` on a class adds the same methods to it.

    Parameters are what stands in attributes and slots, in lists, dicts, dataclasses and modules inside, and the code of
    trainable methods, which each instance has of its own. What stands in an attribute of the class is shared by all
    instances and their copies. Other objects inside, such as a client of a provider, are not looked into.
    """

    def parameters(self) -> list[Parameter[Any]]:
        """Every parameter of the module and the modules inside, in the order in which they were made part of it."""
        return list(name_parameters(self).values())

    def named_parameters(self) -> dict[str, Parameter[Any]]:
        """The same by their paths, such as `planner.prompt`."""
        return name_parameters(self)

    def copy(self) -> Self:
        """A module with parameters of its own, with the same values and history."""
        return copy.deepcopy(self)

    def save(self, path: str | Path) -> None:
        """Write all parameters with their versions as readable text.

        Raises:
            FileError: The file cannot be written; what stood there before is still there.
        """
        from agentopt.graph.writing import parameter_file

        parameter_file.save(self, path)

    def load(self, path: str | Path) -> None:
        """Read the parameters back.

        Raises:
            FileError: The file cannot be read or is no such file.
            DomainError: A value does not fit its parameter; no parameter was changed.
            InputError: The file's parameters are not this module's.
        """
        from agentopt.graph.writing import parameter_file

        parameter_file.load(self, path)

    def export(self, path: str | Path) -> None:
        """Write the learned functions and values as plain Python, which needs nothing of agentopt.

        Raises:
            FileError: The file cannot be written.
        """
        from agentopt.graph.writing import export_source

        export_source.export(self, path)


setattr(Module, MARK, True)


def as_module(kind: C) -> C:
    """Give a class the methods of `Module` that it does not define itself; it stays the same class."""
    if issubclass(kind, Module):
        return kind
    if not kind.__flags__ & _HEAP_TYPE:
        raise TraceError(f"{kind.__name__} is a built-in class; trace a function that calls it")
    for name in ("parameters", "named_parameters", "copy", "save", "load", "export"):
        if not hasattr(kind, name):
            setattr(kind, name, getattr(Module, name))
    setattr(kind, MARK, True)
    return kind
