"""bubblewrap makes the namespaces, our guard the rest."""

from __future__ import annotations

import os
import shutil
import sys

from agentopt.errors import SandboxUnavailable
from agentopt.sandbox import paths
from agentopt.sandbox.command import ENVIRONMENT, ROOT, CommandSandbox, interpreter
from agentopt.sandbox.levels import Level
from agentopt.sandbox.outcome import Limits

_FOLDER = "/box"
_WALLS = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
_NOBODY = ["--uid", "1000", "--gid", "1000"]


class BubblewrapSandbox(CommandSandbox):
    """Runs each program in a fresh interpreter that bwrap surrounds with namespaces.

    Landlock, seccomp and the limits are put on inside, because bwrap alone leaves nested namespaces and
    io_uring open. Where distributions let bwrap make user namespaces and Python not, this is the way to them.

    Args:
        bwrap: The command; looked for on PATH if None.

    Raises:
        SandboxUnavailable: From the first `run`: bwrap is missing, or may not make namespaces.
    """

    promised = Level.NAMESPACES

    def __init__(self, bwrap: str | None = None) -> None:
        super().__init__()
        self._bwrap = bwrap

    def command(self, limits: Limits, private: str) -> list[str]:
        """Return the command line of bwrap for one run."""
        bwrap = self._bwrap or shutil.which("bwrap")
        if bwrap is None:
            raise SandboxUnavailable("bwrap is not on PATH; install the package bubblewrap")
        line = [bwrap, *_WALLS, *_NOBODY]
        for name, value in ENVIRONMENT.items():
            line += ["--setenv", name, value]
        line += [*_tree(), "--proc", "/proc", "--dev", "/dev"]
        line += ["--size", str(limits.folder_mib << 20), "--tmpfs", _FOLDER, "--chdir", "/", "--"]
        return line + interpreter(sys.executable, ROOT, Level.LANDLOCK, _FOLDER)


def _tree() -> list[str]:
    """Bind what must be readable at its own place, and make the links that lead there."""
    package = os.path.join(ROOT, "agentopt")
    wanted = [*paths.readable(), package]
    arguments = []
    for path in paths.without_nested(wanted):
        arguments += ["--ro-bind", path, path]
    for path in wanted:
        real = os.path.realpath(path)
        if real != path:
            arguments += ["--symlink", real, path]
    return arguments
