"""A program that tries what a sandbox must refuse, and says what it got."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from agentopt.errors import SandboxError
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits, Outcome
from agentopt.values import Value

PROGRAM = '''
import ctypes, os, signal, socket

def attempt(function):
    """Return whether the function went through."""
    try:
        function()
    except BaseException:
        return False
    return True

def read(path):
    with open(path) as file:
        return file.read()

def write(path):
    with open(path, "w") as file:
        file.write("x")

def fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)

def dial(port):
    socket.create_connection(("127.0.0.1", port), 1).close()

def new_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000) != 0:
        raise OSError

def tries(secret, outside, port, pid):
    through = {
        "read a file of the user": attempt(lambda: read(secret)),
        "write outside its folder": attempt(lambda: write(outside)),
        "start a process": attempt(fork),
        "open a connection": attempt(lambda: dial(port)),
        "signal the parent": attempt(lambda: os.kill(pid, 0)),
        "make a user namespace": attempt(new_namespace),
    }
    if not attempt(lambda: write("own.txt")):
        raise OSError("the private folder cannot be written")
    return [name for name, went in through.items() if went]
'''
LIMITS = Limits(wall_s=20, cpu_s=10)


@contextmanager
def bait() -> Iterator[Value]:
    """Lay out what the canary tries to reach, as its inputs: a secret, a place to write, a listener."""
    with tempfile.TemporaryDirectory(prefix="agentopt-canary-") as folder:
        secret = os.path.join(folder, "secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write("secret")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            yield {"secret": secret, "outside": secret + ".new", "port": port, "pid": os.getpid()}


def judge(outcome: Outcome, level: Level) -> None:
    """Raise unless a level that promises to hold the canary held it.

    Raises:
        SandboxError: The canary got out, or could not run.
    """
    if not outcome.ok:
        raise SandboxError(f"a first program did not run: {outcome.verdict}, {outcome.error}")
    if level >= Level.SEATBELT and outcome.result:
        got = outcome.result if isinstance(outcome.result, list) else [outcome.result]
        raise SandboxError(f"a first program could {', '.join(map(str, got))}")
