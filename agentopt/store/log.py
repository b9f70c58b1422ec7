"""One run while it goes on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agentopt.errors import InputError, StoreError
from agentopt.store.coding import as_json, from_json, packed, text, unpacked
from agentopt.store.owner import shown
from agentopt.store.records import AskRow, CallRow, CandidateRow, TrialKey, TrialRow

if TYPE_CHECKING:
    from agentopt.store.base import Base

_TRIAL = (
    "fingerprint, part, item, repeat, candidate, score, objectives, feedback, error, error_kind, calls, input_tokens, "
    "output_tokens, cost_usd, cache_hits, seconds, made"
)
_CANDIDATE = "number, parents, value, fingerprint, author, reason, ask, dropped, mean, sd"
_ASK = "number, parent, places, proposals, rejected, error, calls, input_tokens, output_tokens, cost_usd, cache_hits"
_CALL = "key, purpose, trial, model, finish, calls, input_tokens, output_tokens, cost_usd, seconds"
_LONG = "messages, sampling, text"


class RunLog:
    """Writes a run, and knows what earlier sessions wrote; may be used by many threads.

    Whatever was added is there after a kill -9, as soon as the method has returned. Made by `Store.run`, or by
    `Store.log` to be read only.
    """

    def __init__(self, base: Base, run: int, name: str, owner: str = "") -> None:
        self._base = base
        self._run = run
        self._owner = owner
        self.name = name
        self._started = time.monotonic()
        (self.seconds,) = base.read("SELECT seconds FROM pulse WHERE run = ?", [run])[0]
        """On the wall, of the sessions before this one."""

    def settle(self, about: Mapping[str, Any]) -> None:
        """Begin with what decides the course of the run, or go on if that is what was noted when the run was begun.

        Raises:
            InputError: It was begun with something else.
        """
        now = from_json(as_json(about))
        (written,) = self._base.read("SELECT about FROM runs WHERE id = ?", [self._run])[0]
        before = from_json(written)
        changed = [name for name in now if name in before and before[name] != now[name]]
        if changed:
            raise InputError(
                f"the run {self.name} was begun with other {' and '.join(changed)}, so it cannot go on with these; "
                "take the ones that it had, or begin another run"
            )
        with self._writing() as base:
            # A run that is over and cannot go on stays as it is, so only now.
            base.execute("UPDATE runs SET status = 'running' WHERE id = ?", [self._run])
            if not before:
                base.execute("UPDATE runs SET about = ? WHERE id = ?", [as_json(now), self._run])

    @contextmanager
    def batch(self) -> Iterator[None]:
        """What is added inside is written together, or not at all; other threads and processes wait meanwhile."""
        with self._writing():
            yield

    def trials(self) -> list[TrialRow]:
        """Every trial that is over, in the order in which they were noted."""
        rows = self._base.read(f"SELECT {_TRIAL} FROM trials WHERE run = ? ORDER BY id", [self._run])
        return [TrialRow(row[:4], row[4], row[5], _objectives(row[6]), *row[7:]) for row in rows]

    def trace(self, key: TrialKey) -> str | None:
        """The trace of a trial."""
        rows = self._base.read(
            "SELECT text FROM traces WHERE trial = (SELECT id FROM trials WHERE run = ? AND fingerprint = ? "
            "AND part = ? AND item = ? AND repeat = ?)",
            [self._run, *key],
        )
        return unpacked(rows[0][0]) if rows else None

    def add_trial(self, row: TrialRow, trace: str = "") -> None:
        """Note a trial that is over; one that is there already stays as it is."""
        fingerprint, part, item, repeat = row.key
        values = [
            *(text(fingerprint), part, text(item), repeat, row.candidate, row.score, as_json(row.objectives)),
            *(text(row.feedback), text(row.error), text(row.error_kind)),
            *(row.calls, row.input_tokens, row.output_tokens, row.cost_usd, row.cache_hits, row.seconds),
            row.made or time.time(),
        ]
        short = packed(trace) if trace else b""
        with self._writing() as base:
            number = self._insert(base, "trials", _TRIAL, values)
            if short and number is not None:
                base.execute("INSERT INTO traces VALUES (?, ?)", [number, short])

    def candidates(self) -> list[CandidateRow]:
        """Every candidate, by number."""
        return self._candidates("ORDER BY number")

    def candidate(self, number: int) -> CandidateRow | None:
        """One of them."""
        return next(iter(self._candidates("AND number = ?", number)), None)

    def leaders(self, n: int) -> list[CandidateRow]:
        """The candidates that were measured, the best first, at most n."""
        return self._candidates("AND mean IS NOT NULL ORDER BY mean DESC, number LIMIT ?", n)

    def standing_best(self) -> CandidateRow | None:
        """The best of those that are not out of the race."""
        rest = "AND mean IS NOT NULL AND dropped = '' ORDER BY mean DESC, number LIMIT 1"
        return next(iter(self._candidates(rest)), None)

    def add_candidate(self, row: CandidateRow) -> None:
        """Note a candidate; one that is there already stays as it is."""
        values = [
            *(row.number, as_json(row.parents), packed(as_json(row.values)), text(row.fingerprint), text(row.author)),
            *(text(row.reason), row.ask, text(row.dropped), row.mean, row.sd),
        ]
        with self._writing() as base:
            self._insert(base, "candidates", _CANDIDATE, values)

    def set_standing(self, standing: Sequence[tuple[int, str, float | None, float | None]]) -> None:
        """Note how candidates stand: number, why it was dropped, mean and standard deviation of its worth."""
        if not standing:
            return
        with self._writing() as base:
            base.executemany(
                "UPDATE candidates SET dropped = ?, mean = ?, sd = ? WHERE run = ? AND number = ?",
                [(text(dropped), mean, sd, self._run, number) for number, dropped, mean, sd in standing],
            )

    def asks(self) -> list[AskRow]:
        """Every ask that is over, by number."""
        rows = self._base.read(f"SELECT {_ASK} FROM asks WHERE run = ? ORDER BY number", [self._run])
        return [_ask(row) for row in rows]

    def add_ask(self, row: AskRow) -> None:
        """Note an ask that is over; one that is there already stays as it is."""
        values = [
            *(row.number, row.parent, as_json(row.places), packed(as_json(row.proposals)), as_json(row.rejected)),
            *(text(row.error), row.calls, row.input_tokens, row.output_tokens, row.cost_usd, row.cache_hits),
        ]
        with self._writing() as base:
            self._insert(base, "asks", _ASK, values)

    def call(self, key: str) -> CallRow | None:
        """A model call that was paid for."""
        rows = self._base.read(
            f"SELECT {_CALL}, {_LONG} FROM calls JOIN exchanges ON call = id WHERE run = ? AND key = ?",
            [self._run, key],
        )
        if not rows:
            return None
        row = rows[0]
        long: list[Any] = [from_json(unpacked(row[10])), from_json(row[11]), unpacked(row[12])]
        return CallRow(*row[:4], *long, *row[4:10])

    def add_call(self, row: CallRow) -> None:
        """Note a model call that was paid for; one that is there already stays as it is."""
        values = [
            *(text(row.key), text(row.purpose), text(row.trial), text(row.model), text(row.finish)),
            *(row.calls, row.input_tokens, row.output_tokens, row.cost_usd, row.seconds, time.time()),
        ]
        long = [packed(as_json(row.messages)), as_json(row.sampling, lenient=True), packed(row.text)]
        with self._writing() as base:
            number = self._insert(base, "calls", f"{_CALL}, made", values)
            if number is not None:
                base.execute("INSERT INTO exchanges VALUES (?, ?, ?, ?)", [number, *long])

    def artifact(self, name: str) -> bytes | None:
        """What was put there under a name."""
        rows = self._base.read("SELECT data FROM artifacts WHERE run = ? AND name = ?", [self._run, name])
        return bytes(rows[0][0]) if rows else None

    def put_artifact(self, name: str, data: bytes) -> None:
        """Keep data under a name, in place of what was there."""
        with self._writing() as base:
            base.execute("INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?)", [self._run, name, time.time(), data])

    def finish(self, status: str, summary: Mapping[str, Any]) -> None:
        """Note the end of the run, or of this session of it.

        Args:
            status: finished, interrupted or failed.
            summary: What came of it, as data.
        """
        with self._writing() as base:
            values = [status, as_json(summary, lenient=True), self._run]
            base.execute("UPDATE runs SET status = ?, summary = ? WHERE id = ?", values)

    def close(self) -> None:
        """Give the run back, so that another process may take it up."""
        # Where it cannot be written, others still see that the owner is gone, as after a kill -9.
        with suppress(StoreError), self._base.writing() as base:
            base.execute("UPDATE pulse SET owner = '' WHERE run = ? AND owner = ?", [self._run, self._owner])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction of this run, which shows that its owner is alive; only the owner may write."""
        with self._base.writing() as base:
            now = [self.seconds + time.monotonic() - self._started, time.time(), self._run, self._owner]
            pulse = base.execute("UPDATE pulse SET seconds = ?, seen = ? WHERE run = ? AND owner = ?", now)
            if not (self._owner and pulse.rowcount):
                (owner,) = base.execute("SELECT owner FROM pulse WHERE run = ?", [self._run]).fetchone()
                who = f"process {shown(owner)} runs it now" if owner else "it was closed, or opened to be read"
                raise StoreError(f"the run {self.name} cannot be written to: {who}")
            yield base

    def _insert(self, base: sqlite3.Connection, table: str, columns: str, values: Sequence[Any]) -> int | None:
        """The number of the new row; None where there is one of this key already."""
        marks = ", ".join("?" * (len(values) + 1))
        made = base.execute(
            f"INSERT INTO {table} (run, {columns}) VALUES ({marks}) ON CONFLICT DO NOTHING", [self._run, *values]
        )
        return made.lastrowid if made.rowcount else None

    def _candidates(self, rest: str, *values: int) -> list[CandidateRow]:
        rows = self._base.read(f"SELECT {_CANDIDATE} FROM candidates WHERE run = ? {rest}", [self._run, *values])
        return [CandidateRow(row[0], tuple(from_json(row[1])), from_json(unpacked(row[2])), *row[3:]) for row in rows]


def _objectives(written: str) -> Any:
    return {} if written == "{}" else from_json(written)


def _ask(row: Sequence[Any]) -> AskRow:
    read: list[Any] = [tuple(from_json(row[2])), tuple(from_json(unpacked(row[3]))), tuple(from_json(row[4]))]
    return AskRow(*row[:2], *read, *row[5:])
