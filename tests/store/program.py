"""Processes that use a store, to be watched, starved and killed; and rows for it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentopt.errors import AgentoptError
from agentopt.store import CallRow, CandidateRow, Store, TrialRow

ROOT = Path(__file__).parents[2]


def trial(item: object = 0, score: float | None = 0.5, **changes: object) -> TrialRow:
    """A trial of the start on a validation item."""
    return TrialRow(("start", "validation", str(item), 0), 0, score, **changes)  # type: ignore[arg-type]


def call(key: str = "k", text: str = "four", **changes: object) -> CallRow:
    """A call that was answered."""
    rest = {"input_tokens": 10, "output_tokens": 2, "cost_usd": 0.5} | changes
    return CallRow(key, "trial", "t", "m", [["user", "2 + 2?"]], {"temperature": 0}, text, "stop", **rest)  # type: ignore[arg-type]


def candidate(number: int = 0, prompt: str = "Be brief.", **changes: object) -> CandidateRow:
    """A candidate of one prompt, made from the one before."""
    parents = (number - 1,) if number else ()
    rest = {"author": "optoprime", "reason": "because", "ask": number or None} | changes
    return CandidateRow(number, parents, {"prompt": {"value": prompt}}, f"print{number}", **rest)  # type: ignore[arg-type]


@contextmanager
def process(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """This program in a process of its own, which is gone at the end."""
    command = [sys.executable, __file__, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def said_by(*arguments: object) -> str:
    """What it says until it ends by itself."""
    with process(*arguments) as running:
        return running.communicate()[0]


def say(*lines: object) -> None:
    """Tell whoever watches."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def write(path: Path, name: str, n: int) -> None:
    """Add trials with calls and traces, and say after each that it is there; then wait for a word."""
    with Store(path) as store, store.run(name) as run:
        known = {row.key for row in run.trials()}
        for place in range(n):
            row = trial(f"{name} {place}", place / 7)
            if row.key not in known:
                run.add_call(call(f"{name} {place}", "x" * (place % 50)))
                run.add_trial(row, f"trace of {place}")
            say(place)
        sys.stdin.readline()


def starve(path: Path, n_bytes: int) -> None:
    """Add trials until no file may grow any more, and tell how many there are and why it ended."""
    with Store(path) as store, store.run("starved") as run:
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        place = 0
        try:
            while True:
                run.add_trial(trial(place), os.urandom(2000).hex())
                place += 1
        except AgentoptError as error:
            say(place, error)


def look(path: Path) -> None:
    """As somebody who may not write there, try to write, then read."""
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        Store(path).run("mine")
    except AgentoptError as error:
        say(error)
    with Store(path, read_only=True) as store:
        say(*(row.name for row in store.runs()))


if __name__ == "__main__":
    verb, place, *rest = sys.argv[1:]
    match verb:
        case "write":
            write(Path(place), rest[0], int(rest[1]))
        case "starve":
            starve(Path(place), int(rest[0]))
        case "look":
            look(Path(place))
