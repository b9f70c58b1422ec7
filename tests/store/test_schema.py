"""The form of a store: made, brought up to date, and refused without a touch where it is none of ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agentopt.errors import StoreError
from agentopt.store import Store
from agentopt.store.opening import open_to_write
from agentopt.store.schema import STEPS
from tests.store.program import process, trial

FIRST = "CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
SECOND = "ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT 'none'; UPDATE runs SET note = 'old';"
BY_HAND = f"PRAGMA application_id = 0x61676F70; PRAGMA user_version = 1; {FIRST} INSERT INTO runs VALUES (7, 'kept');"


def make(path: Path, script: str) -> bytes:
    """A SQLite file from a script, and what stands in it."""
    with closing(sqlite3.connect(path)) as base:
        base.executescript(script)
    return path.read_bytes()


def test_a_file_of_form_1_is_brought_to_form_2(tmp_path: Path) -> None:
    """What stood in it is there, in the new form."""
    make(tmp_path / "runs.db", BY_HAND)
    with closing(open_to_write(tmp_path / "runs.db", 1.0, (FIRST, SECOND))) as base:
        assert base.execute("SELECT * FROM runs").fetchall() == [(7, "kept", "old")]
        assert base.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """All statements of all steps are made, or none."""
    path = tmp_path / "runs.db"
    make(path, BY_HAND)
    with pytest.raises(sqlite3.OperationalError):
        open_to_write(path, 1.0, (FIRST, SECOND, "CREATE TABLE fine (id INTEGER); INSERT INTO missing VALUES (1);"))
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT * FROM runs").fetchall() == [(7, "kept")]
        assert base.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_store_of_today_takes_another_step_with_its_runs(tmp_path: Path) -> None:
    """A step that is added later finds the runs that are written now."""
    path = tmp_path / "runs.db"
    with Store(path) as store, store.run("r") as run:
        run.add_trial(trial(1))
    step = "CREATE TABLE notes (run INTEGER); INSERT INTO notes SELECT run FROM trials"
    open_to_write(path, 1.0, (*STEPS, step)).close()
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT * FROM notes").fetchall() == [(1,)]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_from_the_future_is_refused(tmp_path: Path, read_only: bool) -> None:
    """One sentence says which form it has, and nothing in it changes."""
    path = tmp_path / "runs.db"
    before = make(path, BY_HAND.replace("user_version = 1", "user_version = 99"))
    with pytest.raises(StoreError, match=r"later agentopt \(form 99, this one knows \d+\)"):
        Store(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_another_programs_database_is_not_touched(tmp_path: Path, mode: str, read_only: bool) -> None:
    """It is refused before SQLite opens it, with no byte changed and no file beside it."""
    path = tmp_path / "browser.db"
    before = make(path, f"PRAGMA journal_mode = {mode}; CREATE TABLE bookmarks (url TEXT);")
    with pytest.raises(StoreError, match="SQLite file of another program"):
        Store(path, read_only=read_only)
    assert (path.read_bytes(), [one.name for one in tmp_path.iterdir()]) == (before, ["browser.db"])


@pytest.mark.parametrize("content", [b"name: x\n", b"\x00" * 200, b"SQLite format 3\x00", b"S"])
def test_what_is_no_database_is_not_touched(tmp_path: Path, content: bytes) -> None:
    """A text, zeros and the beginning of a database are refused and stay as they are."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="name another one for the runs"):
        Store(path)
    assert path.read_bytes() == content


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """A folder is no file."""
    with pytest.raises(StoreError, match="no regular file"):
        Store(tmp_path)


def test_an_empty_file_and_missing_folders_become_a_store(tmp_path: Path) -> None:
    """What mktemp leaves is taken as new, and folders are made."""
    (tmp_path / "empty.db").touch()
    for place in ("empty.db", "a/b/c.db", "odd #?%20 name.db", ":memory:"):
        Store(tmp_path / place).close()
        with Store(tmp_path / place, read_only=True) as store:
            assert store.runs() == []


def test_no_store_is_made_by_looking(tmp_path: Path) -> None:
    """Reading what is not there says so."""
    with pytest.raises(StoreError, match="there is no store at"):
        Store(tmp_path / "runs.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_store_follows_its_file_and_not_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that was relative when it was opened stays the same file."""
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    with Store("runs.db") as store:
        monkeypatch.chdir(tmp_path / "other")
        store.run("r").add_trial(trial())
        assert [row.name for row in store.runs()] == ["r"]
    assert not (tmp_path / "other" / "runs.db").exists()


def test_many_processes_may_make_the_same_store(tmp_path: Path) -> None:
    """Of processes that open a new file at once, each finds a store in it."""
    path = tmp_path / "runs.db"
    made = [process("write", path, f"r{k}", 1) for k in range(6)]
    running = [one.__enter__() for one in made]
    said = [one.communicate("\n")[0] for one in running]
    for one in made:
        one.__exit__(None, None, None)
    with Store(path) as store:
        assert (said, len(store.runs())) == (["0\n"] * 6, 6)
