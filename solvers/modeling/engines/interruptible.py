"""Runs a solver so that Ctrl-C stops it and its best point is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

TICK_S = 0.2
"""How often the waiting thread wakes; on some systems a signal is seen only then."""


def run_interruptibly(work: Callable[[], object], stop: Callable[[], object]) -> None:
    """Run work in a thread of its own and call stop at Ctrl-C; return when work has ended.

    A compiled solver never looks for Python's signals, so the main thread has to be free to see them.

    Raises:
        BaseException: Whatever work raised.
    """
    done, failures = threading.Event(), list[BaseException]()

    def target() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the caller's thread raises it again
            failures.append(error)
        finally:
            done.set()

    threading.Thread(target=target, daemon=True).start()
    # Not join(): Python 3.11 takes a thread for ended when Ctrl-C breaks into join().
    while not done.is_set():
        try:
            while not done.wait(TICK_S):
                pass
        except KeyboardInterrupt:
            stop()
    if failures:
        raise failures[0]
