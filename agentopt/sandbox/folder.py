"""The private folder of a run on a shared file system, and its removal whatever is in it."""

from __future__ import annotations

import os
import stat
import tempfile


def make(base: str) -> str:
    """Make a folder that only this user can enter."""
    return tempfile.mkdtemp(prefix="agentopt-run-", dir=base)


def remove(folder: str) -> None:
    """Remove a folder that a hostile program filled, after the program's end.

    Each folder below is moved up to the top before it is emptied, so that neither its depth
    nor the length of its path can be in the way; no link is followed.
    """
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        n_moved = 0
        waiting = _clear(top, top, 0)
        while waiting:
            name = waiting.pop()
            os.chmod(name, 0o700, dir_fd=top)
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
            try:
                n_moved += len(moved := _clear(inner, top, n_moved))
            finally:
                os.close(inner)
            waiting += moved
            os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(folder)


def _clear(folder: int, top: int, n_moved: int) -> list[str]:
    """Unlink the files of a folder and move its folders to the top under names of ours."""
    moved = []
    for name in os.listdir(folder):
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=folder)
        elif folder == top:
            moved.append(name)
        else:
            # Renaming a folder rewrites its "..", for which its owner needs to be allowed to write in it.
            os.chmod(name, 0o700, dir_fd=folder)
            moved.append(_rename_up(name, folder, top, n_moved + len(moved)))
    return moved


def _rename_up(name: str, folder: int, top: int, number: int) -> str:
    new = f"{os.getpid()}-moved-{number}"
    while os.access(new, os.F_OK, dir_fd=top, follow_symlinks=False):
        new += "_"
    os.rename(name, new, src_dir_fd=folder, dst_dir_fd=top)
    return new
