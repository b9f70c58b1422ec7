"""Disks that are full, files that are locked, gone or damaged: one sentence each, and the file stays sound."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agentopt.errors import StoreError
from agentopt.store import RunLog, Store
from tests.store.program import call, said_by, trial


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as base:
        return base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Held by a connection that does not let go."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


def test_a_full_file_keeps_what_it_has(tmp_path: Path) -> None:
    """The trial for which there is no room is not there, those before are, and with room it goes on."""
    with Store(tmp_path / "runs.db") as store, store.run("r") as run:
        (pages,) = store.base.read("PRAGMA page_count")[0]
        store.base.read(f"PRAGMA max_page_count = {pages + 10}")
        n, said = fill(run)
        assert said.endswith("the disk is full; what was written before is safe, make room and resume")
        assert [row.key[2] for row in run.trials()] == [str(k) for k in range(n)]
        store.base.read("PRAGMA max_page_count = 1000000")
        run.add_trial(trial(n), os.urandom(2000).hex())
        assert len(run.trials()) == n + 1
    assert is_sound(tmp_path / "runs.db")


def fill(run: RunLog) -> tuple[int, str]:
    """Add trials until there is no room: how many there are, and what was said."""
    for k in range(1000):
        try:
            run.add_trial(trial(k), os.urandom(2000).hex())
        except StoreError as error:
            return k, str(error)
    raise AssertionError("it never filled")


@pytest.mark.parametrize("n_bytes", [300_000, 345_678, 400_001])
def test_a_disk_that_takes_no_more_leaves_a_sound_file(tmp_path: Path, n_bytes: int) -> None:
    """Wherever the system refuses to write on, every trial before is there."""
    path = tmp_path / "runs.db"
    n, sentence = said_by("starve", path, n_bytes).splitlines()
    assert "what was written before is safe" in sentence
    assert is_sound(path)
    with Store(path) as store:
        assert [row.key[2] for row in store.run("starved").trials()] == [str(k) for k in range(int(n))]


def test_a_locked_file_is_told_after_the_wait(tmp_path: Path) -> None:
    """Who writes waits as long as was said; who only reads does not wait; then the run goes on."""
    path = tmp_path / "runs.db"
    with Store(path, wait_s=0.01) as store, store.run("r") as run:
        with locked(path):
            with pytest.raises(StoreError, match="another process holds it; wait for that one, or end it"):
                run.add_trial(trial(1))
            assert run.trials() == []
        run.add_trial(trial(2))
        assert [row.key[2] for row in run.trials()] == ["2"]
    assert is_sound(path)


def test_a_locked_file_is_told_when_it_is_opened(tmp_path: Path) -> None:
    """A run cannot begin, and the file can be looked at."""
    path = tmp_path / "runs.db"
    Store(path).run("r").close()
    with locked(path), Store(path, wait_s=0.01) as store:
        with pytest.raises(StoreError, match="another process holds it"):
            store.run("r")
        with Store(path, read_only=True) as reader:
            assert [row.name for row in reader.runs()] == ["r"]


@pytest.mark.parametrize("loss", ["file", "folder", "moved", "replaced"])
def test_a_file_that_is_gone_takes_no_more(tmp_path: Path, loss: str) -> None:
    """Nothing is written to a file that has no name any more, where nobody would find it."""
    path = tmp_path / "folder" / "runs.db"
    run = Store(path).run("r")
    run.add_trial(trial(1))
    match loss:
        case "file":
            path.unlink()
        case "folder":
            shutil.rmtree(path.parent)
        case "moved":
            path.rename(tmp_path / "elsewhere.db")
        case "replaced":
            path.rename(tmp_path / "elsewhere.db")
            path.touch()
    with pytest.raises(StoreError, match="was moved or removed while it was in use"):
        run.add_call(call())


def test_who_may_not_write_is_told_and_may_read() -> None:
    """In a folder that may not be written to, a store can be looked at and a run cannot begin."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        with Store(path) as store:
            store.run("theirs").close()
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        said, names = said_by("look", path).splitlines()
        Path(folder).chmod(0o755)
    assert said.endswith("it may not be written to; change its permissions, or name another file")
    assert names == "theirs"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file where a folder should be is named."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file" / "runs.db")


def test_a_damaged_page_is_told(tmp_path: Path) -> None:
    """A file with garbage in its middle gives a sentence and no traceback."""
    path = tmp_path / "runs.db"
    with Store(path) as store, store.run("r") as run:
        for k in range(50):
            run.add_trial(trial(k, 0.5, feedback="x" * 500))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), Store(path) as store:
        store.run("r").trials()


def test_a_store_without_its_tables_is_told(tmp_path: Path) -> None:
    """Somebody who emptied it gets a sentence."""
    path = tmp_path / "runs.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as base:
        base.execute("DROP TABLE pulse")
    with Store(path) as store, pytest.raises(StoreError, match="a table is missing"):
        store.runs()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """Writing after the end is told, and giving a run back then is no error."""
    store = Store(tmp_path / "runs.db")
    run = store.run("r")
    store.close()
    with pytest.raises(StoreError, match="it was closed"):
        run.add_trial(trial())
    run.close()


def test_a_forked_process_opens_its_own(tmp_path: Path) -> None:
    """A connection that went through a fork may damage the file, so it is refused."""
    run = Store(tmp_path / "runs.db").run("r")
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)

    def write() -> None:
        try:
            run.add_trial(trial())
        except StoreError as error:
            theirs.send(str(error))
            os._exit(0)

    child = context.Process(target=write)
    child.start()
    theirs.close()
    assert "was opened by the process that this one was forked from" in ours.recv()
    child.join()
