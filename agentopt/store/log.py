"""One run while it goes on."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agentopt.errors import InputError
from agentopt.store.records import AskRow, CallRow, CandidateRow, TrialKey, TrialRow

if TYPE_CHECKING:
    from agentopt.store.base import Base

_TRIAL = (
    "fingerprint, part, item, repeat, candidate, score, objectives, feedback, error, error_kind, calls, input_tokens, "
    "output_tokens, cost_usd, cache_hits, seconds"
)
_CANDIDATE = "number, parents, value, fingerprint, author, reason, ask, dropped, mean, sd"
_ASK = "number, parent, places, proposals, rejected, error, calls, input_tokens, output_tokens, cost_usd, cache_hits"
_CALL = (
    "key, purpose, trial, model, messages, sampling, text, finish, calls, input_tokens, output_tokens, cost_usd, "
    "seconds"
)


class RunLog:
    """Writes a run, and knows what earlier sessions wrote; may be used by many threads.

    Whatever was added is there after a kill -9, as soon as the method has returned. Made by `Store.run`.
    """

    def __init__(self, base: Base, run: int, name: str) -> None:
        self._base = base
        self._run = run
        self.name = name
        self._started = time.monotonic()
        (self.seconds,) = base.read("SELECT seconds FROM runs WHERE id = ?", [run])[0]
        """On the wall, of the sessions before this one."""

    def settle(self, about: Mapping[str, Any]) -> None:
        """Note what decides the course of the run, or compare it with what was noted when the run was begun.

        Raises:
            InputError: It was begun with something else.
        """
        now = json.loads(_json(about))
        (text,) = self._base.read("SELECT about FROM runs WHERE id = ?", [self._run])[0]
        before = json.loads(text)
        if not before:
            with self._base.writing() as base:
                base.execute("UPDATE runs SET about = ? WHERE id = ?", [_json(now), self._run])
            return
        changed = [name for name in now if name in before and before[name] != now[name]]
        if changed:
            raise InputError(
                f"the run {self.name} was begun with other {' and '.join(changed)}, so it cannot go on with these; "
                "take the ones that it had, or begin another run"
            )

    def trials(self) -> list[TrialRow]:
        """Every trial that is over."""
        rows = self._base.read(f"SELECT {_TRIAL} FROM trials WHERE run = ? ORDER BY id", [self._run])
        return [TrialRow(row[:4], row[4], row[5], json.loads(row[6]), *row[7:]) for row in rows]

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
        values = [
            *(*row.key, row.candidate, row.score, _json(row.objectives), _text(row.feedback), _text(row.error)),
            *(
                row.error_kind,
                row.calls,
                row.input_tokens,
                row.output_tokens,
                row.cost_usd,
                row.cache_hits,
                row.seconds,
            ),
        ]
        packed = packed_text(trace) if trace else b""
        marks = ", ".join("?" * (len(values) + 2))
        with self._base.writing() as base:
            made = base.execute(
                f"INSERT OR IGNORE INTO trials (run, made, {_TRIAL}) VALUES ({marks})",
                [self._run, time.time(), *values],
            )
            if packed and made.rowcount:
                base.execute("INSERT INTO traces VALUES (?, ?)", [made.lastrowid, packed])
            base.execute("UPDATE runs SET seconds = ?, seen = ? WHERE id = ?", [self._so_far(), time.time(), self._run])

    def candidates(self) -> list[CandidateRow]:
        """Every candidate, by number."""
        rows = self._base.read(f"SELECT {_CANDIDATE} FROM candidates WHERE run = ? ORDER BY number", [self._run])
        return [_candidate(row) for row in rows]

    def leaders(self, n: int) -> list[CandidateRow]:
        """The candidates that were measured, the best first, at most n."""
        query = (
            f"SELECT {_CANDIDATE} FROM candidates WHERE run = ? AND mean IS NOT NULL ORDER BY mean DESC, number LIMIT ?"
        )
        return [_candidate(row) for row in self._base.read(query, [self._run, n])]

    def add_candidate(self, row: CandidateRow) -> None:
        """Note a candidate; one that is there already stays as it is."""
        values = [
            *(row.number, _json(row.parents), packed_text(_json(row.values)), row.fingerprint, row.author),
            *(_text(row.reason), row.ask, _text(row.dropped), row.mean, row.sd),
        ]
        self._insert("candidates", _CANDIDATE, values)

    def set_standing(self, standing: Sequence[tuple[int, str, float | None, float | None]]) -> None:
        """Note how candidates stand: number, why it was dropped, mean and standard deviation of its worth."""
        if not standing:
            return
        with self._base.writing() as base:
            base.executemany(
                "UPDATE candidates SET dropped = ?, mean = ?, sd = ? WHERE run = ? AND number = ?",
                [(_text(dropped), mean, sd, self._run, number) for number, dropped, mean, sd in standing],
            )

    def asks(self) -> list[AskRow]:
        """Every ask that is over, by number."""
        rows = self._base.read(f"SELECT {_ASK} FROM asks WHERE run = ? ORDER BY number", [self._run])
        return [_ask(row) for row in rows]

    def add_ask(self, row: AskRow) -> None:
        """Note an ask that is over."""
        values = [
            *(row.number, row.parent, _json(row.places), packed_text(_json(row.proposals)), _json(row.rejected)),
            *(_text(row.error), row.calls, row.input_tokens, row.output_tokens, row.cost_usd, row.cache_hits),
        ]
        self._insert("asks", _ASK, values)

    def call(self, key: str) -> CallRow | None:
        """A model call that was paid for."""
        rows = self._base.read(f"SELECT {_CALL} FROM calls WHERE run = ? AND key = ?", [self._run, key])
        if not rows:
            return None
        row = rows[0]
        read: list[Any] = [json.loads(unpacked(row[4])), json.loads(row[5]), unpacked(row[6])]
        return CallRow(*row[:4], *read, *row[7:])

    def add_call(self, row: CallRow) -> None:
        """Note a model call that was paid for."""
        values = [
            *(row.key, row.purpose, row.trial, row.model, packed_text(_json(row.messages)), _json(row.sampling)),
            *(packed_text(row.text), row.finish, row.calls, row.input_tokens, row.output_tokens, row.cost_usd),
            row.seconds,
        ]
        self._insert("calls", f"{_CALL}, made", [*values, time.time()])

    def artifact(self, name: str) -> bytes | None:
        """What was put there under a name."""
        rows = self._base.read("SELECT data FROM artifacts WHERE run = ? AND name = ?", [self._run, name])
        return bytes(rows[0][0]) if rows else None

    def put_artifact(self, name: str, data: bytes) -> None:
        """Keep data under a name, in place of what was there."""
        with self._base.writing() as base:
            base.execute("INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?)", [self._run, name, data, time.time()])

    def finish(self, status: str, summary: Mapping[str, Any]) -> None:
        """Note the end of the run, or of this session of it.

        Args:
            status: finished, interrupted or failed.
            summary: What came of it, as data.
        """
        with self._base.writing() as base:
            base.execute(
                "UPDATE runs SET status = ?, summary = ?, seconds = ?, seen = ? WHERE id = ?",
                [status, _json(summary), self._so_far(), time.time(), self._run],
            )

    def close(self) -> None:
        """Give the run back, so that another process may take it up."""
        with self._base.writing() as base:
            base.execute("UPDATE runs SET owner = '' WHERE id = ?", [self._run])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _so_far(self) -> float:
        return float(self.seconds) + time.monotonic() - self._started

    def _insert(self, table: str, columns: str, values: Sequence[Any]) -> None:
        marks = ", ".join("?" * (len(values) + 1))
        with self._base.writing() as base:
            base.execute(f"INSERT OR IGNORE INTO {table} (run, {columns}) VALUES ({marks})", [self._run, *values])


def _candidate(row: Sequence[Any]) -> CandidateRow:
    return CandidateRow(row[0], tuple(json.loads(row[1])), json.loads(unpacked(row[2])), *row[3:])


def _ask(row: Sequence[Any]) -> AskRow:
    read: list[Any] = [tuple(json.loads(row[2])), tuple(json.loads(unpacked(row[3]))), tuple(json.loads(row[4]))]
    return AskRow(*row[:2], *read, *row[5:])


def packed_text(text: str) -> bytes:
    """A text as bytes, short; halves of characters, as a broken program prints them, stay as they are."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def unpacked(data: bytes) -> str:
    """The text of such bytes."""
    return zlib.decompress(data).decode("utf-8", "surrogatepass")


def _text(text: str) -> str:
    """A text as SQLite takes it."""
    return text.encode("utf-8", "backslashreplace").decode()


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=True, default=str)
