"""One call of a traced function whose inside is recorded, and one while nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from agentopt.graph.failure import carried
from agentopt.graph.nodes import Constant, Node
from agentopt.graph.operation import Operation
from agentopt.graph.recording import bare, detached, fail, give, take
from agentopt.graph.signature import distinct
from agentopt.graph.state import STATE, Block, Off, within
from agentopt.graph.stream import PENDING, pieces


class RunningBlock:
    """A call under way whose body works on nodes (see `stream.Running`).

    Args:
        operation: Of the function.
        around: The block in which the call was made.
        names: Of the inputs.
        parents: The inputs, as they were before the body ran.
    """

    __slots__ = ("_block", "_n_items", "_names", "_parents")

    def __init__(
        self, operation: Operation, around: Block | None, names: tuple[str, ...], parents: list[Node[Any]]
    ) -> None:
        self._block = Block(operation, around, tuple(zip(names, parents, strict=False)))
        self._names = names
        self._parents = parents
        self._n_items = 0

    def whole(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the body; a body that runs in pieces is still to be awaited or iterated.

        Raises:
            Exception: What the body raises, carrying a node.
        """
        with self.inside():
            value = function(*args, **kwargs)
        return pieces(value, self) if type(value) in PENDING else self.done(value)

    @contextmanager
    def inside(self) -> Iterator[None]:
        token = STATE.set(self._block)
        try:
            yield
        except (StopIteration, StopAsyncIteration):
            raise
        except Exception as error:
            self._failed(error)
            raise
        finally:
            STATE.reset(token)

    def done(self, value: Any) -> Node[Any]:
        return self._result(value, {})

    def item(self, value: Any) -> Node[Any]:
        self._n_items += 1
        return self._result(value, {"item": Constant(self._n_items - 1)})

    def sent(self, value: Any) -> Any:
        return value

    def ended(self) -> None:
        pass

    def _result(self, value: Any, extra: dict[str, Node[Any]]) -> Node[Any]:
        with within(self._block):
            made = take(value)
            if made.operation is not None:
                return made
        if isinstance(value, Node):
            extra = {**extra, "result": made}
        # The inside gave a plain value or a leaf: the way from the inputs is known for the block as a whole only.
        names, parents = distinct((*self._names, *extra)), (*self._parents, *extra.values())
        return give(made._value, self._block.operation, names, parents, self._block)

    def _failed(self, error: Exception) -> None:
        inner = carried(error)
        if inner is None or not self._block.holds(inner._scope):
            fail(error, self._block.operation, self._names, tuple(self._parents), self._block)


class RunningUnrecorded:
    """A call under way of which nothing is recorded (see `stream.Running`)."""

    __slots__ = ("_state",)

    def __init__(self, state: Off) -> None:
        self._state = state

    def inside(self) -> AbstractContextManager[None]:
        return within(self._state)

    def done(self, value: Any) -> Any:
        with self.inside():
            return detached(value)

    def item(self, value: Any) -> Any:
        return self.done(value)

    def sent(self, value: Any) -> Any:
        return bare(value)

    def ended(self) -> None:
        pass


def unrecorded(value: Any, state: Off) -> Any:
    """What a call gives of which nothing is recorded."""
    running = RunningUnrecorded(state)
    return pieces(value, running) if type(value) in PENDING else running.done(value)
