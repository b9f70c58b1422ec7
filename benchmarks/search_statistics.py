"""What a search returns, reports and claims where the truth is known, beside GEPA on the same scores.

Nothing here asks a model: every item is right or wrong by chance, with the probability that the candidate is worth. A
child's worth is its parent's plus noise of .05 (real signal) or the same (null). Both get 1,500 evaluations; ours pay
for the held-out test out of these. What is reported is the posterior mean of what is returned, for GEPA its score on
all validation items. The peer runs in an interpreter of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from statistics import fmean

from benchmarks.peers import Peer, PeerMissing
from benchmarks.probe import ROOT
from benchmarks.searching.simulated import Seen, simulate
from benchmarks.table import Row

SEEDS = range(20)
EVALUATIONS, STEP, NOTHING = 1500, 0.05, 1e-12
GEPA = Peer("gepa==0.1.4", ())
ALPHA = 0.05
_PEER_S = 300.0


def rows() -> list[Row]:
    """Search 20 times each with and without anything to find."""
    signal = [simulate(STEP, seed, EVALUATIONS) for seed in SEEDS]
    null = [simulate(NOTHING, seed, EVALUATIONS) for seed in SEEDS]
    return [*_signal_rows(signal), *_null_rows(null)]


def _signal_rows(seen: Sequence[Seen]) -> list[Row]:
    peer, why = _gepa(STEP)
    true, reported = fmean(one.true for one in seen), fmean(one.reported for one in seen)
    theirs = fmean(one["true"] for one in peer) if peer else 0.0
    told = fmean(one["reported"] for one in peer) if peer else 0.0
    apart = fmean(abs(one.reported - one.true) for one in seen)
    theirs_apart = fmean(abs(one["reported"] - one["true"]) for one in peer) if peer else 0.0
    spent, theirs_spent = max(one.evaluations for one in seen), max((one["calls"] for one in peer), default=0)
    return [
        Row(
            what="search: true worth of what is returned, real signal",
            ours=f"{true:.3f} ({min(one.true for one in seen):.2f} to {max(one.true for one in seen):.2f})",
            other=f"gepa {theirs:.3f}" if peer else why,
            ratio=true / theirs if peer else None,
            bar=">= .80",
            passed=true >= 0.80,
            note=f"mean (range) of 20 seeds; start .50, {EVALUATIONS} evaluations, 50 validation items",
        ),
        Row(
            what="the same: what is reported of it, and how far that is from the truth",
            ours=f"{reported:.3f}, off by {apart:.3f}",
            other=f"gepa {told:.3f}, off by {theirs_apart:.3f}" if peer else why,
            bar="within .03 of true",
            passed=abs(reported - true) <= 0.03 and apart <= 0.03,
            note="means; off by: mean absolute distance of the 20",
        ),
        Row(
            what="the same: most that any seed spent of 1,500",
            ours=f"{spent}",
            other=f"gepa {theirs_spent:.0f}" if peer else why,
            bar="<= 1500",
            passed=spent <= EVALUATIONS,
        ),
    ]


def _null_rows(seen: Sequence[Seen]) -> list[Row]:
    peer, why = _gepa(NOTHING)
    reported, claims = fmean(one.reported for one in seen), sum(one.improved for one in seen)
    told = fmean(one["reported"] for one in peer) if peer else 0.0
    return [
        Row(
            what="search: what is reported where every candidate is worth .50",
            ours=f"{reported:.3f}; on the held-out test {fmean(one.tested for one in seen):.3f}",
            other=f"gepa {told:.3f}" if peer else why,
            bar="within .02 of .50",
            passed=abs(reported - 0.5) <= 0.02,
            note="mean of 20 seeds",
        ),
        Row(
            what="the same: searches that claim an improvement",
            ours=f"{claims} of {len(seen)}",
            other="gepa makes no test" if peer else why,
            bar=f"<= {ALPHA:.0%}",
            passed=claims <= ALPHA * len(seen),
        ),
    ]


def _gepa(step: float) -> tuple[list[dict[str, float]], str]:
    """What the peer did with each seed; none, and why, where it cannot be had."""
    try:
        python = GEPA.python()
    except PeerMissing as error:
        return [], str(error)
    arguments = [str(step), str(len(SEEDS)), str(EVALUATIONS)]
    done = subprocess.run(
        [str(python), "-m", "benchmarks.searching.simulated_gepa", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_PEER_S,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], ""


if __name__ == "__main__":
    from benchmarks.run import main

    sys.exit(main(["--only", "search_statistics"]))
