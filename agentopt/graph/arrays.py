"""What numpy does with nodes: its functions are recorded, and an array beside a node leaves the operator to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentopt.graph.nodes import Node
from agentopt.graph.operation import Operation
from agentopt.graph.recording import operate
from agentopt.graph.signature import distinct


def array(self: Node[Any], dtype: Any = None, copy: bool | None = None) -> Any:
    """The plain value as an array, as float() gives a plain number."""
    import numpy as np

    return np.array(self.data, dtype=dtype) if copy else np.asarray(self.data, dtype=dtype)


def array_ufunc(self: Node[Any], ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """A function that works element by element, such as numpy.exp, and operators with an array on the left."""
    if method == "__call__" and ufunc.__name__ in ("equal", "not_equal"):
        # == and != are plain on either side.
        other = inputs[1] if inputs[0] is self else inputs[0]
        return (self == other) is (ufunc.__name__ == "equal")
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}_{method}"
    return _record(name, getattr(ufunc, method), inputs, kwargs)


def array_function(
    self: Node[Any], function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Any other function of numpy, such as numpy.concatenate."""
    return _record(function.__name__, function, args, kwargs)


def _record(name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    n_args = len(args)

    def compute(*values: Any) -> Any:
        return function(*values[:n_args], **dict(zip(kwargs, values[n_args:], strict=True)))

    names = distinct((*(f"args_{place}" for place in range(n_args)), *kwargs))
    return operate(Operation(name), compute, names, (*args, *kwargs.values()))
