"""A benchmark's report as blocks, and as data."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from agentopt.cli.block import Block, Items, Line, Table
from agentopt.number_text import show_number

if TYPE_CHECKING:
    from agentopt.solvers.modeling.bench.item import Benchmark, Label
    from agentopt.solvers.modeling.bench.record import Record
    from agentopt.solvers.modeling.bench.report import Miss, Report, Tally

_SHOWN = 10
"""Misses, unless all are wanted."""
_WHY = 100
"""Characters of a miss's error."""
_EXPECTED = 60
"""Characters of what is right; OptiBench may name twenty numbers."""
_HEADERS = ("kind", "n", "executed", "right at 1e-4", "at 1e-6", "rounds", "calls", "tokens in", "out", "own ms")


def record_line(record: Record, label: Label) -> str:
    """A record in one line, for whoever watches."""
    from agentopt.solvers.modeling.bench.score import judge

    verdict = "right" if judge(record, label).right else "wrong"
    found = "" if record.objective is None else f" {show_number(record.objective)}"
    error = f"  {record.error[:_WHY]}" if record.error else ""
    spent = record.spent
    return f"{record.id}: {record.status}{found}, {verdict} ({spent.calls} calls, {spent.seconds:.1f} s){error}"


def report_blocks(report: Report, benchmark: Benchmark, options: argparse.Namespace) -> Iterator[Block]:
    """What is known of a run, the total first."""
    total = report.total
    low, high = total.interval
    done = "" if total.n == report.n_items else f", of {report.n_items} that were to be run"
    yield Line(f"{report.model}: {total.right} of {total.n} right ({_share(total.right, total.n)}){done}", "title")
    yield Table("", (), tuple(_facts(total, low, high)))
    yield Table("By kind", _HEADERS, tuple(map(_row, (*report.by_kind, total))), frozenset(range(1, len(_HEADERS))))
    if report.misses:
        yield _misses(report.misses, every=options.misses or options.verbose)
    if options.n is not None:
        yield Line(f"Drawn with seed {options.seed}: {', '.join(item.id for item in benchmark.items)}", "faint")
    if report.left_out:
        yield Items(f"{len(report.left_out)} entries of the file cannot be scored and were left out", report.left_out)
    if options.replay:
        yield Line(f"The model's replies were replayed from {options.replay}; no model was asked.", "warn")


def report_to_dict(report: Report) -> dict[str, object]:
    """The same as data; the formulations stand in the file of results."""
    missed = {miss.id for miss in report.misses}
    return {
        "model": report.model,
        "n_items": report.n_items,
        "stopped": report.stopped or None,
        "interrupted": report.interrupted,
        "total": _tally(report.total),
        "by_kind": [_tally(one) for one in report.by_kind],
        "misses": [asdict(miss) for miss in report.misses],
        "items": [_item(record) | {"right": record.id not in missed} for record in report.records],
        "left_out": list(report.left_out),
    }


def _tally(one: Tally) -> dict[str, object]:
    share = one.right / one.n if one.n else None
    strict = one.right_strictly / one.n if one.n else None
    return asdict(one) | {"accuracy": share, "accuracy_1e-6": strict, "interval_95": list(one.interval)}


def _item(record: Record) -> dict[str, object]:
    return {
        "id": record.id,
        "kind": record.kind,
        "status": record.status,
        "objective": record.objective,
        **asdict(record.spent),
        "error": record.error or None,
    }


def _facts(total: Tally, low: float, high: float) -> Iterator[tuple[str, str]]:
    n = total.n
    yield "right at 1e-4", f"{_of(total.right, n)}, 95 % interval {100 * low:.1f} to {100 * high:.1f} %"
    yield "right at 1e-6", _of(total.right_strictly, n)
    if total.right_otherwise:
        yield "other readings", f"{total.right_otherwise} more are right in another reading that was told; not counted"
    if total.failed_at_provider:
        yield (
            "no reply",
            f"{total.failed_at_provider} failed at the provider; --retry-failed with --out runs them again",
        )
    yield "executed", f"{_of(total.executed, n)}: a checked point, or a proof that there is none"
    yield "checked points", f"{_of(total.has_point, n)}: every constraint recomputed at the point"
    if total.n_no_solution:
        yield "no solution", f"{_of(total.right_no_solution, total.n_no_solution)} so labelled were proved to have none"
    if total.n_named:
        yield "all quantities", f"{_of(total.all_quantities, total.n_named)} have every named number of the label"
    rounds = total.rounds / n if n else 0.0
    yield "corrections", f"{total.rounds}, {rounds:.2f} a problem"
    yield (
        "model",
        (f"{total.calls} calls, {total.input_tokens} tokens in, {total.output_tokens} out, {total.model_s:.1f} s"),
    )
    yield "cost", "unknown" if total.cost_usd is None else f"${total.cost_usd:.4f}"
    yield "own part", f"{total.overhead_ms:.0f} ms a problem (median): all but the model's calls"


def _row(one: Tally) -> tuple[str, ...]:
    return (
        one.kind,
        str(one.n),
        _share(one.executed, one.n),
        _share(one.right, one.n),
        _share(one.right_strictly, one.n),
        str(one.rounds),
        str(one.calls),
        str(one.input_tokens),
        str(one.output_tokens),
        f"{one.overhead_ms:.0f}",
    )


def _misses(missed: tuple[Miss, ...], *, every: bool) -> Table:
    shown = missed if every else missed[:_SHOWN]
    rows = tuple(map(_miss_row, shown))
    left = len(missed) - len(shown)
    note = f"and {left} more; --misses shows all" if left else ""
    return Table("Misses", ("id", "expected", "found", "status", "why"), rows, note=note)


def _miss_row(miss: Miss) -> tuple[str, ...]:
    found = "" if miss.found is None else show_number(miss.found)
    return miss.id, miss.expected[:_EXPECTED], found, miss.status, miss.why[:_WHY]


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({_share(part, whole)})"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
