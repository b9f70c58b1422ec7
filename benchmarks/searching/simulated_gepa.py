"""GEPA on simulated scores, in an interpreter that has it: prints one JSON line a seed.

    python -m benchmarks.searching.simulated_gepa STEP SEEDS CALLS

Scores are right or wrong by chance, so what a candidate is really worth is known; see `search_statistics`.
"""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

import gepa  # type: ignore[import-not-found,unused-ignore]
from gepa import EvaluationBatch  # type: ignore[import-not-found,unused-ignore]

N_TRAIN, N_VALIDATION, START = 50, 50, 0.5


class Simulated:
    """Every item is right with the probability that the candidate is worth; a child's worth is its parent's plus
    noise."""

    def __init__(self, step: float, rng: random.Random) -> None:
        self._step = step
        self._rng = rng

    def evaluate(self, batch: list[int], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        scores = [float(self._rng.random() < float(candidate["worth"].split()[0])) for _ in batch]
        return EvaluationBatch(outputs=scores, scores=scores, trajectories=scores if capture_traces else None)

    def make_reflective_dataset(self, candidate: Any, batch: Any, components: list[str]) -> dict[str, list[Any]]:
        return {name: [{"score": 0}] for name in components}

    def propose_new_texts(self, candidate: dict[str, str], dataset: Any, components: list[str]) -> dict[str, str]:
        worth = min(1.0, max(0.0, float(candidate["worth"].split()[0]) + self._rng.gauss(0, self._step)))
        # Where all are worth the same, they still are different candidates.
        return {"worth": f"{worth} {self._rng.random()}"}


class Quiet:
    """GEPA writes a line for each event otherwise."""

    def log(self, message: str) -> None:
        pass


def main() -> None:
    """Run each seed and print what was returned, what was reported and what it took."""
    step, n_seeds, calls = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for seed in range(n_seeds):
        started = time.process_time()
        found = gepa.optimize(
            seed_candidate={"worth": f"{START} 0"},
            trainset=list(range(N_TRAIN)),
            valset=list(range(N_VALIDATION)),
            adapter=Simulated(step, random.Random(seed)),
            reflection_lm=lambda prompt: "",
            skip_perfect_score=False,
            reflection_minibatch_size=3,
            max_metric_calls=calls,
            logger=Quiet(),
            seed=seed,
        )
        best = found.best_idx
        line = {
            "true": float(found.candidates[best]["worth"].split()[0]),
            "reported": found.val_aggregate_scores[best],
            "calls": found.total_metric_calls,
            "seconds": time.process_time() - started,
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
