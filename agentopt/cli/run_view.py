"""A run as blocks: what came of it, its candidates, and what its best changes.

A summary is shown as far as it is there: other versions, and programs of others, write others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agentopt.cli.block import Block, Line, Table
from agentopt.cli.run_changes import START, changes

if TYPE_CHECKING:
    from agentopt.store import CandidateRow, RunLog, RunRow
    from agentopt.store.figures import Figures

_SHOWN = 10
"""Candidates, unless all are wanted."""
_LINES = 30
"""Of the difference of one parameter."""
_POINTS = 40
_HUGE = 1e300
_BARS = "▁▂▃▄▅▆▇█"


def show_blocks(row: RunRow, known: Figures, log: RunLog, *, uncut: bool) -> Iterator[Block]:
    """What is known of a run."""
    yield Line(f"{row.name}: {row.status}", "title")
    if row.summary.get("verdict"):
        yield Line(str(row.summary["verdict"]), "good" if row.summary.get("improved") is True else "warn")
    yield Table("", (), tuple((name, fact) for name, fact in _facts(row, known, log) if fact))
    leaders = log.leaders(known.n_candidates if uncut else _SHOWN)
    if leaders:
        yield _candidates(leaders, known.n_candidates - len(leaders), uncut=uncut)
    start = log.candidate(START)
    if start is not None and known.best is not None and known.best.number != START:
        yield from _changes(start, known.best, uncut=uncut)


def run_data(row: RunRow, known: Figures) -> dict[str, Any]:
    """The same as data."""
    best = known.best
    return {
        "run": row.name,
        "id": row.id,
        "status": row.status,
        "begun": row.begun,
        "seconds": row.seconds,
        "trials": known.n_trials,
        "n_candidates": known.n_candidates,
        "calls": known.calls,
        "tokens": known.tokens,
        "cost_usd": known.cost_usd,
        "failures": dict(known.failures),
        "best": None if best is None else candidate_data(best) | {"values": dict(best.values)},
        "about": dict(row.about),
        "summary": dict(row.summary),
    }


def candidate_data(one: CandidateRow) -> dict[str, Any]:
    """A candidate without its values."""
    return {
        "number": one.number,
        "parents": list(one.parents),
        "estimate": one.mean,
        "sd": one.sd,
        "author": one.author,
        "reason": one.reason,
        "dropped": one.dropped,
    }


def dollars(known: Figures) -> str:
    """What the models cost; "" where they cost nothing."""
    return "unknown" if known.cost_usd is None else f"${known.cost_usd:.4f}" if known.cost_usd else ""


def figure(value: object) -> str:
    """A number in four digits; "" of what is none."""
    return f"{value:.4g}" if isinstance(value, int | float) and not isinstance(value, bool) else ""


def when(seconds: float) -> str:
    """A time of this place."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "unknown"


