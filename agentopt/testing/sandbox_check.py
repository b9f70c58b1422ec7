"""The parts that the checks of a sandbox share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from agentopt.sandbox import Limits, Outcome, Sandbox

Check = Callable[[Sandbox], str]
"""Tries one thing; returns "" if the sandbox held, else what happened."""

BRIEF = Limits(wall_s=1.0, cpu_s=10.0)
SMALL = Limits(wall_s=20.0, cpu_s=15.0, memory_mib=256, file_mib=8, folder_mib=16)


def expect(outcome: Outcome, *verdicts: str) -> str:
    """Say what came in place of the verdicts, or ""."""
    if outcome.verdict in verdicts:
        return ""
    seen = outcome.error or repr(outcome.result)[:200]
    return f"expected {' or '.join(verdicts)}, got {outcome.verdict}: {seen}"


def expect_result(outcome: Outcome, wanted: object) -> str:
    """Say what came in place of a result, or ""."""
    if outcome.verdict == "ok" and outcome.result == wanted:
        return ""
    return f"expected {wanted!r}, got {outcome.verdict}: {outcome.error or repr(outcome.result)[:200]}"


def survivors(name: str) -> str:
    """Say which processes of the whole machine carry a name that a program gave itself, or ""."""
    if sys.platform.startswith("linux"):
        found = [path.parent.name for path in Path("/proc").glob("[0-9]*/comm") if _is_called(path, name)]
    else:
        listing = subprocess.run(["ps", "-axo", "comm="], capture_output=True, text=True, check=True).stdout
        found = [line for line in listing.splitlines() if name in line]
    return f"processes outlived the run: {', '.join(found)}" if found else ""


def _is_called(path: Path, name: str) -> bool:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() == name
    except OSError:
        return False
