"""What a recorded node was made by: a traced function, an operator, or a part taken out of a container."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from agentopt.graph.snapshot import without_addresses

CODE = "code"
"""The name of the input of a trainable function's call that is its code."""


class Operation:
    """One thing that can be recorded, described once, however often it is recorded.

    Attributes:
        name: What nodes made by it are named after.
        template: How a call reads, as "{0} + {1}"; "" reads as name(argument=node, ...).
        function: The traced function; None for operators.
        kind: "function", "operator", "container" or "change".
    """

    __slots__ = ("_documentation", "function", "kind", "memo", "name", "template")

    def __init__(
        self, name: str, *, template: str = "", function: Callable[..., Any] | None = None, kind: str = "operator"
    ) -> None:
        self.name = name
        self.template = template
        self.function = function
        self.kind = kind
        self.memo = False
        """Whether a call may be remembered; see `memo`."""
        self._documentation: str | None = None

    def __repr__(self) -> str:
        return f"Operation({self.name!r})"

    @property
    def documentation(self) -> str:
        """Signature and docstring of a traced function; "" for an operator."""
        if self._documentation is None:
            self._documentation = self._documented()
        return self._documentation

    def _documented(self) -> str:
        if self.function is None:
            return ""
        try:
            signature = without_addresses(str(_unquoted(inspect.signature(self.function))))
        except (TypeError, ValueError):  # some built-in functions do not tell theirs
            signature = "(...)"
        # Of a partial function, what is written on the class `partial` says nothing.
        doc = inspect.getdoc(self.function.func if isinstance(self.function, partial) else self.function) or ""
        head = f"{self.name}{signature}"
        return f"{head}\n{_indented(doc)}" if doc else head

    def expression(self, inputs: dict[str, str], name: str) -> str:
        """A call in the names of its inputs, such as `shout(text=greeting)`, of a function under this name."""
        if self.template:
            return self.template.format(*inputs.values(), all=_arguments(inputs))
        return f"{name}({_arguments(inputs)})"


def name_of(function: Any) -> str:
    """What traces call a function that was given no name."""
    while isinstance(function, partial):
        function = function.func
    name: str = getattr(function, "__name__", type(function).__name__)
    return name.strip("<>")


class _Bare(str):
    """An annotation that was never evaluated, as it was written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _unquoted(signature: inspect.Signature) -> inspect.Signature:
    """A signature whose annotations read as they were written, where the module leaves them as text."""

    def bare(annotation: Any) -> Any:
        return _Bare(annotation) if isinstance(annotation, str) else annotation

    parameters = [one.replace(annotation=bare(one.annotation)) for one in signature.parameters.values()]
    return signature.replace(parameters=parameters, return_annotation=bare(signature.return_annotation))


def _arguments(inputs: dict[str, str]) -> str:
    return ", ".join([f"{name}={value}" for name, value in inputs.items()])


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
