"""The domain of a function's source: any Python that keeps the function's name, parameters and docstring."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from agentopt.errors import DomainError, LLMError, TraceError
from agentopt.graph.code.definition import Argument, Definition, FunctionNode, define, parse
from agentopt.graph.code.original import original_source, undented, without_decorators
from agentopt.graph.domains.domain import brief, unfit
from agentopt.llm.fence import fenced, fenced_blocks


@dataclass(frozen=True)
class Code:
    """Sources that define one function as the original does; helpers and imports may stand around it.

    Made by `Code.of(function)` or `Code.from_source(text)`.
    """

    source: str
    """The original, without its decorators."""
    definition: Definition
    decorators: tuple[str, ...] = ()
    """Those of the original, without the @; they are no part of a value."""

    kind: ClassVar[str] = "code"

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """The domain of a function that a human wrote.

        Raises:
            TraceError: Its source cannot be found, or it is of a kind that cannot be learned.
        """
        plain = inspect.unwrap(function.__func__ if isinstance(function, types.MethodType) else function)
        if not isinstance(plain, types.FunctionType):
            raise TraceError(f"expected a Python function whose code is to be learned, got {brief(function)}")
        return cls.from_source(original_source(plain), plain.__code__.co_name)

    @classmethod
    def from_source(cls, source: str, name: str | None = None) -> Self:
        """The domain of a function whose source is at hand; its name may be left out if it is the only one.

        Raises:
            TraceError: The source does not define it, or it is of a kind that cannot be learned.
        """
        try:
            source = undented(source).rstrip() + "\n"
            node = _function(parse(source), name)
        except (DomainError, SyntaxError) as error:
            raise TraceError(f"no function can be learned from this source: {error}") from error
        definition = define(node)
        if definition.yields:
            raise TraceError(f"{node.name} is a generator, whose code cannot be learned; let it return a list")
        return cls(without_decorators(source, node), definition, definition.decorators)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def signature(self) -> tuple[Argument, ...]:
        """The parameters: names, kinds, defaults, annotations."""
        return self.definition.arguments

    @property
    def docstring(self) -> str | None:
        return self.definition.docstring

    @property
    def is_async(self) -> bool:
        return self.definition.is_async

    @property
    def is_method(self) -> bool:
        """Whether the first parameter is called self."""
        return bool(self.signature) and self.signature[0].name == "self"

    def check(self, value: object) -> None:
        """Do nothing if the value is a source of this domain, else raise DomainError."""
        if type(value) is not str:
            raise unfit("Python source as a text", value)
        found = define(_function(parse(value), self.name))
        wanted = self.definition
        if found.is_async != wanted.is_async:
            words = ("async def", "def") if wanted.is_async else ("def", "async def")
            raise DomainError(f"expected {self.name} to be defined by {words[0]}, got {words[1]}")
        if found.yields:
            raise DomainError(f"expected {self.name} to return its result, got a generator that yields")
        if found.call_form != wanted.call_form:
            raise DomainError(f"expected {self.name} with the parameters ({wanted.form}), got ({found.form})")
        if found.decorators:
            raise DomainError(f"expected {self.name} without decorators, got @{found.decorators[0]}")
        if wanted.docstring and found.docstring and found.docstring.split() != wanted.docstring.split():
            raise DomainError(
                f"expected the docstring of {self.name} as it was or none, since it is the contract, "
                f"got {brief(found.docstring)}"
            )

    def describe(self) -> str:
        """Say to a model what sources there are."""
        return (
            f"Python source that defines `{self.definition.header}` at top level, with the same parameters, defaults "
            "and docstring; helpers and imports may stand beside it"
        )

    def parse(self, raw: Any) -> str:
        """Take a source, bare or in one fenced block, at any indentation, with or without the original's decorators."""
        if type(raw) is not str:
            raise unfit("Python source as a text", raw)
        value = _unpacked(raw.replace("\r\n", "\n")).rstrip() + "\n"
        value = self._undecorated(value)
        self.check(value)
        return value

    def schema(self) -> Any:
        """A reply gives the source as a JSON string."""
        return str

    def show(self, value: str) -> str:
        """A model sees the source itself."""
        return value

    def _undecorated(self, source: str) -> str:
        """The source without a copy of the original's own decorators, which the function has anyway."""
        node = _function(parse(source), self.name)
        if not node.decorator_list or define(node).decorators != self.decorators:
            return source
        return without_decorators(source, node)


def _function(tree: ast.Module, name: str | None) -> FunctionNode:
    """The one top-level definition of a name.

    Raises:
        DomainError: There is none, or more than one, or the name is bound to something else as well.
    """
    functions = [node for node in tree.body if isinstance(node, FunctionNode)]
    if name is None and len(functions) == 1:
        return functions[0]
    names = ", ".join(node.name for node in functions) or "none"
    if name is None:
        raise DomainError(f"expected one function at top level, got {names}; name the one that is meant")
    fitting = [node for node in functions if node.name == name]
    if len(fitting) != 1:
        raise DomainError(f"expected one definition of the function {name} at top level, got {len(fitting)} of {names}")
    for node in tree.body:
        if node is not fitting[0] and name in _bound(node):
            raise DomainError(f"expected {name} to be only a function, line {node.lineno} binds it to something else")
    return fitting[0]


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement of the top level binds."""
    if isinstance(node, FunctionNode | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return {inner.id for inner in names if not isinstance(inner.ctx, ast.Load)}


def _unpacked(raw: str) -> str:
    """Take the source out of a fence, unless the text is Python as it stands."""
    try:
        ast.parse(source := undented(raw))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if not fenced_blocks(raw):
            return raw
    else:
        return source
    try:
        return undented(fenced(raw, "python"))
    except LLMError as error:
        raise DomainError(str(error)) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return fenced(raw, "python")
