"""Running a program behind the walls of another command, such as bwrap, docker or sandbox-exec."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from agentopt.errors import SandboxError, SandboxUnavailable
from agentopt.sandbox import canary, folder
from agentopt.sandbox.converse import GuardLost, converse
from agentopt.sandbox.fresh import FreshSession
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import STANDARD, Limits, Outcome
from agentopt.sandbox.request import request_frame, session_job
from agentopt.values import Value

ROOT = str(Path(__file__).resolve().parents[2])
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
_BOOT = "import sys; sys.path.append(sys.argv[1]); from agentopt.sandbox.oneshot import main; main(sys.argv[2])"
_GRACE_S = 30.0
_COMPLAINT_CHARS = 500


class CommandSandbox(ABC):
    """Starts one fresh interpreter a run, behind a command's walls; slower than a fork, in need of no server.

    Inside, the same guard keeps time, memory, output and files, so that all sandboxes judge alike.
    """

    promised: Level
    """The level that the command makes, proven by a first program before any other runs."""

    def __init__(self) -> None:
        self._proven = False
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def command(self, limits: Limits, private: str) -> list[str]:
        """Return the whole command line for one run.

        Args:
            limits: Of the run.
            private: A folder outside that is the run's own, for commands that need one.

        Raises:
            SandboxUnavailable: The command is not there or does not answer.
        """

    @property
    def level(self) -> Level:
        """The level at which programs run, found by trying on first use."""
        if not self._proven:
            with canary.bait() as inputs:
                request = request_frame(canary.PROGRAM, "tries", inputs, canary.LIMITS)
                try:
                    canary.judge(self._run(request, canary.LIMITS), self.promised)
                except SandboxUnavailable:
                    raise
                except SandboxError as error:
                    raise SandboxUnavailable(f"{type(self).__name__} does not hold here: {error}") from error
            self._proven = True
        return self.promised

    def run(self, program: str, *, call: str | None = None, inputs: Value = None, limits: Limits = STANDARD) -> Outcome:
        """Run a program and say how it ended; see `Sandbox.run`."""
        return self.run_request(request_frame(program, call, inputs, limits), limits)

    def load(self, program: str, call: str, *, prelude: str = "", limits: Limits = STANDARD) -> FreshSession:
        """Check a program that is loaded afresh at each call, so that nothing is kept between calls."""
        return FreshSession(self, session_job(program, call, prelude, limits), limits)

    def run_request(self, request: bytes, limits: Limits) -> Outcome:
        """Run what a request says, which was checked when it was written."""
        if self._closed:
            raise SandboxError("the sandbox is closed")
        if limits.processes > 1:
            raise SandboxUnavailable(f"{type(self).__name__} runs one process; several need a ForkServerSandbox")
        _ = self.level
        return self._run(request, limits)

    def close(self) -> None:
        """Take no more runs; nothing stays between them."""
        self._closed = True

    def _run(self, request: bytes, limits: Limits) -> Outcome:
        private = folder.make(tempfile.gettempdir())
        try:
            return self._converse(self.command(limits, private), request, limits)
        finally:
            folder.remove(private)

    def _converse(self, command: list[str], request: bytes, limits: Limits) -> Outcome:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PATH": os.defpath, **ENVIRONMENT},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxUnavailable(f"{command[0]} cannot be started: {error.strerror}") from error
        try:
            return self._talk(process, request, limits)
        finally:
            _end(process)

    def _talk(self, process: subprocess.Popen[bytes], request: bytes, limits: Limits) -> Outcome:
        assert process.stdin is not None
        assert process.stdout is not None
        fds = process.stdout.fileno(), process.stdin.fileno()
        for fd in fds:
            os.set_blocking(fd, False)
        try:
            return converse(*fds, request, limits, self.promised, _GRACE_S)
        except GuardLost as error:
            name = type(self).__name__
            raise SandboxUnavailable(f"{name} failed: {_complaint(process) or error}") from error


def interpreter(executable: str, root: str, level: Level, temporary: str) -> list[str]:
    """Return the command line of the interpreter that the walls surround."""
    setting = json.dumps({"level": str(level), "temporary": temporary})
    return [executable, "-I", "-X", "utf8", "-c", _BOOT, root, setting]


def _complaint(process: subprocess.Popen[bytes]) -> str:
    """Return what the command said last about why it failed."""
    process.kill()
    assert process.stderr is not None
    text = process.stderr.read(1 << 16).decode("utf-8", "replace").strip()
    return text[-_COMPLAINT_CHARS:]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the line first, at which the guard inside ends its run, then make sure."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    try:
        process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
