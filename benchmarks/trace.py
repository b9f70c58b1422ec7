"""The tracing core beside `trace-opt` and `textgrad`: what tracing costs, and what it must not do.

One script measures all three by the same lines (`tracing/measure.py`), in turn, each in an interpreter of its own. CPU
time is that of the process, with the garbage collector on and the measuring loop included. textgrad's engine answers
at once, so that what a model costs is in no figure.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import metadata

from benchmarks.table import Row
from benchmarks.tracing.conduct import alive_row, task_row, thread_row
from benchmarks.tracing.costs import SHAPES, backward_rows, call_rows, import_row, memory_row
from benchmarks.tracing.lineup import PEERS, Lineup


def rows() -> list[Row]:
    """Measure everything; where a peer cannot be installed, the first row says why and the others go on."""
    with tempfile.TemporaryDirectory() as folder:
        # textgrad would write its log into the checkout, and litellm would ask for a price list from afar.
        environment = {"TEXTGRAD_LOG_DIR": folder, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with Lineup(environment) as lineup:
            # Before anything else was made in these processes, which a tracer that keeps nodes would still hold.
            kept = alive_row(lineup)
            return [
                _who(lineup),
                *call_rows(lineup),
                *backward_rows(lineup),
                *(memory_row(lineup, shape) for shape in SHAPES),
                import_row(lineup),
                kept,
                thread_row(lineup),
                task_row(lineup),
            ]


def _who(lineup: Lineup) -> Row:
    return Row(
        what="tracing: who is measured in the rows below",
        ours=f"agentopt {metadata.version('agentopt')}",
        other="; ".join(lineup.missing.get(peer.name, peer.release) for peer in PEERS),
        note="ratios are to trace-opt; of what a peer requires, only what the measured part imports was installed: "
        + "; ".join(f"for {peer.name} {', '.join(peer.needs)}" for peer in PEERS),
    )


if __name__ == "__main__":
    from benchmarks.run import main

    sys.exit(main(["--only", "trace"]))
