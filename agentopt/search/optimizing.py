"""`optimize`: a workflow, data and a metric in, the best candidate and an honest report out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agentopt.errors import InputError, StoreError
from agentopt.graph.memo import Memo
from agentopt.llm import Budget
from agentopt.search.archive import Archive
from agentopt.search.asking import Asking
from agentopt.search.dataset import Dataset, Part
from agentopt.search.executors import open_executor
from agentopt.search.heldout import TestReport
from agentopt.search.journal import Journal, RunLedger
from agentopt.search.loop import Search
from agentopt.search.progress import Progress
from agentopt.search.result import Estimate, Result
from agentopt.search.settings import Settings
from agentopt.search.strategies import strategy as strategy_of
from agentopt.search.strategy import Strategy
from agentopt.search.subject import Metric, Subject, Workflow
from agentopt.search.trial import Outcome, Trial
from agentopt.search.trials import Trials
from agentopt.search.workplace import Surroundings, Workplace

if TYPE_CHECKING:
    from agentopt.graph.parameter_node import Parameter
    from agentopt.optimizers import Optimizer
    from agentopt.store import RunLog

DEFAULT_EVALUATIONS = 500
"""Of a search without a budget."""


def optimize(
    workflow: Workflow,
    data: Dataset | Iterable[Any],
    metric: Metric,
    *,
    optimizer: Optimizer | None = None,
    strategy: Strategy | str = "pareto",
    budget: Budget | None = None,
    executor: Executor | int | str | None = None,
    store: RunLog | str | Path | None = None,
    seed: int = 0,
    settings: Settings | None = None,
) -> Result:
    """Search for values of a workflow's parameters that raise its score, and test what was found.

    The parameters end at the best candidate if the held-out test shows an improvement, and stay as they were if it does
    not; `Result.apply` takes the best in any case. Without a held-out test they end at what is thought best.

    Args:
        workflow: Called with an item; what it returns, plain or a node, goes to the metric.
        data: A list of items, which is split at random, or a `Dataset` with its parts.
        metric: Called with the item and the workflow's plain output: a score, higher is better; a truth; a pair of
            score
            and text; or a `Feedback` with named objectives.
        optimizer: Makes proposals; None takes `Mixed` with the model of the environment.
        strategy: Chooses whom to improve and what to measure: pareto, hill, beam, ucb, rebase, islands, or a
            `Strategy`. budget: Holds for everything the search does, the test included; None allows 500 evaluations.
            executor: Where trials run: how many threads, "threads:N", "processes:N", "dask:ADDRESS", or any
            `concurrent.futures.Executor`.
        store: A file, or a run in one (`Store(path).run(name)`), which goes on where it was cut off.
        seed: The same seed gives the same result, whatever the executor.
        settings: The rest.

    Raises:
        InputError: Something given cannot be used; the sentence says what.
        LLMError: A model call failed in a way that the next one will too; what was found is in the store.
    """
    settings = settings or Settings()
    budget = budget or Budget(evaluations=DEFAULT_EVALUATIONS)
    subject = Subject(workflow, metric, () if optimizer is None else tuple(optimizer.trainable))
    parameters = subject.parameters()
    optimizer = optimizer or _default_optimizer(parameters, settings, seed)
    dataset, chosen = Dataset.of(data, seed), strategy_of(strategy)
    with ExitStack() as stack:
        log = _opened(store, stack)
        about = _about(subject, parameters, dataset, chosen, settings, seed)
        if log is not None:
            log.settle(about)
            budget.set_back(log.seconds)
        ledger = RunLedger(log)
        journal = Journal(log, ledger)
        place = stack.enter_context(open_executor(executor))
        around = Surroundings(budget, ledger, Memo(), settings.timeout_s)
        archive = Archive(dataset, settings, np.random.default_rng([seed, 0x5EED]))
        start = archive.add({key: parameter.version for key, parameter in parameters.items()})
        assert start is not None  # the first of all is no repetition
        journal.note_candidate(start, None)
        telling = _Telling(archive, budget, settings)
        trials = Trials(archive, Workplace(place, subject, dataset, around), budget, journal, telling)
        asking = Asking(optimizer, parameters, archive, budget, journal, ledger)
        search = Search(archive, chosen, trials, asking, journal, budget)
        result = _searched(search, asking, budget, log, around)
        if result.improved or (result.test is None and not result.interrupted):
            result.apply()
        return result


def _searched(search: Search, asking: Asking, budget: Budget, log: RunLog | None, around: Surroundings) -> Result:
    """Search and test; what interrupts it ends it with the best so far."""
    test: TestReport | None = None
    interrupted = False
    try:
        search.run()
        test = search.test()
    except KeyboardInterrupt:
        interrupted, search.stopped = True, "interrupted"
    except BaseException as error:
        if log is not None:
            # Where the store is what failed, that is what is raised.
            with suppress(StoreError):
                log.finish("failed", {"stopped": f"{type(error).__name__}: {error}"})
        raise
    finally:
        # Whoever was left behind calls no model any more.
        around.closed.set()
    result = _result(search, asking, budget, test, "" if log is None else log.name, interrupted=interrupted)
    if log is not None:
        log.finish("interrupted" if interrupted else "finished", result.summary())
    return result


def _result(
    search: Search, asking: Asking, budget: Budget, test: TestReport | None, run: str, *, interrupted: bool
) -> Result:
    archive = search.archive
    posterior = archive.posterior
    measured = [one.number for one in archive.candidates if archive.outcomes(one.number, "validation")]
    parts: tuple[Part, ...] = ("train", "validation", "anchors", "test")
    failed = Counter(
        outcome.error_kind
        for one in archive.candidates
        for part in parts
        for outcome in archive.outcomes(one.number, part).values()
        if outcome.failed
    )
    return Result(
        run,
        archive.start,
        search.best,
        {number: Estimate(posterior.mean(number), posterior.sd(number)) for number in measured},
        test,
        search.stopped,
        budget.spent,
        tuple(archive.candidates),
        dict(failed.most_common()),
        tuple(asking.refused),
        tuple(search.curve),
        {one.number: archive.objectives(one.number) for one in archive.candidates},
        interrupted,
    )


class _Telling:
    """Tells the user of every trial."""

    def __init__(self, archive: Archive, budget: Budget, settings: Settings) -> None:
        self._archive = archive
        self._budget = budget
        self._progress = settings.progress
        self._n_trials = 0

    def __call__(self, trial: Trial, outcome: Outcome, replayed: bool) -> None:
        self._n_trials += 1
        if self._progress is None:
            return
        best = self._archive.best.number
        self._progress(
            Progress(
                self._n_trials,
                trial.candidate,
                trial.part,
                outcome.score,
                outcome.error,
                best,
                self._archive.estimate(best),
                len(self._archive),
                self._budget.spent,
                self._budget.left,
                replayed,
            )
        )


def _default_optimizer(parameters: Mapping[str, Parameter[Any]], settings: Settings, seed: int) -> Optimizer:
    from agentopt.llm import connect
    from agentopt.optimizers import Mixed
    from agentopt.optimizers import Settings as OptimizerSettings

    found = list(parameters.values())
    model = connect() if Mixed.needs_model(found) else None
    return Mixed(found, model, OptimizerSettings(objective=settings.objective), seed=seed)


def _opened(store: RunLog | str | Path | None, stack: ExitStack) -> RunLog | None:
    if store is None:
        return None
    if isinstance(store, str | Path):
        from agentopt.store import Store

        opened = stack.enter_context(Store(Path(store)))
        return stack.enter_context(opened.run())
    if not hasattr(store, "settle"):
        raise InputError(f"expected the store as a file or a run of a Store, got {type(store).__name__}")
    return store


def _about(
    subject: Subject,
    parameters: Mapping[str, Parameter[Any]],
    dataset: Dataset,
    strategy: Strategy,
    settings: Settings,
    seed: int,
) -> dict[str, Any]:
    """What decides the course of a run; a run goes on only where all of it is as it was."""
    from agentopt.graph.writing.value_data import value_as_data

    return {
        "workflow": subject.name,
        "parameters": {key: value_as_data(parameter.version) for key, parameter in parameters.items()},
        "data": dataset.digest(),
        "items": {part: len(dataset.part(part)) for part in ("train", "validation", "test", "anchors")},
        **strategy.described(),
        "settings": settings.described(),
        "seed": seed,
    }
