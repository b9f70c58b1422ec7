"""A session whose program stays loaded in a confined process, which answers call after call."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

from agentopt import tagged
from agentopt.errors import SandboxError
from agentopt.sandbox.converse import GuardLost
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits, Outcome, clean
from agentopt.sandbox.report import judge
from agentopt.sandbox.request import arguments
from agentopt.sandbox.serverprocess import ServerProcess
from agentopt.sandbox.session import CALL_S, require_wall
from agentopt.sandbox.wire import REQUEST_BYTES
from agentopt.sandbox.worker import Worker, WorkerLost

_END_S = 10.0
_KEEPS = ("ok", "error")


class Starter(Protocol):
    """Starts workers, and is told of servers that fail."""

    @property
    def level(self) -> Level:
        """The isolation that programs run under."""

    def start_worker(self, request: bytes, limits: Limits) -> Worker:
        """Start a process that will load a program."""

    def discard(self, server: ServerProcess) -> None:
        """End a server that does not do what it should."""


class WarmSession:
    """Loads a program once and calls it many times; see `Session`.

    What the program prints while it loads comes with the outcome of `start` or of the first call; what a thread of its
    prints between two calls, with the second. A worker that died, was killed, or wrote anything while it was not asked
    is replaced before the next call. A fork of the parent gets a worker of its own.
    """

    def __init__(self, starter: Starter, request: bytes, limits: Limits) -> None:
        self._starter, self._request, self._limits = starter, request, limits
        self._owner_pid, self._lock = os.getpid(), threading.RLock()
        self._worker: Worker | None = None
        self._loaded: Outcome | None = None
        """Of the worker's loading, or of the program's first if that failed for good; then there is no worker."""
        self._was_loaded = False
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def level(self) -> Level:
        """The isolation that the program runs under."""
        return self._starter.level

    def start(self) -> Outcome:
        """Load the program if it is not loaded, and say how that went; see `Session.start`."""
        with self._own_lock():
            self._require_open()
            loaded = self._load()
            if self._worker is None:
                return loaded
            return replace(loaded, output=clean(self._worker.take_output()))

    def call(
        self, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None, *, wall_s: float = CALL_S
    ) -> Outcome:
        """Call the function; see `Session.call`."""
        require_wall(wall_s)
        body = tagged.dumps(arguments(args, kwargs), max_bytes=REQUEST_BYTES // 2)
        with self._own_lock():
            self._require_open()
            # Twice only if the server was killed from outside: what ran is gone whole, so it may run again.
            for _ in range(2):
                try:
                    loaded = self._load()
                    return self._ask(body, wall_s) if loaded.ok else loaded
                except GuardLost as error:
                    lost = error
            raise lost

    def close(self) -> None:
        """End the worker, and with it a call of another thread."""
        self._closed = True
        worker = self._worker
        if worker is not None and self._owner_pid == os.getpid():
            worker.hang_up()
        with self._own_lock():
            self._drop()

    def _own_lock(self) -> threading.RLock:
        """Return the lock, new ones of all that a fork of the owner must not share."""
        if self._owner_pid != os.getpid():
            self._owner_pid, self._lock = os.getpid(), threading.RLock()
            if self._worker is not None:
                self._worker.release()
                self._worker = self._loaded = None
        return self._lock

    def _require_open(self) -> None:
        if self._closed:
            raise SandboxError("the session is closed")

    def _load(self) -> Outcome:
        """Have a worker with the program in it, and return the outcome of its loading."""
        if self._loaded is not None and (self._worker is None or self._worker.is_fit()):
            return self._loaded
        self._drop()
        self._worker = self._starter.start_worker(self._request, self._limits)
        # Closed meanwhile, by a thread that did not know of this worker.
        self._require_open()
        done = self._ask(b"", self._limits.wall_s, loading=True)
        if not done.ok:
            self._drop()
        # A failure stays, so that an endless loop is not waited for at each call; but not one that may pass.
        if done.ok or not (self._was_loaded or done.verdict == "crashed"):
            self._loaded = done
        self._was_loaded = self._was_loaded or done.ok
        return done

    def _ask(self, body: bytes, wall_s: float, *, loading: bool = False) -> Outcome:
        """Put one question to the worker; one that ended, or is not to be trusted, is dropped."""
        assert self._worker is not None
        began, claim, lost = time.monotonic(), b"", None
        try:
            claim = self._worker.ask(body, wall_s)
        except WorkerLost as error:
            lost = error
        except GuardLost as error:
            lost = self._killed(error)
        except BaseException:
            # Interrupted: its answer would come while another is asked for.
            self._drop()
            raise
        done = self._outcome(self._worker, claim, lost, time.monotonic() - began, loading=loading)
        if done.verdict not in _KEEPS:
            self._drop()
        return done

    def _outcome(
        self, worker: Worker, claim: bytes, lost: WorkerLost | None, wall_s: float, *, loading: bool
    ) -> Outcome:
        told = judge(claim, self._limits, in_tags=True) if lost is None else (lost.verdict, None, lost.reason)
        verdict, result, error = told
        # What loading printed waits for the outcome of the first call.
        output = b"" if loading and verdict == "ok" else worker.take_output()
        cpu_s = lost.cpu_s if lost else 0.0
        return Outcome(verdict, result, clean(output), clean(error), wall_s, cpu_s, worker.level)

    def _killed(self, error: GuardLost) -> WorkerLost:
        """Say that the worker was killed from outside, unless the whole server was.

        Raises:
            GuardLost: The server is dead.
        """
        assert self._worker is not None
        if self._closed:
            return WorkerLost("crashed", "the session was closed during the call")
        server = self._worker.server
        if server.is_alive():
            return WorkerLost("crashed", f"the program was killed from outside ({error})")
        self._drop()
        self._starter.discard(server)
        raise error

    def _drop(self) -> None:
        """Have the worker ended and wait until it is."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        self._loaded = None
        if not worker.end(_END_S):
            # A guard that does not end its run cannot be trusted to; the server's end is its end.
            self._starter.discard(worker.server)
            worker.release()
