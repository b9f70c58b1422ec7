"""Checks that what comes back is data and no more, and that endings are told as they were."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from agentopt.sandbox import Limits, Sandbox
from agentopt.testing.sandbox_check import Check, expect, expect_result
from agentopt.values import Value


def plain_result(sandbox: Sandbox) -> str:
    """Every kind of data comes back as it was."""
    wanted: Value = [None, True, -1, 1.5, "ü\u0000", [], {"a": [{}]}, 2**70]
    return expect_result(sandbox.run("def same(value): return value", call="same", inputs=wanted), wanted)


def keyword_inputs(sandbox: Sandbox) -> str:
    """A dict of inputs becomes keyword arguments; without call it is the global inputs."""
    called = sandbox.run("def add(a, b): return a + b", call="add", inputs={"a": 1, "b": 2})
    return expect_result(called, 3) or expect_result(sandbox.run("result = inputs['a']", inputs={"a": 1}), 1)


def empty_program(sandbox: Sandbox) -> str:
    """A program without a result returns None."""
    return expect_result(sandbox.run(""), None)


def quiet_exit(sandbox: Sandbox) -> str:
    """An exit code of 0 without a result is no success."""
    return expect(sandbox.run("import os\nos._exit(0)"), "crashed")


def loud_exit(sandbox: Sandbox) -> str:
    """Leaving by sys.exit(0) is no success either."""
    return expect(sandbox.run("import sys\nresult = 1\nsys.exit(0)"), "error", "crashed")


def killed_by_itself(sandbox: Sandbox) -> str:
    """A program that kills itself has crashed."""
    return expect(sandbox.run("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"), "crashed", "denied")


def broken_memory(sandbox: Sandbox) -> str:
    """A program that breaks its own memory has crashed, alone."""
    outcome = sandbox.run("import ctypes\nctypes.string_at(1)")
    return expect(outcome, "crashed") or expect_result(sandbox.run("result = 1"), 1)


def forged_result(sandbox: Sandbox) -> str:
    """Bytes written into every descriptor pass for nothing but bytes."""
    program = """
import os
for fd in range(3, 64):
    for forged in (b'r{"ok":NaN}', b'\\xff' * 64, b'{"verdict":"ok"}'):
        try: os.write(fd, forged)
        except OSError: pass
os._exit(0)
"""
    return expect(sandbox.run(program), "error", "crashed", "output")


def not_a_number(sandbox: Sandbox) -> str:
    """NaN and infinity are no data."""
    return expect(sandbox.run("result = [float('nan')]"), "error") or expect(sandbox.run("result = 1e999"), "error")


def an_object(sandbox: Sandbox) -> str:
    """An object does not cross, whatever it says of how to be rebuilt."""
    program = "class Trap:\n    def __reduce__(self): return (print, ('sprung',))\nresult = {'trap': Trap()}"
    return expect(sandbox.run(program), "error")


def lying_types(sandbox: Sandbox) -> str:
    """Subclasses of data types, whose methods may lie, do not cross."""
    program = "class Text(str): pass\nclass Table(dict): pass\nresult = [Text('x'), Table()]"
    return expect(sandbox.run(program), "error")


def deep_result(sandbox: Sandbox) -> str:
    """A result nested without measure is refused, a circle too."""
    deep = "result = []\nfor _ in range(100000): result = [result]"
    return expect(sandbox.run(deep), "error") or expect(sandbox.run("result = []\nresult.append(result)"), "error")


def broken_text(sandbox: Sandbox) -> str:
    """Output that is no UTF-8 becomes text that can be written."""
    outcome = sandbox.run("import os\nos.write(1, b'\\xff\\xfe\\x80ok\\n')\nprint('\\udc80')")
    outcome.output.encode("utf-8")
    return expect(outcome, "ok") or ("" if "ok" in outcome.output else f"the output is {outcome.output!r}")


def terminal_tricks(sandbox: Sandbox) -> str:
    """Escape sequences and marks of direction do not reach a terminal, in output or error."""
    program = "trick = '\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u202e\\x08\\x00'\nprint(trick)\nraise ValueError(trick)"
    outcome = sandbox.run(program)
    seen = set(outcome.output + outcome.error) & set("\x1b\x07\x9b\u202e\x08\x00")
    return expect(outcome, "error") or (f"left in: {sorted(seen)!r}" if seen else "")


def place_of_an_error(sandbox: Sandbox) -> str:
    """An error names its type, its text and the line of the program."""
    error = sandbox.run("x = 1\n\ny = x / 0").error
    fine = all(part in error for part in ("ZeroDivisionError", "division by zero", "line 3", "y = x / 0"))
    return "" if fine else f"the error reads {error!r}"


def broken_source(sandbox: Sandbox) -> str:
    """Source that does not parse is the program's error, with its line."""
    outcome = sandbox.run("x = 1\ndef f(:\n")
    fine = "SyntaxError" in outcome.error and "line 2" in outcome.error
    return expect(outcome, "error") or ("" if fine else f"the error reads {outcome.error!r}")


def odd_source(sandbox: Sandbox) -> str:
    """Source with NUL or half a character is an error, not a crash."""
    return expect(sandbox.run("x = '\0'"), "error") or expect(sandbox.run("x = '\udc80'"), "error")


def hostile_error(sandbox: Sandbox) -> str:
    """An exception whose text raises is still an error."""
    program = "class Odd(Exception):\n    def __str__(self): raise SystemExit(0)\nraise Odd"
    return expect(sandbox.run(program), "error")


def missing_function(sandbox: Sandbox) -> str:
    """A function that the program does not define is an error that names it."""
    outcome = sandbox.run("x = 1", call="solve")
    return expect(outcome, "error") or ("" if "solve" in outcome.error else f"the error reads {outcome.error!r}")


def broken_builtins(sandbox: Sandbox) -> str:
    """A program that breaks the interpreter it runs in breaks no other run."""
    program = """
import builtins, json, os, sys
json.dumps = os.write = os._exit = lambda *a, **k: None
sys.modules.clear()
for name in ('len', 'isinstance', 'type', 'open', 'print'): setattr(builtins, name, None)
"""
    sandbox.run(program, limits=Limits(wall_s=2.0))
    return expect_result(sandbox.run("result = len('ab')"), 2)


def false_clock(sandbox: Sandbox) -> str:
    """The time is taken outside, where the program cannot turn the clock."""
    program = "import time\ntime.sleep(0.3)\ntime.monotonic = time.time = time.perf_counter = lambda: 0.0"
    wall_s = sandbox.run(program).wall_s
    return "" if 0.3 <= wall_s < 10 else f"a sleep of 0.3 s took {wall_s:.3f} s"


def at_once(sandbox: Sandbox) -> str:
    """Runs at the same time neither wait for one another nor mix."""
    program = "import time\ntime.sleep(0.5)\nresult = inputs"
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda number: sandbox.run(program, inputs=number).result, range(4)))
    took = time.monotonic() - began
    return "" if results == [0, 1, 2, 3] and took < 1.9 else f"got {results} in {took:.1f} s"


CLAIM_CHECKS: tuple[Check, ...] = (
    plain_result,
    keyword_inputs,
    empty_program,
    quiet_exit,
    loud_exit,
    killed_by_itself,
    broken_memory,
    forged_result,
    not_a_number,
    an_object,
    lying_types,
    deep_result,
    broken_text,
    terminal_tricks,
    place_of_an_error,
    broken_source,
    odd_source,
    hostile_error,
    missing_function,
    broken_builtins,
    false_clock,
    at_once,
)
