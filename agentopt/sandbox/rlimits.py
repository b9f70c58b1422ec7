"""The limits that the kernel itself keeps for one process."""

from __future__ import annotations

import math
import resource
import sys

from agentopt.sandbox.outcome import Limits

_N_FILES = 256
_MIB = 1 << 20


def apply(limits: Limits, *, base_bytes: int, count_tasks: bool, count_cpu: bool = True) -> None:
    """Bind this process and its children; what is higher than already allowed stays as it was.

    Args:
        limits: Of the run.
        base_bytes: Address space that the preloaded packages take.
        count_tasks: Whether processes and threads are counted for this run alone, as in a user namespace;
            elsewhere the kernel counts all that the user runs.
        count_cpu: Whether processor time is limited over the whole life of the process.
    """
    _set("RLIMIT_AS", base_bytes + limits.memory_mib * _MIB)
    if count_cpu:
        cpu_s = math.ceil(limits.cpu_s)
        _set("RLIMIT_CPU", cpu_s, cpu_s + 1)
    _set("RLIMIT_FSIZE", limits.file_mib * _MIB)
    _set("RLIMIT_NOFILE", _N_FILES)
    for name in ("RLIMIT_CORE", "RLIMIT_MSGQUEUE", "RLIMIT_MEMLOCK", "RLIMIT_RTPRIO", "RLIMIT_NICE"):
        _set(name, 0)
    if sys.platform == "darwin" and limits.processes == 1:
        # There threads are not counted, and a user who is over the limit cannot fork.
        _set("RLIMIT_NPROC", 0)
    if count_tasks:
        # One more for the guard, which is in the same namespace.
        _set("RLIMIT_NPROC", limits.processes + limits.threads + 1)


def _set(name: str, soft: int, hard: int | None = None) -> None:
    kind = getattr(resource, name, None)
    if kind is None:
        return
    ceiling = resource.getrlimit(kind)[1]
    wanted = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        wanted, soft = min(wanted, ceiling), min(soft, ceiling)
    resource.setrlimit(kind, (soft, wanted))
