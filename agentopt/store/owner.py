"""Which process runs a run, and whether it still does."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from contextlib import suppress
from pathlib import Path

STALE_S = 120.0
"""Seconds without a sign of life after which an owner that cannot be looked at, in another container, is dead."""


def me() -> str:
    """This process, told from any other: where it is, its number, and when it began, since numbers are used again."""
    return json.dumps([_place(), os.getpid(), _began(os.getpid())])


def is_alive(owner: str, seen: float) -> bool:
    """Whether an owner still runs.

    Args:
        owner: As `me` wrote it there; "" is nobody.
        seen: When it last wrote, in Unix time.
    """
    try:
        place, number, began = json.loads(owner or "[]")
        if place != _place():
            return time.time() - seen < STALE_S
        os.kill(int(number), 0)
    except (ValueError, TypeError, OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        pass  # it is there, and another user's
    return bool(_began(int(number)) == began)


def shown(owner: str) -> str:
    """An owner in words."""
    try:
        (host, *_), number, _ = json.loads(owner)
    except (ValueError, TypeError):
        return "unknown"
    return f"{number} on {host}"


def _place() -> list[str]:
    """Where numbers of processes mean the same: the machine since it was started, and the name space in it."""
    place = [platform.node(), "", ""]
    with suppress(OSError):
        place[1] = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        place[2] = os.readlink("/proc/self/ns/pid")
    return place


def _began(number: int) -> str:
    """When a process began, as the system tells it; "" of one that is gone. A zombie began at no time."""
    if not Path("/proc/self/stat").exists():
        return _told_by_ps(number)
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""


def _told_by_ps(number: int) -> str:
    """The same where there is no /proc, as on macOS."""
    with suppress(OSError, subprocess.SubprocessError):
        command = ["ps", "-o", "lstart=", "-p", str(number)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10, env={"LC_ALL": "C"})
        return done.stdout.strip()
    return ""
