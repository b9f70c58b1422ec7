"""Opens the file of a store, to be written or only to be read."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from agentopt.errors import StoreError
from agentopt.store.header import is_new
from agentopt.store.schema import STEPS, migrate, version_of


def open_to_write(path: Path, wait_s: float, steps: tuple[str, ...] = STEPS) -> sqlite3.Connection:
    """Open a store, in WAL mode and of today's form; it is made if it is not there, with the folders above it.

    Raises:
        StoreError: The file is none of ours, or of a later form; it was not touched.
        sqlite3.Error: SQLite cannot use it.
        OSError: The system cannot.
    """
    is_new(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # No isolation level: transactions are begun in `Base` and nowhere else. A relative path, or one such as :memory:,
    # would mean something else to SQLite or after a change of folder.
    base = sqlite3.connect(path.absolute(), timeout=wait_s, isolation_level=None, check_same_thread=False)
    try:
        # The form first: so the mark of our files stands in the file itself, not in a log beside it.
        migrate(base, path, steps)
        if base.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            # Of processes that open a new file at once, one changes the mode, and the others follow.
            with suppress(sqlite3.OperationalError):
                base.execute("PRAGMA journal_mode = WAL")
        # What is committed outlives a kill; only with a loss of power the last of it may be missing.
        base.execute("PRAGMA synchronous = NORMAL")
        # Pages of the log until they are put into the file, which waits for the disk: seldom, and many at once.
        base.execute("PRAGMA wal_autocheckpoint = 4000")
        base.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        base.close()
        raise
    return base


def open_to_read(path: Path, wait_s: float) -> sqlite3.Connection:
    """Open a store without changing it; one of an earlier form is brought to today's first.

    Raises:
        StoreError: There is none, or it is none of ours.
        sqlite3.Error: SQLite cannot read it.
        OSError: The system cannot.
    """
    if is_new(path):
        raise StoreError(f"there is no store at {path}")
    base = _readable(path, wait_s)
    try:
        if version_of(base, path) < len(STEPS):
            base.close()
            open_to_write(path, wait_s).close()
            base = _readable(path, wait_s)
    except BaseException:
        base.close()
        raise
    return base


def _readable(path: Path, wait_s: float) -> sqlite3.Connection:
    place = path.absolute().as_uri()
    try:
        return _tried(f"{place}?mode=ro", wait_s)
    except sqlite3.OperationalError:
        # In a folder that may not be written to there is no room for a log, and where none is there, none is needed.
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        return _tried(f"{place}?immutable=1", wait_s)


def _tried(place: str, wait_s: float) -> sqlite3.Connection:
    base = sqlite3.connect(place, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)
    try:
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        base.close()
        raise
    return base
