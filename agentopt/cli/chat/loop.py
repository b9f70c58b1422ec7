"""`agentopt chat`: opens a session, reads entries one after another, and has each done."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from agentopt import __version__
from agentopt.cli.block import Line
from agentopt.cli.chat.commands import resumed_blocks
from agentopt.cli.chat.desk import Desk
from agentopt.cli.chat.typed import piped_entries, session_folder, terminal_entries
from agentopt.cli.chat.working import Working
from agentopt.cli.exits import FAILED, SOLVED
from agentopt.cli.streams import mention
from agentopt.cli.view import usage_text
from agentopt.errors import FileError
from agentopt.llm import Budget
from agentopt.solvers.modeling.session.journal import read_events
from agentopt.solvers.modeling.session.session import Session

ENTERED = "entered"


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Talk until the user leaves or the input ends, and return the exit code.

    In a pipe the code tells whether every entry could be done; on a terminal the user has seen it.
    """
    interactive = not options.replay and sys.stdin is not None and sys.stdin.isatty()
    working = Working(options)
    opener = _Opener(options, working, interactive)
    resumed = _resumed(options)
    desk = Desk(opener.open(resumed), out, options, asks=interactive, open_session=opener.open)
    if interactive:
        mention(f"agentopt {__version__}. State your problem in words, or /help. Words are read by "
                f"{desk.session.model_name}.\n\n")  # fmt: skip
    if resumed is not None:
        desk.show(resumed_blocks(desk.session, resumed))
    if options.data:
        desk.take("/data " + " ".join(_quoted(path) for path in options.data))
    return _talk(desk, _entries(options, desk, interactive), working, interactive, bool(options.replay))


def _talk(desk: Desk, entries: Iterator[str], working: Working, interactive: bool, echo: bool) -> int:
    failed = False
    for entry in entries:
        if not entry.strip() and not desk.questions:
            continue
        if echo:
            desk.show([Line("> " + entry.replace("\n", "\n  "), "title")])
        desk.session.work.keep(ENTERED, text=entry)
        try:
            with working.doing():
                go_on = desk.take(entry)
        except KeyboardInterrupt:  # between two steps of the drawing
            go_on = True
        failed = failed or desk.failed
        if not go_on:
            break
    _farewell(desk, interactive)
    return FAILED if failed and not interactive else SOLVED


def _farewell(desk: Desk, interactive: bool) -> None:
    journal = desk.session.work.journal
    if interactive and journal is not None and journal.path.exists():
        mention(f"The session is kept; `agentopt chat --continue` goes on with it ({journal.path}).\n")


def _entries(options: argparse.Namespace, desk: Desk, interactive: bool) -> Iterator[str]:
    if options.replay:
        events = read_events(Path(options.replay).expanduser())
        return iter([str(event.fields.get("text", "")) for event in events if event.kind == ENTERED])
    if interactive:
        return terminal_entries(lambda: _names(desk), lambda: _toolbar(desk), lambda line: mention(line + "\n"))
    if sys.stdin is None:
        raise FileError("standard input is closed")
    return piped_entries(sys.stdin)


def _names(desk: Desk) -> list[str]:
    stated = desk.session.formulation
    return [element.name for _, element in stated.elements()] if stated else []


def _toolbar(desk: Desk) -> str:
    used = desk.session.usage
    asked = f" · {usage_text(used)}" if used.calls else ""
    asks = " · a number takes a reading" if desk.questions else ""
    return f" /help{asks} · Alt-Enter: another line · Ctrl-D leaves{asked}"


class _Opener:
    """Makes sessions by the options of the command."""

    def __init__(self, options: argparse.Namespace, working: Working, interactive: bool) -> None:
        self._options, self._working, self._interactive = options, working, interactive
        self._first = True

    def open(self, file: Path | None) -> Session:
        """A new session, or that of a file; a new one is kept where the options say, or among all."""
        options = self._options
        limits = Budget(calls=options.max_calls, dollars=options.budget_usd)
        common = {"time_limit_s": options.time_limit, "budget": limits, "progress": self._working.tell}
        if file is not None:
            return Session.load(file, options.model, **common)
        named = Path(options.session).expanduser() if options.session and self._first else None
        self._first = False
        journal = named or (_new_file() if self._interactive else None)
        return Session(options.model, journal=journal, replay=options.replay, **common)


def _resumed(options: argparse.Namespace) -> Path | None:
    """The file of the session that is to go on."""
    if options.resume:
        kept = sorted(session_folder().glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
        if not kept:
            raise FileError(f"there is no session to go on with in {session_folder()}")
        return kept[-1]
    named = Path(options.session).expanduser() if options.session else None
    return named if named is not None and named.exists() and named.stat().st_size else None


def _new_file() -> Path:
    return session_folder() / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}.jsonl"


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)
