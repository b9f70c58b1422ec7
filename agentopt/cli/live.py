"""The progress of a search: one live line on a terminal, plain lines in a pipe."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from typing import TYPE_CHECKING

from agentopt.cli.streams import mention
from agentopt.cli.terminal import clean

if TYPE_CHECKING:
    from agentopt.search import Progress

_REDRAW_S = 0.05
_LINE_S = 10.0


class Live:
    """Shows the last trial, the best so far, what was spent and what is left.

    On a terminal the line is drawn over; elsewhere a line is written when the best changes and every ten seconds.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._quiet = bool(options.quiet)
        self._each = bool(options.verbose)
        self._drawn = 0.0
        self._best: int | None = None
        self._is_open = False

    def __call__(self, progress: Progress) -> None:
        if self._quiet:
            return
        now = time.monotonic()
        is_new = progress.best != self._best
        self._best = progress.best
        if self._is_terminal:
            if is_new or now - self._drawn >= _REDRAW_S:
                self._drawn = now
                self._draw(line_of(progress))
        elif self._each or is_new or now - self._drawn >= _LINE_S:
            self._drawn = now
            mention(line_of(progress) + "\n")

    def close(self) -> None:
        """Leave the line as it is and go to the next."""
        if self._is_open:
            mention("\n")
            self._is_open = False

    def _draw(self, line: str) -> None:
        width = shutil.get_terminal_size().columns
        mention(f"\r{line[: width - 1]}\x1b[K")
        self._is_open = True


def line_of(progress: Progress) -> str:
    """A trial in one line."""
    score = "failed" if progress.score is None else f"{progress.score:.4g}"
    best = "" if progress.estimate is None else f"  best {progress.best} {progress.estimate:.4g}"
    spent, left = progress.spent, progress.left
    dollars = "" if not spent.dollars else f"  ${spent.dollars:.4f}"
    rest = [
        f"{amount:.6g} {name}"
        for name, amount in (("evaluations", left.evaluations), ("calls", left.calls), ("s", left.seconds))
        if amount is not None
    ]
    remaining = f"  left {', '.join(rest)}" if rest else ""
    error = f"  {clean(progress.error)[:60]}" if progress.error else ""
    return (
        f"trial {progress.trial}  candidate {progress.candidate}/{progress.candidates - 1} {progress.part} {score}"
        f"{best}{dollars}  {spent.seconds or 0:.1f} s{remaining}{error}"
    )
