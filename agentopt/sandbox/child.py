"""The last steps before code that nobody has read: what the forked process gives up, in order."""

from __future__ import annotations

import fcntl
import io
import os
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from agentopt.sandbox import kernel, landlock, paths, rlimits, seccomp
from agentopt.sandbox.job import Job
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits
from agentopt.sandbox.program import perform
from agentopt.sandbox.serving import Counter, serve
from agentopt.sandbox.wire import N_PIPES, REQUEST_BYTES, receive_frame, write_all
from agentopt.values import decode

_CLAIM, _READY, _ORDERS = 3, 4, 5
# Kept under a name of our own: a program that replaces os._exit would else come back into the guard's code.
_EXIT = os._exit
_ABOVE = 16
_NICE = 5
_PATH_BYTES = 1 << 12


@dataclass(frozen=True)
class Inmate:
    """A forked process that waits for its orders, as its guard sees it."""

    pid: int
    orders: socket.socket
    """Takes the ends of a session's pipes, the folder and the request; closing it unused ends the process."""
    output: int
    claim: int
    ready: int
    """Says "ok" when the program begins, or what went wrong before."""


@dataclass(frozen=True)
class _Cell:
    """Where the program runs and what it may use."""

    level: Level
    limits: Limits
    folder: str
    base_bytes: int
    guard_pid: int
    serves: bool
    """Whether it answers a session, whose processor time the guard counts anew for each call."""


@dataclass(frozen=True)
class _Orders:
    """What the guard tells the process to do."""

    pipes: list[int]
    """For a session: where questions come, where answers go, where output goes; else empty."""
    folder: str
    request: bytes


def start(level: Level, base_bytes: int) -> Inmate:
    """Fork a process that will run one program.

    Args:
        level: What it will give up.
        base_bytes: Address space that the preloaded packages take.

    Raises:
        OSError: The kernel refused to fork.
    """
    (output, output_end), (claim, claim_end), (ready, ready_end) = (os.pipe() for _ in range(3))
    take, orders = socket.socketpair()
    guard_pid = os.getpid()
    pid = os.fork()
    if pid == 0:
        _live(level, base_bytes, guard_pid, (output_end, claim_end, ready_end, take.detach()))
    take.close()
    for fd in (output_end, claim_end, ready_end):
        os.close(fd)
    return Inmate(pid, orders, output, claim, ready)


def _live(level: Level, base_bytes: int, guard_pid: int, ends: tuple[int, int, int, int]) -> NoReturn:
    """Wait for orders, give everything up, run the job, write the claim and end."""
    status = 1
    try:
        _take_descriptors(ends)
        orders = _take_orders()
        if orders is None:
            _EXIT(0)
        parts: dict[str, Any] = decode(orders.request, max_bytes=REQUEST_BYTES)  # type: ignore[assignment]
        limits, job = Limits(**parts["limits"]), Job(**parts["job"])
        _confine_or_say(_Cell(level, limits, orders.folder, base_bytes, guard_pid, bool(orders.pipes)))
        if orders.pipes:
            serve(job, _counter(orders.pipes))
        else:
            claim = perform(job)
            _flush()
            write_all(_CLAIM, claim)
        status = 0
    finally:
        # No clean-up of the interpreter: threads the program left running could hold it up for ever.
        _EXIT(status)


def _take_orders() -> _Orders | None:
    """Wait for the guard's orders; None if it ended without any."""
    with socket.socket(fileno=_ORDERS) as line:
        _, pipes, _, _ = socket.recv_fds(line, 1, N_PIPES)
        folder = receive_frame(line.fileno(), _PATH_BYTES)
        request = receive_frame(line.fileno(), REQUEST_BYTES)
    return None if folder is None or request is None else _Orders(pipes, folder.decode(), request)


def _counter(pipes: list[int]) -> Counter:
    """Put a session's pipes in the place of the guard's, so that it sees neither calls nor output."""
    question, answer, output = pipes
    for fd, places in ((answer, (_CLAIM,)), (output, (1, 2))):
        for place in places:
            os.dup2(fd, place)
        os.close(fd)
    return Counter(question, _CLAIM, _flush)


def _confine_or_say(cell: _Cell) -> None:
    try:
        confine(cell)
    except (OSError, ValueError) as error:
        write_all(_READY, f"{type(error).__name__}: {error}".encode())
        _EXIT(1)
    write_all(_READY, b"ok")
    os.close(_READY)


def confine(cell: _Cell) -> None:
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
    rlimits.apply(cell.limits, base_bytes=cell.base_bytes, count_tasks=inside, count_cpu=not cell.serves)
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


def _enter_folder(cell: _Cell) -> None:
    os.chdir(cell.folder)
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(HOME=cell.folder, TMPDIR=cell.folder)
    if cell.limits.processes > 1:
        os.environ["PATH"] = os.pathsep.join([os.path.join(sys.prefix, "bin"), *os.defpath.split(os.pathsep)])
    tempfile.tempdir = None


def _take_descriptors(ends: tuple[int, int, int, int]) -> None:
    """Leave open 0 (nothing to read), 1 and 2 (output), 3 (the claim), 4 (ready), 5 (orders), and no other."""
    output, claim, ready, orders = (fcntl.fcntl(fd, fcntl.F_DUPFD, _ABOVE) for fd in ends)
    for place, fd in enumerate((output, output, claim, ready, orders), start=1):
        os.dup2(fd, place)
    os.closerange(_ORDERS + 1, os.sysconf("SC_OPEN_MAX"))
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
