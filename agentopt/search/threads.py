"""Threads that nobody has to wait for: an executor that does not hold up the end of the program."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from agentopt.errors import InputError

_Task = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Threads(Executor):
    """Runs tasks in up to n threads of this process.

    `concurrent.futures.ThreadPoolExecutor` waits at the end of the program for calls that are under way, so after
    Ctrl-C one would wait for a model's reply that nobody wants any more. These threads end with the program.

    Raises:
        InputError: n is below 1.
    """

    def __init__(self, n: int) -> None:
        if n < 1:
            raise InputError(f"expected at least 1 thread, got {n}")
        self._n = n
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._n_idle = 0
        self._lock = threading.Lock()
        self._is_over = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor.submit`.

        Raises:
            RuntimeError: The executor was shut down.
        """
        with self._lock:
            if self._is_over:
                raise RuntimeError("cannot submit a task to threads that were shut down")
            future: Future[Any] = Future()
            self._tasks.put((future, fn, args, kwargs))
            if self._n_idle > 0:
                self._n_idle -= 1
            elif len(self._threads) < self._n:
                thread = threading.Thread(target=self._work, name=f"agentopt-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor.shutdown`."""
        with self._lock:
            self._is_over = True
            if cancel_futures:
                self._cancel()
            for _ in self._threads:
                self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _cancel(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return
            if task is not None:
                task[0].cancel()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, fn, args, kwargs = task
            del task
            if future.set_running_or_notify_cancel():
                try:
                    result = fn(*args, **kwargs)
                except BaseException as error:  # noqa: BLE001 it is the future's
                    future.set_exception(error)
                else:
                    future.set_result(result)
            # What a task held is not held until the next one comes.
            del future, fn, args, kwargs
            with self._lock:
                self._n_idle += 1
