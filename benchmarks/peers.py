"""The peers of a benchmark, each in an environment of its own under `.bench/`, made once and used again.

They are no dependency of ours, of a test or of a user. A peer's own requirements may weigh gigabytes, so a peer is
installed without them, beside the few packages that the measured part imports; the list is part of what was measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENTS = Path(__file__).parent.parent / ".bench"
INSTALL_S = 600.0

_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "15")


class PeerMissing(Exception):
    """A peer could not be installed; its text is the reason in one line."""


@dataclass(frozen=True)
class Peer:
    """A package to compare with, and what must be installed for the part of it that is measured."""

    release: str
    """Name and version, as in "trace-opt==0.1.3.8"; installed without its own requirements."""
    needs: tuple[str, ...]
    """What the measured part imports; installed with everything that these require."""

    @property
    def name(self) -> str:
        """The package's name, also that of its environment."""
        return self.release.partition("==")[0]

    def python(self, environments: Path = ENVIRONMENTS) -> Path:
        """Give the interpreter that has this peer, after making its environment where it is not there yet.

        Raises:
            PeerMissing: The environment cannot be made, as without a network.
        """
        folder = environments / self.name
        python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        mark, wanted = folder / ".installed", "\n".join([self.release, *self.needs, sys.version])
        if not (python.exists() and mark.exists() and mark.read_text(encoding="utf-8") == wanted):
            self._install(folder, python)
            # Written last: an install that was cut off is begun again.
            mark.write_text(wanted, encoding="utf-8")
        return python

    def _install(self, folder: Path, python: Path) -> None:
        print(f"installing {self.release} under {folder.parent.name} ...", end=" ", file=sys.stderr, flush=True)
        try:
            venv.create(folder, clear=True, with_pip=True)
            _pip(python, "--no-deps", self.release)
            if self.needs:
                _pip(python, *self.needs)
        except (OSError, subprocess.SubprocessError) as error:
            raise PeerMissing(f"{self.name} could not be installed: {_last_line(error)}") from error


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), *_PIP, *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=INSTALL_S)


def _last_line(error: Exception) -> str:
    """Give the line in which pip says why, or else what the error says of itself."""
    written = getattr(error, "stderr", None)
    lines = [line for line in str(written or "").splitlines() if line.startswith("ERROR")]
    return lines[-1].removeprefix("ERROR: ") if lines else str(error)
