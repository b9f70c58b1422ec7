"""One run, watched by its guard from the orders to the report."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import time
from dataclasses import dataclass

from agentopt.sandbox import watch
from agentopt.sandbox.capture import Capture
from agentopt.sandbox.child import Inmate
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import OUTPUT_FACTOR, Limits
from agentopt.sandbox.report import Report
from agentopt.sandbox.wire import send_frame

_TICK_S = 0.025
_CHUNK = 1 << 16
_TEXT_BYTES = 1 << 12


@dataclass(frozen=True)
class Line:
    """The two directions of the way to the parent; one descriptor may be both."""

    read_fd: int
    write_fd: int
    pipes: tuple[int, ...] = ()
    """Of a session: the ends that go on to the program's process."""


@dataclass(frozen=True)
class Cell:
    """Where a program runs, and what its process took before it began."""

    level: Level
    folder: str
    base: watch.Usage
    server_pid: int


def send_result(fd: int, report: Report, claim: bytes = b"", output: bytes = b"") -> None:
    """Send the three frames that end a run; a parent that has left is not told."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for data in (report.encode(), claim, output):
            send_frame(fd, data)


class Run:
    """One program from its start to its end."""

    _tick_s = _TICK_S
    """How long nobody looks."""

    def __init__(self, cell: Cell, limits: Limits, inmate: Inmate, line: Line) -> None:
        self._cell, self._limits, self._inmate, self._line = cell, limits, inmate, line
        self._child = inmate.pid
        self._capture = Capture(limits.output_kib << 10)
        self._claim = bytearray()
        self._stopped: tuple[str, str] | None = None
        self._peak_bytes = 0
        self._abandoned = False
        self._status: int | None = None

    def go(self, request: bytes) -> None:
        """Give the waiting process its orders, see it through, and report."""
        with self._inmate.orders as orders, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._send_pipes(orders)
            send_frame(orders.fileno(), self._cell.folder.encode())
            send_frame(orders.fileno(), request)
        for fd in self._line.pipes:
            os.close(fd)
        # Before it says that it is ready: on a busy machine the word is read long after the program began.
        self._began = time.monotonic()
        word = _read_to_end(self._inmate.ready)
        if word == b"ok":
            self._watch()
        self._finish(word)

    def _send_pipes(self, orders: socket.socket) -> None:
        if self._line.pipes:
            socket.send_fds(orders, [b"."], self._line.pipes)
        else:
            orders.send(b".")

    def _finish(self, word: bytes) -> None:
        wall_s = time.monotonic() - self._began
        status, cpu_s, peak_mib = self._end_all()
        self._drain()
        if self._abandoned:
            return
        setup = "" if word == b"ok" else word.decode("utf-8", "replace") or f"the program's process died ({status})"
        verdict, reason = self._stopped or ("", "")
        report = Report(setup, verdict, reason, status, wall_s, cpu_s, peak_mib)
        send_result(self._line.write_fd, report, bytes(self._claim), self._capture.content())

    def _watch(self) -> None:
        """Pass what the program writes, until it ends, passes a limit, or the parent leaves."""
        poll = select.poll()
        takers = {self._inmate.output: self._take_output, self._inmate.claim: self._take_claim}
        # macOS has no such descriptor; there, the end is seen at the next tick.
        end = os.pidfd_open(self._child) if hasattr(os, "pidfd_open") else -1
        for fd in (*takers, self._line.read_fd, *([end] if end >= 0 else [])):
            poll.register(fd, select.POLLIN)
        looked = 0.0
        while self._stopped is None:
            ready = [fd for fd, _ in poll.poll(self._tick_s * 1000)]
            for fd in ready:
                if fd in takers and not takers[fd](os.read(fd, _CHUNK)):
                    poll.unregister(fd)
            if self._line.read_fd in ready:
                self._hear()
            if self._abandoned or end in ready or (end < 0 and self._is_over()):
                return
            if (now := time.monotonic()) - looked >= self._tick_s:
                looked = now
                self._look(now)

    def _hear(self) -> None:
        """Take what the parent says while the program runs, which is that it has left."""
        self._abandoned = True

    def _take_output(self, data: bytes) -> bool:
        self._capture.feed(data)
        if self._capture.n_bytes > OUTPUT_FACTOR * self._limits.output_kib << 10:
            most = OUTPUT_FACTOR * self._limits.output_kib
            self._stopped = "output", f"the program printed more than {most} KiB"
        return bool(data)

    def _take_claim(self, data: bytes) -> bool:
        self._claim += data
        if len(self._claim) > (self._limits.result_kib << 10) + _TEXT_BYTES:
            self._stopped = "output", f"the result takes more than {self._limits.result_kib} KiB"
        return bool(data)

    def _look(self, now: float) -> None:
        """Compare what the run takes with its limits."""
        limits = self._limits
        if self._is_late(now):
            self._stopped = "timeout", f"the program ran longer than {limits.wall_s:g} s"
            return
        pids = self._processes()
        if len(pids) > limits.processes:
            # Before anything is read of them: a fork bomb doubles meanwhile.
            self._stopped = "denied", f"the program started more than {limits.processes} processes"
            return
        taken = watch.total(pids, self._cell.base)
        self._peak_bytes = max(self._peak_bytes, taken.resident_bytes)
        self._stopped = watch.excess(self._counted(taken), limits)
        if self._cell.level < Level.NAMESPACES:
            self._look_at_folder()
            # The server is gone if another process has adopted its guards.
            self._abandoned = self._abandoned or os.getppid() != self._cell.server_pid

    def _is_late(self, now: float) -> bool:
        return now - self._began > self._limits.wall_s

    def _counted(self, taken: watch.Usage) -> watch.Usage:
        """Return what counts of all that the run has taken."""
        return taken

    def _look_at_folder(self) -> None:
        if watch.holds_more(self._cell.folder, self._child, self._limits.folder_mib << 20):
            self._stopped = "output", f"the program's folder holds more than {self._limits.folder_mib} MiB"

    def _is_over(self) -> bool:
        pid, status = os.waitpid(self._child, os.WNOHANG)
        if pid != 0:
            self._status = status
        return pid != 0

    def _processes(self) -> list[int]:
        if self._limits.processes == 1 and self._cell.level >= Level.LANDLOCK:
            return [self._child]
        if self._cell.level >= Level.NAMESPACES:
            return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        return watch.descendants(os.getpid())

    def _end_all(self) -> tuple[int, float, float]:
        """Kill and reap every process of the run; return the program's status, cpu time and peak."""
        if self._cell.level >= Level.NAMESPACES:
            # One call for all: the kernel lets no process fork that has been killed.
            self._kill(-1)
        if self._status is None:
            self._kill(self._child)
            _, self._status = os.waitpid(self._child, 0)
        with contextlib.suppress(ChildProcessError):
            while True:
                self._kill_survivors()
                os.waitpid(-1, 0)
        taken = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = max(self._peak_bytes, taken.ru_maxrss * 1024 - self._cell.base.resident_bytes)
        return self._status, taken.ru_utime + taken.ru_stime, peak / (1 << 20)

    def _kill_survivors(self) -> None:
        if self._cell.level < Level.LANDLOCK:
            # Where nothing forbids a program to fork, its orphans have become children of this process.
            for pid in watch.descendants(os.getpid()):
                self._kill(pid)

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _drain(self) -> None:
        """Take what the pipes still hold; every writer is dead."""
        for fd, take in ((self._inmate.output, self._take_output), (self._inmate.claim, self._take_claim)):
            os.set_blocking(fd, False)
            with contextlib.suppress(BlockingIOError):
                while take(os.read(fd, _CHUNK)):
                    pass


def _read_to_end(fd: int) -> bytes:
    data = b""
    while chunk := os.read(fd, _CHUNK):
        data += chunk
    os.close(fd)
    return data
