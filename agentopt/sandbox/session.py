"""What every session offers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from agentopt.errors import InputError
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Outcome

CALL_S = 10.0


@runtime_checkable
class Session(Protocol):
    """A program that nobody has read, loaded in a sandbox, and its one function, called as often as one likes.

    The program is loaded at the first call, or by `start`. If that fails, the outcome of loading is that of `start`
    and of each call. A call that ends with ok or error leaves the program loaded, with whatever it keeps in its
    globals; after any other ending it is loaded anew at the next call.

    Arguments and results are of the types that `agentopt.tagged` writes. A result of another type is the verdict
    "error", as is whatever the function raises, with the line of the program, SystemExit included. An async
    function is run to its end.
    """

    @property
    def level(self) -> Level:
        """The isolation that the program runs under."""

    def start(self) -> Outcome:
        """Load the program if it is not loaded, and say how that went and how long it took; the result is None."""

    def call(
        self, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None, *, wall_s: float = CALL_S
    ) -> Outcome:
        """Call the function; may be called from several threads, which then wait for each other.

        Args:
            args: Its positional arguments.
            kwargs: Its keyword arguments.
            wall_s: How long it may take by the parent's clock; loading has its own time in the limits.

        Raises:
            InputError: The arguments are none (CodecError: of types that do not cross), or wall_s is not above zero.
            SandboxError: The session or its sandbox is closed, or the sandbox itself failed.
        """

    def close(self) -> None:
        """End the program and a call that is running; closing twice, and from any thread, is fine."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def require_wall(wall_s: float) -> None:
    """Raise unless this is a time that a call may take.

    Raises:
        InputError: It is not a finite number above zero.
    """
    if type(wall_s) not in (int, float) or not 0 < wall_s < math.inf:
        raise InputError(f"expected a finite number above zero for wall_s, got {wall_s!r}")
