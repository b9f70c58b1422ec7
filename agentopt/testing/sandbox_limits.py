"""Checks that no program takes more than its limits, and that all of it ends."""

from __future__ import annotations

import os
from dataclasses import replace

from agentopt.errors import SandboxUnavailable
from agentopt.sandbox import Limits, Sandbox
from agentopt.testing.sandbox_check import BRIEF, SMALL, Check, expect, expect_result, survivors

_NAMED = "import ctypes, os, sys, time\ndef name(text):\n    ctypes.CDLL(None).prctl(15, text.encode(), 0, 0, 0)\n"


def endless_loop(sandbox: Sandbox) -> str:
    """A loop without end is stopped by the clock."""
    return expect(sandbox.run("while True: pass", limits=BRIEF), "timeout")


def sleeping(sandbox: Sandbox) -> str:
    """A program that sleeps is stopped by the clock although it uses no processor."""
    return expect(sandbox.run("import time\ntime.sleep(3600)", limits=BRIEF), "timeout")


def deaf_to_signals(sandbox: Sandbox) -> str:
    """A program that catches every exception and ignores every signal is stopped."""
    program = """
import signal
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try: signal.signal(number, signal.SIG_IGN)
    except Exception: pass
while True:
    try:
        while True: pass
    except BaseException: pass
"""
    return expect(sandbox.run(program, limits=BRIEF), "timeout")


def stopped_by_itself(sandbox: Sandbox) -> str:
    """A program that stops itself with SIGSTOP is ended."""
    program = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nwhile True: pass"
    return expect(sandbox.run(program, limits=BRIEF), "timeout")


def stuck_in_c(sandbox: Sandbox) -> str:
    """A regular expression that never gives the interpreter back is stopped."""
    program = "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')"
    return expect(sandbox.run(program, limits=BRIEF), "timeout")


def processor_time(sandbox: Sandbox) -> str:
    """Processor time is limited on its own, well before the clock."""
    outcome = sandbox.run("while True: pass", limits=Limits(wall_s=30.0, cpu_s=1.0))
    return expect(outcome, "timeout") or ("" if outcome.wall_s < 15 else f"it took {outcome.wall_s:.1f} s")


def memory_bomb(sandbox: Sandbox) -> str:
    """Memory that is taken and written to is limited."""
    program = "held = []\nwhile True: held.append(bytearray(b'x' * (16 << 20)))"
    return expect(sandbox.run(program, limits=SMALL), "memory")


def mapped_memory(sandbox: Sandbox) -> str:
    """Memory that is mapped past Python's own allocator is limited too."""
    program = """
import mmap
held = []
while len(held) < 64:
    held.append(mmap.mmap(-1, 64 << 20))
    for offset in range(0, 64 << 20, 4096): held[-1][offset] = 1
result = len(held)
"""
    return expect(sandbox.run(program, limits=SMALL), "memory", "error")


def memory_that_is_no_memory(sandbox: Sandbox) -> str:
    """Anonymous files, which live in memory, are refused or limited."""
    program = """
import os
held = []
for number in range(100):
    held.append(os.memfd_create(str(number)))
    for _ in range(8): os.write(held[-1], bytes(1 << 20))
"""
    return expect(sandbox.run(program, limits=SMALL), "denied", "output", "memory", "error")


def huge_number(sandbox: Sandbox) -> str:
    """A number too long to compute ends by time or memory."""
    limits = replace(SMALL, wall_s=2.0)
    return expect(sandbox.run("result = 10 ** (10 ** 10)", limits=limits), "timeout", "memory", "error")


def fork_bomb(sandbox: Sandbox) -> str:
    """A fork bomb is refused at its first fork."""
    program = _NAMED + "name(inputs)\nwhile True:\n    os.fork()"
    mark = f"bomb{os.getpid() % 10**8}"
    outcome = sandbox.run(program, inputs=mark, limits=BRIEF)
    return expect(outcome, "denied", "error", "timeout") or survivors(mark)


def allowed_fork_bomb(sandbox: Sandbox) -> str:
    """Where processes are allowed, their number is limited, and none is left."""
    program = _NAMED + "name(inputs)\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    mark = f"many{os.getpid() % 10**8}"
    try:
        outcome = sandbox.run(program, inputs=mark, limits=replace(BRIEF, processes=8, threads=8))
    except SandboxUnavailable:
        return survivors(mark)
    return expect(outcome, "denied", "timeout") or survivors(mark)


def daemon(sandbox: Sandbox) -> str:
    """A daemon, forked twice and in a session of its own, does not outlive its run."""
    program = (
        _NAMED
        + """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        name(inputs)
        while True: time.sleep(1)
    os._exit(0)
time.sleep(0.2)
result = "left it behind"
"""
    )
    mark = f"daem{os.getpid() % 10**8}"
    for processes in (1, 4):
        try:
            sandbox.run(program, inputs=mark, limits=replace(BRIEF, processes=processes))
        except SandboxUnavailable:
            continue
        if left := survivors(mark):
            return left
    return ""


