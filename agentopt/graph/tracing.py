"""`trace`: the decorator that makes calls of a function part of the graph, or a class a module."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isasyncgenfunction, isgeneratorfunction
from types import FunctionType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from agentopt.errors import TraceError
from agentopt.graph import operators
from agentopt.graph.code.workplace import CALL_S
from agentopt.graph.module import Module, as_module
from agentopt.graph.nodes import Node
from agentopt.graph.threads import watch_threads
from agentopt.graph.traced import Bound, Traced, Tracing

if TYPE_CHECKING:
    from agentopt.sandbox.sandbox import Sandbox

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

_PLAIN = frozenset(
    f"__{name}__"
    for name in (
        "new", "init", "repr", "str", "bytes", "format", "hash", "bool", "len", "length_hint", "int", "float",
        "complex", "index", "iter", "aiter", "await", "dir", "sizeof", "fspath", "reduce", "reduce_ex", "getnewargs",
        "getnewargs_ex", "mro_entries",
    )
)  # fmt: skip
"""The methods of which Python itself takes a value of a certain type only."""

__all__ = ["Module", "operators", "trace"]


@overload
def trace(target: C) -> C: ...  # type: ignore[overload-overlap]
@overload
def trace(target: Callable[P, R]) -> Traced[P, R]: ...
@overload
def trace(
    *,
    trainable: bool = False,
    opaque: bool = True,
    allow_hidden: bool = False,
    memo: bool = True,
    name: str | None = None,
    source: str | None = None,
    sandbox: Sandbox | None = None,
    timeout_s: float = CALL_S,
) -> Callable[[Callable[P, R]], Traced[P, R]]: ...


def trace(target: Any = None, **settings: Any) -> Any:
    """Record every call of a function as one node of the graph.

    The function gets plain values, whatever it is called with, and the call returns a node. Works on functions,
    methods, static and class methods, properties, async functions, generators, lambdas and built-in functions, above
    and below other decorators. A class becomes a module: its parameters are found, saved and copied together (see
    `Module`).

    Args:
        target: The function or class.
        trainable: Its code is a parameter too. The version that stands in the program runs in process, any other
            in the sandbox.
        opaque: Whether the inside stays out of sight. If not, the function works on nodes, and what it does with them
            is recorded as a block, which a trace can show folded.
        allow_hidden: Whether it may read nodes that were not passed to it, which are recorded as inputs then.
        memo: Whether, in a search, a call with inputs that were seen before gives what it gave then (see `Memo`); False
            for a function that draws at random, or does something beside giving a value.
        name: What traces call it.
        source: The source of a trainable function, where Python cannot find it.
        sandbox: Where learned code runs; None opens the default one at the first need.
        timeout_s: How long one call of learned code may take, in seconds; loading it has at least 3.

    Raises:
        TraceError: The target cannot be traced in this way.

    Source: Trace (Cheng, Nie and Swaminathan, NeurIPS 2024), section 3, where it is called bundle.
    """
    tracing = Tracing(**settings)
    if target is None:
        return lambda later: _trace(later, tracing)
    return _trace(target, tracing)


def _trace(target: Any, tracing: Tracing) -> Any:
    if isinstance(target, staticmethod | classmethod):
        return type(target)(_trace(target.__func__, tracing))
    if isinstance(target, property):
        return property(_trace(target.fget, tracing), target.fset, target.fdel, target.__doc__)
    if isinstance(target, type):
        if tracing != Tracing():
            raise TraceError(f"expected @trace alone on the class {target.__name__}; its functions take the settings")
        return as_module(target)
    if isinstance(target, Traced | Bound):
        raise TraceError(f"{target.operation.name} is traced already")
    if not callable(target) or isinstance(target, Node):
        raise TraceError(f"expected a function or a class to trace, got {type(target).__name__}")
    if _gives_plain(target):
        raise TraceError(
            f"Python needs a plain value from {target.__qualname__}; trace a function that it calls instead"
        )
    watch_threads()
    return Traced(target, tracing)


def _gives_plain(target: object) -> bool:
    """Whether it is a method whose result Python would refuse as a node; of a generator nodes come one by one."""
    if not isinstance(target, FunctionType) or target.__name__ not in _PLAIN:
        return False
    return not (isgeneratorfunction(target) or isasyncgenfunction(target))
