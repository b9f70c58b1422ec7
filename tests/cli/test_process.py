"""The command as users start it: pipes, closed and full outputs, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentopt.cli.exits import MEANINGS

Command = Callable[..., Any]
Problem = Callable[[str], Path]

COMMAND = (sys.executable, "-m", "agentopt")

GOLDEN = """\
Profit of the day: 12 EUR (maximized, proved optimal)

Decisions
  name   value  unit  meaning
  hours      1  h     Hours the oven is lit

bake: Pieces of each kind
  GOODS  value [pieces]
  bread               4
  1 of 2; the others are zero

  status     optimal
  guarantee  global: no better point exists, proved by the solver
  solver     HiGHS X on LP
  bound      12 EUR, gap 0 %
  checks     all 6 hold, recomputed
  time       N s

Checks
         what              found
  holds  constraint oven   1 row holds; tightest oven, 0 left
  holds  constraint day    1 row holds; tightest day, 0 left
  holds  constraint flour  1 row holds; tightest flour, 2 left
  holds  objective         recomputed as 12, as the solver says
  holds  bounds of bake    2 value(s) within their bounds
  holds  bounds of hours   1 value(s) within their bounds
"""


def test_a_solution_in_a_pipe_is_plain_text(
    process: Command, problem: Problem, without_figures: Callable[[str], str]
) -> None:
    """No colour, no box, nothing but the result on standard output, and nothing on standard error."""
    end = process("solve", problem("bakery"))
    assert (end.code, without_figures(end.out), end.err) == (0, GOLDEN, "")


def test_help_tells_every_exit_code_and_imports_no_heavy_package(process: Command) -> None:
    """`agentopt --help` documents the codes and loads argparse only."""
    end = process("--help", PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in end.err.splitlines()}
    heavy = {
        "rich",
        "pydantic",
        "pyomo",
        "openai",
        "anthropic",
        "litellm",
        "numpy",
        "scipy",
        "highspy",
        "yaml",
        "jinja2",
    }
    assert (end.code, loaded & heavy) == (0, set())
    assert not [code for code, meaning in MEANINGS.items() if f"  {code:<4} {meaning}\n" not in end.out]


def test_solving_in_a_pipe_does_not_load_rich(process: Command, problem: Problem) -> None:
    """rich is for terminals."""
    end = process("solve", problem("bakery"), PYTHONPROFILEIMPORTTIME="1")
    assert " rich" not in {line.split("|")[-1].rstrip().rsplit(" ", 1)[0] for line in end.err.splitlines()}
    assert not [line for line in end.err.splitlines() if line.endswith("rich.console")]


def test_color_may_be_forced_in_a_pipe(process: Command, problem: Problem) -> None:
    """FORCE_COLOR colours a pipe too, and --json stays free of it."""
    colored = process("solve", problem("bakery"), FORCE_COLOR="1").out
    document = process("solve", problem("bakery"), "--json", FORCE_COLOR="1").document
    assert (colored.startswith("\x1b[1;32mProfit"), document["exit_code"]) == (True, 0)


def test_words_come_through_standard_input(process: Command) -> None:
    """`-` reads words, and what cannot be read is said."""
    ends = [process("solve", "-", stdin=text) for text in (b"", b"\xff\xfe", b"How much wheat should be sown?")]
    assert [end.code for end in ends] == [2, 2, 4]


@pytest.mark.parametrize("arguments", [["solve"], ["--help"]])
def test_a_reader_that_leaves_early_is_no_failure(problem: Problem, arguments: list[str]) -> None:
    """A closed pipe ends the command quietly."""
    file = [str(problem("bakery"))] if arguments == ["solve"] else []
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as out:
        done = subprocess.run(
            [*COMMAND, *arguments, *file], stdout=out, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_output_is_an_error(problem: Problem) -> None:
    """Without a standard output nothing is solved, since nobody could read it."""
    line = f'exec "$@" >&-'  # noqa: F541
    command = ["sh", "-c", line, "sh", *COMMAND, "solve", str(problem("bakery"))]
    done = subprocess.run(command, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == b"agentopt: standard output is closed, so there is nowhere to put the result\n"


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@needs_full
@pytest.mark.parametrize("arguments", [["solve", "FILE"], ["solve", "missing.yaml", "--json"], ["--help"]])
def test_a_full_disk_is_an_error(problem: Problem, arguments: list[str]) -> None:
    """A result that cannot be written is told, without a traceback, and the code is that of a failure."""
    path = str(problem("bakery"))
    with open("/dev/full", "wb") as full:
        command = [*COMMAND, *(path if argument == "FILE" else argument for argument in arguments)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith(b"agentopt: the result cannot be written: No space left on device\n")
    assert b"Traceback" not in done.stderr


@needs_full
def test_a_full_standard_error_stops_nothing(problem: Problem) -> None:
    """What stands beside the result is dropped where it cannot be written."""
    with open("/dev/full", "wb") as full:
        command = [*COMMAND, "solve", str(problem("bakery")), "-v"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, timeout=60, check=False)
    assert (done.returncode, done.stdout.startswith(b"Profit of the day: 12")) == (0, True)


def test_stray_prints_do_not_spoil_the_document(process: Command, problem: Problem, tmp_path: Path) -> None:
    """What a library writes to descriptor 1 while solving goes to standard error."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "class Noise:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'highspy': os.write(1, b'a banner')\n"
        "sys.meta_path.insert(0, Noise())\n"
    )
    end = process("solve", problem("bakery"), "--json", PYTHONPATH=str(tmp_path))
    assert (end.document["exit_code"], end.err) == (0, "a banner")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the threads of a process are read from /proc")
@pytest.mark.parametrize(("name", "arguments"), [("hard", []), ("hard", ["--json"]), ("hard product", [])])
def test_ctrl_c_in_the_middle_keeps_the_best_so_far(problem: Problem, name: str, arguments: list[str]) -> None:
    """The solver stops, its best point is shown, and the code is 130."""
    command = [*COMMAND, "solve", str(problem(name)), *arguments]
    # One thread for linear algebra, so that any other that works is the solver's.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
        wait_for_solver(child)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, b"")
    if arguments:
        assert json.loads(out)["termination_condition"] == "interrupted"
    else:
        assert out.startswith(b"Interrupted; best so far: Imbalance: ")


def wait_for_solver(child: subprocess.Popen[bytes]) -> None:
    """Return when a thread other than the first has worked for half a second."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        for task in Path(f"/proc/{child.pid}/task").iterdir():
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            if int(task.name) != child.pid and int(fields[11]) >= 0.5 * os.sysconf("SC_CLK_TCK"):
                return
        time.sleep(0.01)
    raise AssertionError("the solver did not start")
