"""Opens the sessions of a chat, and says where they are kept."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

from agentopt.cli.chat.keeping import keep_while_possible
from agentopt.cli.streams import mention
from agentopt.errors import FileError
from agentopt.llm import Budget
from agentopt.solvers.modeling.session.session import Session


class Opener:
    """Makes sessions by the options of the command.

    Args:
        options: --session, --model, --replay and the limits.
        progress: Is called with one line for each step.
        keeps: Whether a session that is given no file is kept among all.
    """

    def __init__(self, options: argparse.Namespace, progress: Callable[[str], None], *, keeps: bool) -> None:
        self._options, self._progress, self._keeps = options, progress, keeps
        self._first = True
        self.tell: Callable[[str], None] = lambda sentence: mention(sentence + "\n")
        """Is given a sentence for the user."""

    def open(self, file: Path | None) -> Session:
        """A new session, or that of a file; a new one is kept where the options say, or among all."""
        options = self._options
        limits = Budget(calls=options.max_calls, dollars=options.budget_usd)
        common = {"time_limit_s": options.time_limit, "budget": limits, "progress": self._progress}
        if file is not None:
            return keep_while_possible(Session.load(file, options.model, **common), self._tell)
        named = Path(options.session).expanduser() if options.session and self._first else None
        self._first = False
        journal = named or (self._new_file() if self._keeps else None)
        session = Session(options.model, journal=journal, replay=options.replay, **common)
        return keep_while_possible(session, self._tell)

    def _new_file(self) -> Path | None:
        folder = session_folder()
        try:
            # Problems may be confidential: what is kept here is for its owner alone.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            self._tell(f"the session is not kept: {folder}: {error.strerror or error}; --session FILE keeps it.")
            return None
        return folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}.jsonl"

    def _tell(self, sentence: str) -> None:
        self.tell(sentence)


def session_folder() -> Path:
    """Where sessions are kept that are given no file."""
    from platformdirs import user_state_path

    return user_state_path("agentopt") / "sessions"


def resumed_file(options: argparse.Namespace) -> Path | None:
    """The file of the session that is to go on; None where a new one begins.

    Raises:
        FileError: There is no session to go on with, or what is named is no file.
    """
    if options.resume:
        kept = sorted(session_folder().glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
        if not kept:
            raise FileError(f"there is no session to go on with in {session_folder()}")
        return kept[-1]
    named = Path(options.session).expanduser() if options.session else None
    if named is None or not named.exists():
        return None
    if not named.is_file():
        # A device or a pipe has no end, and a folder no lines.
        raise FileError(f"{named} is no file, so no session can be kept in it")
    return named if named.stat().st_size else None
