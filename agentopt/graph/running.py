"""One call of an opaque traced function, from its arguments to its node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentopt.errors import HiddenDependencyError
from agentopt.graph.nodes import Constant, Node
from agentopt.graph.operation import Operation
from agentopt.graph.parameter_node import Version
from agentopt.graph.recording import bare, fail, follow_changes, give, take
from agentopt.graph.signature import distinct
from agentopt.graph.snapshot import FIXED
from agentopt.graph.state import STATE, Block, Call, Within
from agentopt.graph.stream import result_of
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

    __slots__ = ("_block", "_last", "_n_items", "_names", "_operation", "_parents", "_sent", "state")

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
        self.state = Call(operation.name, parents, owner, allow_hidden=allow_hidden)
        self._n_items = 0
        self._last: Node[Any] | None = None
        self._sent: dict[str, Node[Any]] = {}

    def failed(self, error: Exception) -> None:
        """Give the error the node of the call.

        Raises:
            HiddenDependencyError: The body read a node that was not passed in, whatever it failed of.
        """
        if not isinstance(error, HiddenDependencyError):
            self._refuse_hidden(error)
        if not self.state.refused:
            names, parents = self._inputs()
            follow_changes(parents, fail(error, self._operation, names, parents, self._block))

    def done(self, value: Any) -> Node[Any]:
        """Record the call.

        Raises:
            HiddenDependencyError: The body read a node that was not passed in.
        """
        value = self._plain(value)
        names, parents = self._inputs()
        made = give(value, self._operation, names, parents, self._block)
        follow_changes(parents, made)
        return made

    def item(self, value: Any) -> Node[Any]:
        value = self._plain(value)
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

    @property
    def memo(self) -> bool:
        return self._operation.memo

    @property
    def operation(self) -> Operation:
        return self._operation

    def inputs(self) -> Inputs:
        """What the call was given."""
        return self._names, self._parents

    def now(self, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Run the body and give the node of its result, as `Callee.__call__` does in place."""
        token = STATE.set(self.state)
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            self.failed(error)
            raise
        finally:
            STATE.reset(token)
        return result_of(result, self)

    def again(self, value: Any, hidden: Mapping[str, Node[Any]]) -> Node[Any]:
        """Record the call without running its body.

        Args:
            value: What the body gave when it was run with equal inputs.
            hidden: What it read in its object then.
        """
        for name, node in hidden.items():
            self.state.hidden[name] = node
            if isinstance(node, Version) and not node.parameter.name:
                # The search for what is read names it.
                self.state.owner(node)
        return self.done(value)

    @property
    def repeatable(self) -> bool:
        """Whether all that the body read of the graph is known."""
        return not (self.state.refused or self.state.unwatched)

    def _plain(self, value: Any) -> Any:
        """A value that the body gave, without nodes: to give one is to read it."""
        if type(value) not in FIXED:
            with Within(self.state, self.failed):
                value = bare(value)
        if self.state.refused:
            self._refuse_hidden()
        return value

    def _inputs(self) -> Inputs:
        if not self.state.hidden:
            return self._names, self._parents
        # A thread that outlives the body may still read.
        hidden = self.state.hidden.copy()
        return distinct((*self._names, *hidden)), (*self._parents, *hidden.values())

    def _refuse_hidden(self, error: Exception | None = None) -> None:
        if self.state.refused:
            # The body, or a thread of it, swallowed the error; what it made of that is not to be trusted.
            raise HiddenDependencyError(self.state.refused) from error
