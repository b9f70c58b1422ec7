"""`agentopt bench`: problems with known answers in, accuracy, cost and misses out."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from agentopt.cli.bench_view import record_line, report_blocks, report_to_dict
from agentopt.cli.exits import INTERRUPTED
from agentopt.cli.failure import SCHEMAS
from agentopt.cli.progress import progress
from agentopt.cli.screen import columns_of, draw
from agentopt.cli.streams import emit, mention
from agentopt.cli.terminal import choose_style, clean

if TYPE_CHECKING:
    from agentopt.llm import Model
    from agentopt.solvers.modeling.bench.attempt import Settings
    from agentopt.solvers.modeling.bench.item import Benchmark
    from agentopt.solvers.modeling.bench.record import Record
    from agentopt.solvers.modeling.bench.report import Report


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Run the problems that the options name, show what they came to, and return the exit code."""
    from agentopt.solvers.modeling.bench.running import run_bench

    benchmark = _benchmark(options)
    step, n = progress(options), len(benchmark.items)

    def tell(record: Record, done: int) -> None:
        step(f"{done}/{n} {record_line(record, benchmark.key[record.id])}")

    report = run_bench(benchmark, _model(options), _settings(options), tell)
    if report.stopped:
        mention(f"agentopt: {clean(report.stopped)}\n")
    elif report.interrupted:
        mention("agentopt: interrupted; what is done is shown\n")
    code = INTERRUPTED if report.interrupted else report.exit_code
    emit(_shown(report, benchmark, options, code, out), out)
    return code


def _benchmark(options: argparse.Namespace) -> Benchmark:
    from agentopt.solvers.modeling.bench.draw import draw as draw_items
    from agentopt.solvers.modeling.bench.files import load_benchmark

    whole = load_benchmark(Path(options.file))
    return whole.only(draw_items(whole.items, options.n, options.seed, options.kinds))


def _settings(options: argparse.Namespace) -> Settings:
    from agentopt.solvers.modeling.bench.attempt import Settings

    rounds = {} if options.max_rounds is None else {"max_rounds": options.max_rounds}
    out = Path(options.out) if options.out else None
    return Settings(
        time_limit_s=options.time_limit, workers=options.workers, out=out, retry_failed=options.retry_failed, **rounds
    )


def _model(options: argparse.Namespace) -> Model:
    from agentopt.llm import Budget, connect

    limited = options.max_calls is not None or options.budget_usd is not None
    return connect(
        options.model,
        budget=Budget(calls=options.max_calls, dollars=options.budget_usd) if limited else None,
        record=Path(options.record) if options.record else None,
        replay=Path(options.replay) if options.replay else None,
    )


def _shown(report: Report, benchmark: Benchmark, options: argparse.Namespace, code: int, out: TextIO) -> str:
    if options.json:
        head: dict[str, object] = {"agentopt": SCHEMAS["bench"], "exit_code": code}
        drawn = {"file": options.file, "seed": options.seed, "drawn": [item.id for item in benchmark.items]}
        document = head | drawn | report_to_dict(report) | {"replayed_from": options.replay or None}
        return json.dumps(document, indent=2, allow_nan=False) + "\n"
    style = choose_style(out.isatty(), os.environ, no_color=options.no_color)
    blocks = report_blocks(report, benchmark, options)
    return draw(blocks, style, columns_of(out))
