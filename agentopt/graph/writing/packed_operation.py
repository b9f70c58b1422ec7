"""Operations in packed traces: what a reader is told of a function, without the function."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from agentopt.errors import TraceError
from agentopt.graph.operation import Operation

_KINDS = ("function", "operator", "container", "change")


def operation_as_data(operation: Operation) -> list[Any]:
    """An operation as JSON data."""
    function = operation.function
    place = "" if function is None else f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', '')}"
    return [operation.kind, operation.name, operation.template, operation.documentation, place]


def operation_from_data(data: Any) -> Operation:
    """The operation; equal data gives the same one, so that several traces of one function know it for one.

    Raises:
        TraceError: The data is none.
    """
    if (
        not isinstance(data, list)
        or len(data) != 5
        or data[0] not in _KINDS
        or any(type(one) is not str for one in data)
    ):
        raise TraceError(f"expected an operation of a packed trace, got {str(data)[:80]}")
    return _operation(*data)


class _Told(Operation):
    """An operation of which only the words are known."""

    __slots__ = ()

    def __init__(self, kind: str, name: str, template: str, documentation: str) -> None:
        super().__init__(name, template=template, function=_elsewhere if kind == "function" else None, kind=kind)
        self._documentation = documentation


@lru_cache(maxsize=4096)
def _operation(kind: str, name: str, template: str, documentation: str, place: str) -> Operation:
    return _Told(kind, name, template, documentation)


def _elsewhere(*args: Any, **kwargs: Any) -> Any:
    raise TraceError("this function stands in another process or session; only its trace is here")
