"""Processes that can be killed: an executor whose tasks end when their time is up, whatever they do.

Beside `concurrent.futures.ProcessPoolExecutor`: a task that runs too long is ended with its process, and a process that
dies takes its own task with it and no other; both are replaced.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from agentopt.errors import InputError, WorkerDied

GRACE_S = 1.0
"""Seconds that a task has, over its time, to say itself that its time is up."""
START_S = 30.0
"""Seconds that the first task of a process has beside, for what it imports."""
_Task = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Processes(Executor):
    """Runs tasks in n processes, each started at its first task.

    A task whose first argument has a `timeout_s` is killed that much and GRACE_S after it began, and its future raises
    TimeoutError. A result that says of itself that it left something running (`spoiled`) costs the process its life
    too.

    Args:
        n: How many.
        start_method: As for multiprocessing; "fork" is not safe where threads run.

    Raises:
        InputError: n is below 1.
    """

    def __init__(self, n: int, start_method: str = "spawn") -> None:
        if n < 1:
            raise InputError(f"expected at least 1 process, got {n}")
        self._context: BaseContext = multiprocessing.get_context(start_method)
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_over = False
        self._waiting: set[Future[Any]] = set()
        self._keepers = [
            threading.Thread(target=self._keep, name=f"agentopt-process-{k}", daemon=True) for k in range(n)
        ]
        for keeper in self._keepers:
            keeper.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `Executor.submit`.

        Raises:
            RuntimeError: The executor was shut down.
        """
        with self._lock:
            if self._is_over:
                raise RuntimeError("cannot submit a task to processes that were shut down")
            future: Future[Any] = Future()
            self._waiting.add(future)
            self._tasks.put((future, fn, args, kwargs))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor.shutdown`."""
        with self._lock:
            if not self._is_over:
                self._is_over = True
                for _ in self._keepers:
                    self._tasks.put(None)
            if cancel_futures:
                for future in list(self._waiting):
                    future.cancel()
        if wait:
            for keeper in self._keepers:
                keeper.join()

    def _keep(self) -> None:
        """Work off tasks with one process at a time."""
        worker = _Worker(self._context)
        try:
            while (task := self._tasks.get()) is not None:
                future, fn, args, kwargs = task
                with self._lock:
                    self._waiting.discard(future)
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    result = worker.call(fn, args, kwargs)
                except BaseException as error:  # noqa: BLE001 it is the future's
                    future.set_exception(error)
                else:
                    future.set_result(result)
        finally:
            worker.end()


class _Worker:
    """One process, made when it is needed."""

    def __init__(self, context: BaseContext) -> None:
        self._context = context
        self._process: BaseProcess | None = None
        self._line: Connection | None = None
        self._is_new = False

    def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        line = self._started()
        timeout_s = getattr(args[0], "timeout_s", None) if args else None
        start_s, self._is_new = START_S if self._is_new else 0.0, False
        try:
            line.send((fn, args, kwargs))
            if timeout_s is not None and not line.poll(timeout_s + GRACE_S + start_s):
                self._kill()
                raise TimeoutError(f"it took more than {timeout_s:g} seconds")
            error, result = line.recv()
        except (EOFError, ConnectionError) as error:
            raise WorkerDied(f"the process that ran a trial ended by itself ({self._kill()})") from error
        if error is not None:
            raise error
        if getattr(result, "spoiled", False):
            self._kill()
        return result

    def end(self) -> None:
        """Let the process end; it does when nobody is at the other end of the line."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.join(GRACE_S)
            self._kill()

    def _started(self) -> Connection:
        if self._line is None or self._process is None or not self._process.is_alive():
            self._line, theirs = multiprocessing.Pipe()
            # Not a daemon of multiprocessing's: such may have no children, and learned code runs in some.
            process: BaseProcess = self._context.Process(target=_serve, args=(theirs,))  # type: ignore[attr-defined]
            process.start()
            theirs.close()
            self._process, self._is_new = process, True
        return self._line

    def _kill(self) -> str:
        """End the process with all that it started, and say how it ended."""
        process, line = self._process, self._line
        self._process, self._line = None, None
        if line is not None:
            line.close()
        if process is None or process.pid is None:
            return "it never began"
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            process.kill()
        process.join()
        code = process.exitcode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def _serve(line: Connection) -> None:
    """The life of a process: tasks come in, results go out, until the other end is gone."""
    with suppress(OSError):
        os.setsid()
    # Ctrl-C is for the search, which lets its processes end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    # Read in a thread: when the search is gone, as by kill -9, so is this, whatever its task is doing.
    threading.Thread(target=_listen, args=(line, answers), daemon=True).start()
    while (task := answers.get()) is not None:
        fn, args, kwargs = task
        answer: tuple[BaseException | None, Any]
        try:
            answer = (None, fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 it is raised where the task came from
            answer = (error, None)
        try:
            line.send(answer)
        except (OSError, BrokenPipeError):
            return
        except Exception as error:  # noqa: BLE001 what cannot be pickled is an error like any other
            line.send((TypeError(f"the result cannot be sent: {type(error).__name__}: {error}"), None))


def _listen(line: Connection, tasks: queue.SimpleQueue[Any]) -> None:
    while True:
        try:
            tasks.put(line.recv())
        except (EOFError, OSError):
            # Nobody waits for what is running here.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(os.getpid(), signal.SIGKILL)
            os._exit(1)
