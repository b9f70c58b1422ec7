"""Replies are kept in one SQLite file, under everything that shapes them."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from agentopt.errors import FileError
from agentopt.llm.exchange import Completion, Request
from agentopt.llm.message import Usage
from agentopt.llm.plan import Plan

_TABLE = """
CREATE TABLE IF NOT EXISTS reply (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, finish TEXT, model TEXT NOT NULL, made REAL NOT NULL
) WITHOUT ROWID
"""


class Cached:
    """Answers a request from the file if the same was asked before, else asks and keeps the reply.

    Only whole replies arrive here, and only the first of several is kept. The
    prompts themselves are not stored, only their hash. A hit costs nothing but
    is counted by the budgets.

    Args:
        path: The file, made if it is not there. Processes and threads may share it.
        endpoint: Name and address of the model; part of every key.
    """

    blocking = True

    def __init__(self, path: Path, endpoint: str) -> None:
        self._path = path
        self._endpoint = endpoint
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as base:
                base.execute("PRAGMA journal_mode=WAL")
                base.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise FileError(f"cannot use {path} as a cache of replies: {error}") from error

    def around(self, request: Request) -> Plan[Completion]:
        started = time.monotonic()
        key = request.key(self._endpoint)
        found = self._get(key)
        if found is not None:
            hit = replace(found, usage=Usage(cache_hits=1, seconds=time.monotonic() - started))
            for budget in request.budgets:
                budget.charge(hit.usage)
            return hit
        completion = yield request
        self._put(key, completion)
        return completion

    def _open(self) -> closing[sqlite3.Connection]:
        # A connection a question takes a fraction of a millisecond, and knows no threads, forks or leaks.
        return closing(sqlite3.connect(self._path, timeout=30, isolation_level=None))

    def _get(self, key: str) -> Completion | None:
        with self._open() as base:
            row = base.execute("SELECT text, finish, model FROM reply WHERE key = ?", (key,)).fetchone()
        return Completion(row[0], row[1], row[2], cached=True) if row else None

    def _put(self, key: str, completion: Completion) -> None:
        row = (key, completion.text, completion.finish, completion.model, time.time())
        with self._open() as base:
            base.execute("INSERT OR IGNORE INTO reply VALUES (?, ?, ?, ?, ?)", row)
