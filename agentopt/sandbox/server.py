"""The server: a clean process that has imported the solvers, and forks a guard for each run.

It is exec'ed with an empty environment, stays single-threaded and never solves, so that a fork of it is whole.
It reads neither programs nor results, so that no run can find anything of another's in it. One guard is always
forked ahead, so that a run does not wait for its own cell.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import traceback
from dataclasses import dataclass
from typing import NoReturn

from agentopt.sandbox import guard, namespaces, paths
from agentopt.sandbox.levels import Level
from agentopt.sandbox.report import Report
from agentopt.sandbox.run import Line, send_result
from agentopt.sandbox.wire import N_PIPES

_IDLE_S, _BUSY_S = 1.0, 0.05

Kind = tuple[Level, bool]
"""The level, and whether programs may start others."""


@dataclass(frozen=True)
class Setting:
    """What the parent says on the command line, as JSON."""

    control_fd: int
    parent_pid: int
    temporary: str
    preload: list[str]


def main(argument: str) -> None:
    """Import, say so, and fork until the parent leaves."""
    # Ctrl-C in a terminal reaches the whole group; the parent decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    setting = Setting(**json.loads(argument))
    missing = _preload(setting.preload)
    with socket.socket(fileno=setting.control_fd) as control:
        ready = {"missing": missing, "n_threads": len(os.listdir("/proc/self/task"))}
        control.send(json.dumps(ready).encode())
        _Forks(control, setting).serve()


def _preload(names: list[str]) -> dict[str, str]:
    """Import what programs will need; return what could not be imported, and why."""
    missing = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001
            # A package that is not installed, or breaks, is the program's affair if it asks for it.
            missing[name] = f"{type(error).__name__}: {error}"[:200]
    # Found once here: searched for by each run, they took 2 of the 5 ms that confining it took.
    for commands in (False, True):
        paths.readable(commands=commands)
    gc.collect()
    # Out of the collector's sight, so that a run does not copy every page by looking at it.
    gc.freeze()
    return missing


class _Forks:
    """The guards of a server: one for each run, and one that waits for the next."""

    def __init__(self, control: socket.socket, setting: Setting) -> None:
        self._control, self._setting = control, setting
        self._running: set[int] = set()
        self._spare: tuple[Kind, socket.socket] | None = None

    def serve(self) -> None:
        """Fork until the parent leaves."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while os.getppid() == self._setting.parent_pid:
            # The one that waits does not end by itself, so it needs no looking after.
            busy = len(self._running) > (self._spare is not None)
            if poll.poll(1000 * (_BUSY_S if busy else _IDLE_S)):
                word, fds, _, _ = socket.recv_fds(self._control, 64, 1 + N_PIPES)
                if not word:
                    return
                level, commands = word.split()
                if fds:
                    self._start(fds, (Level(int(level)), commands == b"1"))
            self._reap()

    def _start(self, fds: list[int], kind: Kind) -> None:
        """Hand a line, and a session's pipes, to a guard, and have the next guard ready before it is asked for."""
        try:
            if not self._hand(fds, self._take_spare(kind)):
                self._hand(fds, self._fork(kind))
        except OSError as error:
            send_result(fds[0], Report(setup=str(error)))
        finally:
            for fd in fds:
                os.close(fd)
        # If this one fails, the next run says so.
        with contextlib.suppress(OSError):
            self._spare = self._spare or (kind, self._fork(kind))

    def _hand(self, fds: list[int], way: socket.socket | None) -> bool:
        if way is None:
            return False
        with way:
            try:
                socket.send_fds(way, [b"1"], fds)
            except (BrokenPipeError, ConnectionResetError):
                return False
        return True

    def _take_spare(self, kind: Kind) -> socket.socket | None:
        if self._spare is None:
            return None
        (waiting_kind, way), self._spare = self._spare, None
        if waiting_kind == kind:
            return way
        # Its line's end is its own.
        way.close()
        return None

    def _fork(self, kind: Kind) -> socket.socket:
        """Fork a guard and return the way to it.

        Raises:
            OSError: The kernel refused.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            # Asked for before the fork: in a new user namespace they have no name yet.
            post = guard.Post(*kind, os.geteuid(), os.getegid(), self._setting.temporary, os.getpid())
            try:
                pid = namespaces.fork() if post.level >= Level.NAMESPACES else os.fork()
            except OSError:
                ours.close()
                raise
            if pid == 0:
                for way in (self._control, ours, *(self._spare or ())[1:]):
                    way.close()
                _guard(post, theirs)
        self._running.add(pid)
        return ours

    def _reap(self) -> None:
        """Take leave of guards that ended."""
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self._running.discard(pid)


def _guard(post: guard.Post, way: socket.socket) -> NoReturn:
    status = 1
    try:
        keeper = guard.Guard(post)
        _, fds, _, _ = socket.recv_fds(way, 1, 1 + N_PIPES)
        way.close()
        if fds:
            fd, *pipes = fds
            keeper.serve(Line(fd, fd, tuple(pipes)))
            # The parent waits for this end. Closed by the exit it would come only after the kernel
            # has taken this process's memory apart, milliseconds later.
            os.close(fd)
        status = 0
    except Exception:  # noqa: BLE001
        # The parent sees a run without a report; why is for the developer who looks at stderr.
        traceback.print_exc()
    finally:
        os._exit(status)
