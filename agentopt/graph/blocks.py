"""One call of a traced function whose inside is recorded, and one while nothing is."""

from __future__ import annotations

from typing import Any

from agentopt.graph.failure import carried
from agentopt.graph.nodes import Constant, Node
from agentopt.graph.operation import Operation
from agentopt.graph.recording import bare, detached, fail, give, take
from agentopt.graph.signature import distinct
from agentopt.graph.state import Block, Off, Within


class RunningBlock:
    """A call under way whose body works on nodes (see `stream.Running`).

    Args:
        operation: Of the function.
        around: The block in which the call was made.
        names: Of the inputs.
        parents: The inputs, as they were before the body ran.
    """

    __slots__ = ("_n_items", "_names", "_parents", "state")
    memo = False

    def __init__(
        self, operation: Operation, around: Block | None, names: tuple[str, ...], parents: list[Node[Any]]
    ) -> None:
        self.state = Block(operation, around, tuple(zip(names, parents, strict=False)))
        self._names = names
        self._parents = parents
        self._n_items = 0

    def failed(self, error: Exception) -> None:
        """Give the error the node of the call, unless it carries that of a call inside."""
        inner = carried(error)
        if inner is None or not self.state.holds(inner._scope):
            fail(error, self.state.operation, self._names, tuple(self._parents), self.state)

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
        with Within(self.state):
            made = take(value)
            if made.operation is not None:
                return made
        if isinstance(value, Node):
            extra = {**extra, "result": made}
        # The inside gave a plain value or a leaf: the way from the inputs is known for the block as a whole only.
        names, parents = distinct((*self._names, *extra)), (*self._parents, *extra.values())
        return give(made._value, self.state.operation, names, parents, self.state)


class RunningUnrecorded:
    """A call under way of which nothing is recorded (see `stream.Running`)."""

    __slots__ = ("state",)
    memo = False

    def __init__(self, state: Off) -> None:
        self.state = state

    def failed(self, error: Exception) -> None:
        pass

    def done(self, value: Any) -> Any:
        with Within(self.state):
            return detached(value)

    def item(self, value: Any) -> Any:
        return self.done(value)

    def sent(self, value: Any) -> Any:
        return bare(value)

    def ended(self) -> None:
        pass
