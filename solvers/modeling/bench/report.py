"""Verdicts by kind and in total, what they cost, and the misses one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .item import Label
from .record import Record
from .score import Verdict, judge

Z = 1.959964
"""The 97.5 % point of the normal distribution, for an interval of 95 %."""


@dataclass(frozen=True)
class Tally:
    """Counts and costs of some records."""

    kind: str
    """"all" for the total."""
    n: int
    executed: int
    has_point: int
    right: int
    right_strictly: int
    right_otherwise: int
    """Wrong ones of which another reading, told of as well, is right."""
    n_no_solution: int
    """Items whose label says that there is no solution."""
    right_no_solution: int
    n_named: int
    """Items whose label names several numbers."""
    all_quantities: int
    failed_at_provider: int
    """Items to which no reply came; they count as wrong."""
    rounds: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    model_s: float
    seconds: float
    overhead_ms: float
    """The median of an item's own part, everything but the model."""

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 % for the accuracy: what another draw of as many items may well give."""
        return wilson(self.right, self.n)


@dataclass(frozen=True)
class Miss:
    """An item that is not right."""

    id: str
    kind: str
    expected: str
    found: float | None
    status: str
    why: str
    """The error, or "" where there is an outcome that differs."""


@dataclass(frozen=True)
class Report:
    """What a benchmark run came to."""

    model: str
    n_items: int
    """Items that were to be run."""
    records: tuple[Record, ...]
    """Those that were run, in the order of the items."""
    total: Tally
    by_kind: tuple[Tally, ...]
    misses: tuple[Miss, ...]
    left_out: tuple[str, ...] = ()
    stopped: str = ""
    """The sentence of the error that ended the run early, "" where none did."""
    exit_code: int = 0
    """Of that error."""
    interrupted: bool = False


def tally(kind: str, records: Sequence[Record], key: Mapping[str, Label]) -> Tally:
    """Count records and what they took."""
    verdicts = [judge(record, key[record.id]) for record in records]
    empty = [verdict for record, verdict in zip(records, verdicts) if key[record.id].is_no_solution]
    spent = [record.spent for record in records]
    costs = [one.cost_usd for one in spent]
    return Tally(
        kind=kind,
        n=len(records),
        executed=_count(verdicts, "executed"),
        has_point=_count(verdicts, "has_point"),
        right=_count(verdicts, "right"),
        right_strictly=_count(verdicts, "right_strictly"),
        right_otherwise=_count(verdicts, "right_otherwise"),
        n_no_solution=len(empty),
        right_no_solution=_count(empty, "right"),
        n_named=sum(verdict.all_quantities is not None for verdict in verdicts),
        all_quantities=_count(verdicts, "all_quantities"),
        failed_at_provider=sum(record.failed_at_provider for record in records),
        rounds=sum(one.rounds for one in spent),
        calls=sum(one.calls for one in spent),
        input_tokens=sum(one.input_tokens for one in spent),
        output_tokens=sum(one.output_tokens for one in spent),
        cost_usd=None if None in costs else math.fsum(cost or 0.0 for cost in costs),
        model_s=math.fsum(one.model_s for one in spent),
        seconds=math.fsum(one.seconds for one in spent),
        overhead_ms=1000 * median([one.overhead_s for one in spent] or [0.0]),
    )


def tallies(records: Sequence[Record], key: Mapping[str, Label]) -> tuple[Tally, ...]:
    """A tally for each kind, by name."""
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record.kind, []).append(record)
    return tuple(tally(kind, kinds[kind], key) for kind in sorted(kinds))


def misses(records: Sequence[Record], key: Mapping[str, Label]) -> tuple[Miss, ...]:
    """Every record that is not right at 1e-4, in the order of the items."""
    return tuple(
        Miss(record.id, record.kind, expected(key[record.id]), record.objective, record.status, record.error)
        for record in records
        if not judge(record, key[record.id]).right
    )


def expected(label: Label) -> str:
    """What a label says, for people."""
    if label.is_no_solution:
        return "no solution"
    return ", ".join(f"{name}: {value:.8g}" if name else f"{value:.8g}" for name, value in label.values)


def wilson(right: int, n: int) -> tuple[float, float]:
    """The interval of 95 % for a share of right out of n.  [Wilson 1927]"""
    if n == 0:
        return 0.0, 1.0
    share, weight = right / n, Z * Z / n
    middle = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * math.sqrt(share * (1 - share) / n + weight / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _count(verdicts: Sequence[Verdict], name: str) -> int:
    return sum(getattr(verdict, name) is True for verdict in verdicts)
