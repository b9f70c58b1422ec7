"""A whole search, on any executor, cut off or not."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agentopt import Budget
from agentopt.search import Processes
from agentopt.store import Store
from tests.search.program import facts, limit, prompt, search, tone

PROGRAM = Path(__file__).with_name("program.py")
ROOT = Path(__file__).parents[2]


def test_a_search_reaches_the_optimum_of_a_mixed_workflow() -> None:
    """Prompt, number and choice end at their best values, and the test says that they are better."""
    result = search(budget=Budget(evaluations=600))
    assert (limit.data, tone.data, result.improved) == (7, "kind", True)
    assert prompt.data.endswith("Name the total. Leave out the unit. Answer in digits.")


def test_what_is_reported_is_what_the_best_scores() -> None:
    """Scores without noise are reported as they are."""
    result = search(budget=Budget(evaluations=600))
    assert result.test is not None
    assert result.test.best == pytest.approx(1.0)
    assert result.estimates[result.best.number].mean == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("kind", ["one thread", "eight threads", "a pool", "processes", "a pool of processes"])
def test_the_executor_does_not_change_the_result(kind: str) -> None:
    """The same seed gives the same search, whoever finishes first."""
    executors: dict[str, Any] = {
        "one thread": lambda: 1,
        "eight threads": lambda: 8,
        "a pool": lambda: ThreadPoolExecutor(3),
        "processes": lambda: Processes(2),
        "a pool of processes": lambda: ProcessPoolExecutor(2),
    }
    made = executors[kind]()
    try:
        there, here = facts(search(executor=made)), facts(search())
    finally:
        if not isinstance(made, int):
            made.shutdown()
    if "processes" in kind:
        # Each process pays for a call that others make as well; what is found is the same.
        assert there.pop("spent")[2] == here.pop("spent")[2]
    assert there == here


def test_another_seed_gives_another_search() -> None:
    """The seed decides."""
    assert facts(search(seed=6))["curve"] != facts(search())["curve"]


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path: Path, seed: int) -> None:
    """After kill -9 at any moments the final result and the account equal those of an uninterrupted run."""
    rng, path = random.Random(seed), tmp_path / "runs.db"
    whole = run_to_end(tmp_path / "whole.db")
    for _ in range(4):
        kill_after(path, rng.randrange(1, 40))
    assert run_to_end(path) == whole


def test_a_run_that_is_over_costs_nothing_again(tmp_path: Path) -> None:
    """Running it once more takes everything from the store, and gives the same."""
    with Store(tmp_path / "runs.db") as store:
        first = facts(search(store=store.run("r")))
        n_calls = store.base.read("SELECT count(*) FROM calls")
        assert facts(search(store=store.run("r"))) == first
        assert store.base.read("SELECT count(*) FROM calls") == n_calls


def command(path: Path) -> list[str]:
    return [sys.executable, str(PROGRAM), str(path), "r"]


def kill_after(path: Path, n_trials: int) -> None:
    """Run the program and kill it when it has said so often that a trial is over, or when it is over itself."""
    with subprocess.Popen(
        command(path), cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        process.stderr.read(n_trials)
        process.send_signal(signal.SIGKILL)


def run_to_end(path: Path) -> dict[str, Any]:
    done = subprocess.run(
        command(path), cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
