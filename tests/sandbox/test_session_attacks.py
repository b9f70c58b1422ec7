"""Programs that turn against their session: the parent gets a verdict in time, and the next call is served."""

from __future__ import annotations

import time

import pytest

from agentopt.sandbox import Limits, Sandbox

SMALL = Limits(wall_s=20.0, cpu_s=15.0, memory_mib=256, file_mib=8, folder_mib=16)


HOW_IT_ENDS = {
    "endless": ("while True: pass", "timeout"),
    "asleep": ("import time; time.sleep(600)", "timeout"),
    "stopped": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
    "stuck in C": ("import re; re.match(r'(a+)+$', 'a' * 64 + 'b')", "timeout"),
    "gone": ("import os; os._exit(0)", "crashed"),
    "gone with a code": ("import os; os._exit(3)", "crashed"),
    "killed by itself": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "crashed"),
    "broken memory": ("import ctypes; ctypes.string_at(1)", "crashed"),
    "hungry": ("held = []\n    while True: held.append(bytearray(b'x' * (16 << 20)))", "memory"),
    "forking": ("import os; os.fork()", "denied"),
    "reading": ("open('/root/.profile').read(); open('/etc/shadow').read()", ("denied", "error")),
    "large file": ("f = open('f', 'wb')\n    while True: f.write(bytes(1 << 20))", "output"),
    "printing": ("while True: print('x' * 1000)", "output"),
    "large result": ("return 'x' * 50_000_000", "output"),
    "forged answer": ("import os; os.write(3, b'r1'); return 1", ("crashed", "timeout")),
    "forged frame": ("import os; os.write(3, bytes(7) + b'\\x0a' + bytes(8) + b'r1'); return 1", "crashed"),
    "forged kind": ("import os; os.write(3, bytes(7) + b'\\x0a' + bytes(8) + b'zz'); return 1", "crashed"),
    "huge frame": ("import os; os.write(3, b'\\xff' * 8); return 1", "crashed"),
    "half a frame": ("import os; os.write(3, bytes(7) + b'\\x0a' + b'x'); os._exit(0)", "crashed"),
    "half a prefix": ("import os, time; os.write(3, b'\\x00'); time.sleep(600)", "timeout"),
    "drip": ("import os, time\n    while True: os.write(3, b'\\x00'); time.sleep(0.01)", ("timeout", "crashed")),
    "flood": ("import os\n    while True: os.write(3, bytes(7) + b'\\x00')", "crashed"),
    "closed": ("import os; os.closerange(3, 64); return 1", "crashed"),
    "closed and waiting": ("import os, time; os.closerange(1, 64); time.sleep(600)", ("crashed", "timeout")),
    "empty memory": (
        "import gc, sys; sys.modules.clear(); [o.clear() for o in gc.get_objects() if type(o) is dict]",
        None,
    ),
}


@pytest.mark.parametrize("name", HOW_IT_ENDS)
def test_a_bad_ending_is_told_and_survived(name: str, box: Sandbox) -> None:
    """Each bad ending has its verdict, in time, and the next call finds the program loaded anew."""
    body, verdicts = HOW_IT_ENDS[name]
    program = f"def f(bad):\n    if not bad: return 'fine'\n    {body}\n"
    with box.load(program, "f", limits=SMALL) as session:
        assert session.call((False,)).result == "fine"
        began = time.monotonic()
        outcome = session.call((True,), wall_s=10.0 if verdicts == "memory" or verdicts == "output" else 1.0)
        assert time.monotonic() - began < 12
        assert outcome.result is None
        if verdicts is not None:
            assert outcome.verdict in verdicts, outcome
        assert session.call((False,)).result == "fine"


