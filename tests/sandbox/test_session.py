"""Sessions: a program that is loaded once and called many times, at each level of isolation."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentopt.errors import CodecError, InputError, SandboxError, SandboxUnavailable
from agentopt.sandbox import Level, Limits, Sandbox, Session
from agentopt.sandbox.command import ROOT, CommandSandbox, interpreter

SAME = "def same(value): return value"
COUNT = "n = 0\ndef count():\n    global n\n    n += 1\n    return n\n"


class _NoWalls(CommandSandbox):
    """A fresh interpreter a run, and no walls: what a session without a server does, without needing one."""

    promised = Level.LIMITS

    def command(self, limits: Limits, private: str) -> list[str]:
        import sys

        return interpreter(sys.executable, ROOT, Level.LIMITS, private)


@pytest.fixture(params=["namespaces", "landlock", "fresh"])
def any_box(request: pytest.FixtureRequest, sandbox_of: Callable[[str], Sandbox]) -> Iterator[Sandbox]:
    """A fork server at each level, and a sandbox that loads afresh at each call."""
    if request.param != "fresh":
        yield sandbox_of(request.param)
        return
    with _NoWalls() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def echo(sandbox_of: Callable[[str], Sandbox]) -> Iterator[Session]:
    """A session that returns what it is given."""
    with sandbox_of("landlock").load(SAME, "same") as session:
        yield session


def test_a_function_is_called(any_box: Sandbox) -> None:
    """Positional and keyword arguments arrive as such, and the result comes back with its type."""
    with any_box.load("def f(a, *rest, b=2, **named): return a, rest, b, named", "f") as session:
        assert isinstance(session, Session)
        outcome = session.call((1, {2}), {"b": (3,), "$c": b"x"})
    assert outcome.result == (1, ({2},), (3,), {"$c": b"x"}), outcome.error
    assert outcome.level == any_box.level


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    st.recursive(st.none() | st.integers() | st.binary() | st.text(), lambda x: st.lists(x).map(tuple), max_leaves=8)
)
def test_values_cross_both_ways(echo: Session, value: object) -> None:
    """What crosses into the program and back is what it was."""
    outcome = echo.call((value,))
    assert repr(outcome.result) == repr(value), outcome.error


def test_arrays_cross_both_ways(echo: Session) -> None:
    """An array arrives as an array, and comes back as one."""
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    result = echo.call((array,)).result
    assert isinstance(result, np.ndarray)
    assert (result.dtype, result.tolist()) == (array.dtype, array.tolist())


def test_a_large_argument_crosses(echo: Session) -> None:
    """An argument larger than any pipe crosses, and so does a result as large as the limit lets it."""
    text = "x" * 1_000_000
    assert echo.call((text,)).result == text


def test_globals_are_kept_between_calls(box: Sandbox) -> None:
    """The program is loaded once: what it keeps in its globals is there at the next call."""
    with box.load(COUNT, "count") as session:
        assert [session.call().result for _ in range(3)] == [1, 2, 3]


def test_nothing_is_kept_without_a_server() -> None:
    """Where there is no server, each call loads the program afresh."""
    with _NoWalls() as sandbox, sandbox.load(COUNT, "count") as session:
        assert session.start().ok
        assert [session.call().result for _ in range(2)] == [1, 1]


def test_an_async_function_is_awaited(any_box: Sandbox) -> None:
    """An async function is run to its end, each call in a loop of its own."""
    program = "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x + 1"
    with any_box.load(program, "f") as session:
        assert [session.call((x,)).result for x in range(2)] == [1, 2]


def test_the_prelude_gives_helpers(any_box: Sandbox) -> None:
    """The program finds the prelude's names, and the helpers find the program's."""
    prelude = "import math\nLIMIT = 3\ndef helper(x): return bonus(x) + LIMIT\n"
    with any_box.load(
        "def bonus(x): return math.floor(x)\ndef f(x): return helper(x)", "f", prelude=prelude
    ) as session:
        assert session.call((1.5,)).result == 4


def test_an_error_names_the_line_of_the_program(any_box: Sandbox) -> None:
    """Positions count the program's own lines, however long the prelude is, and through its helpers."""
    prelude = "\n" * 50 + "def divide(a, b):\n    return a / b\n"
    with any_box.load("def f(x):\n\n    return divide(1, x)", "f", prelude=prelude) as session:
        outcome = session.call((0,))
    assert outcome.verdict == "error"
    assert outcome.error == "ZeroDivisionError: division by zero (line 3: return divide(1, x))"


@pytest.mark.parametrize(
    ("program", "prelude", "error"),
    [
        ("x = 1\ndef f(:", "", "SyntaxError: invalid syntax (line 2: def f(:)"),
        ("x = 1", "", "NameError: the program defines no function 'f'"),
        ("f = 3", "", "NameError: the program defines no function 'f'"),
        ("\n1 / 0", "\n\n", "ZeroDivisionError: division by zero (line 2: 1 / 0)"),
        ("import sys\nsys.exit(3)", "", "the program called sys.exit(3) and so returned nothing (line 2: sys.exit(3))"),
        ("def f(): pass", "\n1 / 0", "ZeroDivisionError: division by zero (<surroundings> line 2: 1 / 0)"),
        ("def f(): pass", "(", "SyntaxError: '(' was never closed (<surroundings> line 1: ()"),
        ("import no_such", "", "ModuleNotFoundError: No module named 'no_such' (line 1: import no_such)"),
    ],
)
def test_a_program_that_does_not_load(any_box: Sandbox, program: str, prelude: str, error: str) -> None:
    """A failure to load is the outcome of starting and of each call, with its place."""
    with any_box.load(program, "f", prelude=prelude) as session:
        outcomes = [session.start(), session.call()]
    assert [(outcome.verdict, outcome.error) for outcome in outcomes] == [("error", error)] * 2


