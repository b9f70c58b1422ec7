"""The parent's side of a session's worker: ask it, take its answer, and hear from the guard how it ended.

Nothing here trusts the worker. What it sends is bounded and read without blocking, within the time of the question;
an answer that does not carry the question's mark is none.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
import weakref
from collections.abc import Sequence

from agentopt.sandbox.capture import Capture
from agentopt.sandbox.converse import ask, hear
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import OUTPUT_FACTOR, Limits, Verdict
from agentopt.sandbox.report import is_claim
from agentopt.sandbox.serverprocess import ServerProcess
from agentopt.sandbox.wire import MARK_BYTES, PREFIX_BYTES, frame

_CHUNK = 1 << 16
_N_READS = 32
_SLACK = 1 << 16
_WAKE_S = 0.1
# A poll counts milliseconds in 31 bits.
_POLL_S = 1e6
_START_S = 20.0
_REPORT_S = 1.0
_LONG_REPORT_S = 5.0
_FORGED = "the program wrote what is no answer into the way of its answers"
_SILENT = "the program closed the way of its answers"


class WorkerLost(Exception):
    """The worker ended, or must be ended, with a verdict."""

    def __init__(self, verdict: Verdict, reason: str, cpu_s: float = 0.0) -> None:
        super().__init__(reason)
        self.verdict, self.reason, self.cpu_s = verdict, reason, cpu_s


class Worker:
    """One process that holds a program, alone or with its guard's help to be ended.

    Args:
        server: Alive; forks the guard.
        level: Of the isolation.
        request: From `session_frame`.
        limits: Of the session.

    Raises:
        OSError: The server is gone.
    """

    def __init__(self, server: ServerProcess, level: Level, request: bytes, limits: Limits) -> None:
        self.server, self.level, self._limits = server, level, limits
        self._line, theirs = socket.socketpair()
        (question_end, self._question), (self._answer, answer_end), (self._output, output_end) = (
            os.pipe() for _ in range(3)
        )
        self.release = weakref.finalize(
            self, _release, self._line, (self._question, self._answer, self._output), os.getpid()
        )
        self._hand_over(theirs, (question_end, answer_end, output_end))
        self._heard = bytearray()
        self._capture = Capture(limits.output_kib << 10)
        self._woken = 0.0
        self._poll = select.poll()
        for fd in (self._answer, self._output, self._line.fileno()):
            self._poll.register(fd, select.POLLIN)
        ask(self._line.fileno(), request, time.monotonic() + _START_S)
        self.ask(b"", _START_S)

    def ask(self, body: bytes, wall_s: float) -> bytes:
        """Put a question and return the claim that answers it.

        Raises:
            WorkerLost: There is no answer: the time is over, a limit is passed, or the worker died or cheats.
            GuardLost: The guard died.
            SandboxUnavailable: The cell could not be made.
        """
        mark = os.urandom(MARK_BYTES)
        deadline = time.monotonic() + wall_s
        self._wake_guard()
        try:
            answer = self._exchange(memoryview(frame(mark + body)), deadline)
        except TimeoutError:
            raise WorkerLost("timeout", f"the program ran longer than {wall_s:g} s") from None
        self._take_output()
        claim = answer[MARK_BYTES:]
        if answer[:MARK_BYTES] != mark or not is_claim(claim):
            raise WorkerLost("crashed", _FORGED)
        return claim

    def is_fit(self) -> bool:
        """Whether it is alive and has said nothing since its last answer."""
        return not self._heard and all(fd == self._output for fd, _ in self._poll.poll(0))

    def take_output(self) -> bytes:
        """Return what was printed since the last time, head and tail."""
        if not self._capture.n_bytes:
            return b""
        content, self._capture = self._capture.content(), Capture(self._limits.output_kib << 10)
        return content

    def hang_up(self) -> None:
        """Have the guard end the worker; safe while another thread asks, which then loses it."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def end(self, within_s: float) -> bool:
        """Have the worker ended and wait for it; tell whether its guard said so."""
        poll = select.poll()
        poll.register(self._line.fileno(), select.POLLIN)
        deadline = time.monotonic() + within_s
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)
            # A report that was under way is of no more interest; the guard's leaving is.
            while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                if not self._line.recv(_CHUNK):
                    break
            else:
                return False
        self.release()
        return True

    def _hand_over(self, line: socket.socket, ends: Sequence[int]) -> None:
        """Send the far ends to the guard by way of the server, and keep none."""
        for fd in (self._line.fileno(), self._question, self._answer, self._output):
            os.set_blocking(fd, False)
        try:
            with line:
                commands = self._limits.processes > 1
                self.server.start_run(line, self.level, commands=commands, pipes=ends)
        finally:
            for fd in ends:
                os.close(fd)

    def _wake_guard(self) -> None:
        """Have the guard count processor time from now on, and look closely for a while."""
        now = time.monotonic()
        if now - self._woken > _WAKE_S:
            self._woken = now
            with contextlib.suppress(OSError):
                self._line.send(b".")

    def _exchange(self, unsent: memoryview, deadline: float) -> bytes:
        """Send a question and return the frame that comes back."""
        unsent = self._send(unsent, deadline)
        if unsent:
            self._poll.register(self._question, select.POLLOUT)
        while True:
            # Looked at each time round: a worker that writes without end always has something ready.
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            ready = {fd for fd, _ in self._poll.poll(min(left_s, _POLL_S) * 1000)}
            if self._answer in ready and (answer := self._read_answer(deadline)) is not None:
                return b"" if unsent else answer
            if self._output in ready and not self._take_output():
                self._poll.unregister(self._output)
            if self._question in ready and not (unsent := self._send(unsent, deadline)):
                self._poll.unregister(self._question)
            if self._line.fileno() in ready:
                raise self._how_it_ended(deadline)

    def _send(self, unsent: memoryview, deadline: float) -> memoryview:
        try:
            return unsent[os.write(self._question, unsent) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            raise self._how_it_ended(deadline) from None

    def _read_answer(self, deadline: float) -> bytes | None:
        """Take what came of an answer and return it once it is whole."""
        data = os.read(self._answer, _CHUNK)
        if not data:
            raise self._how_it_ended(deadline)
        heard = self._heard
        heard += data
        end = PREFIX_BYTES + int.from_bytes(heard[:PREFIX_BYTES], "big")
        if len(heard) >= PREFIX_BYTES and end > (self._limits.result_kib << 10) + _SLACK:
            raise WorkerLost("crashed", _FORGED)
        if len(heard) < max(end, PREFIX_BYTES):
            return None
        answer = bytes(heard[PREFIX_BYTES:end])
        del heard[:end]
        return answer

    def _take_output(self) -> bool:
        """Take what the pipe of output holds; tell whether it is still open.

        Raises:
            WorkerLost: It is more than the limit.
        """
        most_kib = OUTPUT_FACTOR * self._limits.output_kib
        # More than fits into a pipe; a worker that writes all the while does not hold us up.
        for _ in range(_N_READS):
            try:
                data = os.read(self._output, _CHUNK)
            except BlockingIOError:
                break
            self._capture.feed(data)
            if self._capture.n_bytes > most_kib << 10:
                raise WorkerLost("output", f"the program printed more than {most_kib} KiB")
            if not data:
                return False
        return True

    def _how_it_ended(self, deadline: float) -> WorkerLost:
        """Hear from the guard how the worker ended, for a little longer than the question's time at most."""
        now = time.monotonic()
        until = max(now + _REPORT_S, min(deadline, now + _LONG_REPORT_S))
        try:
            outcome = hear(self._line.fileno(), self._limits, self.level, until)
        except TimeoutError:
            return WorkerLost("crashed", _SILENT)
        with contextlib.suppress(WorkerLost):
            self._take_output()
        return WorkerLost(outcome.verdict, outcome.error, outcome.cpu_s)


def _release(line: socket.socket, fds: Sequence[int], owner_pid: int) -> None:
    """Let go of a worker, and have it ended unless this process is a fork that only inherited it."""
    if os.getpid() == owner_pid:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    line.close()
    for fd in fds:
        os.close(fd)
