"""The figures of a run, added up where the rows are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentopt.store.records import CandidateRow, RunRow

if TYPE_CHECKING:
    from agentopt.store.file import Store

_LEADERS = 1000


@dataclass(frozen=True)
class Figures:
    """How many, how good, how much."""

    n_trials: int
    n_candidates: int
    calls: int
    tokens: int
    cost_usd: float | None
    """None: the price of some call is unknown."""
    failures: tuple[tuple[str, int], ...]
    """Kinds of errors, the commonest first."""
    leaders: tuple[CandidateRow, ...]
    """The candidates that were measured, the best first."""
    chosen: int | None = None
    """The one that the search chose, where it is over."""

    @property
    def best(self) -> CandidateRow | None:
        """What the search chose, or what is thought best so far."""
        chosen = [one for one in self.leaders if one.number == self.chosen]
        standing = [one for one in self.leaders if not one.dropped]
        return next(iter([*chosen, *standing]), None)


def figures(store: Store, run: RunRow) -> Figures:
    """Add up a run; quick for any number of trials."""
    base = store.base
    (n_trials,) = base.read("SELECT count(*) FROM trials WHERE run = ?", [run.id])[0]
    (n_candidates,) = base.read("SELECT count(*) FROM candidates WHERE run = ?", [run.id])[0]
    calls, tokens, cost, unknown = base.read(
        "SELECT coalesce(sum(calls), 0), coalesce(sum(input_tokens + output_tokens), 0), coalesce(sum(cost_usd), 0.0), "
        "count(*) - count(cost_usd) FROM calls WHERE run = ?",
        [run.id],
    )[0]
    failures = base.read(
        "SELECT error_kind, count(*) AS n FROM trials WHERE run = ? AND error_kind <> '' GROUP BY error_kind "
        "ORDER BY n DESC, error_kind",
        [run.id],
    )
    leaders = store.log(run).leaders(_LEADERS)
    chosen = (run.summary.get("best") or {}).get("number")
    known_cost = None if unknown else float(cost)
    return Figures(n_trials, n_candidates, calls, tokens, known_cost, tuple(failures), tuple(leaders), chosen)
