"""The tables of a store, as the steps that lead from an empty file to today's form."""

from __future__ import annotations

import sqlite3

from agentopt.errors import StoreError

APPLICATION = 0x61676F70
"""Marks a SQLite file as one of ours."""

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, begun REAL NOT NULL, status TEXT NOT NULL,
        about TEXT NOT NULL, summary TEXT NOT NULL, seconds REAL NOT NULL, owner TEXT NOT NULL, seen REAL NOT NULL
    );
    CREATE TABLE candidates (
        run INTEGER NOT NULL, number INTEGER NOT NULL, parents TEXT NOT NULL, value BLOB NOT NULL,
        fingerprint TEXT NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL, ask INTEGER, dropped TEXT NOT NULL,
        mean REAL, sd REAL, PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
    CREATE TABLE trials (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, candidate INTEGER NOT NULL, fingerprint TEXT NOT NULL,
        part TEXT NOT NULL, item TEXT NOT NULL, repeat INTEGER NOT NULL, score REAL, objectives TEXT NOT NULL,
        feedback TEXT NOT NULL, error TEXT NOT NULL, error_kind TEXT NOT NULL, calls INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL, cache_hits INTEGER NOT NULL,
        seconds REAL NOT NULL, made REAL NOT NULL
    );
    CREATE UNIQUE INDEX trial_key ON trials (run, fingerprint, part, item, repeat);
    CREATE TABLE traces (trial INTEGER PRIMARY KEY, text BLOB NOT NULL);
    CREATE TABLE asks (
        run INTEGER NOT NULL, number INTEGER NOT NULL, parent INTEGER NOT NULL, places TEXT NOT NULL,
        proposals BLOB NOT NULL, rejected TEXT NOT NULL, error TEXT NOT NULL, calls INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL, cache_hits INTEGER NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
    CREATE TABLE calls (
        run INTEGER NOT NULL, key TEXT NOT NULL, purpose TEXT NOT NULL, trial TEXT NOT NULL, model TEXT NOT NULL,
        messages BLOB NOT NULL, sampling TEXT NOT NULL, text BLOB NOT NULL, finish TEXT NOT NULL, calls INTEGER NOT
        NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL, seconds REAL NOT NULL, made
        REAL NOT NULL, PRIMARY KEY (run, key)
    ) WITHOUT ROWID;
    CREATE TABLE artifacts (
        run INTEGER NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, made REAL NOT NULL, PRIMARY KEY (run, name)
    ) WITHOUT ROWID;
    """,
)


def migrate(base: sqlite3.Connection, path: object, steps: tuple[str, ...] = STEPS) -> None:
    """Bring a file to today's form, in one transaction.

    Raises:
        StoreError: It is another program's file, or one of a later version of ours; it was not touched.
    """
    version, application = _pragma(base, "user_version"), _pragma(base, "application_id")
    if version == 0 and application == 0 and _is_empty(base):
        application = APPLICATION
    if application != APPLICATION:
        raise StoreError(f"{path} is a SQLite file of another program; name another file for the runs")
    if version > len(steps):
        raise StoreError(
            f"{path} was written by a later agentopt (form {version}, this one knows {len(steps)}); use that one"
        )
    if version == len(steps):
        return
    base.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it meanwhile.
        for step in steps[_pragma(base, "user_version") :]:
            for statement in filter(str.strip, step.split(";")):
                base.execute(statement)
        base.execute(f"PRAGMA application_id = {APPLICATION}")
        base.execute(f"PRAGMA user_version = {len(steps)}")
        base.execute("COMMIT")
    except BaseException:
        base.execute("ROLLBACK")
        raise


def _pragma(base: sqlite3.Connection, name: str) -> int:
    return int(base.execute(f"PRAGMA {name}").fetchone()[0])


def _is_empty(base: sqlite3.Connection) -> bool:
    return not base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
