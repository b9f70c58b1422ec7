"""The last steps before code that nobody has read: what the forked process gives up, in order."""

from __future__ import annotations

import fcntl
import io
import os
import signal
import sys
import tempfile
from dataclasses import dataclass
from typing import NoReturn, TextIO

from agentopt.sandbox import kernel, landlock, paths, rlimits, seccomp
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits
from agentopt.sandbox.program import Job, perform
from agentopt.sandbox.wire import write_all

_CLAIM, _READY = 3, 4
# Kept under a name of our own: a program that replaces os._exit would else come back into the guard's code.
_EXIT = os._exit
_ABOVE = 16
_NICE = 5


@dataclass(frozen=True)
class Cell:
    """Where a program runs and what it may use."""

    level: Level
    limits: Limits
    folder: str
    base_bytes: int
    guard_pid: int


@dataclass(frozen=True)
class Pipes:
    """The writing ends that lead to the guard."""

    output: int
    claim: int
    ready: int


def live(cell: Cell, pipes: Pipes, job: Job) -> NoReturn:
    """Give everything up, run the job, write the claim and end; runs in the forked process."""
    status = 1
    try:
        _take_descriptors(pipes)
        try:
            confine(cell)
        except (OSError, ValueError) as error:
            write_all(_READY, f"{type(error).__name__}: {error}".encode())
            _EXIT(1)
        write_all(_READY, b"ok")
        os.close(_READY)
        claim = perform(job)
        _flush()
        write_all(_CLAIM, claim)
        status = 0
    finally:
        # No clean-up of the interpreter: threads the program left running could hold it up for ever.
        _EXIT(status)


def confine(cell: Cell) -> None:
    """Take limits, capabilities, files and system calls from this process, in that order.

    Raises:
        OSError: The kernel refused a step; the message names it.
    """
    os.setsid()
    # The guard comes first when both want the processor.
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _enter_folder(cell)
    inside = cell.level >= Level.NAMESPACES
    rlimits.apply(cell.limits, base_bytes=cell.base_bytes, count_tasks=inside)
    if cell.level < Level.LANDLOCK:
        return
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != cell.guard_pid:
        raise OSError("the guard of the run died")
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    many = cell.limits.processes > 1
    _restrict_files(cell.folder, inside=inside, commands=many)
    seccomp.install(seccomp.Policy(fork=many, private_mounts=inside, own_pid=os.getpid()))


def _restrict_files(folder: str, *, inside: bool, commands: bool) -> None:
    if inside and landlock.version() == 0:
        # The new root holds nothing else and is mounted read-only; Landlock would be the second lock.
        return
    readable = ["/"] if inside else [*paths.readable(), *filter(os.path.exists, paths.PROC_FILES)]
    devices = [path for path in paths.DEVICES if os.path.exists(path)]
    landlock.restrict([*readable], [folder, *devices], execute=commands)


def _enter_folder(cell: Cell) -> None:
    os.chdir(cell.folder)
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(HOME=cell.folder, TMPDIR=cell.folder)
    if cell.limits.processes > 1:
        os.environ["PATH"] = os.pathsep.join([os.path.join(sys.prefix, "bin"), *os.defpath.split(os.pathsep)])
    tempfile.tempdir = None


def _take_descriptors(pipes: Pipes) -> None:
    """Leave open 0 (nothing to read), 1 and 2 (output), 3 (the claim), 4 (ready), and no other."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, _ABOVE) for fd in (pipes.output, pipes.claim, pipes.ready)]
    for fd, place in zip((high[0], high[0], high[1], high[2]), (1, 2, _CLAIM, _READY), strict=True):
        os.dup2(fd, place)
    os.closerange(_READY + 1, os.sysconf("SC_OPEN_MAX"))
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    # New objects: the server's were opened on another kind of file and remember that.
    sys.stdout = _stream(1)
    sys.stderr = _stream(2)


def _stream(fd: int) -> io.TextIOWrapper:
    return open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _flush() -> None:
    streams: tuple[TextIO | None, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        try:
            if stream is not None:
                stream.flush()
        except BaseException:  # noqa: BLE001
            # The program may have put anything in the place of its streams; its result still counts.
            continue
    kernel.flush_stdio()
