"""Executors by name, and many jobs on one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, TypeVar

from agentopt.errors import AgentoptError, InputError, MissingExtra, WorkerDied
from agentopt.search.processes import Processes
from agentopt.search.threads import Threads

T = TypeVar("T")
THREADS = 16
_WINDOW = 512
"""Jobs that are handed over at a time."""
_KINDS = "a number of threads, 'threads:N', 'processes:N', 'dask:ADDRESS', or a concurrent.futures.Executor"


@contextmanager
def open_executor(chosen: Executor | int | str | None) -> Iterator[Executor]:
    """The executor that is meant; one that was made here is shut down at the end, one that was given is left alone.

    Args:
        chosen: An executor, a Dask client, how many threads, or a kind with a number or address; None takes THREADS
            threads, for calls that wait.

    Raises:
        InputError: It is none of these.
        MissingExtra: Dask is asked for and not installed.
    """
    if isinstance(chosen, Executor):
        yield chosen
        return
    if hasattr(chosen, "get_executor"):
        yield chosen.get_executor()  # type: ignore[union-attr]
        return
    made, end = _made(chosen)
    try:
        yield made
    finally:
        # What was left behind by an interrupt is not waited for.
        made.shutdown(wait=False, cancel_futures=True)
        end()


def shares_memory(executor: Executor) -> bool:
    """Whether its jobs run in this process, and may carry live objects."""
    return isinstance(executor, ThreadPoolExecutor | Threads)


def run_all(
    executor: Executor, function: Callable[[Any], Any], jobs: Sequence[Any], over: Callable[[int, Any], None]
) -> None:
    """Run jobs, and tell of each when it is over, in the order in which they end and in this thread.

    A job whose worker died is run once more. What is interrupted cancels the jobs that have not begun, and waits for
    none.

    Args:
        executor: Any.
        function: What is done with a job.
        jobs: Pickled where the executor does not share memory.
        over: Called with the place of a job and its result, or the exception by which it has none.

    Raises:
        WorkerDied: The executor as a whole is broken, as a ProcessPoolExecutor is after one of its processes died.
    """
    waiting: dict[Future[Any], int] = {}
    ended: SimpleQueue[Future[Any]] = SimpleQueue()
    again: set[int] = set()
    places = iter(range(len(jobs)))

    def begin(place: int) -> None:
        try:
            future = executor.submit(function, jobs[place])
        except (BrokenExecutor, RuntimeError) as error:
            raise WorkerDied(f"the executor takes no more work ({type(error).__name__}: {error})") from error
        waiting[future] = place
        future.add_done_callback(ended.put)

    try:
        for _, place in zip(range(_WINDOW), places, strict=False):
            begin(place)
        while waiting:
            future = ended.get()
            place = waiting.pop(future)
            result = _result(future)
            if isinstance(result, WorkerDied) and place not in again:
                again.add(place)
                begin(place)
                continue
            over(place, result)
            if (later := next(places, None)) is not None:
                begin(later)
    finally:
        for future in waiting:
            future.cancel()


def _result(future: Future[Any]) -> Any:
    """What a job gave, or why it gave nothing.

    Raises:
        WorkerDied: The executor is broken.
    """
    try:
        return future.result()
    except BrokenExecutor as error:
        raise WorkerDied(f"a process of the executor died, and the executor with it: {error}") from error
    except CancelledError as error:
        return WorkerDied(f"the executor gave up a trial: {error}")
    except (AgentoptError, TimeoutError) as error:
        return error
    except Exception as error:  # noqa: BLE001 a cluster has errors of its own for a worker that died too often
        if type(error).__name__ in ("KilledWorker", "CommClosedError"):
            return WorkerDied(f"the cluster gave up a trial: {error}")
        return error


def _made(chosen: Any) -> tuple[Executor, Callable[[], None]]:
    kind, _, detail = chosen.partition(":") if isinstance(chosen, str) else ("threads", "", chosen)
    if kind == "dask":
        return _dask(detail)
    if kind not in ("threads", "processes") or not _is_number(detail):
        raise InputError(f"expected {_KINDS}, got {chosen!r}")
    if kind == "processes":
        return Processes(int(detail or _cores())), _nothing
    return Threads(int(detail or THREADS)), _nothing


def _is_number(detail: object) -> bool:
    """Whether it says how many, or leaves it open."""
    if detail is None or detail == "":
        return True
    if isinstance(detail, str):
        return detail.isdecimal() and int(detail) > 0
    return type(detail) is int and detail > 0


def _dask(address: str) -> tuple[Executor, Callable[[], None]]:
    try:
        from distributed import Client  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise MissingExtra("a Dask cluster needs distributed: pip install 'agentopt[distributed]'") from error
    try:
        client = Client(address)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"no Dask scheduler answers at {address!r}: {error}") from error
    executor: Executor = client.get_executor()
    return executor, client.close


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _nothing() -> None:
    pass
