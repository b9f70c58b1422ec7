"""The guard of one run: makes the cell, keeps a process waiting in it, gives it the program, reports.

It is the parent of the program and, with namespaces, pid 1 of theirs, so that its death is theirs.
The program can neither signal nor trace it. What the guard says of times and ends it saw itself;
what the program claims it passes on unread.
"""

from __future__ import annotations

import contextlib
import signal
import time
from dataclasses import dataclass

from agentopt.sandbox import child, folder, kernel, namespaces, paths, watch
from agentopt.sandbox.levels import Level
from agentopt.sandbox.longrun import LongRun
from agentopt.sandbox.outcome import Limits
from agentopt.sandbox.report import Report
from agentopt.sandbox.run import Cell, Line, Run, send_result
from agentopt.sandbox.wire import REQUEST_BYTES, receive_frame
from agentopt.values import decode

_REQUEST_S = 20.0


@dataclass(frozen=True)
class Post:
    """Where a guard stands: its level and what it was before any namespace."""

    level: Level
    commands: bool
    """Whether programs may start others, and so must be able to read them."""
    uid: int
    gid: int
    temporary: str
    server_pid: int


class Guard:
    """Prepares all of a run that does not depend on its program, and then does one run.

    Preparing is most of the time of a short run, so the server has it done ahead.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        # Read before the root changes: in some containers the new one cannot have a /proc.
        self._base = watch.usage("self") or watch.Usage()
        self._inmate: child.Inmate | None = None
        self._problem = ""
        try:
            self._prepare()
            self._inmate = child.start(post.level, self._base.address_bytes)
        except OSError as error:
            self._problem = str(error)

    def serve(self, line: Line) -> None:
        """Do one run, from its request to its report."""
        request = receive_frame(line.read_fd, REQUEST_BYTES, time.monotonic() + _REQUEST_S)
        if request is None:
            return
        limits = Limits(**decode(request, max_bytes=REQUEST_BYTES)["limits"])  # type: ignore[index,call-overload,arg-type]
        try:
            place = self._make_folder(limits) if self._inmate is not None else ""
        except OSError as error:
            self._problem = str(error)
        if self._problem or self._inmate is None:
            send_result(line.write_fd, Report(setup=self._problem))
            return
        try:
            cell = Cell(self._post.level, place, self._base, self._post.server_pid)
            kind = LongRun if line.pipes else Run
            kind(cell, limits, self._inmate, line).go(request)
        finally:
            if self._post.level < Level.NAMESPACES:
                folder.remove(place)
            else:
                namespaces.unmount_folder()

    def _prepare(self) -> None:
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            # If the whole machine runs out of memory, a run goes first.
            file.write("1000")
        if self._post.level < Level.NAMESPACES:
            _adopt_orphans()
            return
        namespaces.enter(self._post.uid, self._post.gid, paths.readable(commands=self._post.commands))
        # Only now: a change of ids or capabilities takes the wish back.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)

    def _make_folder(self, limits: Limits) -> str:
        if self._post.level < Level.NAMESPACES:
            return folder.make(self._post.temporary)
        namespaces.mount_folder(limits.folder_mib)
        return namespaces.FOLDER


def _adopt_orphans() -> None:
    with contextlib.suppress(OSError, AttributeError):
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
