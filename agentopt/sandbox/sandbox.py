"""What every sandbox offers."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import STANDARD, Limits, Outcome
from agentopt.sandbox.session import Session
from agentopt.values import Value


@runtime_checkable
class Sandbox(Protocol):
    """Runs programs that nobody has read, each apart from all others, and says how each ended.

    A program is Python source. It is executed with the data `inputs` as a global of that name. With
    `call="name"` the function of that name is then called, with inputs as keyword arguments if they are
    a dict, as its one argument if they are other data, without arguments if they are None; what it returns
    is the result. Without `call` the program runs as `__main__` and the global `result` is the result,
    or None. A result is data: None, bool, int, finite float, str, list and dict with str keys; anything
    else, tuples and numpy numbers too, is the verdict "error" with a sentence that names the place.
    HOME, TMPDIR and the working folder are one private folder, which goes with the run.

    A program that fails is an outcome, not an exception. What it returns and prints is only its claim.
    `agentopt.testing.sandbox.self_check` tells whether an implementation holds.
    """

    @property
    def level(self) -> Level:
        """The isolation that programs run under."""

    def run(self, program: str, *, call: str | None = None, inputs: Value = None, limits: Limits = STANDARD) -> Outcome:
        """Run one program to its end; may be called from several threads at once.

        Raises:
            InputError: The program is no text, or inputs are no data (CodecError).
            SandboxUnavailable: This machine offers less isolation than was asked for.
            SandboxError: The sandbox itself failed.
        """

    def load(self, program: str, call: str, *, prelude: str = "", limits: Limits = STANDARD) -> Session:
        """Keep a program to call its function many times; see `Session`.

        Args:
            program: Python source.
            call: The function of it to call.
            prelude: Source that is executed before the program in the same module: helpers and constants that the
                program may use. Positions in errors count the program's own lines.
            limits: Of the session. wall_s is for loading; cpu_s for loading and for each call, to within a tenth of
                a second; output_kib and result_kib for each call; all others for the whole session.

        Raises:
            InputError: A source is no text or call no name.
        """

    def close(self) -> None:
        """End every run and session, and free what the sandbox holds; closing twice is fine."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
