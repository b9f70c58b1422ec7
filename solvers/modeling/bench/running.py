"""Runs the items of a benchmark, some at a time, and reports what they came to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue

from agentopt.errors import AgentoptError
from agentopt.llm import Model
from agentopt.search.threads import Threads

from .attempt import Settings, attempt
from .item import Benchmark, Item
from .journal import Journal, Run
from .record import Record
from .report import Report, misses, tallies, tally
from .timed import RunOver

Tell = Callable[[Record, int], None]
"""Is called with each record when it is there, and with how many there are by then."""


@dataclass(frozen=True)
class Outcome:
    """How a run went."""

    records: tuple[Record, ...]
    """In the order of the items, whatever order they ended in."""
    error: AgentoptError | None
    """What ended the run early."""
    interrupted: bool


def run_bench(benchmark: Benchmark, model: Model, settings: Settings | None = None, tell: Tell | None = None) -> Report:
    """Run every item and compare what came of it with the answer key.

    The items are run by `run_items`, which is not given the key.

    Raises:
        InputError: The file of results holds those of another run.
        FileError: The file of results cannot be used.
        AgentoptError: The run could not begin, as for want of a key.
    """
    outcome = run_items(benchmark.items, model, settings or Settings(), tell)
    if outcome.error is not None and not outcome.records:
        raise outcome.error
    records, key = outcome.records, benchmark.key
    return Report(
        model=model.name,
        n_items=len(benchmark.items),
        records=records,
        total=tally("all", records, key),
        by_kind=tallies(records, key),
        misses=misses(records, key),
        left_out=benchmark.left_out,
        stopped="" if outcome.error is None else str(outcome.error),
        exit_code=0 if outcome.error is None else outcome.error.exit_code,
        interrupted=outcome.interrupted,
    )


def run_items(items: Sequence[Item], model: Model, settings: Settings, tell: Tell | None = None) -> Outcome:
    """Run the items that the file of results does not hold yet.

    An error that the next item would meet as well, as a refused key, ends the run: no
    item is begun any more, and those under way make no further call. Ctrl-C ends it at
    once, and what is under way is given up.
    """
    journal = Journal(settings.out, Run.of(items, model.name, settings))
    missing = [item for item in items if _is_missing(journal.records.get(item.id), settings)]
    error: AgentoptError | None = None
    interrupted = False
    over, threads = threading.Event(), Threads(min(settings.workers, len(missing)) or 1)
    futures = [threads.submit(attempt, item, model, settings, over) for item in missing]
    try:
        for future in _as_they_end(futures):
            failure = future.exception()
            if failure is None:
                journal.add(future.result())
                if tell is not None:
                    tell(future.result(), len(journal.records))
            elif isinstance(failure, AgentoptError):
                # Who was told that the run is over may end before the one who ended it.
                error = failure if error is None or isinstance(error, RunOver) else error
                threads.shutdown(wait=False, cancel_futures=True)
            else:
                raise failure
    except KeyboardInterrupt:
        interrupted = True
        _keep_ended(futures, journal)
    finally:
        over.set()
        threads.shutdown(wait=False, cancel_futures=True)
    records = tuple(journal.records[item.id] for item in items if item.id in journal.records)
    return Outcome(records, error, interrupted)


def _as_they_end(futures: Sequence[Future[Record]]) -> Iterator[Future[Record]]:
    """Each future when it has ended, but for those that were cancelled."""
    ended: SimpleQueue[Future[Record]] = SimpleQueue()
    for future in futures:
        future.add_done_callback(ended.put)
    for _ in futures:
        future = ended.get()
        if not future.cancelled():
            yield future


def _keep_ended(futures: Sequence[Future[Record]], journal: Journal) -> None:
    """Keep what ended while Ctrl-C came in between; it may have cost money."""
    for future in futures:
        if future.done() and not future.cancelled() and future.exception() is None:
            record = future.result()
            if journal.records.get(record.id) != record:
                journal.add(record)


def _is_missing(record: Record | None, settings: Settings) -> bool:
    return record is None or (settings.retry_failed and record.failed_at_provider)
