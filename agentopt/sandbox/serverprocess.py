"""The server as its parent sees it: a process and the line to it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence

from agentopt.errors import SandboxError
from agentopt.sandbox.command import ENVIRONMENT, ROOT
from agentopt.sandbox.levels import Level

# The package's root is appended, not put first: nothing beside it may stand in for the standard library.
_BOOT = "import sys; sys.path.append(sys.argv[1]); from agentopt.sandbox.server import main; main(sys.argv[2])"
_START_S = 120.0
_STOP_S = 5.0
_MESSAGE = 1 << 16


class ServerProcess:
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

    def start_run(self, line: socket.socket, level: Level, *, commands: bool, pipes: Sequence[int] = ()) -> None:
        """Hand the server the far ends of a run's line and of a session's pipes."""
        word = f"{int(level)} {int(commands)}".encode()
        socket.send_fds(self.control, [word], [line.fileno(), *pipes])


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
