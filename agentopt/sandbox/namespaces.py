"""User, pid, network, ipc, uts and mount namespaces, and a root that holds only what a program may read.

Needs Linux 5.12 and the right to make user namespaces; no other rights, and root needs no fewer.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
from collections.abc import Sequence

from agentopt.sandbox import kernel
from agentopt.sandbox.paths import DEVICES, without_nested

FOLDER = "/box"
_INNER_ID = 1000
_FLAGS = 0x10000000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000 | 0x00020000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_OLD = "/.old"
_N_INODES = 16384


def fork() -> int:
    """Fork into new namespaces, the child being pid 1 there; like os.fork otherwise.

    A raw clone skips the after-fork hooks of Python, which the guard does not need and
    which the second, ordinary fork of the program runs.

    Raises:
        OSError: The kernel refused, as where user namespaces are switched off.
    """
    # PyDLL keeps the interpreter's lock, so that the child begins with it held, as after os.fork.
    libc = ctypes.PyDLL(None, use_errno=True)
    words = [ctypes.c_long(word) for word in (kernel.number("clone"), _FLAGS | signal.SIGCHLD, 0, 0, 0, 0)]
    pid: int = libc.syscall(*words)
    if pid < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"clone into namespaces: {os.strerror(error)}")
    return pid


def enter(outer_uid: int, outer_gid: int, readable: Sequence[str]) -> None:
    """Map the ids and change into a new root that holds the readable paths, read-only, and an empty FOLDER.

    Raises:
        OSError: The kernel refused a step; the message names it.
    """
    _map_ids(outer_uid, outer_gid)
    kernel.mount("", "/", "", _REC | _PRIVATE)
    kernel.mount("tmpfs", "/tmp", "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755")
    os.mkdir("/tmp" + _OLD)
    os.chdir("/tmp")
    kernel.call("pivot_root", b".", _OLD[1:].encode())
    os.chdir("/")
    _lay_out([*readable, *DEVICES])
    _mount_proc()
    kernel.unmount(_OLD, _DETACH)
    os.rmdir(_OLD)
    _make_read_only()


def mount_folder(folder_mib: int) -> None:
    """Make FOLDER a file system of limited size, to write in.

    Raises:
        OSError: The kernel refused.
    """
    options = f"size={folder_mib}m,nr_inodes={_N_INODES},mode=700"
    kernel.mount("tmpfs", FOLDER, "tmpfs", _NOSUID | _NODEV, options)


def unmount_folder() -> None:
    """Take the file system of FOLDER away, and what was written with it."""
    with contextlib.suppress(OSError):  # it goes with the namespace in any case
        kernel.unmount(FOLDER, _DETACH)


def _map_ids(uid: int, gid: int) -> None:
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_INNER_ID} {uid} 1"),
        ("gid_map", f"{_INNER_ID} {gid} 1"),
    ):
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
        except OSError as error:
            raise OSError(error.errno, f"write {name}: {error.strerror}") from error


def _lay_out(paths: Sequence[str]) -> None:
    """Build the new root, links first, and bind the old one's paths into it."""
    real = without_nested([_OLD + path for path in paths])
    inner = [path.removeprefix(_OLD) for path in real]
    for path in (FOLDER, "/proc"):
        os.mkdir(path)
    for path in inner:
        _make_place(path)
    for path in paths:
        _make_link(path, os.path.realpath(_OLD + path).removeprefix(_OLD))
    for path in inner:
        kernel.mount(_OLD + path, path, "", _BIND | _REC)
    # Programs write to /tmp by habit; where nothing readable lies there, it is the private folder.
    for name in ("/tmp", "/dev/shm"):
        if not os.path.lexists(name):
            os.symlink(FOLDER, name)


def _make_place(path: str) -> None:
    if os.path.isdir(_OLD + path):
        os.makedirs(path, mode=0o755, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "x", encoding="ascii"):
        pass


def _make_link(path: str, target: str) -> None:
    if path != target and not os.path.lexists(path):
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        os.symlink(target, path)


def _mount_proc() -> None:
    try:
        kernel.mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    except PermissionError:
        # A container whose own /proc is masked may not show a fresh one; the program does without.
        return


def _make_read_only() -> None:
    attributes = struct.pack("=4Q", _RDONLY | _NOSUID, 0, 0, 0)
    kernel.call("mount_setattr", _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, len(attributes))
