"""The parent's side of one run: send the request, read the report under caps and a clock of its own."""

from __future__ import annotations

import contextlib
import time

from agentopt.errors import SandboxError, SandboxUnavailable
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits, Outcome
from agentopt.sandbox.report import REPORT_BYTES, Report, outcome
from agentopt.sandbox.wire import receive_frame, send_frame

_SLACK = 1 << 16


class GuardLost(SandboxError):
    """The guard of a run ended without a report."""


def converse(read_fd: int, write_fd: int, request: bytes, limits: Limits, level: Level, grace_s: float) -> Outcome:
    """Lead one run to its outcome.

    Args:
        read_fd: Brings the guard's report; does not block.
        write_fd: Takes the request; does not block.
        request: From `request_frame`.
        limits: Of the run; bound what is read.
        level: Written into the outcome.
        grace_s: For starting and ending, on top of the run's own time.

    Raises:
        SandboxUnavailable: The cell could not be made.
        GuardLost: The guard died.
    """
    began = time.monotonic()
    deadline = began + limits.wall_s + grace_s
    try:
        ask(write_fd, request, deadline)
        return hear(read_fd, limits, level, deadline)
    except TimeoutError:
        wall_s = time.monotonic() - began
        return Outcome("timeout", None, "", "the run did not end when its time was over", wall_s, 0.0, level)


def ask(write_fd: int, request: bytes, deadline: float) -> None:
    """Send a guard its request.

    Raises:
        TimeoutError: The deadline passed.
    """
    # A guard that cannot make its cell reports that without reading the request.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        send_frame(write_fd, request, deadline)


def hear(read_fd: int, limits: Limits, level: Level, deadline: float) -> Outcome:
    """Read a guard's report and wait until it has left.

    Raises:
        SandboxUnavailable: The cell could not be made.
        GuardLost: The guard died.
        TimeoutError: The deadline passed.
    """
    report = Report.decode(_frame(read_fd, REPORT_BYTES, deadline))
    claim = _frame(read_fd, (limits.result_kib << 10) + 2 * _SLACK, deadline)
    output = _frame(read_fd, (limits.output_kib << 10) + _SLACK, deadline)
    # The guard's leaving says that the private folder is gone as well.
    receive_frame(read_fd, 0, deadline)
    if report.setup:
        raise SandboxUnavailable(f"the level {level} cannot be had: {report.setup}")
    return outcome(report, claim, output, limits, level)


def _frame(fd: int, max_bytes: int, deadline: float) -> bytes:
    data = receive_frame(fd, max_bytes, deadline)
    if data is None:
        raise GuardLost("the guard of the run died before its report")
    return data
