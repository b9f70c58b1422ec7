"""The file of runs."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agentopt.errors import InputError, StoreError
from agentopt.store.base import WAIT_S, Base
from agentopt.store.log import RunLog
from agentopt.store.owner import is_alive, me
from agentopt.store.records import RunRow

_RUN = "id, name, begun, status, about, summary, seconds, owner, seen"


class Store:
    """Runs in one SQLite file, which several processes may use at the same time.

    Args:
        path: Made if it is not there.
        wait_s: Seconds to wait for another process that is writing.

    Raises:
        StoreError: The file cannot be used.
    """

    def __init__(self, path: str | Path, wait_s: float = WAIT_S) -> None:
        self.path = Path(path)
        self.base = Base(self.path, wait_s)

    def run(self, name: str = "") -> RunLog:
        """Begin a run, or go on with the one of this name.

        Args:
            name: "" begins a new one under a name of its own.

        Raises:
            StoreError: Another process is running it.
        """
        name = name or f"{time.strftime('%m%d-%H%M')}-{secrets.token_hex(2)}"
        with self.base.writing() as base:
            known = base.execute("SELECT id, owner, seen FROM runs WHERE name = ?", [name]).fetchone()
            if known is None:
                made = base.execute(
                    "INSERT INTO runs (name, begun, status, about, summary, seconds, owner, seen) "
                    "VALUES (?, ?, 'running', '{}', '{}', 0, ?, ?)",
                    [name, time.time(), me(), time.time()],
                )
                number = made.lastrowid
            else:
                number, owner, seen = known
                if owner and owner != me() and is_alive(owner, seen):
                    raise StoreError(
                        f"the run {name} is being run by process {_process(owner)}; wait for it, or end it first"
                    )
                base.execute(
                    "UPDATE runs SET owner = ?, seen = ?, status = 'running' WHERE id = ?", [me(), time.time(), number]
                )
        assert number is not None  # SQLite numbers what it inserts
        return RunLog(self.base, int(number), name)

    def runs(self) -> list[RunRow]:
        """All runs, the latest first."""
        return [_row(row) for row in self.base.read(f"SELECT {_RUN} FROM runs ORDER BY id DESC")]

    def find(self, name: str) -> RunRow:
        """A run by its name, by its number, or by the beginning of its name where no other begins alike.

        Raises:
            InputError: There is none, or more than one.
        """
        rows = self.runs()
        exact = [row for row in rows if row.name == name] or [row for row in rows if str(row.id) == name]
        found = exact or [row for row in rows if name and row.name.startswith(name)]
        if len(found) != 1:
            known = ", ".join(row.name for row in (found or rows)[:10]) or "none"
            what = "more than one" if found else "no"
            raise InputError(f"expected the name of a run in {self.path}, got {name!r}: {what} run; there are: {known}")
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


def _row(row: tuple[Any, ...]) -> RunRow:
    number, name, begun, status, about, summary, seconds, owner, seen = row
    if status == "running" and not is_alive(owner, seen):
        status = "cut off"
    return RunRow(number, name, begun, status, json.loads(about), json.loads(summary), seconds)


def _process(owner: str) -> str:
    machine, number, _ = json.loads(owner)
    return f"{number} on {machine}"
