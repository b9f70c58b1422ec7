"""Which process runs a run, and whether it still does."""

from __future__ import annotations

import json
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

STALE_S = 120.0
"""Seconds without a sign of life after which an owner on another machine is taken for dead."""


def me() -> str:
    """This process, told from any other: machine, number, and when it began, since numbers are used again."""
    return json.dumps([platform.node(), os.getpid(), _began(os.getpid())])


def is_alive(owner: str, seen: float) -> bool:
    """Whether an owner still runs.

    Args:
        owner: As `me` wrote it there; "" is nobody.
        seen: When it last wrote, in Unix time.
    """
    if not owner:
        return False
    try:
        machine, number, began = json.loads(owner)
    except ValueError:
        return False
    if machine != platform.node():
        return time.time() - seen < STALE_S
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return bool(_began(int(number)) == began)


def _began(number: int) -> str:
    """When a process began, in the kernel's ticks; "" where the system does not tell. A zombie began at no time."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""
