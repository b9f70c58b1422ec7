"""What a program must be able to read for Python and its solvers to work, and no more."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system/cpu")
_COMMANDS = ("/bin", "/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/lib")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
PROC_FILES = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat")


@cache
def readable(*, commands: bool = False) -> tuple[str, ...]:
    """List, once a process, the existing paths of the interpreter, its packages and the system's libraries.

    Args:
        commands: Also the system's programs, for runs that may start processes.
    """
    wanted = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, *site.getsitepackages()]
    wanted += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    wanted += [*_LIBRARIES, *_FILES, *(_COMMANDS if commands else ())]
    # An interpreter unpacked straight into the home folder must not open that folder.
    too_wide = {"/", os.path.realpath(os.path.expanduser("~"))}
    there = dict.fromkeys(path for path in wanted if os.path.exists(path))
    return tuple(path for path in there if os.path.realpath(path) not in too_wide)


def without_nested(paths: Iterable[str]) -> list[str]:
    """Resolve links and leave out what lies beneath another of the paths."""
    real = sorted({os.path.realpath(path) for path in paths})
    kept: list[str] = []
    for path in real:
        if not kept or not path.startswith(kept[-1] + "/"):
            kept.append(path)
    return kept
