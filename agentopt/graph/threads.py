"""Threads that a traced function starts, and work that it gives to a pool, count as part of its call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from agentopt.graph.state import STATE, Call, Within

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_MARK = "__agentopt__"


def watch_threads() -> None:
    """Let threads that a traced function starts count as part of its call, from now on.

    Python gives a new thread an empty context and no hook that runs in the thread which starts it, so
    `Thread.start` and `ThreadPoolExecutor.submit` are wrapped, once a process. Outside of traced functions nothing
    changes.
    """
    if hasattr(threading.Thread.start, _MARK):
        return
    # It loads logging and a queue, a tenth of what importing the core took.
    from concurrent.futures import ThreadPoolExecutor

    start: Callable[[threading.Thread], None] = threading.Thread.start
    submit: Callable[..., Future[Any]] = ThreadPoolExecutor.submit

    @wraps(start)
    def watched_start(self: threading.Thread) -> None:
        state = STATE.get()
        if type(state) is Call:
            _run_within(self, state)
        start(self)

    @wraps(submit)
    def watched_submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        state = STATE.get()
        if type(state) is not Call:
            return submit(self, fn, *args, **kwargs)
        # Not to the threads of the pool, which may outlive the call and serve others.
        with Within(None):
            return submit(self, _within, state, fn, *args, **kwargs)

    setattr(watched_start, _MARK, True)
    threading.Thread.start = watched_start  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = watched_submit  # type: ignore[assignment, method-assign]


def _run_within(thread: threading.Thread, state: Call) -> None:
    run = thread.run

    def run_within() -> None:
        # A thread that held its own method would wait for the garbage collector, and with it what the call holds.
        del thread.run
        STATE.set(state)
        run()

    thread.run = run_within  # type: ignore[method-assign]


def _within(state: Call, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    with Within(state):
        return function(*args, **kwargs)
