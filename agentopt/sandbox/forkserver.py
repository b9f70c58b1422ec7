"""Running programs in children of a warm server: the default sandbox on Linux."""

from __future__ import annotations

import os
import socket
import sys
import threading
import weakref
from types import TracebackType

from agentopt.errors import SandboxError, SandboxUnavailable
from agentopt.sandbox import canary
from agentopt.sandbox.converse import GuardLost, converse
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import STANDARD, Limits, Outcome
from agentopt.sandbox.request import request_frame, session_frame, session_job
from agentopt.sandbox.serverprocess import ServerProcess
from agentopt.sandbox.warm import WarmSession
from agentopt.sandbox.worker import Worker, WorkerLost
from agentopt.values import Value

PRELOAD = ("pyomo.environ", "highspy", "numpy", "pyscipopt")
"""What a solving program imports. scipy.optimize is not in it: it doubles the memory whose tables each fork copies
(a small LP took 31 ms with it and 26 without, in one run); who runs programs that import it passes it."""

_GRACE_S = 10.0


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
        self._sessions: weakref.WeakSet[WarmSession] = weakref.WeakSet()
        self._server: ServerProcess | None = ServerProcess(self._preload)

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
        level = self._level_for(limits)
        try:
            return self._run(request, limits, level)
        except GuardLost:
            # The server was killed from outside; what ran is gone whole, so it may run again.
            return self._run(request, limits, level)

    def load(self, program: str, call: str, *, prelude: str = "", limits: Limits = STANDARD) -> WarmSession:
        """Load a program once, at its first call, and then call it many times; see `Sandbox.load`.

        A call costs no fork: it goes straight to the process that holds the program, and back. Each session is a
        process of its own, until it is closed or forgotten, or the sandbox is closed.
        """
        job = session_job(program, call, prelude, limits)
        session = WarmSession(self, session_frame(job, limits), limits)
        self._sessions.add(session)
        return session

    def start_worker(self, request: bytes, limits: Limits) -> Worker:
        """Start a process that will load a session's program.

        Raises:
            SandboxUnavailable: This machine offers less isolation than was asked for.
            SandboxError: The sandbox is closed or failed.
        """
        level = self._level_for(limits)
        try:
            return self._start_worker(request, limits, level)
        except GuardLost:
            return self._start_worker(request, limits, level)

    def discard(self, server: ServerProcess) -> None:
        """End a server that is dead or does not do what it should; the next run starts another."""
        with self._lock:
            if self._server is server:
                self._server = None
        server.stop()

    def close(self) -> None:
        """End the server, every run and every session."""
        with self._lock:
            self._closed = True
            if self._server is not None and self._owner_pid == os.getpid():
                self._server.stop()
            self._server = None
        # Outside the lock: one of them may be waiting for it to start its worker.
        for session in list(self._sessions):
            session.close()

    def _level_for(self, limits: Limits) -> Level:
        level = self.level
        if limits.processes > 1 and level < Level.NAMESPACES:
            raise SandboxUnavailable(f"several processes need the level namespaces, this is {level}")
        return level

    def _ready(self) -> ServerProcess:
        with self._lock:
            server = self._live()
            server.wait_ready()
            return server

    def _start_worker(self, request: bytes, limits: Limits, level: Level) -> Worker:
        server = self._ready()
        try:
            return Worker(server, level, request, limits)
        except WorkerLost as lost:
            raise SandboxError(f"the process of a session did not start: {lost.reason}") from lost
        except (OSError, GuardLost) as error:
            if not server.is_alive():
                self.discard(server)
            raise GuardLost(f"the process of a session died before it started ({error})") from error

    def _run(self, request: bytes, limits: Limits, level: Level) -> Outcome:
        server = self._ready()
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
                self.discard(server)
                raise GuardLost(f"the sandbox's server died during a run ({error})") from error
        if done.wall_s > limits.wall_s + _GRACE_S:
            # A guard that does not report cannot be trusted to have ended its run; the server's end is its end.
            self.discard(server)
        return done

    def _live(self) -> ServerProcess:
        """Return the server, started anew if it was discarded or this process is a fork of its owner."""
        if self._closed:
            raise SandboxError("the sandbox is closed")
        if self._owner_pid != os.getpid():
            self._owner_pid, self._server = os.getpid(), None
        if self._server is None:
            self._server = ServerProcess(self._preload)
        return self._server

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
