"""A session without a process of its own: the whole program runs afresh at each call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

from agentopt import tagged
from agentopt.errors import SandboxError
from agentopt.sandbox.job import Job
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits, Outcome
from agentopt.sandbox.report import read_result
from agentopt.sandbox.request import arguments, session_frame
from agentopt.sandbox.session import CALL_S, require_wall
from agentopt.values import Value


class Runner(Protocol):
    """Runs a request that was checked when it was written."""

    @property
    def level(self) -> Level:
        """The isolation that programs run under."""

    def run_request(self, request: bytes, limits: Limits) -> Outcome:
        """Run it to its end."""


class FreshSession:
    """Loads and calls a program in a new process at each call: right, slow, and without memory between calls.

    For sandboxes that have no server to fork a worker from. A call's wall_s is for loading and calling together,
    calls of several threads run side by side, and each outcome holds the processor time of its own.
    """

    def __init__(self, runner: Runner, job: Job, limits: Limits) -> None:
        self._runner, self._job, self._limits = runner, job, limits
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def level(self) -> Level:
        """The isolation that the program runs under."""
        return self._runner.level

    def start(self) -> Outcome:
        """Load the program once to see whether that goes; see `Session.start`."""
        return self._run(None, self._limits)

    def call(
        self, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None, *, wall_s: float = CALL_S
    ) -> Outcome:
        """Load the program and call its function; see `Session.call`."""
        require_wall(wall_s)
        return self._run(tagged.encode(arguments(args, kwargs)), replace(self._limits, wall_s=wall_s))

    def close(self) -> None:
        """Take no more calls; nothing stays between them."""
        self._closed = True

    def _run(self, inputs: Value, limits: Limits) -> Outcome:
        if self._closed:
            raise SandboxError("the session is closed")
        done = self._runner.run_request(session_frame(self._job, limits, inputs), limits)
        return read_result(done) if done.ok else done
