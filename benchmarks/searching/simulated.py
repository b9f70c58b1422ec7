"""Our search on the same simulated scores as `simulated_gepa`: what it returns, reports and claims."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

from agentopt import Budget, Dataset, optimize, parameter, trace
from agentopt.graph import Parameter, Real
from agentopt.optimizers import Optimizer, Proposal
from agentopt.optimizers.optimizer import Asked

N_TRAIN, N_VALIDATION, N_TEST, START = 50, 50, 40, 0.5


@dataclass(frozen=True)
class Seen:
    """What came of one search."""

    true: float
    reported: float
    tested: float
    """The mean score on the held-out test."""
    improved: bool
    evaluations: int
    seconds: float


class Drift(Optimizer):
    """Proposes a worth near the parent's, knowing nothing."""

    def __init__(self, worth: Parameter[float], step: float, seed: int) -> None:
        super().__init__([worth])
        self._worth = worth
        self._step = step
        self._seed = seed

    def _reached(self) -> bool:
        return True

    def _asked(self, n: int) -> Asked:
        rng = random.Random(f"{self._seed} {self.asks}")
        value = min(1.0, max(0.0, self._worth.data + rng.gauss(0, self._step)))
        # Where all are worth the same, they still are different candidates.
        return Asked((Proposal({self._worth: value + 1e-12 * (1 + self.asks)}),))


def simulate(step: float, seed: int, evaluations: int, **changes: Any) -> Seen:
    """One search among candidates whose true worth is known.

    Args:
        step: Standard deviation of a child's worth around its parent's.
        seed: Of everything.
        evaluations: All that may be spent, the held-out test included.
        changes: Other arguments for `optimize`.
    """
    worth = parameter(START, Real(0.0, 2.0), name="worth")

    @trace(memo=False)
    def answer(worth: float, item: int) -> float:
        """Right or wrong, by chance."""
        return float(random.Random(f"{seed} {item} {worth}").random() < worth)

    started = time.process_time()
    result = optimize(
        lambda item: answer(worth, item),
        Dataset(range(1000, 1000 + N_TRAIN), range(N_VALIDATION), range(2000, 2000 + N_TEST)),
        lambda item, right: right,
        optimizer=Drift(worth, step, seed),
        budget=Budget(evaluations=evaluations),
        seed=seed,
        **({"executor": 1} | changes),
    )
    seconds = time.process_time() - started
    best = result.estimates[result.best.number].mean
    tested = result.test.best if result.test else float("nan")
    spent = result.spent.evaluations or 0
    return Seen(min(1.0, result.best.values["worth"]), best, tested, result.improved, spent, seconds)
