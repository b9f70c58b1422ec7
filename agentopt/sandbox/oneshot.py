"""One run in a fresh interpreter, for adapters whose own program makes the walls first."""

from __future__ import annotations

import json
import os

from agentopt.sandbox import guard
from agentopt.sandbox.levels import Level
from agentopt.sandbox.run import Line


def main(argument: str) -> None:
    """Take a request on stdin, run it under a guard, leave the report on stdout.

    Args:
        argument: JSON with the level that holds inside, and the folder for private folders.
    """
    setting = json.loads(argument)
    level = Level.parse(setting["level"])
    post = guard.Post(level, False, os.geteuid(), os.getegid(), setting["temporary"], os.getppid())
    guard.Guard(post).serve(Line(0, 1))