def test_a_failure_to_load_is_final(box: Sandbox) -> None:
    """A program that takes too long to load is not loaded again at the next call."""
    with box.load("while True: pass", "f", limits=Limits(wall_s=0.3)) as session:
        first = session.call()
        assert first.verdict == "timeout"
        assert session.call() is first


def test_starting_loads(box: Sandbox) -> None:
    """Start loads what the first call would, says so, and brings what loading printed."""
    with box.load("print('loading')\n" + COUNT, "count") as session:
        started = session.start()
        assert (started.verdict, started.result, started.output) == ("ok", None, "loading\n")
        assert started.wall_s > 0
        assert session.start().output == ""
        assert session.call().result == 1


def test_output_comes_with_its_call(any_box: Sandbox) -> None:
    """What a call prints, also by the descriptor and to stderr, comes with its outcome and no other."""
    program = "import os, sys\ndef f(x):\n    print(x)\n    print('e', file=sys.stderr)\n    os.write(1, b'raw\\n')"
    with any_box.load(program, "f") as session:
        outputs = [session.call((word,)).output for word in ("one", "two")]
    assert outputs == ["one\ne\nraw\n", "two\ne\nraw\n"]


def test_loading_and_first_call_print_together(box: Sandbox) -> None:
    """Without start, what loading printed comes before what the first call prints."""
    with box.load("print('loading')\ndef f(): print('calling')", "f") as session:
        assert [session.call().output for _ in range(2)] == ["loading\ncalling\n", "calling\n"]


def test_arguments_are_checked_before_they_leave(echo: Session) -> None:
    """Arguments that cannot cross, and times that are none, raise and leave the session as it was."""
    with pytest.raises(CodecError, match=r"value\[0\]\[0\]\['a'\], got object"):
        echo.call(({"a": object()},))
    with pytest.raises(InputError, match="positional arguments as a list or tuple, got str"):
        echo.call("ab")
    with pytest.raises(InputError, match="names of keyword arguments"):
        echo.call((), {1: 2})  # type: ignore[dict-item]
    for wall_s in (0, -1, math.nan, math.inf, "1", True):
        with pytest.raises(InputError, match="wall_s"):
            echo.call((1,), wall_s=wall_s)  # type: ignore[arg-type]
    assert echo.call((1,)).result == 1


@pytest.mark.parametrize(("program", "call", "prelude"), [(b"x", "f", ""), ("x", "f()", ""), ("x", "f", 1)])
def test_what_is_no_program_is_refused(sandbox: Sandbox, program: object, call: str, prelude: object) -> None:
    """Sources are text and the function is given by its name alone."""
    with pytest.raises(InputError, match=r"Python source|name of a function"):
        sandbox.load(program, call, prelude=prelude)  # type: ignore[arg-type]


def test_several_processes_need_namespaces(sandbox_of: Callable[[str], Sandbox]) -> None:
    """A session keeps the same promise about processes as a run."""
    session = sandbox_of("landlock").load(SAME, "same", limits=Limits(processes=2))
    with pytest.raises(SandboxUnavailable, match="namespaces"):
        session.call((1,))


def test_processor_time_is_counted_for_each_call(box: Sandbox) -> None:
    """Many calls may together use more processor time than one is allowed."""
    program = "import time\ndef f(s):\n    end = time.process_time() + s\n    while time.process_time() < end: pass"
    with box.load(program, "f", limits=Limits(cpu_s=1)) as session:
        assert [session.call((0.4,)).verdict for _ in range(5)] == ["ok"] * 5
        assert session.call((30,), wall_s=30).verdict == "timeout"


def test_an_idle_worker_lives_on(box: Sandbox) -> None:
    """Neither the wall nor the processor time of the limits ends a worker that waits."""
    with box.load(COUNT, "count", limits=Limits(wall_s=0.5, cpu_s=0.5)) as session:
        assert session.call().result == 1
        threading.Event().wait(1.2)
        assert session.call().result == 2


def test_a_closed_session_says_so(any_box: Sandbox) -> None:
    """Calling after close is an error; closing again is not."""
    session = any_box.load(SAME, "same")
    assert session.call((1,)).ok
    session.close()
    session.close()
    with pytest.raises(SandboxError, match="session is closed"):
        session.call((1,))
    with pytest.raises(SandboxError, match="session is closed"):
        session.start()


def test_a_day_is_a_time(echo: Session) -> None:
    """A call may be given more milliseconds than a poll can count."""
    assert echo.call((1,), wall_s=1e9).result == 1


def test_calls_stay_apart(box: Sandbox) -> None:
    """Of many calls of a loaded program each gets the answer to its own question."""
    with box.load(SAME, "same") as session:
        assert [session.call((number,)).result for number in range(200)] == list(range(200))
