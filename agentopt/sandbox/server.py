"""The server: a clean process that has imported the solvers, and forks a guard for each run.

It is exec'ed with an empty environment, stays single-threaded and never solves, so that a fork of it
is whole; it reads neither programs nor results, so that no run can find anything of another's in it.
"""

from __future__ import annotations

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

from agentopt.sandbox import guard, namespaces
from agentopt.sandbox.levels import Level
from agentopt.sandbox.report import Report

_IDLE_S, _BUSY_S = 1.0, 0.05


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
        _serve(control, setting)


def _preload(names: list[str]) -> dict[str, str]:
    """Import what programs will need; return what could not be imported, and why."""
    missing = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001
            # A package that is not installed, or breaks, is the program's affair if it asks for it.
            missing[name] = f"{type(error).__name__}: {error}"[:200]
    gc.collect()
    # Out of the collector's sight, so that a run does not copy every page by looking at it.
    gc.freeze()
    return missing


def _serve(control: socket.socket, setting: Setting) -> None:
    poll = select.poll()
    poll.register(control, select.POLLIN)
    busy = False
    while os.getppid() == setting.parent_pid:
        events = poll.poll(1000 * (_BUSY_S if busy else _IDLE_S))
        if events:
            word, fds, _, _ = socket.recv_fds(control, 64, 1)
            if not word:
                return
            for fd in fds:
                _start(fd, Level(int(word)), control, setting)
                os.close(fd)
        busy = _reap()


def _reap() -> bool:
    """Take leave of guards that ended; return whether any is left."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def _start(fd: int, level: Level, control: socket.socket, setting: Setting) -> None:
    # Asked for before the fork: in a new user namespace both have no name yet.
    uid, gid, server = os.geteuid(), os.getegid(), os.getpid()
    try:
        pid = namespaces.fork() if level >= Level.NAMESPACES else os.fork()
    except OSError as error:
        guard.send_result(fd, Report(setup=str(error)), b"", b"")
        return
    if pid == 0:
        control.close()
        _guard(guard.Post(fd, fd, level, uid, gid, setting.temporary, server))


def _guard(post: guard.Post) -> NoReturn:
    status = 1
    try:
        guard.keep(post)
        status = 0
    except Exception:  # noqa: BLE001
        # The parent sees a run without a report; why is for the developer who looks at stderr.
        traceback.print_exc()
    finally:
        os._exit(status)
