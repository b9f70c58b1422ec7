"""What threads inherit of the context in which they are started.

Python gives a new thread an empty context and no hook that runs in the thread which starts it, so `Thread.start` and
`ThreadPoolExecutor.submit` are wrapped, once a process and when the first variable asks for it. A variable that is None
where a thread is started changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Carried = list[tuple[ContextVar[Any], Any]]

_MARK = "__agentopt__"
_LOCK = threading.Lock()
_INHERITED: dict[ContextVar[Any], Callable[[Any], bool] | None] = {}


def inherit(variable: ContextVar[Any], when: Callable[[Any], bool] | None = None) -> None:
    """Let threads, and work that is given to a pool of threads, begin with the value that a variable has where they are
    started.

    Args:
        variable: A context variable whose default is None.
        when: Whether a value is passed on; None passes every value on that is not None.
    """
    _INHERITED.setdefault(variable, when)
    _watch()


def carried() -> Carried:
    """What a thread that is started here inherits."""
    found = ((variable, variable.get(), when) for variable, when in list(_INHERITED.items()))
    return [(variable, value) for variable, value, when in found if value is not None and (when is None or when(value))]


def _watch() -> None:
    if hasattr(threading.Thread.start, _MARK):
        return
    with _LOCK:
        if not hasattr(threading.Thread.start, _MARK):
            _wrap()


def _wrap() -> None:
    # It loads logging and a queue, a tenth of what importing the core of the graph took.
    from concurrent.futures import ThreadPoolExecutor

    start: Callable[[threading.Thread], None] = threading.Thread.start
    submit: Callable[..., Future[Any]] = ThreadPoolExecutor.submit

    @wraps(start)
    def watched_start(self: threading.Thread) -> None:
        found = carried()
        if found:
            _run_with(self, found)
        start(self)

    @wraps(submit)
    def watched_submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        found = carried()
        if not found:
            return submit(self, fn, *args, **kwargs)
        # Not to the threads of the pool, which may outlive the call and serve others.
        with _set([(variable, None) for variable, _ in found]):
            return submit(self, _within, found, fn, *args, **kwargs)

    setattr(watched_start, _MARK, True)
    threading.Thread.start = watched_start  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = watched_submit  # type: ignore[assignment, method-assign]


def _run_with(thread: threading.Thread, found: Carried) -> None:
    run = thread.run

    def run_with() -> None:
        # A thread that held its own method would wait for the garbage collector, and with it what the values hold. It
        # may be gone already, where starting the thread failed and was tried again.
        thread.__dict__.pop("run", None)
        for variable, value in found:
            variable.set(value)
        run()

    thread.run = run_with  # type: ignore[method-assign]


def _within(found: Carried, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    with _set(found):
        return function(*args, **kwargs)


@contextmanager
def _set(values: Carried) -> Iterator[None]:
    tokens = [(variable, variable.set(value)) for variable, value in values]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)