def sparkline(values: Sequence[float]) -> str:
    """A curve in one line, between its lowest and its highest value."""
    n = len(values)
    # The last point is always among those that are shown.
    shown = [values[(place + 1) * n // _POINTS - 1] for place in range(_POINTS)] if n > _POINTS else values
    low, high = min(shown), max(shown)
    bars = (_BARS[int((value - low) / ((high - low) or 1.0) * (len(_BARS) - 1))] for value in shown)
    return f"{low:.4g} {''.join(bars)} {high:.4g}"


def _facts(row: RunRow, known: Figures, log: RunLog) -> Iterator[tuple[str, str]]:
    summary = row.summary
    yield "workflow", _listed(("", row.about.get("workflow")), ("strategy", row.about.get("strategy")))
    yield "begun", f"{when(row.begun)}, {row.seconds:.1f} s in all"
    yield "trials", f"{known.n_trials}, of {known.n_candidates} candidates"
    yield "models", f"{known.calls} calls, {known.tokens} tokens, {dollars(known) or 'no cost'}"
    yield "budget spent", _spent(_part(summary, "spent"))
    yield "test", _test(_part(summary, "test"))
    yield "best", _best(known)
    yield "lineage", _lineage(known.best, log)
    yield "failed", ", ".join(f"{count} {kind}" for kind, count in known.failures)
    yield "ended", str(summary.get("stopped") or "")
    curve = _curve(summary.get("curve"))
    yield "best over time", sparkline(curve) if len(curve) > 1 else ""


def _listed(*parts: tuple[str, object]) -> str:
    return ", ".join(f"{name} {value}".strip() for name, value in parts if value)


def _part(summary: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = summary.get(name)
    return part if isinstance(part, dict) else {}


def _spent(spent: Mapping[str, Any]) -> str:
    amounts = (f"{figure(spent.get(name))} {name}" for name in ("evaluations", "calls", "tokens") if spent.get(name))
    money = figure(spent.get("dollars"))
    return ", ".join((*amounts, *([f"${money}"] if money not in ("", "0") else [])))


def _test(test: Mapping[str, Any]) -> str:
    start, best, gain = (figure(test.get(name)) for name in ("start", "best", "difference"))
    if not (start and best):
        return ""
    low, high = figure(test.get("low")), figure(test.get("high"))
    alpha = test.get("alpha")
    level = f"{100 * (1 - 2 * alpha):g} % " if isinstance(alpha, float) else ""
    between = f", difference {gain} ({level}interval {low} to {high})" if gain and low and high else ""
    return f"{start} -> {best} on {test.get('n', 'some')} held-out items{between}"


def _best(known: Figures) -> str:
    best = known.best
    if best is None:
        return ""
    spread = f" (sd {best.sd:.2g})" if best.sd is not None else ""
    return f"candidate {best.number}, estimate {figure(best.mean) or 'unknown'}{spread}"


def _lineage(best: CandidateRow | None, log: RunLog) -> str:
    """From the start to the best, by first parents; of a long line its ends."""
    line, one = list[str](), best
    while one is not None:
        line.insert(0, str(one.number))
        # Parents come before their children, whatever the file says.
        one = log.candidate(one.parents[0]) if one.parents and one.parents[0] < one.number else None
    if len(line) > _SHOWN:
        line = [line[0], f"({len(line) - _SHOWN} more)", *line[1 - _SHOWN :]]
    return " > ".join(line) if len(line) > 1 else ""


def _curve(points: object) -> list[float]:
    """The estimates of the best candidate, from the points of a summary."""
    pairs = (
        [point for point in points if isinstance(point, list) and len(point) == 2] if isinstance(points, list) else []
    )
    return [float(estimate) for _, estimate in pairs if figure(estimate) and abs(estimate) < 1e300]


def _candidates(leaders: Sequence[CandidateRow], left: int, *, uncut: bool) -> Table:
    rows = tuple(
        (
            str(one.number),
            ", ".join(map(str, one.parents)) or "start",
            figure(one.mean),
            "" if one.sd is None else f"{one.sd:.2g}",
            one.author,
            f"{one.reason} (dropped: {one.dropped})" if one.dropped else one.reason,
        )
        for one in leaders
    )
    rest = "not measured" if uncut else "--verbose shows all that were measured"
    headers = ("number", "parent", "estimate", "sd", "author", "reason")
    return Table("Candidates", headers, rows, frozenset({0, 2, 3}), f"and {left} more; {rest}" if left > 0 else "")


def _changes(start: CandidateRow, best: CandidateRow, *, uncut: bool) -> Iterator[Block]:
    for name, text in changes(start, best).items():
        lines = text.splitlines()
        left = 0 if uncut else max(0, len(lines) - _LINES)
        more = [f"... and {left} lines more; agentopt runs diff shows them"] if left else []
        yield Line("\n".join([f"{name}, from the start to the best:", *lines[2 : len(lines) - left], *more]))
