"""Errors as nodes: what a failed call leaves in the graph, so that failing runs can be optimized too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import unwrap
from linecache import getline
from traceback import walk_tb
from types import CodeType
from typing import TYPE_CHECKING, Any

from agentopt.errors import CodeError, TraceError

if TYPE_CHECKING:
    from agentopt.graph.nodes import Node

MAX_CHARS = 2000
_KEY = "__agentopt_node__"


@dataclass(frozen=True, slots=True)
class Failure:
    """The value of the node of a failed call. It holds no traceback, so nothing of the call stays alive."""

    kind: str
    """The exception's class."""
    message: str
    place: str
    """The line of the failing function, counted from its first, as "line 3: return 1 / 0"; "" if unknown."""

    def __str__(self) -> str:
        said = f"{self.kind}: {self.message}" if self.message else self.kind
        return f"{said} ({self.place})" if self.place else said


def failure_of(error: BaseException, function: object = None) -> Failure:
    """Describe an exception; never raises, whatever the exception's own text does."""
    try:
        message = str(error)[:MAX_CHARS]
    except Exception as second:  # noqa: BLE001
        # An exception's __str__ is the program's own code.
        message = f"its text raises {type(second).__name__}"
    if isinstance(error, CodeError):
        return Failure(error.kind or "CodeError", message, error.place)
    return Failure(type(error).__name__, message, _place(error, function))


def attach(error: BaseException, node: Node[Failure]) -> None:
    """Let an exception carry the node of the call that it ended."""
    error.__dict__[_KEY] = node


def carried(error: BaseException) -> Node[Failure] | None:
    """The node that an exception carries, if a traced call raised it."""
    return error.__dict__.get(_KEY)


def error_node(error: BaseException) -> Node[Failure]:
    """The node of the traced call that an exception ended; its ancestors are the call's inputs and code.

    An exception that no traced call raised stands for the first that did among the members of its group, such as a
    TaskGroup raises, what it was raised from, and what was being handled when it was raised, in this order, and so on.

    Raises:
        TraceError: No traced call raised it, nor any of these.
    """
    for one in _behind(error):
        if (node := carried(one)) is not None:
            return node
    raise TraceError(f"expected an exception that left a traced call, got {type(error).__name__} from elsewhere")


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it, each once, depth first."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        members = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += reversed([*members, one.__cause__, one.__context__])


def _place(error: BaseException, function: Any) -> str:
    """The innermost line of the function itself on the way to the error."""
    code = getattr(unwrap(function), "__code__", None)
    if code is None:
        return ""
    lines = [line for _, _, line in code.co_lines() if line]
    first, last = code.co_firstlineno, max(lines, default=code.co_firstlineno)
    frames = ((frame.f_code, line) for frame, line in walk_tb(error.__traceback__))
    inside = [line for frame, line in frames if frame.co_filename == code.co_filename and first <= line <= last]
    if not inside:
        return ""
    text = getline(code.co_filename, inside[-1]).strip()
    return f"line {inside[-1] - _def_line(code) + 1}: {text}".removesuffix(": ")


def _def_line(code: CodeType) -> int:
    """The line of the def, from which a reader of the source counts; Python counts decorators in."""
    for line in range(code.co_firstlineno, max((line for _, _, line in code.co_lines() if line), default=0)):
        if getline(code.co_filename, line).lstrip().startswith(("def ", "async def ")):
            return line
    return code.co_firstlineno
