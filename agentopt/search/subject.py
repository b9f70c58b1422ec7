"""What is optimized: a workflow, the metric that judges it, and the parameters that it depends on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType, MethodType
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.callee import Callee
from agentopt.graph.nodes import Node
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.snapshot import FIXED, MARK
from agentopt.graph.walk import name_parameters

Workflow = Callable[[Any], Any]
Metric = Callable[[Any, Any], Any]
_SEEN_THROUGH = (list, tuple, dict, set, frozenset)


@dataclass(frozen=True)
class Subject:
    """A workflow with its metric.

    It crosses to other processes by reference, as functions do, and finds its parameters there anew.

    Args:
        workflow: Called with an item.
        metric: Called with the item and the plain value that the workflow gave; returns a score, a Feedback, a pair of
            score and text, or a truth.
        given: Parameters to optimize, if not all that the workflow can reach.

    Raises:
        InputError: Workflow or metric cannot be called.
    """

    workflow: Workflow
    metric: Metric
    given: tuple[Parameter[Any], ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for name, thing in (("workflow", self.workflow), ("metric", self.metric)):
            if not callable(thing):
                raise InputError(f"expected the {name} as something that can be called, got {type(thing).__name__}")

    @property
    def name(self) -> str:
        """As module:function where it has one."""
        return name_of(self.workflow)

    def parameters(self) -> dict[str, Parameter[Any]]:
        """The trainable parameters by key: their names, made different where two are alike.

        Raises:
            InputError: There is none.
        """
        found = self.given or tuple(reachable(self.workflow).values())
        keys: dict[str, Parameter[Any]] = {}
        for parameter in found:
            if parameter.trainable:
                keys[_free(parameter.name or "parameter", keys)] = parameter
        if not keys:
            raise InputError(
                f"{self.name} reaches no trainable parameter: make one with parameter(...) or @trace(trainable=True), "
                "and let the workflow use it as a global, an attribute or a default"
            )
        return keys

    def __reduce__(self) -> tuple[Any, ...]:
        return Subject, (self.workflow, self.metric)


def reachable(workflow: object) -> dict[str, Parameter[Any]]:
    """Every parameter that a workflow can get at by itself, by path.

    Looked through are the object itself, what its functions name of their module and enclose, and so on through
    traced functions and functions of the same module; no other module is looked into.
    """
    found: dict[int, tuple[str, Parameter[Any]]] = {}
    waiting: list[tuple[str, Any]] = [("", workflow)]
    seen: set[int] = set()
    while waiting:
        path, thing = waiting.pop(0)
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        for inner, parameter in name_parameters({path: thing} if path else thing).items():
            found.setdefault(id(parameter), (inner, parameter))
            if path and not parameter.name:
                parameter.name = path
        waiting += _named_in(thing, getattr(workflow, "__module__", None))
    return dict(found.values())


def name_of(thing: Any) -> str:
    """A function as module:name, or what it is."""
    plain = thing if isinstance(thing, FunctionType | Callee) else type(thing)
    name = getattr(plain, "__qualname__", type(thing).__name__)
    return f"{getattr(plain, '__module__', '')}:{name}".lstrip(":")


def _named_in(thing: Any, module: str | None) -> Iterator[tuple[str, Any]]:
    for function in _functions_of(thing):
        if module is not None and function.__module__ != module and not isinstance(thing, Callee):
            continue
        for name, value in _names(function).items():
            if _may_hold(value, module):
                yield name, value


def _functions_of(thing: Any) -> Iterator[FunctionType]:
    """The plain functions whose code a call of a thing may run, as far as they can be told."""
    if isinstance(thing, MethodType):
        thing = thing.__func__
    plain = inspect.unwrap(thing) if isinstance(thing, FunctionType | Callee) else thing
    if isinstance(plain, FunctionType):
        yield plain
    elif not isinstance(plain, type | Node) and type(plain) not in FIXED and not isinstance(plain, _SEEN_THROUGH):
        for kind in type(plain).__mro__[:-1]:
            for member in vars(kind).values():
                if isinstance(member, FunctionType | Callee):
                    yield from _functions_of(member)


def _names(function: FunctionType) -> Mapping[str, Any]:
    """What a function encloses, has as defaults, and names of its module."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found = {name: cell.cell_contents for name, cell in cells if _filled(cell)}
    found |= {f"default_{place}": value for place, value in enumerate(function.__defaults__ or ())}
    found |= function.__kwdefaults__ or {}
    spoken = _spoken(function.__code__)
    return found | {name: function.__globals__[name] for name in spoken if name in function.__globals__}


def _spoken(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _spoken(constant)


def _may_hold(value: Any, module: str | None) -> bool:
    if isinstance(value, Node | Callee) or hasattr(type(value), MARK) or isinstance(value, _SEEN_THROUGH):
        return True
    return isinstance(value, FunctionType | MethodType) and value.__module__ == module


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:  # a name that is bound later, or never
        return False
    return True


def _free(name: str, taken: Mapping[str, Any]) -> str:
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free
