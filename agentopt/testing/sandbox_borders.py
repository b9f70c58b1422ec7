"""Checks that no program reads, changes or reaches what is outside."""

from __future__ import annotations

import os
import socket
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentopt.sandbox import Sandbox
from agentopt.testing.sandbox_check import Check, expect, expect_result

_SECRET = "the parent's secret"
_OWN_VARIABLES = {"HOME", "TMPDIR", "PATH", "PWD", "LANG", "LC_ALL", "LC_CTYPE", "HOSTNAME", "SHLVL"}
_OWN_VARIABLES |= {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX", "__CF_USER_TEXT_ENCODING"}
_LOOSE = (
    "\ndef loose(function, *arguments):\n    try: return function(*arguments)\n    except BaseException: return None\n"
)


@contextmanager
def _secret() -> Iterator[Path]:
    """A file of the parent's, in a folder that only its user can enter."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "secret")
        path.write_text(_SECRET, encoding="ascii")
        path.chmod(0o600)
        yield path


def _reads(sandbox: Sandbox, body: str) -> str:
    """Run a program that returns what it read of the secret, and say if it did."""
    with _secret() as path:
        outcome = sandbox.run(_LOOSE + body, call="get", inputs=str(path))
    return f"it read {outcome.result!r}" if _SECRET in repr(outcome.result) + outcome.output else ""


def read_a_file(sandbox: Sandbox) -> str:
    """A file of the user cannot be read."""
    return _reads(sandbox, "def get(path): return open(path).read()")


def read_by_links(sandbox: Sandbox) -> str:
    """Neither a symbolic nor a hard link in the own folder leads to a file of the user."""
    body = """
import os
def get(path):
    loose(os.symlink, path, 'soft'); loose(os.link, path, 'hard'); loose(os.rename, path, 'moved')
    return [loose(lambda: open(name).read()) for name in ('soft', 'hard', 'moved')]
"""
    return _reads(sandbox, body)


def read_by_root_links(sandbox: Sandbox) -> str:
    """The links that the system keeps to roots and working folders lead nowhere."""
    body = """
def get(path):
    places = [f'/proc/{pid}/{name}{path}' for pid in ('self', '1', '2', 'thread-self') for name in ('root', 'cwd')]
    return [loose(lambda place=place: open(place).read()) for place in places]
"""
    return _reads(sandbox, body)


def list_home(sandbox: Sandbox) -> str:
    """The home folder cannot be listed."""
    program = _LOOSE + "import os\ndef get(path): return loose(os.listdir, path)"
    with _secret() as path:
        outcome = sandbox.run(program, call="get", inputs=str(path.parent))
    return f"it listed {outcome.result!r}" if outcome.result else ""


def write_outside(sandbox: Sandbox) -> str:
    """Nothing can be written, made, changed or removed outside the own folder."""
    program = (
        _LOOSE
        + """
import os
def harm(path):
    loose(lambda: open(path, 'w').write('x')); loose(lambda: open(path + '.new', 'w').write('x'))
    loose(os.mkdir, path + '.folder'); loose(os.unlink, path); loose(os.truncate, path, 0)
    loose(os.symlink, '/', path + '.link'); loose(os.mkfifo, path + '.fifo')
"""
    )
    with _secret() as path:
        sandbox.run(program, call="harm", inputs=str(path))
        there = sorted(item.name for item in path.parent.iterdir())
        text = path.read_text(encoding="ascii") if path.exists() else None
    return "" if there == ["secret"] and text == _SECRET else f"the folder holds {there}, the file {text!r}"


def change_attributes(sandbox: Sandbox) -> str:
    """Modes and times of files outside cannot be changed."""
    program = _LOOSE + "import os\ndef harm(path): loose(os.chmod, path, 0o777); loose(os.utime, path, (1, 1))"
    with _secret() as path:
        sandbox.run(program, call="harm", inputs=str(path))
        status = path.stat()
    fine = stat.S_IMODE(status.st_mode) == 0o600 and status.st_mtime > 1000
    return "" if fine else f"mode {status.st_mode:o}, time {status.st_mtime}"


def environment(sandbox: Sandbox) -> str:
    """No variable of the parent's environment is there."""
    program = (
        _LOOSE
        + """
import os
own = loose(lambda: open('/proc/self/environ').read()) or ''
result = [*os.environ, *(item.partition('=')[0] for item in own.split('\\0'))]
"""
    )
    outcome = sandbox.run(program)
    if not isinstance(outcome.result, list):
        return expect(outcome, "ok with a list")
    extra = {str(name) for name in outcome.result if name} - _OWN_VARIABLES
    return f"it saw {', '.join(sorted(extra))}" if extra else ""


def standard_input(sandbox: Sandbox) -> str:
    """Standard input is empty at once."""
    return expect_result(sandbox.run("import sys\nresult = sys.stdin.read()"), "")


def inherited_descriptors(sandbox: Sandbox) -> str:
    """No descriptor of the parent's is open, beside standard streams and the way back."""
    program = _LOOSE + "import os\nresult = [fd for fd in range(1024) if loose(os.fstat, fd) is not None]"
    outcome = sandbox.run(program)
    few = isinstance(outcome.result, list) and len(outcome.result) <= 4
    return "" if few else f"open: {outcome.result!r} {outcome.error}"


def _dial(sandbox: Sandbox, listener: socket.socket, body: str, address: str | int) -> str:
    """Run a program that tries to reach a listener, and say if anything came."""
    listener.settimeout(0)
    sandbox.run(_LOOSE + "import socket\n" + body, call="dial", inputs={"address": address})
    try:
        heard = listener.accept()[0] if listener.type == socket.SOCK_STREAM else None
        if heard is None:
            return f"it sent {listener.recv(100)!r}"
        heard.close()
    except BlockingIOError:
        return ""
    return "it connected"


def tcp(sandbox: Sandbox) -> str:
    """A TCP port of the machine cannot be reached."""
    body = "def dial(address): socket.create_connection(('127.0.0.1', address), 1).send(b'x')"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return _dial(sandbox, listener, body, listener.getsockname()[1])


def udp(sandbox: Sandbox) -> str:
    """A UDP port of the machine cannot be reached."""
    body = "def dial(address): socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', address))"
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        return _dial(sandbox, listener, body, listener.getsockname()[1])


def named_socket(sandbox: Sandbox) -> str:
    """A named Unix socket of the user cannot be reached."""
    body = "def dial(address): socket.socket(socket.AF_UNIX).connect(address)"
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.join(folder, "s"))
        listener.listen()
        return _dial(sandbox, listener, body, os.path.join(folder, "s"))


