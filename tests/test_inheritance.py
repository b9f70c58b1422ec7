"""Threads, and work for pools of threads, begin with what the context in which they were started has."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from agentopt.inheritance import inherit

PASSED: ContextVar[Any] = ContextVar("passed", default=None)
SHORT: ContextVar[str | None] = ContextVar("short", default=None)
inherit(PASSED)
inherit(SHORT, lambda value: len(value) < 3)


@contextmanager
def value(variable: ContextVar[Any], is_now: Any) -> Iterator[None]:
    token = variable.set(is_now)
    try:
        yield
    finally:
        variable.reset(token)


def in_thread(ask: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(ask()))
    thread.start()
    thread.join()
    return found[0]


def test_thread_begins_with_the_value() -> None:
    """A thread has the value of whoever started it."""
    with value(PASSED, "a"):
        assert in_thread(PASSED.get) == "a"


def test_thread_keeps_the_value_of_its_start() -> None:
    """What is set after a thread was started does not reach it."""
    go, found = threading.Event(), []

    def work() -> None:
        go.wait()
        found.append(PASSED.get())

    with value(PASSED, "a"):
        thread = threading.Thread(target=work)
        thread.start()
    go.set()
    thread.join()
    assert found == ["a"]


def test_thread_of_a_thread_inherits() -> None:
    """So has a thread that such a thread starts."""
    with value(PASSED, "a"):
        assert in_thread(lambda: in_thread(PASSED.get)) == "a"


def test_subclass_of_thread_inherits() -> None:
    """So has one of a class that overrides run."""

    class Worker(threading.Thread):
        found: Any = None

        def run(self) -> None:
            self.found = PASSED.get()

    worker = Worker()
    with value(PASSED, "a"):
        worker.start()
    worker.join()
    assert worker.found == "a"


def test_value_that_is_not_passed_on() -> None:
    """A condition says which values are passed on."""
    with value(SHORT, "ab"):
        assert in_thread(SHORT.get) == "ab"
    with value(SHORT, "abc"):
        assert in_thread(SHORT.get) is None


def test_other_variables_are_not_passed_on() -> None:
    """A variable that nobody registered is as Python has it."""
    other: ContextVar[str | None] = ContextVar("other", default=None)
    with value(other, "a"):
        assert in_thread(other.get) is None


def test_work_in_a_pool_made_before() -> None:
    """Work has the value of whoever gave it to a pool, though the pool's thread runs already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with value(PASSED, "a"):
            work = pool.submit(PASSED.get)
        assert work.result() == "a"


def test_each_piece_of_work_has_its_own() -> None:
    """Pieces of work of two givers do not mix in one pool."""
    with ThreadPoolExecutor(2) as pool:
        both = threading.Barrier(2, timeout=30)

        def ask() -> Any:
            both.wait()
            return PASSED.get()

        with value(PASSED, "a"):
            one = pool.submit(ask)
        with value(PASSED, "b"):
            other = pool.submit(ask)
        assert (one.result(), other.result()) == ("a", "b")


def test_thread_of_a_pool_keeps_nothing() -> None:
    """The thread of a pool that was begun where a value holds serves others without it, and work leaves nothing."""
    with ThreadPoolExecutor(1) as pool:
        with value(PASSED, "a"):
            pool.submit(PASSED.set, "b").result()
        assert pool.submit(PASSED.get).result() is None


def test_map_inherits() -> None:
    """Work that is given by map has the value as well."""
    with ThreadPoolExecutor(2) as pool, value(PASSED, "a"):
        assert list(pool.map(lambda _: PASSED.get(), range(3))) == ["a"] * 3


def test_failing_work_leaves_nothing() -> None:
    """Nor does work that raises leave the value in the thread of a pool."""
    with ThreadPoolExecutor(1) as pool:
        with value(PASSED, "a"):
            failed = pool.submit(lambda: 1 // 0)
        assert isinstance(failed.exception(), ZeroDivisionError)
        assert pool.submit(PASSED.get).result() is None


@pytest.mark.parametrize("by", ["to_thread", "run_in_executor"])
def test_asyncio_inherits(by: str) -> None:
    """asyncio's ways into threads pass the value on."""

    async def ask() -> Any:
        if by == "to_thread":
            return await asyncio.to_thread(PASSED.get)
        return await asyncio.get_running_loop().run_in_executor(None, PASSED.get)

    with value(PASSED, "a"):
        assert asyncio.run(ask()) == "a"


def test_ended_thread_holds_no_value() -> None:
    """A thread that is over holds neither the value nor itself, without help of the garbage collector."""

    class Held:
        pass

    held, thread = Held(), threading.Thread(target=int)
    with value(PASSED, held):
        thread.start()
    thread.join()
    gone = weakref.ref(held)
    gc.disable()
    try:
        del held
        assert gone() is None
    finally:
        gc.enable()


def test_thread_can_be_started_again_after_a_failure() -> None:
    """A thread that Python refused to start may be started later."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(PASSED.get()))
    with value(PASSED, "a"):
        thread._started.set()  # type: ignore[attr-defined]
        with pytest.raises(RuntimeError):
            thread.start()
        thread._started.clear()  # type: ignore[attr-defined]
        thread.start()
    thread.join()
    assert found == ["a"]


def test_watching_begins_once() -> None:
    """However many threads register a variable at the same time, Python's own methods are wrapped once."""
    before = threading.Thread.start, ThreadPoolExecutor.submit
    together = threading.Barrier(8, timeout=30)

    def register() -> None:
        together.wait()
        inherit(PASSED)

    threads = [threading.Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (threading.Thread.start, ThreadPoolExecutor.submit) == before


def test_importing_loads_no_pool() -> None:
    """To import it costs no pool of threads, which few programs need."""
    import subprocess
    import sys

    script = "import sys, agentopt.inheritance; sys.exit('concurrent.futures' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
