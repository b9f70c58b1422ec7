"""What Optuna takes a trial, in an interpreter that has it: CPU milliseconds with its SQLite storage and in memory.

python -m benchmarks.searching.overhead_optuna TRIALS
"""

from __future__ import annotations

import json
import sys
import tempfile
import time

import optuna  # type: ignore[import-not-found,unused-ignore]


def measure(storage: str | None, trials: int) -> float:
    """Milliseconds of CPU a trial of a study that does nothing else."""
    study = optuna.create_study(storage=storage, sampler=optuna.samplers.TPESampler(seed=1), direction="maximize")
    started = time.process_time()
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=trials)
    return 1e3 * (time.process_time() - started) / trials


def main() -> None:
    """Print both figures as JSON."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trials = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        stored = measure(f"sqlite:///{folder}/study.db", trials)
    print(json.dumps({"stored": stored, "memory": measure(None, trials)}))


if __name__ == "__main__":
    main()