def lingering_thread(sandbox: Sandbox) -> str:
    """A thread that is still running does not hold up the end."""
    program = "import threading, time\nthreading.Thread(target=time.sleep, args=(3600,)).start()\nresult = 1"
    return expect_result(sandbox.run(program, limits=BRIEF), 1)


def thread_bomb(sandbox: Sandbox) -> str:
    """The number of threads is limited."""
    program = """
import threading, time
threading.stack_size(32768)
n = 0
try:
    while n < 20000:
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start(); n += 1
except RuntimeError: pass
result = n
"""
    outcome = sandbox.run(program, limits=replace(SMALL, wall_s=10.0, threads=64))
    if outcome.verdict == "ok" and isinstance(outcome.result, int) and outcome.result > 64:
        return f"it started {outcome.result} threads"
    return ""


def one_large_file(sandbox: Sandbox) -> str:
    """A file that grows without end is stopped."""
    program = "with open('f', 'wb') as file:\n    while True: file.write(bytes(1 << 20))"
    return expect(sandbox.run(program, limits=SMALL), "output")


def many_files(sandbox: Sandbox) -> str:
    """Files that are each small enough are stopped together."""
    program = """
import time
for number in range(64):
    with open(f'f{number}', 'wb') as file:
        for _ in range(4): file.write(b'x' * (1 << 20))
        file.flush()
time.sleep(10)
"""
    return expect(sandbox.run(program, limits=SMALL), "output")


def unlinked_files(sandbox: Sandbox) -> str:
    """Files that no longer have a name count as well."""
    program = """
import os, time
held = []
for number in range(64):
    held.append(open('f', 'wb')); os.unlink('f')
    for _ in range(4): held[-1].write(b'x' * (1 << 20))
    held[-1].flush()
time.sleep(10)
"""
    return expect(sandbox.run(program, limits=SMALL), "output")


def endless_output(sandbox: Sandbox) -> str:
    """Printing without end is stopped."""
    return expect(sandbox.run("while True: print('x' * 1000)", limits=SMALL), "output")


def endless_errors(sandbox: Sandbox) -> str:
    """Writing to stderr without end is stopped."""
    program = "import os\nwhile True: os.write(2, b'x' * 65536)"
    return expect(sandbox.run(program, limits=SMALL), "output")


def head_and_tail(sandbox: Sandbox) -> str:
    """Of a long output the beginning and the end are kept."""
    program = "print('first'); print('x' * 100000); print('last')"
    output = sandbox.run(program, limits=Limits(output_kib=8)).output
    fine = output.startswith("first") and output.endswith("last\n") and len(output) < 9000
    return "" if fine else f"kept {len(output)} characters, {output[:20]!r} to {output[-20:]!r}"


def large_result(sandbox: Sandbox) -> str:
    """A result of 50 MB is refused."""
    return expect(sandbox.run("result = 'x' * 50_000_000"), "output")


def many_descriptors(sandbox: Sandbox) -> str:
    """The number of open files is limited."""
    program = """
held = []
try:
    while len(held) < 20000: held.append(open('/dev/null'))
except OSError: pass
result = len(held)
"""
    outcome = sandbox.run(program)
    few = isinstance(outcome.result, int) and outcome.result < 5000
    return "" if outcome.verdict == "ok" and few else f"it opened {outcome.result!r} files, {outcome.error}"


def deep_recursion(sandbox: Sandbox) -> str:
    """Recursion without end is an error of the program."""
    return expect(sandbox.run("def f(): return f()\nf()"), "error")


def bottomless_recursion(sandbox: Sandbox) -> str:
    """Recursion that breaks the stack of C kills the program alone."""
    program = """
import sys
class Mirror:
    def __repr__(self): return repr([self])
sys.setrecursionlimit(10 ** 9)
repr(Mirror())
"""
    outcome = sandbox.run(program, limits=SMALL)
    return expect(outcome, "crashed", "error", "memory") or expect_result(sandbox.run("result = 1"), 1)


LIMIT_CHECKS: tuple[Check, ...] = (
    endless_loop,
    sleeping,
    deaf_to_signals,
    stopped_by_itself,
    stuck_in_c,
    processor_time,
    memory_bomb,
    mapped_memory,
    memory_that_is_no_memory,
    huge_number,
    fork_bomb,
    allowed_fork_bomb,
    daemon,
    lingering_thread,
    thread_bomb,
    one_large_file,
    many_files,
    unlinked_files,
    endless_output,
    endless_errors,
    head_and_tail,
    large_result,
    many_descriptors,
    deep_recursion,
    bottomless_recursion,
)
