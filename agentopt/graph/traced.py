"""A traced function: calling it runs the function and records the call as one node."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from agentopt.errors import TraceError
from agentopt.graph.blocks import RunningBlock, RunningUnrecorded
from agentopt.graph.callee import Begun, Callee
from agentopt.graph.code.learned import Learned
from agentopt.graph.code.workplace import CALL_S, Workplace
from agentopt.graph.nodes import Constant, Node
from agentopt.graph.operation import CODE, Operation, name_of
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.recording import bare, take
from agentopt.graph.running import RunningCall
from agentopt.graph.signature import Arguments
from agentopt.graph.snapshot import FIXED
from agentopt.graph.state import Block, Call, Off, State

if TYPE_CHECKING:
    from agentopt.sandbox.sandbox import Sandbox

P = ParamSpec("P")
R = TypeVar("R")
_NOBODY = object()
_IN_PIECES = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


@dataclass(frozen=True)
class Tracing:
    """How a function is traced."""

    trainable: bool = False
    """Its code is a parameter."""
    opaque: bool = True
    """Its inside is not recorded; otherwise the nodes made inside are, as a block that can be folded."""
    allow_hidden: bool = False
    """It may read nodes that were not passed to it; they become inputs of the call."""
    memo: bool = True
    """Whether, where a memo is active, a call whose inputs are known is not made again."""
    name: str | None = None
    """What traces call it; None takes the function's own name."""
    source: str | None = None
    """The source of a trainable function, where Python cannot find it."""
    sandbox: Sandbox | None = None
    """Where learned code runs; None opens the default one at the first need."""
    timeout_s: float = CALL_S
    """How long one call of learned code may take, in seconds."""


