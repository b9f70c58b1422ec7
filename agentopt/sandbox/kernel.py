"""The few system calls that Python does not offer, by ctypes; Linux only."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable
from functools import cache

from agentopt.sandbox.syscall_table import COLUMN, NUMBERS

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def number(name: str) -> int:
    """Return the system call's number on this machine, or -1.

    Raises:
        OSError: The processor family is not in the table.
    """
    return number_on(name, platform.machine())


def number_on(name: str, family: str) -> int:
    """Return the system call's number on a processor family, or -1.

    Raises:
        OSError: The family is not in the table.
    """
    if family not in COLUMN:
        raise OSError(f"the sandbox knows no system call numbers for {family}")
    return NUMBERS[name][COLUMN[family]]


def call(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call; integers are passed as words, bytes and buffers as pointers.

    Raises:
        OSError: The kernel refused.
    """
    return _checked(_libc().syscall, name, number(name), *arguments)


def prctl(option: int, *arguments: int) -> int:
    """Set a property of this process.

    Raises:
        OSError: The kernel refused.
    """
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(_libc().prctl, "prctl", option, *padded)


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount a file system.

    Raises:
        OSError: The kernel refused.
    """
    words = (source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None)
    _checked(_libc().mount, f"mount {kind or source} on {target}", *words)


def unmount(target: str, flags: int) -> None:
    """Take a mount away.

    Raises:
        OSError: The kernel refused.
    """
    _checked(_libc().umount2, f"unmount {target}", target.encode(), flags)


def flush_stdio() -> None:
    """Write out what C code printed and its buffers still hold."""
    _libc().fflush(None)


def drop_capabilities() -> None:
    """Give up every capability for good, so that even root keeps only what its files allow."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            # EINVAL is past the kernel's last one; EPERM is a user who has none to drop.
            break
    header = ctypes.create_string_buffer(_CAPABILITY_VERSION_3.to_bytes(4, "little") + bytes(4), 8)
    call("capset", header, bytes(24))


def _checked(function: Callable[..., int], what: str, *arguments: object) -> int:
    words = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    done = function(*words)
    if done == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return done
