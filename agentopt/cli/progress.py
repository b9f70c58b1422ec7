"""Tells on standard error what is being done, while it is done."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from agentopt.cli.streams import mention
from agentopt.cli.terminal import clean


def progress(options: argparse.Namespace) -> Callable[[str], None]:
    """Return what tells the user of each step: on a terminal, or where it is asked for."""
    started = time.monotonic()

    def tell(step: str) -> None:
        mention(f"{time.monotonic() - started:6.1f} s  {clean(step)}\n")

    shown = options.verbose or (not options.quiet and sys.stderr is not None and sys.stderr.isatty())
    return tell if shown else lambda step: None
