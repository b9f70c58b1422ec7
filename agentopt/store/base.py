"""The connection to a store: short transactions, from any thread, with errors that say what to do."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agentopt.errors import StoreError
from agentopt.store.schema import migrate

WAIT_S = 30.0
"""Seconds that a transaction waits for that of another process."""


class Base:
    """A SQLite file in WAL mode, where readers do not wait for writers.

    A transaction that was committed is there after a kill -9; after a loss of power the last ones may be missing, and
    the file is sound.

    Args:
        path: Made if it is not there, with the folders above it.
        wait_s: Seconds to wait for another process.

    Raises:
        StoreError: The file cannot be used.
    """

    def __init__(self, path: Path, wait_s: float = WAIT_S) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self.telling():
            path.parent.mkdir(parents=True, exist_ok=True)
            # No isolation level: transactions are begun here and nowhere else.
            self._base = sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)
            try:
                self._base.execute("PRAGMA journal_mode = WAL")
                self._base.execute("PRAGMA synchronous = NORMAL")
                migrate(self._base, path)
            except BaseException:
                self._base.close()
                raise

    def read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._lock, self.telling():
            return self._base.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; whatever fails inside undoes it.

        Raises:
            StoreError: It cannot be written; the file is as it was before.
        """
        with self._lock, self.telling():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
                self._base.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                with suppress(sqlite3.Error):
                    self._base.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connection."""
        with self._lock, suppress(sqlite3.Error):
            self._base.close()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn the errors of SQLite and of the system into sentences.

        Raises:
            StoreError: There was one.
        """
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self.path} cannot be used for runs: {_sentence(error)}") from error


def _sentence(error: Exception) -> str:
    said = str(error)
    for words, meaning in _MEANINGS.items():
        if words in said:
            return meaning
    return said


_MEANINGS = {
    "database is locked": "another process holds it; wait for that one, or end it",
    "disk is full": "the disk is full; what was written before is safe, make room and resume",
    "readonly database": "it may not be written to; change its permissions, or name another file",
    "unable to open": "it cannot be opened; look at the folder and its permissions",
    "not a database": "it is no SQLite file; name another file",
    "malformed": "it is damaged; a copy may help, or `sqlite3 FILE .recover`",
    "disk I/O error": "the disk refuses to read or write; what was written before is safe",
    "closed database": "it was closed",
}
