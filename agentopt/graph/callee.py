"""What is called like a function and recorded: a traced function, a method of an object, a method of a node's value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agentopt.graph.blocks import RunningUnrecorded
from agentopt.graph.nodes import Constant, Node
from agentopt.graph.parameter_node import Parameter
from agentopt.graph.recording import bare
from agentopt.graph.snapshot import FIXED
from agentopt.graph.state import MEMO, OFF, STATE, State
from agentopt.graph.stream import Running, result_of

Begun = tuple[Running | None, Callable[..., Any], Sequence[Any], dict[str, Any]]
"""A call that was prepared: how it is recorded, None for not at all; what is to be called, and with what."""
_state = STATE.get
_memo = MEMO.get
_new = object.__new__


class Callee:
    """Runs what it stands for, and records the call.

    Its body is run from `__call__` itself: each function in between would take from the depth to which traced functions
    can call each other.
    """

    __slots__ = ()

    _plain: Callable[..., Any] | None = None
    """What to call while nothing is recorded, if nothing has to be found out first."""

    def begin(self, state: State, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begun:
        """Prepare a call that is made in a state."""
        raise NotImplementedError

    def code(self) -> Parameter[str] | None:
        """The parameter that holds its code, if there is one."""
        return None

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        state = _state()
        if state is OFF and not kwargs and (function := self._plain) is not None:
            # All of it for the commonest call: each function and each look-up in between would show.
            plain = []
            for value in args:
                if isinstance(value, Node):
                    plain.append(value._value)
                else:
                    plain.append(value if type(value) in FIXED else bare(value))
            result = function(*plain)
            if type(result) in FIXED:
                made: Node[Any] = _new(Constant)
                made._value = result
                return made
            return result_of(result, RunningUnrecorded(OFF))
        running, function, given, named = self.begin(state, args, kwargs)
        if running is None:
            return function(*given, **named)
        if (memo := _memo()) is not None and running.memo:
            return memo.run(running, function, given, named)
        token = STATE.set(running.state)
        try:
            result = function(*given, **named)
        except Exception as error:
            running.failed(error)
            raise
        finally:
            STATE.reset(token)
        return result_of(result, running)
