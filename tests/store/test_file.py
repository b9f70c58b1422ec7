"""Runs by name, and who runs them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from agentopt.errors import InputError, StoreError
from agentopt.store import Store
from agentopt.store.owner import STALE_S, is_alive, me
from tests.store.program import process, said_by, trial


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def test_a_run_goes_on_under_its_name(path: Path) -> None:
    """Its trials are there in the next session."""
    with Store(path) as store, store.run("r") as run:
        run.add_trial(trial(1))
    with Store(path) as store, store.run("r") as run:
        assert [row.key[2] for row in run.trials()] == ["1"]


def test_a_run_without_a_name_is_new_each_time(path: Path) -> None:
    """Generated names are short, and no two are alike."""
    with Store(path) as store:
        names = {store.run().name for _ in range(50)}
    assert (len(names), max(map(len, names))) == (50, 14)


def test_a_run_is_found_by_name_number_and_beginning(path: Path) -> None:
    """A whole name comes before a number, and a number before a beginning."""
    with Store(path) as store:
        for name in ("alpha", "alphabet", "beta", "1"):
            store.run(name).close()
        found = [store.find(name).name for name in ("alpha", "alphab", "b", "1", "3")]
    assert found == ["alpha", "alphabet", "beta", "1", "beta"]


@pytest.mark.parametrize(("name", "said"), [("al", "more than one run"), ("x", "no run"), ("", "no run")])
def test_a_name_that_fits_no_one_run_is_refused(path: Path, name: str, said: str) -> None:
    """The sentence lists what there is."""
    with Store(path) as store:
        for one in ("alpha", "alps"):
            store.run(one).close()
        with pytest.raises(InputError, match=f"{said}; there are: alp"):
            store.find(name)


@pytest.mark.parametrize("name", ["a:1", " a", "a\n", "a\x1b[2J", "\udce9", "x" * 101])
def test_odd_names_are_refused(path: Path, name: str) -> None:
    """A name can be seen, typed, and told from RUN:NUMBER."""
    with Store(path) as store, pytest.raises(InputError, match="expected as the name of a run"):
        store.run(name)


def test_a_run_is_refused_while_another_process_runs_it(path: Path) -> None:
    """The sentence names the process; when that one is killed, the run is free at once."""
    with process("write", path, "r", 1) as other, Store(path) as store:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StoreError, match=f"the run r is being run by process {other.pid} on"):
            store.run("r")
        assert store.find("r").status == "running"
        other.kill()
        other.wait()
        assert store.find("r").status == "cut off"
        assert len(store.run("r").trials()) == 1


def test_a_killed_owner_that_nobody_waited_for_is_dead(path: Path) -> None:
    """A zombie runs nothing."""
    with process("write", path, "r", 1) as other, Store(path) as store:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert store.run("r").trials()


def test_a_run_that_was_given_back_is_free(path: Path) -> None:
    """After close another process may run it, though this one lives."""
    with Store(path) as store:
        store.run("r").close()
        with process("write", path, "r", 2) as other:
            assert other.communicate("\n")[0] == "0\n1\n"


def test_looking_at_a_run_takes_it_from_nobody(path: Path) -> None:
    """Closing a log that was opened to be read leaves the owner as it is."""
    with process("write", path, "r", 1) as other, Store(path) as store:
        assert other.stdout is not None
        other.stdout.readline()
        with store.log(store.find("r")) as run, pytest.raises(StoreError, match="cannot be written to"):
            run.add_trial(trial(5))
        assert store.find("r").status == "running"


def test_who_lost_a_run_writes_nothing_more(path: Path) -> None:
    """A process that was taken for dead does not mix its trials into the run of the next."""
    with Store(path) as store:
        run = store.run("r")
        with store.base.writing() as base:
            base.execute("UPDATE pulse SET owner = ?", [json.dumps([["elsewhere", "", ""], 1, "1"])])
        with pytest.raises(StoreError, match="the run r cannot be written to: process 1 on elsewhere runs it now"):
            run.add_trial(trial())
        assert run.trials() == []


def test_an_owner_elsewhere_is_known_by_its_signs_of_life() -> None:
    """Where a process cannot be looked at, it is dead when it has been silent for long."""
    elsewhere, now = json.dumps([["other", "boot", "pid"], 1, "1"]), time.time()
    assert [is_alive(elsewhere, now - age) for age in (1.0, STALE_S + 1)] == [True, False]


def test_a_number_that_is_used_again_is_another_process() -> None:
    """A process of the same number that began at another time is not the owner."""
    place, number, began = json.loads(me())
    assert is_alive(me(), 0.0)
    assert not is_alive(json.dumps([place, number, f"{began}0"]), time.time())


@pytest.mark.parametrize("owner", ["", "?", "[]", "3", '"abc"', "null", '[["h"], "x", 1]', "[" * 99])
def test_what_is_no_owner_is_nobody(owner: str) -> None:
    """A damaged entry keeps nobody out."""
    assert not is_alive(owner, 0.0)


def test_the_time_of_all_sessions_is_added_up(path: Path) -> None:
    """The seconds of earlier sessions, killed ones included, are known to the next."""
    said_by("write", path, "r", 3)
    with Store(path) as store:
        first = store.find("r").seconds
        run = store.run("r")
        run.add_trial(trial())
        assert 0 < run.seconds == first < store.find("r").seconds


def test_a_run_that_cannot_go_on_stays_finished(path: Path) -> None:
    """Whoever takes up a finished run with other settings is refused, and its status stays."""
    with Store(path) as store:
        with store.run("r") as run:
            run.settle({"seed": 1, "data": "abc"})
            run.finish("finished", {"verdict": "improved"})
        with store.run("r") as run, pytest.raises(InputError, match="begun with other seed"):
            run.settle({"seed": 2, "data": "abc"})
        row = store.find("r")
    assert (row.status, row.summary, row.about["seed"]) == ("finished", {"verdict": "improved"}, 1)
