"""Where trials run: in threads of this process with live objects, or anywhere else as data."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentopt.errors import BudgetExceeded, InputError
from agentopt.graph.memo import Memo
from agentopt.llm import Usage
from agentopt.llm.ambient import Ambient
from agentopt.search.dataset import Dataset
from agentopt.search.executors import run_all, shares_memory
from agentopt.search.job import DRAWS, TEST_DRAWS, LiveJob, run_live
from agentopt.search.remote import RemoteJob, run_remote, settled
from agentopt.search.trial import Outcome, Trial

if TYPE_CHECKING:
    from agentopt.llm import Budget
    from agentopt.llm.ambient import Ledger
    from agentopt.llm.budget import Share
    from agentopt.search.candidate import Candidate
    from agentopt.search.subject import Subject

Over = Callable[[int, Outcome | BaseException], None]


@dataclass(frozen=True)
class Surroundings:
    """What a search lends to its trials."""

    budget: Budget
    ledger: Ledger | None
    memo: Memo
    timeout_s: float | None = None
    closed: threading.Event = field(default_factory=threading.Event)
    """Once it is set, no trial calls a model any more."""


class Workplace:
    """Runs trials on an executor.

    Args:
        executor: Any; in threads of this process trials share its memory.
        subject: Workflow and metric.
        dataset: The items.
        around: Budget, ledger and the like.

    Raises:
        InputError: The workflow cannot be sent to other processes.
    """

    def __init__(self, executor: Executor, subject: Subject, dataset: Dataset, around: Surroundings) -> None:
        self._executor = executor
        self._subject = subject
        self._dataset = dataset
        self._around = around
        self._keys = {id(parameter): key for key, parameter in subject.parameters().items()}
        self._live = shares_memory(executor)
        self._packed = b"" if self._live else _pickled(subject)

    def run(self, asked: Sequence[tuple[Candidate, Trial]], over: Over) -> None:
        """Run trials, and tell of each when it is over: what came of it, or why it did not happen."""
        if self._live:
            jobs = [self._live_job(candidate, trial) for candidate, trial in asked]
            run_all(self._executor, run_live, jobs, over)
            return
        try:
            shares = self._shares(len(asked))
        except BudgetExceeded as error:
            # One by one each of them may have all that is left.
            for place in range(len(asked)):
                over(place, error)
            return
        remote = [
            self._remote_job(candidate, trial, share.limits)
            for (candidate, trial), share in zip(asked, shares, strict=True)
        ]

        def settle(place: int, result: Any) -> None:
            trial = asked[place][1]
            around = ambient_of(self._around, trial)
            over(place, settled(result, shares[place], self._around.ledger, around, self._around.timeout_s))

        run_all(self._executor, run_remote, remote, settle)

    def _live_job(self, candidate: Candidate, trial: Trial) -> LiveJob:
        around = ambient_of(self._around, trial)
        item = self._dataset.part(trial.part)[trial.place]
        draw = around.draw
        return LiveJob(
            self._subject, candidate.live, self._keys, item, draw, around, self._around.memo, self._around.timeout_s
        )

    def _remote_job(self, candidate: Candidate, trial: Trial, limits: Any) -> RemoteJob:
        numbers = {key: version.number for key, version in candidate.versions.items()}
        item = self._dataset.part(trial.part)[trial.place]
        draw = ambient_of(self._around, trial).draw
        return RemoteJob(self._packed, candidate.encoded, numbers, item, draw, limits, self._around.timeout_s)

    def _shares(self, n_jobs: int) -> list[Share]:
        """An equal part of what is left of the budget for each job.

        Raises:
            BudgetExceeded: There is not so much left; nothing is held back.
        """
        left = self._around.budget.left
        part = replace(
            left,
            calls=None if left.calls is None else max(1, left.calls // n_jobs),
            tokens=None if left.tokens is None else max(1, left.tokens // n_jobs),
            dollars=None if left.dollars is None else left.dollars / n_jobs,
        )
        shares: list[Share] = []
        try:
            for _ in range(n_jobs):
                shares.append(self._around.budget.set_aside(part))
        except BaseException:
            for share in shares:
                share.settle(Usage())
            raise
        return shares


def ambient_of(around: Surroundings, trial: Trial) -> Ambient:
    """What holds for the model calls of a trial."""
    draw = trial.repeat * DRAWS + (TEST_DRAWS if trial.part == "test" else 0)
    return Ambient(around.budget, around.ledger, draw, trial=trial.name, closed=around.closed)


def _pickled(subject: Subject) -> bytes:
    try:
        pack: Callable[[Any], bytes] = _pickler()
        return pack(subject)
    except Exception as error:
        raise InputError(
            f"{subject.name} cannot be sent to other processes ({type(error).__name__}: {error}); define workflow and "
            "metric at the top of a module, or use threads"
        ) from error


def _pickler() -> Callable[[Any], bytes]:
    """Cloudpickle where a cluster brought it, since it also takes functions of a script."""
    try:
        import cloudpickle  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return pickle.dumps
    dumps: Callable[[Any], bytes] = cloudpickle.dumps
    return dumps
