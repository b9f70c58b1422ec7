"""What the loop costs beside the work that it runs, and what it keeps when it is killed.

The metric does nothing and no model is asked, so that all of a trial is overhead: choosing, tracing, packing the trace,
the posterior, and with a store one committed transaction. Peers run in interpreters of their own.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers import Peer, PeerMissing
from benchmarks.probe import ROOT
from benchmarks.search_statistics import EVALUATIONS, STEP, _gepa
from benchmarks.searching.simulated import simulate
from benchmarks.table import Row

SEEDS = (7,)
OPTUNA = Peer("optuna==5.0.0", ("alembic", "colorlog", "numpy", "packaging", "sqlalchemy", "tqdm", "PyYAML"))
TRIALS, KILLS, MANY = 300, 50, 100_000
THREADS, CALL_S = 64, 0.2
PROGRAM = "tests/search/program.py"


def rows() -> list[Row]:
    """Measure each in turn."""
    return [*_overhead_rows(), _show_row(), _threads_row(), _kill_row()]


def _overhead_rows() -> list[Row]:
    from agentopt.store import Store

    with tempfile.TemporaryDirectory() as folder:
        stored = []
        for turn in range(3):
            with Store(Path(folder) / f"{turn}.db") as store, store.run("r") as run:
                seen = simulate(STEP, turn, EVALUATIONS, store=run)
            stored.append(1e3 * seen.seconds / seen.evaluations)
    bare = [1e3 * one.seconds / one.evaluations for one in (simulate(STEP, turn, EVALUATIONS) for turn in range(3))]
    gepa, why_no_gepa = _gepa(STEP)
    theirs = median(1e3 * one["seconds"] / one["calls"] for one in gepa) if gepa else 0.0
    optuna, why_no_optuna = _optuna()
    others = [f"gepa without a store {theirs:.2f} ms" if gepa else why_no_gepa]
    others += [f"optuna {optuna['stored']:.1f} ms, in memory {optuna['memory']:.2f}" if optuna else why_no_optuna]
    return [
        Row(
            what="search: the loop's own CPU a trial, store on",
            ours=f"{median(stored):.2f} ms ({min(stored):.2f} to {max(stored):.2f}); without {median(bare):.2f}",
            other="; ".join(others),
            ratio=optuna["stored"] / median(stored) if optuna else None,
            bar="<= 1 ms",
            passed=median(stored) <= 1.0,
            note=f"no model, a metric that does nothing, {EVALUATIONS} trials, 3 runs; ratio to optuna with SQLite",
        )
    ]


def _show_row() -> Row:
    from agentopt.store import CandidateRow, Store, TrialRow

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        with Store(path) as store, store.run("big") as run:
            for number in range(MANY // 100):
                run.add_candidate(CandidateRow(number, (max(0, number - 1),), {}, f"{number}", "optimizer", "", None))
            run.set_standing([(number, "", 0.5, 0.1) for number in range(MANY // 100)])
            for number in range(MANY):
                key = (f"{number // 100}", "validation", f"{number % 100}", 0)
                run.add_trial(TrialRow(key, number // 100, 0.5), "x" * 300)
        command = [sys.executable, "-m", "agentopt", "runs", "show", "big", "--store", str(path)]
        taken = []
        for _ in range(3):
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
            taken.append(time.perf_counter() - started)
    return Row(
        what="`runs show` of 100,000 trials, the whole process, wall",
        ours=f"{median(taken):.2f} s ({min(taken):.2f} to {max(taken):.2f})",
        bar="< 1 s",
        passed=median(taken) < 1.0,
        note="1,000 candidates; 3 runs",
    )


def _threads_row() -> Row:
    from agentopt import Budget, Dataset, optimize, parameter
    from agentopt.graph import Real
    from agentopt.optimizers import LocalSearch
    from agentopt.search import Race, RandomSearch, Settings

    x, calls = parameter(0.5, Real(0.0, 1.0), name="x"), []

    def slow(item: int) -> Any:
        calls.append(item)
        time.sleep(CALL_S)
        return x + 0

    n_items = THREADS * 10
    started = time.perf_counter()
    optimize(
        slow,
        Dataset([-1], range(n_items)),
        lambda item, value: value,
        optimizer=LocalSearch([x]),
        strategy=RandomSearch(Race(chunk=n_items // 4)),
        budget=Budget(evaluations=n_items),
        settings=Settings(minibatch=1, patience=1),
        executor=THREADS,
    )
    taken = time.perf_counter() - started
    ideal = CALL_S * -(-len(calls) // THREADS)
    return Row(
        what=f"{THREADS} threads with calls of {CALL_S:g} s, wall",
        ours=f"{taken:.2f} s for {len(calls)} calls",
        other=f"ideal {ideal:.2f} s",
        bar="within 10 % of the ideal",
        passed=taken <= 1.1 * ideal,
    )


def _kill_row() -> Row:
    """Kill one run again and again at random moments, and compare its end with that of a run in peace."""
    rng = random.Random(SEEDS[0])
    with tempfile.TemporaryDirectory() as folder:
        whole = _to_end(Path(folder) / "whole.db")
        path, kills = Path(folder) / "killed.db", 0
        for _ in range(KILLS):
            kills += _killed(path, rng.randrange(1, 8))
        end = _to_end(path)
    return Row(
        what=f"one run killed with SIGKILL {kills} times at random moments, resumed each time",
        ours="ends as the run in peace" if end == whole else "ends otherwise",
        bar="equal",
        passed=end == whole,
        note=f"candidates, estimates, test, curve and account compared; of {KILLS} kills those count that hit",
    )


def _command(path: Path) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return {"args": [sys.executable, PROGRAM, str(path), "r"], "cwd": ROOT, "env": environment}


def _killed(path: Path, n_trials: int) -> int:
    """Run until so many fresh trials are over, and kill; 1 if there were so many."""
    with subprocess.Popen(**_command(path), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        told = process.stderr.read(n_trials)
        process.send_signal(signal.SIGKILL)
    return int(len(told) == n_trials)


def _to_end(path: Path) -> Any:
    done = subprocess.run(**_command(path), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _optuna() -> tuple[dict[str, float], str]:
    try:
        python = OPTUNA.python()
    except PeerMissing as error:
        return {}, str(error)
    command = [str(python), "-m", "benchmarks.searching.overhead_optuna", str(TRIALS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found, ""


if __name__ == "__main__":
    from benchmarks.run import main

    sys.exit(main(["--only", "search_loop"]))
