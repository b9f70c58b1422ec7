"""The file of runs."""

from __future__ import annotations

import secrets
import sqlite3
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agentopt.errors import InputError, StoreError
from agentopt.store.base import WAIT_S, Base
from agentopt.store.coding import as_json, from_json
from agentopt.store.log import RunLog
from agentopt.store.owner import is_alive, me, shown
from agentopt.store.records import RunRow

_RUN = "id, name, begun, status, about, summary, seconds, owner, seen"
_NAMED = 10
"""Runs that an error names."""


class Store:
    """Runs in one SQLite file, which several processes may use at the same time.

    Args:
        path: Made if it is not there.
        wait_s: Seconds to wait for another process that is writing.
        read_only: The file has to be there, and is not changed.

    Raises:
        StoreError: The file cannot be used.
    """

    def __init__(self, path: str | Path, wait_s: float = WAIT_S, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self.base = Base(self.path, wait_s, read_only=read_only)

    def run(self, name: str = "") -> RunLog:
        """Begin a run, or go on with the one of this name.

        Args:
            name: Letters, digits and marks other than a colon; "" begins a new run under a name of its own.

        Raises:
            InputError: That is no name.
            StoreError: Another process is running it.
        """
        _require_name(name)
        with self.base.writing() as base:
            name = name or _new_name(base)
            row = base.execute("SELECT id FROM runs WHERE name = ?", [name]).fetchone()
            number = _begun(base, name) if row is None else _taken_up(base, row[0], name)
        return RunLog(self.base, number, name, me())

    def runs(self) -> list[RunRow]:
        """All runs, the latest first."""
        return [_row(row) for row in self.base.read(f"SELECT {_RUN} FROM runs JOIN pulse ON run = id ORDER BY id DESC")]

    def find(self, name: str) -> RunRow:
        """A run by its name, by its number, or by the beginning of its name where no other begins alike.

        Raises:
            InputError: There is none, or more than one.
        """
        rows = self.runs()
        exact = [row for row in rows if row.name == name] or [row for row in rows if str(row.id) == name]
        found = exact or [row for row in rows if name and row.name.startswith(name)]
        if len(found) != 1:
            known = [row.name for row in found or rows]
            named = ", ".join(known[:_NAMED]) or "none"
            more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
            what = "more than one run" if found else "no run"
            raise InputError(
                f"expected the name of a run in {self.path}, got {name!r}, which fits {what}; there are: {named}{more}"
            )
        return found[0]

    def log(self, run: RunRow) -> RunLog:
        """A run to be read; nothing is written and nobody is kept from running it."""
        return RunLog(self.base, run.id, run.name)

    def close(self) -> None:
        """Close the file."""
        self.base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _begun(base: sqlite3.Connection, name: str) -> int:
    values = [name, time.time(), "running", as_json({}), as_json({})]
    made = base.execute("INSERT INTO runs (name, begun, status, about, summary) VALUES (?, ?, ?, ?, ?)", values)
    base.execute("INSERT INTO pulse VALUES (?, ?, ?, 0)", [made.lastrowid, me(), time.time()])
    return int(made.lastrowid or 0)


def _taken_up(base: sqlite3.Connection, number: int, name: str) -> int:
    owner, seen = base.execute("SELECT owner, seen FROM pulse WHERE run = ?", [number]).fetchone()
    if owner != me() and is_alive(owner, seen):
        raise StoreError(f"the run {name} is being run by process {shown(owner)}; wait for it, or end it first")
    base.execute("UPDATE pulse SET owner = ?, seen = ? WHERE run = ?", [me(), time.time(), number])
    return number


def _new_name(base: sqlite3.Connection) -> str:
    """A short name that no run has."""
    while True:
        name = f"{time.strftime('%m%d-%H%M')}-{secrets.token_hex(2)}"
        if not base.execute("SELECT 1 FROM runs WHERE name = ?", [name]).fetchone():
            return name


def _require_name(name: str) -> None:
    """Raise InputError for what could not be told from RUN:NUMBER, or not be seen."""
    if ":" in name or name != name.strip() or not name.isprintable() or len(name) > 100:
        raise InputError(
            f"expected as the name of a run at most 100 characters that can be seen, none of them a colon, got {name!r}"
        )


def _row(row: tuple[Any, ...]) -> RunRow:
    number, name, begun, status, about, summary, seconds, owner, seen = row
    if status == "running" and not is_alive(owner, seen):
        status = "cut off"
    return RunRow(number, name, begun, status, from_json(about), from_json(summary), seconds)
