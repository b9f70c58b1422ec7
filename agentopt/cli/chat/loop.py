"""`agentopt chat`: opens a session, reads entries one after another, and has each done."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from agentopt import __version__
from agentopt.cli.block import Line
from agentopt.cli.chat.commands import resumed_blocks
from agentopt.cli.chat.desk import Desk
from agentopt.cli.chat.opening import Opener, resumed_file, session_folder
from agentopt.cli.chat.played import BROKEN_OFF, DONE, ENTERED, TROUBLE, Entry, entries_in
from agentopt.cli.chat.typed import find_screen, piped_entries, terminal_entries
from agentopt.cli.chat.working import Working
from agentopt.cli.exits import FAILED, SOLVED
from agentopt.cli.failure import UsageError
from agentopt.cli.terminal import choose_style, clean
from agentopt.errors import FileError
from agentopt.solvers.modeling.session.journal import read_events
from agentopt.solvers.modeling.told import usage_text


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Talk until the user leaves or the input ends, and return the exit code.

    In a pipe the code tells whether every entry could be done; on a terminal the user has seen it.
    """
    if options.json:
        raise UsageError("agentopt chat prints no JSON; agentopt solve --json and agentopt mcp do")
    interactive = not options.replay and sys.stdin is not None and sys.stdin.isatty()
    working = Working(options)
    opener = Opener(options, working.tell, keeps=interactive)
    resumed = resumed_file(options)
    desk = Desk(
        opener.open(resumed),
        out,
        options,
        asks=interactive,
        open_session=opener.open,
        screen=find_screen() if interactive else None,
        aside=working.aside,
    )
    opener.tell = lambda sentence: desk.show([Line(sentence, "bad")])
    if options.replay:
        return _replay(desk, Path(options.replay).expanduser(), working)
    name = clean(desk.session.model_name)
    desk.greet(f"agentopt {__version__}. State your problem in words, or /help. Words are read by {name}.")
    if resumed is not None:
        desk.show(resumed_blocks(desk.session, resumed))
        _tell_broken_off(desk, resumed)
    given = [f"/data {shlex.join(str(Path(path).expanduser().resolve()) for path in options.data)}"]
    failed = _talk(desk, chain(given if options.data else (), _entries(desk)), working)
    _farewell(desk)
    return FAILED if failed and not interactive else SOLVED


def _talk(desk: Desk, entries: Iterator[str], working: Working) -> bool:
    """Have every entry done; returns whether one could not be."""
    failed = False
    for entry in entries:
        if not entry.strip() and not desk.questions:
            continue
        work = desk.session.work
        work.keep(ENTERED, text=entry, asked=desk.asks)
        with working.doing():
            go_on = desk.take(entry)
        # After /new and /load another session is at the desk; what came of them is told where they were entered.
        if desk.trouble:
            work.keep(TROUBLE, sentence=desk.trouble)
        else:
            work.keep(DONE)
        failed = failed or bool(desk.trouble)
        if not go_on:
            break
    return failed


def _replay(desk: Desk, file: Path, working: Working) -> int:
    """Draw a session again as it was, what could not be done then included."""
    failed = False
    for entry in entries_in(read_events(file)):
        if not entry.text.strip() and not desk.questions:
            continue
        desk.show([Line("> " + entry.text.replace("\n", "\n  "), "title")])
        desk.asks = entry.asked
        if entry.trouble != "":
            desk.show([Line(BROKEN_OFF if entry.trouble is None else entry.trouble, "bad")])
        elif _writes(entry):
            desk.show([Line("Nothing is written in a replay.", "faint")])
        else:
            with working.doing():
                go_on = desk.take(entry.text)
            failed = failed or bool(desk.trouble)
            if not go_on:
                break
    return FAILED if failed else SOLVED


def _writes(entry: Entry) -> bool:
    word = entry.text.lstrip().partition(" ")[0]
    return len(word) > 1 and ("/export".startswith(word) or "/save".startswith(word))


def _tell_broken_off(desk: Desk, file: Path) -> None:
    """Say what was entered last where the program ended in the middle of it."""
    entries = list(entries_in(read_events(file)))
    # A session that was saved ends with that very command.
    if not entries or entries[-1].trouble is not None or _writes(entries[-1]):
        return
    desk.session.work.keep(TROUBLE, sentence=BROKEN_OFF)
    said = " ".join(entries[-1].text.split())
    desk.show([Line(f"The program ended before this was done: {said[:200]}", "warn")])


def _farewell(desk: Desk) -> None:
    journal = desk.session.work.journal
    if journal is not None and journal.path.exists():
        is_last = journal.path.parent == session_folder()
        how = "--continue" if is_last else f"--session {shlex.quote(str(journal.path))}"
        desk.greet(f"The session is kept in {journal.path}; `agentopt chat {how}` goes on with it.")


def _entries(desk: Desk) -> Iterator[str]:
    if desk.screen is not None:
        color = choose_style(True, os.environ, no_color=desk.options.no_color).color
        return terminal_entries(lambda: _names(desk), lambda n: _toolbar(desk, n), desk.screen, color=color)
    if sys.stdin is None:
        raise FileError("standard input is closed")
    return piped_entries(sys.stdin.buffer)


def _names(desk: Desk) -> list[str]:
    """Names of elements, and members of sets as they stand in the plan."""
    stated, solution = desk.session.formulation, desk.session.solution
    names = dict.fromkeys(element.name for _, element in stated.elements()) if stated else {}
    for values in solution.variables.values() if solution is not None else ():
        names |= dict.fromkeys(member for key in values for member in key if isinstance(member, str))
    return list(names)


def _toolbar(desk: Desk, columns: int) -> str:
    """What helps most, as far as there is room."""
    used = desk.session.usage
    parts = ["/help", "Ctrl-D leaves", "Alt-Enter: another line"]
    if desk.questions:
        parts.insert(0, "a number takes a reading")
    if used.calls:
        parts.append(usage_text(used))
    shown = ""
    for part in parts:
        longer = f"{shown} · {part}" if shown else f" {part}"
        if len(longer) <= columns:
            shown = longer
    return shown
