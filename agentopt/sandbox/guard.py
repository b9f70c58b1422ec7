"""The guard of one run: makes the cell, starts the program in it, watches, ends everything, reports.

It is the parent of the program and, with namespaces, pid 1 of theirs, so that its death is theirs.
The program can neither signal nor trace it. What the guard says of times and ends it saw itself;
what the program claims it passes on unread.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import time
from dataclasses import dataclass

from agentopt.sandbox import folder, kernel, namespaces, paths, watch
from agentopt.sandbox.capture import Capture
from agentopt.sandbox.child import Cell, Pipes, live
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import OUTPUT_FACTOR, Limits
from agentopt.sandbox.program import Job
from agentopt.sandbox.report import Report
from agentopt.sandbox.wire import REQUEST_BYTES, receive_frame, send_frame
from agentopt.values import decode

_TICK_S = 0.025
_CHUNK = 1 << 16
_SETUP_S = 20.0
_TEXT_BYTES = 1 << 12


@dataclass(frozen=True)
class Post:
    """Where a guard stands: its line to the parent, its level and what it was before any namespace."""

    read_fd: int
    write_fd: int
    level: Level
    uid: int
    gid: int
    temporary: str
    parent_pid: int
    """0 where a namespace hides the parent."""


def keep(post: Post) -> None:
    """Do one run, from its request to its report."""
    data = receive_frame(post.read_fd, REQUEST_BYTES, time.monotonic() + _SETUP_S)
    if data is None:
        return
    request = decode(data, max_bytes=REQUEST_BYTES)
    limits = Limits(**request["limits"])  # type: ignore[index,call-overload,arg-type]
    job = Job(**request["job"])  # type: ignore[index,call-overload,arg-type]
    # Read before the root changes: in some containers the new one cannot have a /proc.
    base = watch.usage("self") or watch.Usage()
    try:
        place = _make_place(post, limits)
    except OSError as error:
        send_result(post.write_fd, Report(setup=str(error)), b"", b"")
        return
    try:
        _Run(post, place, limits, base).go(job)
    finally:
        if place != namespaces.FOLDER:
            folder.remove(place)


def send_result(fd: int, report: Report, claim: bytes, output: bytes) -> None:
    """Send the three frames that end a run; a parent that has left is not told."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for data in (report.encode(), claim, output):
            send_frame(fd, data)


def _make_place(post: Post, limits: Limits) -> str:
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        # If the whole machine runs out of memory, a run goes first.
        file.write("1000")
    if post.level < Level.NAMESPACES:
        _adopt_orphans()
        return folder.make(post.temporary)
    readable = paths.readable(commands=limits.processes > 1)
    namespaces.enter(post.uid, post.gid, readable, limits.folder_mib)
    # Only now: a change of ids or capabilities takes the wish back.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    return namespaces.FOLDER


def _adopt_orphans() -> None:
    with contextlib.suppress(OSError, AttributeError):
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)


class _Run:
    """One program from its start to its end."""

    def __init__(self, post: Post, place: str, limits: Limits, base: watch.Usage) -> None:
        self._post, self._place, self._limits = post, place, limits
        self._base = base
        self._capture = Capture(limits.output_kib << 10)
        self._claim = bytearray()
        self._stopped: tuple[str, str] | None = None
        self._peak_bytes = 0
        self._abandoned = False
        self._status: int | None = None

    def go(self, job: Job) -> None:
        (output, output_end), (claim, claim_end), (ready, ready_end) = os.pipe(), os.pipe(), os.pipe()
        guard_pid = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            cell = Cell(self._post.level, self._limits, self._place, self._base.address_bytes, guard_pid)
            live(cell, Pipes(output_end, claim_end, ready_end), job)
        for fd in (output_end, claim_end, ready_end):
            os.close(fd)
        word = _read_to_end(ready)
        self._began = time.monotonic()
        if word == b"ok":
            self._watch(output, claim)
        self._finish(word, output, claim)

    def _finish(self, word: bytes, output: int, claim: int) -> None:
        wall_s = time.monotonic() - self._began
        status, cpu_s, peak_mib = self._end_all()
        self._drain(output, claim)
        if self._abandoned:
            return
        setup = "" if word == b"ok" else word.decode("utf-8", "replace") or f"the program's process died ({status})"
        verdict, reason = self._stopped or ("", "")
        report = Report(setup, verdict, reason, status, wall_s, cpu_s, peak_mib)
        send_result(self._post.write_fd, report, bytes(self._claim), self._capture.content())

    def _watch(self, output: int, claim: int) -> None:
        """Pass what the program writes, until it ends, passes a limit, or the parent leaves."""
        poll = select.poll()
        takers = {output: self._take_output, claim: self._take_claim}
        # macOS has no such descriptor; there, the end is seen at the next tick.
        end = os.pidfd_open(self._child) if hasattr(os, "pidfd_open") else -1
        for fd in (*takers, self._post.read_fd, *([end] if end >= 0 else [])):
            poll.register(fd, select.POLLIN)
        looked = 0.0
        while self._stopped is None:
            ready = [fd for fd, _ in poll.poll(_TICK_S * 1000)]
            for fd in ready:
                if fd in takers and not takers[fd](os.read(fd, _CHUNK)):
                    poll.unregister(fd)
            if self._post.read_fd in ready:
                self._abandoned = True
            if self._abandoned or end in ready or (end < 0 and self._is_over()):
                return
            if (now := time.monotonic()) - looked >= _TICK_S:
                looked = now
                self._look(now)

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
        if now - self._began > limits.wall_s:
            self._stopped = "timeout", f"the program ran longer than {limits.wall_s:g} s"
            return
        pids = self._processes()
        if len(pids) > limits.processes:
            # Before anything is read of them: a fork bomb doubles meanwhile.
            self._stopped = "denied", f"the program started more than {limits.processes} processes"
            return
        taken = watch.total(pids, self._base)
        self._peak_bytes = max(self._peak_bytes, taken.resident_bytes)
        self._stopped = watch.excess(taken, limits)
        if self._place != namespaces.FOLDER:
            self._look_at_folder()
            # The server is gone if another process has adopted its guards.
            self._abandoned = self._abandoned or os.getppid() != self._post.parent_pid

    def _look_at_folder(self) -> None:
        if watch.holds_more(self._place, self._child, self._limits.folder_mib << 20):
            self._stopped = "output", f"the program's folder holds more than {self._limits.folder_mib} MiB"

    def _is_over(self) -> bool:
        pid, status = os.waitpid(self._child, os.WNOHANG)
        if pid != 0:
            self._status = status
        return pid != 0

    def _processes(self) -> list[int]:
        if self._limits.processes == 1 and self._post.level >= Level.LANDLOCK:
            return [self._child]
        if self._post.level >= Level.NAMESPACES:
            return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        return watch.descendants(os.getpid())

    def _end_all(self) -> tuple[int, float, float]:
        """Kill and reap every process of the run; return the program's status, cpu time and peak."""
        if self._post.level >= Level.NAMESPACES:
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
        peak = max(self._peak_bytes, taken.ru_maxrss * 1024 - self._base.resident_bytes)
        return self._status, taken.ru_utime + taken.ru_stime, peak / (1 << 20)

    def _kill_survivors(self) -> None:
        if self._post.level < Level.LANDLOCK:
            # Where nothing forbids a program to fork, its orphans have become children of this process.
            for pid in watch.descendants(os.getpid()):
                self._kill(pid)

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _drain(self, output: int, claim: int) -> None:
        """Take what the pipes still hold; every writer is dead."""
        for fd, take in ((output, self._take_output), (claim, self._take_claim)):
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
