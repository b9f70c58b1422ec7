"""The figures of a run, added up where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentopt.store.records import CandidateRow, RunRow

if TYPE_CHECKING:
    from agentopt.store.file import Store
    from agentopt.store.log import RunLog


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
    best: CandidateRow | None
    """What the search chose, or what is thought best so far; None before anything was measured."""


def figures(store: Store, run: RunRow) -> Figures:
    """Add up a run; quick for any number of trials."""
    base = store.base
    (n_trials,) = base.read("SELECT count(*) FROM trials WHERE run = ?", [run.id])[0]
    (n_candidates,) = base.read("SELECT count(*) FROM candidates WHERE run = ?", [run.id])[0]
    # Otherwise SQLite may take the rows in the order of their keys, which is any order on the disk.
    calls, tokens, cost, unknown = base.read(
        "SELECT coalesce(sum(calls), 0), coalesce(sum(input_tokens + output_tokens), 0), coalesce(sum(cost_usd), 0.0), "
        "count(*) - count(cost_usd) FROM calls INDEXED BY call_of_run WHERE run = ?",
        [run.id],
    )[0]
    failures = base.read(
        "SELECT error_kind, count(*) AS n FROM trials WHERE run = ? AND error_kind <> '' GROUP BY error_kind "
        "ORDER BY n DESC, error_kind",
        [run.id],
    )
    known_cost = None if unknown else float(cost)
    best = _best(store.log(run), run.summary)
    return Figures(n_trials, n_candidates, calls, tokens, known_cost, tuple(failures), best)


def _best(log: RunLog, summary: Mapping[str, Any]) -> CandidateRow | None:
    chosen = summary.get("best")
    number = chosen.get("number") if isinstance(chosen, dict) else None
    if isinstance(number, int):
        return log.candidate(number)
    return log.standing_best()
