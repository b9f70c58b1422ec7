"""What is being recorded, and by whom: the state of tracing, local to a thread or task.

    None            calls are recorded (the state in which everything begins)
    Block           calls are recorded, inside of a function whose inside is to be seen
    Call            the inside of an opaque traced function: values are plain, reads of nodes are watched
    Off             nothing is recorded, and nothing is watched

A new task inherits the state through its context. A new thread inherits it only inside a `Call`, so that
what such a thread reads counts as read by the call (see `threads`); otherwise it begins with None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Protocol, TypeVar

from agentopt.errors import HiddenDependencyError

N = TypeVar("N")
_ENDS = (StopIteration, StopAsyncIteration)


class Inside:
    """Marks the nodes that were made inside of one call; it may read them, and they keep nothing of it alive."""

    __slots__ = ()


class Block:
    """One call of a function whose inside is recorded; its nodes can be folded into one."""

    __slots__ = ("around", "inputs", "operation")

    def __init__(self, operation: Any, around: Block | None, inputs: tuple[tuple[str, Any], ...] = ()) -> None:
        self.operation = operation
        self.around = around
        self.inputs = inputs
        """The nodes that it was called with, by the names of the arguments."""

    def holds(self, scope: object) -> bool:
        """Whether a node's scope is this block or lies in it."""
        while type(scope) is Block:
            if scope is self:
                return True
            scope = scope.around
        return False


class Owner(Protocol):
    """Tells under which name one of a call's arguments holds a node, such as `self.prompt`; None if none does."""

    def __call__(self, node: Any) -> str | None: ...


class Call:
    """One call of an opaque traced function while it runs: what it may read, and what else it read."""

    __slots__ = ("_allow_hidden", "_given", "hidden", "inside", "name", "owner", "refused", "unwatched")

    def __init__(self, name: str, given: list[Any], owner: Owner, *, allow_hidden: bool) -> None:
        self.name = name
        self._given = given
        self.owner = owner
        self._allow_hidden = allow_hidden
        self.inside: Inside | None = None
        """On the nodes made inside; None as long as there are none."""
        self.hidden: dict[str, Any] = {}
        """Nodes that were read without being passed in, by the name under which they become inputs."""
        self.refused: str = ""
        """Why the call has to fail, even if its body caught the error."""
        self.unwatched = False
        """Whether it may have read what nobody noted, under `no_trace`."""

    def read(self, node: Any) -> None:
        """Note that the body read a node.

        Raises:
            HiddenDependencyError: It was not passed in, so feedback would not find its way to it.
        """
        latest = node.latest()
        if node._scope is not None and node._scope is self.inside:
            return
        if any(node is known or latest is known for known in self._passed()):
            return
        self._read_hidden(node)

    def _passed(self) -> Iterator[Any]:
        for given in self._given:
            yield given
            if given._operation is not None and given._operation.kind == "container":
                yield from given._parents

    def _read_hidden(self, node: Any) -> None:
        owned = self.owner(node)
        if owned is None and not self._allow_hidden:
            self.refused = (
                f"{self.name} read {node.described()}, which was not passed to it, so feedback could not reach it; "
                f"pass it as an argument, or decorate {self.name} with @trace(allow_hidden=True)"
            )
            raise HiddenDependencyError(self.refused)
        node = node.recorded()
        name = owned or node.label or "hidden"
        # Threads of the body read as well. A lock would have to be held by code of the user's, which may read in turn;
        # one look-up that sets what is missing needs none.
        while self.hidden.setdefault(name, node) is not node:
            name += "_"


class Off:
    """A stretch in which nothing is recorded.

    Attributes:
        around: The call in which it lies, which may read what is made meanwhile.
    """

    __slots__ = ("around",)

    def __init__(self, around: Call | None = None) -> None:
        self.around = around


OFF = Off()
State = Off | Block | Call | None
STATE: ContextVar[State] = ContextVar("agentopt_tracing", default=None)
MEMO: ContextVar[Any] = ContextVar("agentopt_memo", default=None)
"""What remembers calls and makes them, see `memo`."""


class Within:
    """The inside of a `with` is in a state.

    Args:
        state: The state.
        failed: Is told of an error that leaves the inside, while still in the state; the end of a generator is none.
    """

    __slots__ = ("_failed", "_state", "_token")

    def __init__(self, state: State, failed: Callable[[Exception], None] | None = None) -> None:
        self._state = state
        self._failed = failed

    def __enter__(self) -> None:
        self._token = STATE.set(self._state)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._failed is not None and isinstance(error, Exception) and not isinstance(error, _ENDS):
                self._failed(error)
        finally:
            # No `suppress`: at the end of Python's stack it would fail where this does not.
            try:  # noqa: SIM105
                STATE.reset(self._token)
            except ValueError:
                # A coroutine that is closed from elsewhere, as by the garbage collector, runs to its end in another
                # context, whose state it never set.
                pass


@contextmanager
def no_trace() -> Iterator[None]:
    """Record nothing inside of the `with`, in this thread or task only; may be nested.

    Traced functions and operators then return nodes without parents, so that code reads the same. Inside of a traced
    function, what is read meanwhile does not count as read by it.
    """
    state = STATE.get()
    if type(state) is Call:
        state.unwatched = True
    with Within(Off(state) if type(state) is Call else state if type(state) is Off else OFF):
        yield


def scope() -> Block | None:
    """The block in which nodes are recorded now."""
    state = STATE.get()
    return state if type(state) is Block else None


def born(node: N) -> N:
    """Let the call inside of which a leaf is made, if there is one, read it."""
    state = STATE.get()
    call = state.around if type(state) is Off else state
    if type(call) is Call:
        if call.inside is None:
            call.inside = Inside()
        node._scope = call.inside  # type: ignore[attr-defined]
    return node
