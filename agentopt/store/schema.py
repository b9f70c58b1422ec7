"""The tables of a store, as the steps that lead from an empty file to today's form."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from agentopt.errors import StoreError
from agentopt.store.header import APPLICATION

# What changes with every trial (pulse), and what is added up over all of them (calls, trials), stands apart from long
# texts: SQLite writes a row as a whole, and reads a table with all that its rows hold.
STEPS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, begun REAL NOT NULL, status TEXT NOT NULL,
        about TEXT NOT NULL, summary TEXT NOT NULL
    );
    CREATE TABLE pulse (
        run INTEGER PRIMARY KEY, owner TEXT NOT NULL, seen REAL NOT NULL, seconds REAL NOT NULL
    );
    CREATE TABLE candidates (
        run INTEGER NOT NULL, number INTEGER NOT NULL, mean REAL, sd REAL, dropped TEXT NOT NULL, ask INTEGER,
        fingerprint TEXT NOT NULL, author TEXT NOT NULL, parents TEXT NOT NULL, reason TEXT NOT NULL,
        value BLOB NOT NULL, PRIMARY KEY (run, number)
    );
    CREATE TABLE trials (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, candidate INTEGER NOT NULL, fingerprint TEXT NOT NULL,
        part TEXT NOT NULL, item TEXT NOT NULL, repeat INTEGER NOT NULL, score REAL, objectives TEXT NOT NULL,
        feedback TEXT NOT NULL, error TEXT NOT NULL, error_kind TEXT NOT NULL, calls INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL, cache_hits INTEGER NOT NULL,
        seconds REAL NOT NULL, made REAL NOT NULL
    );
    CREATE UNIQUE INDEX trial_key ON trials (run, fingerprint, part, item, repeat);
    CREATE INDEX trial_failure ON trials (run, error_kind) WHERE error_kind <> '';
    CREATE TABLE traces (trial INTEGER PRIMARY KEY, text BLOB NOT NULL);
    CREATE TABLE asks (
        run INTEGER NOT NULL, number INTEGER NOT NULL, parent INTEGER NOT NULL, places TEXT NOT NULL,
        proposals BLOB NOT NULL, rejected TEXT NOT NULL, error TEXT NOT NULL, calls INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL, cache_hits INTEGER NOT NULL,
        PRIMARY KEY (run, number)
    );
    CREATE TABLE calls (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, key TEXT NOT NULL, purpose TEXT NOT NULL, trial TEXT NOT NULL,
        model TEXT NOT NULL, finish TEXT NOT NULL, calls INTEGER NOT NULL, input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL, cost_usd REAL, seconds REAL NOT NULL, made REAL NOT NULL
    );
    CREATE UNIQUE INDEX call_key ON calls (run, key);
    CREATE INDEX call_of_run ON calls (run);
    CREATE TABLE exchanges (
        call INTEGER PRIMARY KEY, messages BLOB NOT NULL, sampling TEXT NOT NULL, text BLOB NOT NULL
    );
    CREATE TABLE artifacts (
        run INTEGER NOT NULL, name TEXT NOT NULL, made REAL NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, name)
    );
    """,
)
"""One text a form; no semicolon stands inside a statement. A released step is never changed, only followed."""


def migrate(base: sqlite3.Connection, path: object, steps: tuple[str, ...] = STEPS) -> None:
    """Bring a file to the last form, in one transaction.

    Raises:
        StoreError: It is of a later form; it was not touched.
    """
    if version_of(base, path, steps) == len(steps):
        return
    base.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it meanwhile.
        for step in steps[version_of(base, path, steps) :]:
            for statement in filter(str.strip, step.split(";")):
                base.execute(statement)
        base.execute(f"PRAGMA application_id = {APPLICATION}")
        base.execute(f"PRAGMA user_version = {len(steps)}")
        base.execute("COMMIT")
    except BaseException:
        # A full disk may have ended the transaction already.
        with suppress(sqlite3.Error):
            base.execute("ROLLBACK")
        raise


def version_of(base: sqlite3.Connection, path: object, steps: tuple[str, ...] = STEPS) -> int:
    """The form of a file: how many of the steps it has taken.

    Raises:
        StoreError: It is of a later form.
    """
    version = int(base.execute("PRAGMA user_version").fetchone()[0])
    if version > len(steps):
        raise StoreError(
            f"{path} was written by a later agentopt (form {version}, this one knows {len(steps)}); update agentopt"
        )
    return version
