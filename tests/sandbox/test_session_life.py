"""How sessions live side by side and how they end: closed, forgotten, forked, killed, interrupted."""

from __future__ import annotations

import gc
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentopt.errors import SandboxError
from agentopt.sandbox import ForkServerSandbox, Limits, Sandbox

SAME = "def same(value): return value"
COUNT = "n = 0\ndef count():\n    global n\n    n += 1\n    return n\n"
NAMED = "import ctypes\nctypes.CDLL(None).prctl(15, b'{mark}', 0, 0, 0)\n"


def test_calls_of_many_threads_do_not_mix(box: Sandbox) -> None:
    """Each thread gets the answer to its own question."""
    with box.load(SAME, "same") as session, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: session.call((n,)).result, range(200))) == list(range(200))


def test_many_sessions_at_once(box: Sandbox) -> None:
    """Thirty sessions live side by side, each with its own program."""
    sessions = [box.load(f"def f(): return {number}", "f") for number in range(30)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(2):
            assert list(pool.map(lambda session: session.call().result, sessions)) == list(range(30))
        list(pool.map(lambda session: session.close(), sessions))


def test_closing_ends_a_call_of_another_thread(box: Sandbox) -> None:
    """A call that is running when its session is closed ends at once, with an outcome."""
    with ThreadPoolExecutor(1) as pool, box.load("import time\nf = lambda: time.sleep(600)", "f") as session:
        assert session.start().ok
        call = pool.submit(session.call, wall_s=600)
        threading.Event().wait(0.1)
        session.close()
        outcome = call.result(20)
    assert (outcome.verdict, outcome.error) == ("crashed", "the session was closed during the call")


def test_closing_does_not_wait_for_loading(box: Sandbox) -> None:
    """A program that loads without end is ended by close."""
    with ThreadPoolExecutor(1) as pool, box.load("while True: pass", "f", limits=Limits(wall_s=600)) as session:
        start = pool.submit(session.start)
        threading.Event().wait(0.2)
        session.close()
        assert start.exception(20) is not None or start.result().verdict == "crashed"


def test_a_session_ends_with_its_sandbox() -> None:
    """Closing a sandbox closes its sessions, that were called and that were not."""
    sandbox = ForkServerSandbox((), level="landlock")
    sessions = [sandbox.load(SAME, "same") for _ in range(2)]
    assert sessions[0].call((1,)).ok
    sandbox.close()
    for session in sessions:
        with pytest.raises(SandboxError, match="session is closed"):
            session.call((1,))


def test_a_forgotten_session_ends(box: Sandbox) -> None:
    """A session that nobody holds any more leaves no process."""
    mark = f"lost{os.getpid() % 10**8}"
    session = box.load(NAMED.format(mark=mark) + SAME, "same")
    assert session.call((1,)).ok
    worker = os.pidfd_open(_named(mark))
    del session
    gc.collect()
    ended = select.select([worker], [], [], 20)[0]
    os.close(worker)
    assert ended


def test_a_fork_of_the_parent_gets_its_own_worker(box: Sandbox) -> None:
    """A forked copy of the parent does not share the worker, and its end does not end it."""
    with box.load(COUNT, "count") as session:
        assert session.call().result == 1
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(writer, repr([session.call().result, session.call().result]).encode())
                session.close()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        os.close(writer)
        with open(reader, "rb") as file:
            assert file.read() == b"[1, 2]"
        assert session.call().result == 2


def test_a_killed_worker_is_replaced(box: Sandbox) -> None:
    """A worker that is killed from outside between two calls is loaded anew, and the call succeeds."""
    mark = f"idle{os.getpid() % 10**8}"
    with box.load(NAMED.format(mark=mark) + COUNT, "count") as session:
        assert [session.call().result for _ in range(2)] == [1, 2]
        worker = os.pidfd_open(_named(mark))
        signal.pidfd_send_signal(worker, signal.SIGKILL)
        assert select.select([worker], [], [], 20)[0]
        os.close(worker)
        assert session.call().result == 1


def test_a_worker_killed_in_a_call_has_crashed(box: Sandbox) -> None:
    """A worker that is killed from outside while it is called has crashed, and the next call loads it anew."""
    mark = f"work{os.getpid() % 10**8}"
    program = NAMED.format(mark=mark) + "import time\nf = time.sleep"
    with box.load(program, "f") as session, ThreadPoolExecutor(1) as pool:
        assert session.start().ok
        call = pool.submit(session.call, (600,), wall_s=600)
        threading.Event().wait(0.1)
        os.kill(_named(mark), signal.SIGKILL)
        outcome = call.result(20)
        assert (outcome.verdict, "SIGKILL" in outcome.error) == ("crashed", True)
        assert session.call((0,)).ok


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_a_killed_server_is_replaced(level: str, sandbox_of: Callable[[str], Sandbox]) -> None:
    """After its server was killed, a session goes on in a worker of a new one, and no call fails."""
    sandbox_of(level)
    others = _children()
    with ForkServerSandbox((), level=level) as sandbox, sandbox.load(COUNT, "count") as session:
        assert [session.call().result for _ in range(2)] == [1, 2]
        (server,) = _children() - others
        os.kill(int(server), signal.SIGKILL)
        until = time.monotonic() + 20
        results = [session.call().result]
        while results[-1] != 1 and time.monotonic() < until:
            results.append(session.call().result)
    assert results == [*range(3, 2 + len(results)), 1]


def _children() -> set[str]:
    """Return the processes of which this one is the parent itself."""
    own = Path("/proc/self/task").glob("*/children")
    return {pid for path in own for pid in path.read_text(encoding="ascii").split()}


def _named(name: str) -> int:
    """Return the process that gave itself a name."""
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text(encoding="utf-8").strip() == name:
                return int(path.parent.name)
        except OSError:
            continue
    raise AssertionError(f"no process is called {name}")


def test_an_interrupted_call_does_not_answer_the_next(box: Sandbox) -> None:
    """After Ctrl-C in a call, the next call gets its own answer."""
    program = "import time\ndef f(x, s):\n    time.sleep(s)\n    return x"
    with box.load(program, "f") as session:
        assert session.start().ok
        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            session.call(("late", 600), wall_s=600)
        timer.join()
        assert session.call(("new", 0)).result == "new"
