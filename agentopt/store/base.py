"""The connection to a store: short transactions, from any thread, with errors that say what to do."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agentopt.errors import StoreError
from agentopt.store.opening import open_to_read, open_to_write

WAIT_S = 30.0
"""Seconds that a transaction waits for that of another process."""


class Base:
    """A SQLite file in WAL mode, where readers do not wait for writers.

    A transaction that was committed is there after a kill -9; after a loss of power the last ones may be missing, and
    the file is sound.

    Args:
        path: Made if it is not there, with the folders above it.
        wait_s: Seconds to wait for another process.
        read_only: The file has to be there, and is not changed.

    Raises:
        StoreError: The file cannot be used.
    """

    def __init__(self, path: Path, wait_s: float = WAIT_S, *, read_only: bool = False) -> None:
        self.path = path
        self._place = path.absolute()
        self._lock = threading.RLock()
        self._process = os.getpid()
        with self.telling():
            self._base = (open_to_read if read_only else open_to_write)(path, wait_s)
            self._identity = self._identify()

    def read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._lock, self.telling():
            return self._base.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, or a part of the one that this thread is in; whatever fails inside undoes it.

        Raises:
            StoreError: It cannot be written; the file is as it was before.
        """
        with self._lock, self.telling():
            self._require_place()
            begin, keep, undo = _PART if self._base.in_transaction else _WHOLE
            self._base.execute(begin)
            try:
                yield self._base
                self._base.execute(keep)
            except BaseException:
                # A full disk may have ended the transaction already.
                with suppress(sqlite3.Error):
                    for statement in undo:
                        self._base.execute(statement)
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
        except (sqlite3.Error, OSError, OverflowError) as error:
            raise StoreError(f"{self.path} cannot be used for runs: {_sentence(error)}") from error

    def _require_place(self) -> None:
        """Raise StoreError where SQLite would go on writing to what nobody will ever read."""
        if os.getpid() != self._process:
            raise StoreError(f"{self.path} was opened by the process that this one was forked from; open it again here")
        try:
            is_there = self._identify() == self._identity
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise StoreError(f"{self.path} was moved or removed while it was in use; put it back, or begin again")

    def _identify(self) -> tuple[int, int]:
        found = os.stat(self._place)
        return found.st_dev, found.st_ino


_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
# Going back to a savepoint leaves it there, under the name that an outer one has too.
_PART = ("SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part"))


def _sentence(error: Exception) -> str:
    said = str(error)
    for words, meaning in _MEANINGS.items():
        if words in said:
            return meaning
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or said
    return said


_MEANINGS = {
    "is locked": "another process holds it; wait for that one, or end it",
    "is full": "the disk is full; what was written before is safe, make room and resume",
    "readonly database": "it may not be written to; change its permissions, or name another file",
    "unable to open": "it cannot be opened; look at the folder and its permissions",
    "not a database": "it is no SQLite file, or it is damaged; name another file",
    "malformed": "it is damaged; a copy may help, or `sqlite3 FILE .recover`",
    "no such table": "it is damaged, a table is missing; name another file",
    "disk I/O error": "the disk refuses to read or write; what was written before is safe",
    "closed database": "it was closed",
}