class Traced(Callee, Generic[P, R]):
    """A function whose calls are recorded; made by `trace`.

    It takes nodes and plain values alike and returns a node. Inside of an opaque traced function it is
    the plain function that it wraps.
    """

    def __init__(self, function: Callable[P, R], tracing: Tracing) -> None:
        if tracing.trainable and not tracing.opaque:
            raise TraceError("a trainable function is opaque: the inside of learned code cannot be recorded")
        update_wrapper(self, function)
        self._function: Callable[..., Any] = function
        self._tracing = tracing
        self._arguments = Arguments(function)
        self.operation = Operation(tracing.name or name_of(function), function=function, kind="function")
        self.operation.memo = (
            tracing.memo and tracing.opaque and not tracing.allow_hidden and not _is_in_pieces(function)
        )
        self.learned: Learned | None = None
        if tracing.trainable:
            self.learned = Learned(function, tracing.source, Workplace(tracing.sandbox, tracing.timeout_s))
        # As Python has it, built-in functions and callable objects in a class are no methods.
        self._binds = hasattr(function, "__get__")
        plain = self.learned is None and tracing.opaque and self._arguments.first != "self"
        self._plain: Callable[..., Any] | None = function if plain else None

    @property
    def parameter(self) -> Parameter[str]:
        """The parameter that holds the code of a trainable function.

        Raises:
            TraceError: The function is not trainable.
        """
        if self.learned is None:
            raise TraceError(f"{self.operation.name} is not trainable; decorate it with @trace(trainable=True)")
        return self.learned.parameter_of()

    def code(self) -> Parameter[str] | None:
        return None if self.learned is None else self.learned.parameter_of()

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return Bound(self, instance) if instance is not None and self._binds else self

    def __repr__(self) -> str:
        return f"<traced {self.operation.name}>"

    def __reduce__(self) -> str:
        # As functions are: copied as themselves, pickled by name.
        name: str = getattr(self, "__qualname__", self.operation.name)
        return name

    def begin(self, state: State, args: tuple[Any, ...], kwargs: dict[str, Any], receiver: object = _NOBODY) -> Begun:
        """Prepare a call, as a method of the receiver if there is one."""
        if receiver is _NOBODY and self._arguments.first == "self" and args and self._is_method_of(args[0]):
            # Called through its class, or by a decorator above it that took the method for a function.
            receiver, args = args[0], args[1:]
        if type(state) is Call or type(state) is Off:
            return self._begin_unrecorded(state, receiver, args, kwargs)
        block = state if type(state) is Block else None
        names, parents, n_given = self._inputs(receiver, args, kwargs)
        if not self._tracing.opaque:
            given = args if receiver is _NOBODY else (receiver, *args)
            return RunningBlock(self.operation, block, names, parents), self._function, given, kwargs
        values = [parent._value for parent in parents[:n_given]]
        function = self._function
        if self.learned is not None:
            version = self.learned.parameter_of(None if receiver is _NOBODY else receiver).version
            function = self.learned.implementation(version, None if receiver is _NOBODY else receiver)
            names, parents = (*names, CODE if CODE not in names else f"{CODE}_"), [*parents, version]
        running = RunningCall(self.operation, names, parents, block, allow_hidden=self._tracing.allow_hidden)
        if not kwargs:
            return running, function, values, kwargs
        n_args = n_given - len(kwargs)
        return running, function, values[:n_args], dict(zip(kwargs, values[n_args:], strict=True))

    def _is_method_of(self, thing: object) -> bool:
        name = getattr(self._function, "__name__", "")
        return not isinstance(thing, Node) and hasattr(type(thing), name)

    def _inputs(
        self, receiver: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[str, ...], list[Node[Any]], int]:
        """Names and nodes of the inputs, and how many of them are passed on: those after are defaults."""
        if receiver is _NOBODY:
            plan = self._arguments.plan(args, kwargs)
            parents = [Constant(value) if type(value) in FIXED else take(value) for value in args]
        else:
            plan = self._arguments.plan((receiver, *args), kwargs)
            # Passed on as it is, whatever it is: a method may change its object.
            parents = [Node(receiver), *[take(value) for value in args]]
        if kwargs:
            parents += [take(value) for value in kwargs.values()]
        n_given = len(parents)
        if plan.defaults:
            parents += [take(value) for value in plan.defaults]
        return plan.names, parents, n_given

    def _begin_unrecorded(
        self, state: Call | Off, receiver: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Begun:
        """Inside of a call the value is plain, under `no_trace` it is a node without parents."""
        function = self._function
        if self.learned is not None:
            parameter = self.learned.parameter_of(None if receiver is _NOBODY else receiver)
            parameter.data  # noqa: B018  inside of a call that is a read, and has to be allowed
            function = self.learned.implementation(parameter.version, None if receiver is _NOBODY else receiver)
        given = list(args)
        if self._tracing.opaque or type(state) is Call:
            given = [value if type(value) in FIXED else bare(value) for value in args]
            kwargs = {name: bare(value) for name, value in kwargs.items()} if kwargs else kwargs
        if receiver is not _NOBODY:
            given.insert(0, receiver)
        return RunningUnrecorded(state) if isinstance(state, Off) else None, function, given, kwargs


def _is_in_pieces(function: object) -> bool:
    """Whether a function gives something that has to be awaited or iterated."""
    code = getattr(function, "__code__", None)
    return code is not None and bool(code.co_flags & _IN_PIECES)


class Bound(Callee):
    """A traced function as a method of one object, whose code parameter is that object's own."""

    __slots__ = ("__self__", "__wrapped__")

    def __init__(self, traced: Traced[Any, Any], instance: object) -> None:
        self.__wrapped__ = traced
        self.__self__ = instance

    @property
    def parameter(self) -> Parameter[str]:
        """The parameter that holds the code of the method for this object.

        Raises:
            TraceError: The method is not trainable.
        """
        return self.code() or self.__wrapped__.parameter

    def code(self) -> Parameter[str] | None:
        learned = self.__wrapped__.learned
        return None if learned is None else learned.parameter_of(self.__self__)

    @property
    def __signature__(self) -> inspect.Signature:
        """Without the receiver, as of any method."""
        whole = inspect.signature(self.__wrapped__)
        return whole.replace(parameters=list(whole.parameters.values())[1:])

    def begin(self, state: State, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begun:
        return self.__wrapped__.begin(state, args, kwargs, self.__self__)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.__self__, self.__wrapped__._function.__name__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bound) and self.__self__ is other.__self__ and self.__wrapped__ is other.__wrapped__

    def __hash__(self) -> int:
        return hash((id(self.__self__), id(self.__wrapped__)))

    def __repr__(self) -> str:
        return f"<traced method {self.__wrapped__.operation.name} of {type(self.__self__).__name__}>"
