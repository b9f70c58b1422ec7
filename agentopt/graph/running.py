"""One call of an opaque traced function, from its arguments to its node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agentopt.errors import HiddenDependencyError
from agentopt.graph.nodes import Constant, Node
from agentopt.graph.operation import Operation
from agentopt.graph.recording import bare, fail, follow_changes, give, take
from agentopt.graph.signature import distinct
from agentopt.graph.snapshot import FIXED
from agentopt.graph.state import STATE, Block, Call
from agentopt.graph.stream import PENDING, pieces
from agentopt.graph.walk import Owner

Inputs = tuple[tuple[str, ...], tuple[Node[Any], ...]]


class RunningCall:
    """A call under way: its inputs are settled, its body runs at once or in pieces (see `stream.Running`).

    Args:
        operation: Of the function.
        names: Of the inputs.
        parents: The inputs.
        block: Where the call was made.
        allow_hidden: Whether nodes that were not passed in may be read, and are recorded as inputs then.
    """

    __slots__ = ("_block", "_call", "_last", "_n_items", "_names", "_operation", "_parents", "_sent")

    def __init__(
        self,
        operation: Operation,
        names: tuple[str, ...],
        parents: list[Node[Any]],
        block: Block | None,
        *,
        allow_hidden: bool,
    ) -> None:
        self._operation = operation
        self._names = names
        self._parents = tuple(parents)
        self._block = block
        owner = Owner(names, [parent._value for parent in parents])
        self._call = Call(operation.name, parents, owner, allow_hidden=allow_hidden)
        self._n_items = 0
        self._last: Node[Any] | None = None
        self._sent: dict[str, Node[Any]] = {}

    def whole(self, function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Run the body and record the call; a body that runs in pieces is still to be awaited or iterated.

        Raises:
            Exception: What the body raises, carrying a node.
            HiddenDependencyError: The body read a node that was not passed in.
        """
        token = STATE.set(self._call)
        try:
            value = function(*args, **kwargs)
            if type(value) not in FIXED:
                if type(value) in PENDING:
                    return pieces(value, self)
                value = bare(value)
        except Exception as error:
            self._failed(error)
            raise
        finally:
            STATE.reset(token)
        return self._give(value)

    @contextmanager
    def inside(self) -> Iterator[None]:
        token = STATE.set(self._call)
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
        with self.inside():
            value = bare(value)
        return self._give(value)

    def item(self, value: Any) -> Node[Any]:
        with self.inside():
            value = bare(value)
        self._refuse_hidden()
        names, parents = self._inputs()
        names, parents = (*names, "item", *self._sent), (*parents, Constant(self._n_items), *self._sent.values())
        self._n_items += 1
        self._last = give(value, self._operation, distinct(names), parents, self._block)
        return self._last

    def sent(self, value: Any) -> Any:
        if value is None:
            return None
        node = take(value)
        # What was sent before is reached through the item that came last.
        self._sent = {"sent": node} if self._last is None else {"sent": node, "before": self._last}
        return node._value

    def ended(self) -> None:
        if self._last is not None:
            follow_changes(self._parents, self._last)

    def _give(self, value: Any) -> Node[Any]:
        if self._call.refused:
            self._refuse_hidden()
        names, parents = self._inputs()
        made = give(value, self._operation, names, parents, self._block)
        follow_changes(parents, made)
        return made

    def _inputs(self) -> Inputs:
        hidden = self._call.hidden
        if not hidden:
            return self._names, self._parents
        return distinct((*self._names, *hidden)), (*self._parents, *hidden.values())

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, HiddenDependencyError):
            self._refuse_hidden(error)
        if not self._call.refused:
            names, parents = self._inputs()
            follow_changes(parents, fail(error, self._operation, names, parents, self._block))

    def _refuse_hidden(self, error: Exception | None = None) -> None:
        if self._call.refused:
            # The body, or a thread of it, swallowed the error; what it made of that is not to be trusted.
            raise HiddenDependencyError(self._call.refused) from error
