"""Work in a thread of its own, which can be stopped as Ctrl-C stops the command."""

from __future__ import annotations

import contextvars
import ctypes
import threading
from collections.abc import Callable

AGAIN_S = 1.0
"""How long to wait before a thread that goes on is told to stop once more: a verb may solve many times."""


class Job:
    """One call of a verb.

    `engines.interruptible` waits in Python for its solver and stops it at KeyboardInterrupt.
    A signal raises that in the main thread only; CPython can raise it in any thread that
    runs Python (PyThreadState_SetAsyncExc). What waits in C, as for a model's reply, sees
    it when that returns.

    Args:
        work: What to do.
        after: Is called in the thread when work has ended, and is not interrupted any more.
    """

    def __init__(self, work: Callable[[], None], after: Callable[[Job], None]) -> None:
        self._work, self._after = work, after
        self._guard = threading.Lock()
        self._open = True
        self.ended = threading.Event()
        self.stopped = False
        """Whether somebody wanted it to stop before its end."""
        self.error: BaseException | None = None
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="agentopt-mcp", daemon=True)

    def start(self) -> None:
        """Begin the work."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the work to end, again and again until it does; return at once."""
        with self._guard:
            if self.stopped or not self._open:
                return
            self.stopped = True
        threading.Thread(target=self._insist, name="agentopt-mcp-stop", daemon=True).start()

    def _insist(self) -> None:
        while not self.ended.is_set():
            with self._guard:
                if self._open:
                    _raise_in(self._thread, KeyboardInterrupt)
            self.ended.wait(AGAIN_S)

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for the job raises it again
            self.error = error
        self._close()
        try:
            self._after(self)
        finally:
            self.ended.set()

    def _close(self) -> None:
        """Let no interrupt come any more; one that is on its way may still break in here."""
        while True:
            try:
                with self._guard:
                    self._open = False
                    _raise_in(self._thread, None)
                return
            except KeyboardInterrupt:
                continue


def _raise_in(thread: threading.Thread, kind: type[BaseException] | None) -> None:
    """Raise an exception in a thread at its next step in Python; None takes back one that is on its way."""
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), None if kind is None else ctypes.py_object(kind)
    )
