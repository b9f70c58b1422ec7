"""The command in this process, in a process of its own, and on a terminal; and problems for it."""

from __future__ import annotations

import errno
import json
import os
import pty
import random
import re
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentopt.cli.main import main
from agentopt.testing import ModelServer
from tests.cli.talk import Talk

COMMAND = (sys.executable, "-m", "agentopt")

BAKERY = """\
title: A bakery
sets:
  - {name: GOODS, elements: [bread, cake], meaning: What is baked, source: bread and cake}
parameters:
  - {name: profit, index: [GOODS], unit: EUR/piece, value: {bread: 3, cake: 2}}
  - {name: pace, unit: piece/h, value: 4}
variables:
  - {name: bake, index: [GOODS], unit: pieces, meaning: Pieces of each kind}
  - {name: hours, unit: h, meaning: Hours the oven is lit}
objective: {sense: maximize, expression: "sum(profit[g] * bake[g] for g in GOODS)", meaning: Profit of the day,
  unit: EUR}
constraints:
  - {name: oven, expression: "sum(bake[g] for g in GOODS) <= pace * hours", meaning: The oven bakes four pieces an hour}
  - {name: day, expression: "hours <= 1", meaning: The oven is lit for an hour}
  - {name: flour, expression: "bake['bread'] + 3 * bake['cake'] <= 6", meaning: Flour is short}
"""

IMPOSSIBLE = """\
variables: [{name: x, meaning: Litres}]
objective: {sense: minimize, expression: x}
constraints:
  - {name: least, expression: x >= 5, meaning: At least five litres are wanted}
  - {name: most, expression: x <= 3, meaning: The tank holds three litres}
"""

ENDLESS = """\
variables: [{name: x, meaning: Litres sold}]
objective: {sense: maximize, expression: x}
constraints: [{name: least, expression: x >= 1}]
"""


def hard_problem(*, product: bool) -> str:
    """Return a market split problem: a point is found at once, the proof takes hours.

    With a product of decisions in it, it is one for SCIP, otherwise for HiGHS.
    """
    n_rows, n_columns = 5, 40
    rng = random.Random(1)
    weights = [[rng.randint(0, 99) for _ in range(n_columns)] for _ in range(n_rows)]
    raw: dict[str, Any] = {
        "sets": [{"name": "I", "expression": f"range({n_rows})"}, {"name": "J", "expression": f"range({n_columns})"}],
        "parameters": [
            {"name": "w", "index": ["I", "J"], "value": weights},
            {"name": "half", "index": ["I"], "value": [sum(row) // 2 for row in weights]},
        ],
        "variables": [
            {"name": "x", "index": ["J"], "domain": "binary"},
            {"name": "over", "index": ["I"]},
            {"name": "under", "index": ["I"]},
        ],
        "objective": {"sense": "minimize", "expression": "sum(over[i] + under[i] for i in I)", "meaning": "Imbalance"},
        "constraints": [
            {"name": "split", "expression": "sum(w[i, j] * x[j] for j in J) - over[i] + under[i] == half[i] for i in I"}
        ],
    }
    if product:
        raw["constraints"].append({"name": "pairs", "expression": "sum(x[j] * x[k] for j in J for k in J) >= 300"})
    return json.dumps(raw)


@dataclass(frozen=True)
class End:
    """How a run of the command ended."""

    code: int
    out: str
    err: str = ""

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def problem(tmp_path: Path) -> Callable[[str], Path]:
    """Writes one of the problems to a file: bakery, impossible, endless, hard, hard product."""
    texts = {
        "bakery": BAKERY,
        "impossible": IMPOSSIBLE,
        "endless": ENDLESS,
        "hard": hard_problem(product=False),
        "hard product": hard_problem(product=True),
    }

    def write(name: str) -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(texts[name], encoding="utf-8")
        return path

    return write


@pytest.fixture
def agentopt(capsys: pytest.CaptureFixture[str]) -> Callable[..., End]:
    """The command in this process, which saves its start."""

    def run(*arguments: object) -> End:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return End(code, captured.out, captured.err)

    return run


@pytest.fixture
def process() -> Callable[..., End]:
    """The command as users start it, with pipes."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> End:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            env=os.environ | environment,
            timeout=60,
            check=False,
        )
        return End(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def terminal() -> Callable[..., End]:
    """The command on a terminal of a set size; both outputs go to it."""

    def run(*arguments: object, columns: int = 80, **environment: str) -> End:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, columns))
        command = [*COMMAND, *map(str, arguments)]
        with subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {"TERM": "xterm-256color"} | environment,
        ) as child:
            os.close(theirs)
            drawn = _read_all(ours)
        os.close(ours)
        return End(child.returncode, drawn.decode().replace("\r\n", "\n"))

    return run


def _read_all(descriptor: int) -> bytes:
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            part = b""  # how Linux says that the other side is gone
        if not part:
            return b"".join(parts)
        parts.append(part)


@pytest.fixture
def without_figures() -> Callable[[str], str]:
    """Replaces what differs from run to run and from release to release."""

    def replace(text: str) -> str:
        text = re.sub(r"HiGHS [\d.]+", "HiGHS X", text)
        return re.sub(r"\d+\.\d+ s\b", "N s", text)

    return replace


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Callable[..., Talk]]:
    """Starts `agentopt chat` on a terminal in memory, in tmp_path and with a home there."""
    started: list[Talk] = []

    def start(
        *arguments: object,
        command: tuple[str, ...] = ("chat",),
        server: ModelServer | None = None,
        columns: int = 100,
        outputs: str = '>"$0" 2>&1',
        limit: str = "",
        **environment: str,
    ) -> Talk:
        home = {"HOME": str(tmp_path / "home"), "XDG_STATE_HOME": str(tmp_path / "state"), "TERM": "xterm-256color"}
        model = {} if server is None else {"OPENAI_BASE_URL": server.openai_url, "OPENAI_API_KEY": "sk-a-key"}
        line = [*COMMAND, *command, *(["--model", "openai/x"] if server else []), *map(str, arguments)]
        talk = Talk(line, columns, outputs, limit, tmp_path, os.environ | home | model | environment)
        started.append(talk)
        return talk

    yield start
    for talk in started:
        talk.close()
