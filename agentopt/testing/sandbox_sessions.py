"""Checks that a session answers call after call, and that no program it holds confuses or outlasts it."""

from __future__ import annotations

import time

from agentopt.errors import SandboxError
from agentopt.sandbox import Sandbox
from agentopt.testing.sandbox_check import SMALL, Check, expect, expect_result

_WRITE_EVERYWHERE = """
    import os
    for fd in range(3, 64):
        for forged in (b'r1', bytes(7) + b'\\x0a' + bytes(8) + b'r1', b'\\xff' * 64):
            try: os.write(fd, forged)
            except OSError: pass
"""


def called_again(sandbox: Sandbox) -> str:
    """A program is called many times, each time with its own arguments and result."""
    with sandbox.load("def add(a, b): return (a, {b})", "add") as session:
        return "".join(expect_result(session.call((n,), {"b": b"x"}), (n, {b"x"})) for n in range(3))


def surroundings(sandbox: Sandbox) -> str:
    """The program uses the names of its prelude, and its errors count its own lines."""
    with sandbox.load("def f(x):\n    return check(x)", "f", prelude="\n\ndef check(x): return 1 / x\n") as session:
        error = session.call((0,)).error
        fine = "ZeroDivisionError" in error and "line 2" in error
        return expect_result(session.call((2,)), 0.5) or ("" if fine else f"the error reads {error!r}")


def broken_program(sandbox: Sandbox) -> str:
    """A program that does not load is the outcome of its calls, not an exception."""
    with sandbox.load("def f(:", "f") as session:
        outcome = session.call()
    return expect(outcome, "error") or ("" if "SyntaxError" in outcome.error else f"the error reads {outcome.error!r}")


def _recovers(sandbox: Sandbox, body: str, *verdicts: str, wall_s: float = 10.0) -> str:
    """Call a program that behaves, misbehaves and behaves again."""
    with sandbox.load(f"def f(bad):\n    if not bad: return 1\n    {body}\n", "f", limits=SMALL) as session:
        problem = expect_result(session.call((False,)), 1) or expect(session.call((True,), wall_s=wall_s), *verdicts)
        return problem or expect_result(session.call((False,)), 1)


def slow_call(sandbox: Sandbox) -> str:
    """A call that does not end is stopped in its time, and the next one is served."""
    began = time.monotonic()
    problem = _recovers(sandbox, "while True: pass", "timeout", wall_s=1.0)
    took = time.monotonic() - began
    return problem or ("" if took < 15 else f"it took {took:.1f} s")


def exit_in_a_call(sandbox: Sandbox) -> str:
    """A call in which the process ends has crashed, and the next one is served."""
    return _recovers(sandbox, "import os; os._exit(0)", "crashed")


def memory_in_a_call(sandbox: Sandbox) -> str:
    """A call that takes too much memory is stopped, and the next one is served."""
    return _recovers(sandbox, "held = [bytearray(b'x' * (16 << 20)) for _ in range(1000)]", "memory")


def forged_answers(sandbox: Sandbox) -> str:
    """Bytes written into every descriptor pass for no answer, and the next call is served."""
    return _recovers(sandbox, _WRITE_EVERYWHERE.strip(), "error", "crashed", "timeout", "output", wall_s=2.0)


def an_object_as_answer(sandbox: Sandbox) -> str:
    """A result that is no data is an error that names its place."""
    with sandbox.load("def f(): return [(1, object())]", "f") as session:
        outcome = session.call()
    named = "value[0][1], got object" in outcome.error
    return expect(outcome, "error") or ("" if named else f"the error reads {outcome.error!r}")


def closed_session(sandbox: Sandbox) -> str:
    """A session that was closed takes no more calls."""
    session = sandbox.load("def f(): return 1", "f")
    session.close()
    try:
        return f"it answered {session.call()!r}"
    except SandboxError:
        return ""


SESSION_CHECKS: tuple[Check, ...] = (
    called_again,
    surroundings,
    broken_program,
    slow_call,
    exit_in_a_call,
    memory_in_a_call,
    forged_answers,
    an_object_as_answer,
    closed_session,
)
