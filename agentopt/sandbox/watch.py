"""Looking at a run from outside: what its processes take and how much its folder holds."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from agentopt.sandbox.outcome import Limits

_MIB = 1 << 20
_ENTRY_BYTES = 4096
_CPU_CLOCK = 2
_PPID, _CPU, _THREADS, _SIZE, _RESIDENT = 1, slice(11, 15), 17, 20, 21


@dataclass(frozen=True)
class Usage:
    """What one process takes, or several together."""

    n_processes: int = 0
    n_threads: int = 0
    cpu_s: float = 0.0
    address_bytes: int = 0
    resident_bytes: int = 0


def usage(pid: int | str) -> Usage | None:
    """Read what one process takes; None if it is gone or /proc does not show it."""
    fields = _stat(pid)
    if fields is None:
        return None
    cpu_s = sum(int(field) for field in fields[_CPU]) / os.sysconf("SC_CLK_TCK")
    resident = int(fields[_RESIDENT]) * os.sysconf("SC_PAGE_SIZE")
    return Usage(1, int(fields[_THREADS]), cpu_s, int(fields[_SIZE]), resident)


def processor_s(pid: int) -> float:
    """Return a process's processor time to the microsecond, also where there is no /proc; Linux only."""
    try:
        # The clock of a process is named by its number, as clock_getcpuclockid(3) does it.
        return time.clock_gettime(~pid << 3 | _CPU_CLOCK)
    except OSError:
        return 0.0


def descendants(root: int) -> list[int]:
    """List all processes beneath one, by their parents in /proc; none where there is no /proc."""
    names = os.listdir("/proc") if os.path.isdir("/proc") else []
    parents = {int(name): _stat(name) for name in names if name.isdigit()}
    found = [root]
    for pid in found:
        found += [child for child, fields in parents.items() if fields is not None and int(fields[_PPID]) == pid]
    return found[1:]


def total(pids: Sequence[int], base: Usage) -> Usage:
    """Sum what processes take, each less the memory that it was forked with."""
    each = [taken for pid in pids if (taken := usage(pid)) is not None]
    return Usage(
        n_processes=len(each),
        n_threads=sum(taken.n_threads for taken in each),
        cpu_s=sum(taken.cpu_s for taken in each),
        address_bytes=sum(taken.address_bytes for taken in each),
        resident_bytes=sum(max(0, taken.resident_bytes - base.resident_bytes) for taken in each),
    )


def excess(taken: Usage, limits: Limits) -> tuple[str, str] | None:
    """Name the verdict and the limit that is passed, if one is."""
    if taken.cpu_s > limits.cpu_s:
        return "timeout", f"the program used its {limits.cpu_s:g} s of processor time"
    if taken.resident_bytes > limits.memory_mib * _MIB:
        return "memory", f"the program took more than its {limits.memory_mib} MiB of memory"
    if taken.n_threads > limits.processes + limits.threads:
        return "denied", f"the program started more than {limits.threads} threads"
    return None


def holds_more(folder: str, pid: int, most_bytes: int) -> bool:
    """Tell whether a folder, with the files a process keeps open after unlinking them, passes a size.

    Every entry counts at least a page, so that empty files are not free. A file that was unlinked, mapped and
    closed is not seen: only a file system of limited size stops that.
    """
    held = 0
    for n_bytes in chain(_unlinked(pid), _blocks(folder)):
        held += n_bytes
        if held > most_bytes:
            return True
    return False


def _blocks(folder: str) -> Iterator[int]:
    waiting = [folder]
    while waiting:
        # Where a folder went away, its path grew too long or its mode forbids, what is below cannot be counted.
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield _size(entry)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return max(_ENTRY_BYTES, entry.stat(follow_symlinks=False).st_blocks * 512)
    except OSError:
        return _ENTRY_BYTES


def _unlinked(pid: int) -> Iterator[int]:
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return
    for name in names:
        try:
            status = os.stat(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
            yield status.st_blocks * 512


def _stat(pid: int | str) -> list[str] | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode("ascii", "replace")
    except OSError:
        return None
    # The second field is the name that the process gave itself; it may hold anything, parentheses included.
    return text.rpartition(")")[2].split()
