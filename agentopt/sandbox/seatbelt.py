"""The profile of macOS, by its own command sandbox-exec.

Not run where it was written: the rendering of the profile is tested, its effect is proven on the
user's machine by the canary before the first program, as everywhere. Two things are weaker than on
Linux: macOS does not keep a limit on address space, so memory is not limited, and the program's
folder is only watched.
"""

from __future__ import annotations

import os
import sys

from agentopt.errors import InputError
from agentopt.sandbox import paths
from agentopt.sandbox.command import ROOT, CommandSandbox, interpreter
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits

_COMMAND = "/usr/bin/sandbox-exec"
_SYSTEM = ("/System", "/usr/lib", "/usr/share", "/Library/Frameworks", "/private/var/db/timezone", "/dev")


class SeatbeltSandbox(CommandSandbox):
    """Runs each program in a fresh interpreter under a profile that denies by default."""

    promised = Level.SEATBELT

    def command(self, limits: Limits, private: str) -> list[str]:
        """Return the command line of sandbox-exec for one run."""
        place = os.path.realpath(private)
        readable = [*paths.readable(), os.path.join(ROOT, "agentopt"), *_SYSTEM]
        text = profile(sorted({os.path.realpath(path) for path in readable}), place)
        return [_COMMAND, "-p", text, *interpreter(sys.executable, ROOT, Level.LIMITS, place)]


def profile(readable: list[str], writable: str) -> str:
    """Write a profile: read these paths, write in one folder, start and reach nothing else.

    Raises:
        InputError: A path holds a character that ends a string in the profile's language.
    """
    lines = [
        "(version 1)",
        "(deny default)",
        "(allow process-exec)",
        # The guard forks the program; it takes that right from the program by a limit on processes.
        "(allow process-fork)",
        "(allow signal (target same-sandbox))",
        "(allow sysctl-read)",
        "(allow file-read-metadata)",
        *(f'(allow file-read* (subpath "{_plain(path)}"))' for path in readable),
        f'(allow file-read* file-write* (subpath "{_plain(writable)}"))',
        '(allow file-write-data (literal "/dev/null"))',
        "(deny network*)",
    ]
    return "\n".join(lines) + "\n"


def _plain(path: str) -> str:
    if any(character in path for character in '"\\\n'):
        raise InputError(f"expected a path without quotes, backslashes and line ends, got {path!r}")
    return path
