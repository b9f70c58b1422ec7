"""Shows that something is being done, for how long, and how to stop it."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from agentopt.cli.screen import columns_of
from agentopt.cli.streams import mention
from agentopt.cli.terminal import clean, n_columns

_FIRST_S = 0.3
"""What takes no longer shows nothing."""
_REDRAW_S = 0.2
_STOPS = "; Ctrl-C stops it"
_ROOM = 20
"""Columns for the step, below which it is not said how to stop it."""


class Working:
    """A live line on a terminal, a line for each step where that cannot be drawn or a pipe asked for it.

    `tell` may be called at any time; outside of `doing` nothing is drawn over.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        is_terminal = not options.quiet and sys.stderr is not None and sys.stderr.isatty()
        self._live = is_terminal and os.environ.get("TERM") != "dumb"
        self._lines = not self._live and (bool(options.verbose) or is_terminal)
        self._step = ""
        self._started = time.monotonic()
        self._drawn = False
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

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Keep the line away while the block writes."""
        with self._lock:
            self._erase()
            yield

    def _draw(self, over: threading.Event) -> None:
        wait = _FIRST_S
        while not over.wait(wait):
            wait = _REDRAW_S
            with self._lock:
                line = live_line(self._step or "working", time.monotonic() - self._started, columns_of(sys.stderr))
                mention(f"\r{line}\x1b[K")
                self._drawn = True
        with self._lock:
            self._erase()

    def _erase(self) -> None:
        if self._drawn:
            mention("\r\x1b[K")
            self._drawn = False


def live_line(step: str, seconds: float, columns: int) -> str:
    """A step in one line that leaves the last column free, for a line that wraps cannot be drawn over."""
    room = columns - 1
    tail = f" ({seconds:.0f} s{_STOPS})"
    if room - len(tail) < _ROOM:
        tail = f" ({seconds:.0f} s)"
    return _cut(step, max(0, room - len(tail))) + tail


def _cut(text: str, columns: int) -> str:
    if n_columns(text) <= columns:
        return text
    while text and n_columns(text) >= columns:
        text = text[:-1]
    return text + "…" if columns else ""
