"""Landlock: the kernel's own allow list of files, which a program can only tighten.

Needs Linux 5.13 and no rights. It covers opening, creating, linking, renaming and removing files;
not chmod, chown, utime, extended attributes and named Unix sockets, which `seccomp` refuses.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

from agentopt.sandbox import kernel

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK, _TRUNCATE = 1 << 6, 1 << 9, 1 << 11, 1 << 14
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | 1 << 15
# Rights known to each version of the interface: 1 knows 13, 2 adds REFER, 3 TRUNCATE, 5 IOCTL_DEV.
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP = 3
_SCOPES = 3
_NO_PATH = 0x200000  # O_PATH, which os has on Linux only
_PATH_BENEATH = 1


def version() -> int:
    """Return the version of the kernel's interface, or 0 where there is none."""
    try:
        return kernel.call("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def restrict(readable: Sequence[str], writable: Sequence[str], *, execute: bool = False) -> None:
    """Leave this process, and all it will start, only these paths and what is beneath them.

    TCP is refused where the kernel knows how (6.7), and so are signals and abstract
    sockets across the border (6.12). The caller has set NO_NEW_PRIVS.

    Raises:
        OSError: The kernel refused, or a path is not there.
    """
    abi = version()
    known = _KNOWN.get(min(abi, 5), 0)
    run = EXECUTE if execute else 0
    ruleset = kernel.call("landlock_create_ruleset", *_attributes(abi, known), 0)
    try:
        for path in readable:
            _allow(ruleset, path, (READ_FILE | READ_DIR | run) & known)
        for path in writable:
            refused = _MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK | (0 if execute else EXECUTE)
            _allow(ruleset, path, known & ~refused)
        kernel.call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _attributes(abi: int, known: int) -> tuple[bytes, int]:
    words = [known] + ([_TCP] if abi >= 4 else []) + ([_SCOPES] if abi >= 6 else [])
    return struct.pack(f"={len(words)}Q", *words), 8 * len(words)


def _allow(ruleset: int, path: str, rights: int) -> None:
    fd = os.open(path, _NO_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= _ON_FILES
        rule = struct.pack("=Qi", rights, fd)
        kernel.call("landlock_add_rule", ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(fd)
