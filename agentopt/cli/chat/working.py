"""Shows that something is being done, for how long, and how to stop it."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agentopt.cli.streams import mention
from agentopt.cli.terminal import clean

_FIRST_S = 0.3
"""What takes no longer shows nothing."""
_REDRAW_S = 0.2


class Working:
    """A live line on a terminal, plain lines in a pipe that asked for them.

    `tell` may be called at any time; outside of `doing` nothing is drawn on a terminal.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._live = not options.quiet and sys.stderr is not None and sys.stderr.isatty()
        self._lines = bool(options.verbose) and not self._live
        self._step = ""
        self._started = 0.0
        self._lock = threading.Lock()

    def tell(self, step: str) -> None:
        """Say what is being done now."""
        with self._lock:
            self._step = clean(step)
        if self._lines:
            mention(f"{time.monotonic() - self._started:6.1f} s  {clean(step)}\n")

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Show the line while the block runs, and take it away."""
        self._started = time.monotonic()
        self._step = ""
        if not self._live:
            yield
            return
        over = threading.Event()
        drawer = threading.Thread(target=self._draw, args=(over,), daemon=True)
        drawer.start()
        try:
            yield
        finally:
            over.set()
            drawer.join()

    def _draw(self, over: threading.Event) -> None:
        wait, drawn = _FIRST_S, False
        while not over.wait(wait):
            wait, drawn = _REDRAW_S, True
            with self._lock:
                step = self._step or "working"
            mention(f"\r{_short(step)} ({time.monotonic() - self._started:.0f} s; Ctrl-C stops it)\x1b[K")
        if drawn:
            mention("\r\x1b[K")


def _short(step: str) -> str:
    return step if len(step) <= 50 else step[:49] + "…"
