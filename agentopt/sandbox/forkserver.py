"""Running programs in children of a warm server: the default sandbox on Linux."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from types import TracebackType

from agentopt.errors import SandboxError, SandboxUnavailable
from agentopt.sandbox import canary
from agentopt.sandbox.command import ENVIRONMENT, ROOT
from agentopt.sandbox.converse import GuardLost, converse
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import STANDARD, Limits, Outcome
from agentopt.sandbox.request import request_frame
from agentopt.values import Value

PRELOAD = ("pyomo.environ", "highspy", "numpy", "pyscipopt")
"""What a solving program imports. scipy.optimize is not in it: it doubles the memory whose tables each fork copies
(a small LP took 31 ms with it and 26 without, in one run); who runs programs that import it passes it."""

# The package's root is appended, not put first: nothing beside it may stand in for the standard library.
_BOOT = "import sys; sys.path.append(sys.argv[1]); from agentopt.sandbox.server import main; main(sys.argv[2])"
_START_S = 120.0
_GRACE_S = 10.0
_STOP_S = 5.0
_MESSAGE = 1 << 16


class _Server:
    """One server process and the line to it."""

    def __init__(self, preload: tuple[str, ...]) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        setting = {
            "control_fd": theirs.fileno(),
            "parent_pid": os.getpid(),
            "temporary": tempfile.gettempdir(),
            "preload": list(preload),
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _BOOT, ROOT, json.dumps(setting)],
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                cwd="/",
            )
        self._ready: dict[str, object] | None = None
        self.stop = weakref.finalize(self, _stop, self.control, self._process, os.getpid())

    def wait_ready(self) -> dict[str, object]:
        """Wait until the server has imported what it should.

        Raises:
            SandboxError: It died, took too long, or holds threads that a fork would lose.
        """
        if self._ready is None:
            self.control.settimeout(_START_S)
            try:
                data = self.control.recv(_MESSAGE)
            except (TimeoutError, ConnectionResetError):
                data = b""
            if not data:
                raise SandboxError("the sandbox's server died before it was ready; is agentopt installed whole?")
            self._ready = json.loads(data)
        if self._ready["n_threads"] != 1:
            raise SandboxError(f"a preloaded package started threads: {self._ready['n_threads']} in the server")
        return self._ready

    def is_alive(self) -> bool:
        """Whether the process still holds its end of the line."""
        try:
            self.control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        # It never speaks again after it was ready, so what can be read is the end.
        return False

    def start_run(self, line: socket.socket, level: Level, *, commands: bool) -> None:
        """Hand the server the far end of a run's line."""
        socket.send_fds(self.control, [f"{int(level)} {int(commands)}".encode()], [line.fileno()])


class ForkServerSandbox:
    """Runs each program in a fork of a warm server, confined by the kernel; the default on Linux.

    The contract of a program is that of `Sandbox`. One server imports the packages once; a run then
    costs a fork. Any number of threads may call `run` at once, and each run is a process of its own.

    Args:
        preload: Modules that the server imports; those that are not installed are left out.
        minimum: Below this level nothing runs.
        level: Exactly this level, in place of the best that the machine holds.

    Raises:
        SandboxUnavailable: From the first `run`: no level at or above the minimum holds here.
    """

    def __init__(
        self,
        preload: tuple[str, ...] = PRELOAD,
        *,
        minimum: Level | str = Level.LANDLOCK,
        level: Level | str | None = None,
    ) -> None:
        if not sys.platform.startswith("linux"):
            raise SandboxUnavailable("the fork server's isolation needs Linux; open_sandbox() picks what fits")
        self._preload = tuple(preload)
        self._minimum = Level.parse(minimum)
        self._forced = None if level is None else Level.parse(level)
        self._level: Level | None = None
        self._lock = threading.RLock()
        self._owner_pid = os.getpid()
        self._closed = False
        self._server: _Server | None = _Server(self._preload)

    def __enter__(self) -> ForkServerSandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def level(self) -> Level:
        """The level at which programs run, found by trying on first use."""
        with self._lock:
            if self._level is None:
                self._level = self._choose()
            return self._level

    @property
    def missing(self) -> dict[str, str]:
        """The modules that could not be preloaded, and why."""
        with self._lock:
            return dict(self._live().wait_ready()["missing"])  # type: ignore[call-overload,no-any-return]

    def run(
        self,
        program: str,
        *,
        call: str | None = None,
        inputs: Value = None,
        limits: Limits = STANDARD,
    ) -> Outcome:
        """Run a program and say how it ended; see `Sandbox.run`."""
        request = request_frame(program, call, inputs, limits)
        level = self.level
        if limits.processes > 1 and level < Level.NAMESPACES:
            raise SandboxUnavailable(f"several processes need the level namespaces, this is {level}")
        try:
            return self._run(request, limits, level)
        except GuardLost:
            # The server was killed from outside; what ran is gone whole, so it may run again.
            return self._run(request, limits, level)

    def close(self) -> None:
        """End the server and every run."""
        with self._lock:
            self._closed = True
            if self._server is not None and self._owner_pid == os.getpid():
                self._server.stop()
            self._server = None

    def _run(self, request: bytes, limits: Limits, level: Level) -> Outcome:
        with self._lock:
            server = self._live()
            server.wait_ready()
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            try:
                with theirs:
                    server.start_run(theirs, level, commands=limits.processes > 1)
                done = converse(ours.fileno(), ours.fileno(), request, limits, level, _GRACE_S)
            except (OSError, GuardLost) as error:
                if server.is_alive():
                    return Outcome("crashed", None, "", f"the run was killed from outside ({error})", 0.0, 0.0, level)
                self._discard(server)
                raise GuardLost(f"the sandbox's server died during a run ({error})") from error
        if done.wall_s > limits.wall_s + _GRACE_S:
            # A guard that does not report cannot be trusted to have ended its run; the server's end is its end.
            self._discard(server)
        return done

    def _live(self) -> _Server:
        """Return the server, started anew if it was discarded or this process is a fork of its owner."""
        if self._closed:
            raise SandboxError("the sandbox is closed")
        if self._owner_pid != os.getpid():
            self._owner_pid, self._server = os.getpid(), None
        if self._server is None:
            self._server = _Server(self._preload)
        return self._server

    def _discard(self, server: _Server) -> None:
        with self._lock:
            if self._server is server:
                self._server = None
        server.stop()

    def _choose(self) -> Level:
        """Find the highest level that holds a program which tries to get out."""
        self._live().wait_ready()
        levels = [level for level in sorted(Level, reverse=True) if level != Level.SEATBELT and level >= self._minimum]
        problems = []
        for level in levels if self._forced is None else [self._forced]:
            try:
                self._try(level)
            except SandboxError as error:
                problems.append(f"{level}: {error}")
            else:
                return level
        raise SandboxUnavailable(
            f"no level from {self._minimum} up holds on this machine ({'; '.join(problems)}); "
            "`agentopt doctor` says what is missing"
        )

    def _try(self, level: Level) -> None:
        """Run the canary at a level."""
        with canary.bait() as inputs:
            request = request_frame(canary.PROGRAM, "tries", inputs, canary.LIMITS)
            canary.judge(self._run(request, canary.LIMITS, level), level)


def _stop(control: socket.socket, process: subprocess.Popen[bytes], owner_pid: int) -> None:
    """End a server, unless this process is a fork that only inherited the line to it."""
    if os.getpid() != owner_pid:
        control.close()
        return
    with contextlib.suppress(OSError):
        control.shutdown(socket.SHUT_RDWR)
    control.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
