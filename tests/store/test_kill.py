"""Processes that are killed, and processes that share a file."""

from __future__ import annotations

import random
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from agentopt.store import Store
from tests.store.program import process, trial


@pytest.mark.parametrize("seed", range(8))
def test_every_trial_that_was_told_is_there_after_a_kill(tmp_path: Path, seed: int) -> None:
    """kill -9 at any moment loses nothing of which the writer said that it is there; and then the run goes on."""
    path, told = tmp_path / "runs.db", random.Random(seed).randrange(1, 120)
    with process("write", path, "r", 100_000) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(told)]
        writer.kill()
        said += writer.stdout.readlines()
    # The last line may be cut off in the middle.
    n = sum(line.endswith("\n") for line in said)
    with Store(path, read_only=True) as store:
        assert store.find("r").status == "cut off"
        assert len(store.log(store.find("r")).trials()) >= n
    with Store(path) as store, store.run("r") as run:
        found = [row.key[2] for row in run.trials()]
        assert found == [f"r {k}" for k in range(len(found))]
        assert len(found) >= n
        for k in range(n):
            known = run.call(f"r {k}")
            assert (run.trace(trial(f"r {k}").key), known and known.text) == (f"trace of {k}", "x" * (k % 50))
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_run_that_is_killed_again_and_again_ends(tmp_path: Path) -> None:
    """Each session goes on where the last one was cut off, and none writes a trial twice."""
    path, rng = tmp_path / "runs.db", random.Random(1)
    for _ in range(6):
        with process("write", path, "r", 200) as writer:
            assert writer.stdout is not None
            for _ in range(rng.randrange(1, 60)):
                writer.stdout.readline()
    with process("write", path, "r", 200) as writer:
        writer.communicate("\n")
    with Store(path) as store:
        assert [row.key[2] for row in store.run("r").trials()] == [f"r {k}" for k in range(200)]


def test_processes_write_to_one_file_at_the_same_time(tmp_path: Path) -> None:
    """Runs of several processes stand in one file, each whole and none mixed with another."""
    path, names = tmp_path / "runs.db", ("a", "b", "c")
    with ExitStack() as stack:
        writers = [stack.enter_context(process("write", path, name, 60)) for name in names]
        for writer in writers:
            writer.communicate("\n")
    with Store(path) as store:
        found = {name: [row.key[2] for row in store.run(name).trials()] for name in names}
        runs_in_order = store.base.read("SELECT run FROM trials ORDER BY id")
    assert found == {name: [f"{name} {k}" for k in range(60)] for name in names}
    assert len({run for (run,) in runs_in_order}) == 3