ODD = "class Odd(Exception):\n        def __str__(self): "
ERRORS = {
    "recursion": ("return f(bad)", "RecursionError"),
    "exit": ("import sys; sys.exit(0)", "sys.exit(0)"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "no text": (
        "class Odd(Exception):\n        def __str__(self): raise SystemExit(0)\n    raise Odd",
        "whose text raises",
    ),
    "deep text": (
        "class Odd(Exception):\n        def __str__(self): return str(self)\n    raise Odd",
        "whose text raises",
    ),
    "no data": ("return object()", "is no data: expected"),
    "no data within": ("return [{'a': (1, object())}]", "at value[0]['a'][1], got object"),
    "a circle": ("x = []; x.append(x); return x", "levels of nesting"),
    "a class": ("class Text(str): pass\n    return Text('x')", "got Text"),
    "a generator": ("yield 1", "got generator"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_leaves_the_program_loaded(name: str, box: Sandbox) -> None:
    """What the program raises, or returns that is no data, is an error, and its globals stay."""
    body, words = ERRORS[name]
    program = f"n = 0\ndef count():\n    global n\n    n += 1\n    return n\ndef f(bad):\n    {body}\n"
    program += "def g(bad): return f(bad) if bad else count()\n"
    with box.load(program, "g", limits=SMALL) as session:
        assert session.call((False,)).result == 1
        outcome = session.call((True,))
        assert (outcome.verdict, words in outcome.error) == ("error", True), outcome
        assert session.call((False,)).result == 2


def test_a_long_output_is_cut(box: Sandbox) -> None:
    """Of megabytes that a call prints, head and tail are kept, and the result counts."""
    program = "def f():\n    print('first'); print('x' * 3_000_000); print('last')\n    return 1"
    with box.load(program, "f", limits=Limits(output_kib=64)) as session:
        outcome = session.call()
    assert (outcome.result, outcome.output[:5], outcome.output[-5:]) == (1, "first", "last\n")
    assert len(outcome.output) < 70_000


def test_an_answer_before_the_question_does_not_count(box: Sandbox) -> None:
    """What is written into the way of answers between two calls is not taken for the answer to the second."""
    program = """
import os, threading, time
def forge():
    time.sleep(0.1)
    os.write(3, bytes(7) + b'\\x0a' + bytes(8) + b'r7')
def f(bad):
    if bad: threading.Thread(target=forge).start()
    return 1
"""
    with box.load(program, "f") as session:
        assert session.call((True,)).result == 1
        time.sleep(0.3)
        assert session.call((False,)).result == 1


def test_a_late_answer_is_not_the_next_ones(box: Sandbox) -> None:
    """A thread that answers an earlier question with its own mark cannot answer a later one."""
    program = """
import os, sys, threading, time
def f(bad):
    if not bad:
        time.sleep(0.3)
        return 'right'
    frame = sys._getframe()
    while frame and 'mark' not in frame.f_locals: frame = frame.f_back
    mark = frame.f_locals['mark']
    def late():
        time.sleep(0.1)
        answer = mark + b'r"wrong"'
        os.write(3, len(answer).to_bytes(8, 'big') + answer)
    threading.Thread(target=late).start()
    return 'right'
"""
    with box.load(program, "f") as session:
        assert session.call((True,)).result == "right"
        outcome = session.call((False,))
        assert (outcome.verdict, outcome.result) == ("crashed", None)
        assert session.call((False,)).result == "right"


def test_an_answer_to_a_timed_out_call_is_lost(box: Sandbox) -> None:
    """A call that was too slow is answered by nobody; the next gets its own answer."""
    program = "import time\ndef f(x, s):\n    time.sleep(s)\n    return x"
    with box.load(program, "f") as session:
        assert session.call(("slow", 0.6), wall_s=0.3).verdict == "timeout"
        assert session.call(("quick", 0.5)).result == "quick"


def test_broken_builtins_do_not_reach_the_parent(box: Sandbox) -> None:
    """A program that replaces what its process answers with gets a verdict, and other sessions theirs."""
    program = """
import builtins, json, os, select
def f():
    json.dumps = json.loads = os.write = os.read = os._exit = select.poll = lambda *a, **k: None
    for name in ('len', 'isinstance', 'type', 'open', 'print', 'repr'): setattr(builtins, name, None)
    return 1
"""
    with box.load(program, "f") as session, box.load("def g(): return 2", "g") as other:
        for _ in range(3):
            assert session.call(wall_s=1.0).verdict in ("ok", "error", "crashed", "timeout")
        assert other.call().result == 2


@pytest.mark.parametrize("claim", [b'{"$array":["|O",[1],"AAAAAAAAAAA="]}', b'{"$no":1}', b"NaN", b"[", b"[" * 10_000])
def test_hostile_data_is_an_error(claim: bytes, box: Sandbox) -> None:
    """An answer in tags that do not hold what they should is no data."""
    program = """
import os, sys, time
def f(claim):
    frame = sys._getframe()
    while 'mark' not in frame.f_locals: frame = frame.f_back
    answer = frame.f_locals['mark'] + b'r' + claim
    os.write(3, len(answer).to_bytes(8, 'big') + answer)
    time.sleep(600)
"""
    with box.load(program, "f") as session:
        outcome = session.call((claim,))
    assert (outcome.verdict, outcome.error[:31]) == ("error", "the program's result is no data")


def test_a_program_that_burns_while_idle_is_ended(box: Sandbox) -> None:
    """A thread that goes on after its call may use the processor time of one call, and no more."""
    program = """
import threading, time
n = 0
def burn():
    while True: pass
def f():
    global n
    n += 1
    if n == 1: threading.Thread(target=burn, daemon=True).start()
    return n
"""
    with box.load(program, "f", limits=Limits(cpu_s=0.5)) as session:
        assert session.call().result == 1
        time.sleep(2.5)
        assert session.call().result == 1
