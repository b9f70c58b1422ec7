"""Where a session meets its user: takes what is typed, has it done, draws what came of it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from agentopt.cli.block import Block, Line
from agentopt.cli.chat.commands import find_command
from agentopt.cli.chat.readings import OpenQuestion, open_questions, question_block
from agentopt.cli.chat.turn_view import turn_blocks
from agentopt.cli.failure import sentence_of
from agentopt.cli.screen import columns_of, draw
from agentopt.cli.streams import emit
from agentopt.cli.terminal import choose_style
from agentopt.errors import AgentoptError
from agentopt.solvers.modeling.session.session import Session
from agentopt.solvers.modeling.session.turn import Turn

Opener = Callable[[Path | None], Session]
"""Makes a new session, or goes on with that of a file."""


class Desk:
    """Serves one user.

    Args:
        session: What is talked about.
        out: Where results are drawn.
        options: How: --verbose, --no-color.
        asks: Whether questions are put to the user; else the reading taken stands, and is told.
        open_session: Makes the session of /new and /load.
    """

    def __init__(
        self, session: Session, out: TextIO, options: argparse.Namespace, *, asks: bool, open_session: Opener
    ) -> None:
        self.session, self.out, self.options, self.asks = session, out, options, asks
        self.open_session = open_session
        self.questions: list[OpenQuestion] = []
        self.failed = False
        """Whether the last entry could not be done."""

    def take(self, text: str) -> bool:
        """Do what one entry says.

        Returns:
            Whether to go on; False: the user leaves.
        """
        self.failed = False
        try:
            if text.lstrip().startswith("/"):
                return self._command(text.strip())
            if self.questions and self._chose(text):
                return True
            if text.strip():
                self.questions.clear()
                self.told(self.session.tell(text))
        except KeyboardInterrupt:
            self.failed = True
            self.show([Line("Stopped. Everything stands as it was before.", "warn")])
        except AgentoptError as error:
            self.failed = True
            self.show([Line(sentence_of(error), "bad")])
        except Exception as error:  # noqa: BLE001 - a defect of ours must not take the user's session with it
            self.failed = True
            self.show([Line(sentence_of(error), "bad")])
        return True

    def told(self, turn: Turn) -> None:
        """Draw a turn, and ask what it leaves open."""
        self.show(turn_blocks(turn, all_rows=bool(self.options.verbose)))
        if turn.kind in ("formulated", "second"):
            self.questions = open_questions(turn.open_alternatives) if self.asks else []
        self._ask()

    def show(self, blocks: Iterable[Block]) -> None:
        """Draw blocks, and a blank line after them."""
        style = choose_style(self.out.isatty(), os.environ, no_color=self.options.no_color)
        text = draw(blocks, style, columns_of(self.out))
        if text:
            emit(text + "\n", self.out)

    def _ask(self) -> None:
        solution = self.session.solution
        if self.questions and solution is not None:
            self.show([question_block(self.questions[0], solution)])

    def _chose(self, text: str) -> bool:
        """Take the reply to the open question, if it is one."""
        question = self.questions[0]
        chosen = question.chosen(text) if text.strip() else None
        if isinstance(chosen, str):
            return False
        rest = self.questions[1:]
        if chosen is None:
            self.questions = rest
            self.show([Line(f"Kept: {question.taken}.", "faint")])
            self._ask()
            return True
        # The other questions were compared with the reading that is left now.
        self.questions = []
        self.told(self.session.adopt(chosen))
        return True

    def _command(self, text: str) -> bool:
        word, _, argument = text[1:].partition(" ")
        command = find_command(word)
        self.questions.clear()
        return command.run(self, argument.strip()) is not False