def paired_socket(sandbox: Sandbox) -> str:
    """Half of a socket pair cannot be turned toward an abstract socket outside."""
    if not sys.platform.startswith("linux"):
        return ""
    body = """
def dial(address):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        pair = loose(socket.socketpair, socket.AF_UNIX, kind)
        if pair:
            loose(pair[0].sendto, b'x', '\\0' + address)
            loose(pair[0].connect, '\\0' + address)
            loose(pair[0].send, b'x')
"""
    address = f"agentopt-check-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address)
        return _dial(sandbox, listener, body, address)


def names_of_hosts(sandbox: Sandbox) -> str:
    """No question about a host's name leaves the machine."""
    outcome = sandbox.run("import socket\nresult = socket.getaddrinfo('example.invalid', 80)[0][4][0]")
    return expect(outcome, "error", "denied", "timeout", "crashed")


def _fails(sandbox: Sandbox, body: str, inputs: int | None = None) -> str:
    outcome = sandbox.run(body, call="attempt", inputs=inputs)
    return "it went through" if outcome.verdict == "ok" else ""


def run_a_command(sandbox: Sandbox) -> str:
    """No other program can be started."""
    return _fails(sandbox, "import subprocess\ndef attempt(): return subprocess.run(['/bin/sh', '-c', ':']).returncode")


def become_a_command(sandbox: Sandbox) -> str:
    """The process cannot turn into another program."""
    outcome = sandbox.run("import os\nos.execv('/bin/sh', ['sh', '-c', 'echo became it'])")
    return f"it printed {outcome.output!r}" if "became" in outcome.output else ""


def signal_the_parent(sandbox: Sandbox) -> str:
    """The parent cannot be signalled."""
    return _fails(sandbox, "import os\ndef attempt(pid): os.kill(pid, 0)", os.getpid())


def look_into_the_parent(sandbox: Sandbox) -> str:
    """The memory, the environment and the files of the parent cannot be opened."""
    body = (
        _LOOSE
        + """
def attempt(pid):
    opened = [name for name in ('mem', 'environ', 'maps', 'fd/0', 'root/etc') if loose(open, f'/proc/{pid}/{name}')]
    if not opened: raise OSError
"""
    )
    return _fails(sandbox, body, os.getpid())


def new_namespaces(sandbox: Sandbox) -> str:
    """No user namespace can be made inside, by which much of the kernel would open."""
    body = """
import ctypes
def attempt():
    if ctypes.CDLL(None).unshare(0x10000000) != 0: raise OSError
"""
    return _fails(sandbox, body)


def fresh_folder(sandbox: Sandbox) -> str:
    """What one run leaves in its folder, in /tmp and in memory, the next does not find."""
    leave = (
        _LOOSE
        + """
import builtins, os, sys, tempfile
for place in ('left', '/tmp/left', os.path.join(tempfile.gettempdir(), 'left')):
    loose(lambda: open(place, 'w').write('x'))
builtins.left = sys.left = True
"""
    )
    find = """
import builtins, os, sys, tempfile
places = ('left', '/tmp/left', os.path.join(tempfile.gettempdir(), 'left'))
result = [place for place in places if os.path.exists(place)] + [hasattr(builtins, 'left') or hasattr(sys, 'left')]
"""
    sandbox.run(leave)
    return expect_result(sandbox.run(find), [False])


def own_randomness(sandbox: Sandbox) -> str:
    """Two runs do not draw the same random numbers, keys and names of files among them."""
    drawn: Callable[[], object] = lambda: sandbox.run("import random\nresult = random.random()").result  # noqa: E731
    return "" if drawn() != drawn() else "both drew the same"


BORDER_CHECKS: tuple[Check, ...] = (
    read_a_file,
    read_by_links,
    read_by_root_links,
    list_home,
    write_outside,
    change_attributes,
    environment,
    standard_input,
    inherited_descriptors,
    tcp,
    udp,
    named_socket,
    paired_socket,
    names_of_hosts,
    run_a_command,
    become_a_command,
    signal_the_parent,
    look_into_the_parent,
    new_namespaces,
    fresh_folder,
    own_randomness,
)
