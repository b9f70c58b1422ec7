"""Where a session meets its user: takes what is typed, has it done, draws what came of it."""

from __future__ import annotations

import argparse
import os
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TextIO

from agentopt.cli.block import Block, Items, Line, Tone
from agentopt.cli.chat.commands import find_command
from agentopt.cli.chat.readings import OpenQuestion, open_questions, question_block
from agentopt.cli.chat.turn_view import turn_blocks
from agentopt.cli.failure import sentence_of
from agentopt.cli.screen import columns_of, draw
from agentopt.cli.streams import emit, mention
from agentopt.cli.terminal import choose_style, clean
from agentopt.errors import AgentoptError, InputError
from agentopt.solvers.modeling.formulation import Formulation
from agentopt.solvers.modeling.session.session import Session
from agentopt.solvers.modeling.session.turn import Turn
from agentopt.solvers.modeling.words.formulate import MAX_PROBLEM

Opener = Callable[[Path | None], Session]
"""Makes a new session, or goes on with that of a file."""

MAX_SENTENCE = 1000
"""Characters of a sentence about what went wrong."""

_STOPPED_LATE = "Stopped while it was shown. It is done already: /show tells it, /undo takes it back."


class UnwrittenError(AgentoptError):
    """Results cannot be written, so that going on would serve nobody."""


class Desk:
    """Serves one user.

    Args:
        session: What is talked about.
        out: Where results are drawn.
        options: How: --verbose, --no-color, --debug.
        asks: Whether questions are put to the user; else the reading taken stands, and is told.
        open_session: Makes the session of /new and /load.
        screen: The terminal of whoever sits at the keyboard; None where nobody does.
        aside: Keeps away what else is drawn on the terminal, while results are written.
    """

    def __init__(
        self,
        session: Session,
        out: TextIO,
        options: argparse.Namespace,
        *,
        asks: bool,
        open_session: Opener,
        screen: TextIO | None = None,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.session, self.out, self.options, self.asks = session, out, options, asks
        self.open_session, self._aside = open_session, aside
        self.screen = screen
        self.questions: list[OpenQuestion] = []
        self._asked_about: Formulation | None = None
        self.trouble = ""
        """Why the last entry could not be done; "" when it was."""

    def take(self, text: str) -> bool:
        """Do what one entry says.

        Returns:
            Whether to go on; False: the user leaves.
        """
        self.trouble = ""
        stood = self.session.formulation
        try:
            if text.lstrip().startswith("/"):
                return self._command(text.strip())
            if self.questions and self._chose(text):
                return True
            if text.strip():
                self.told(self.session.tell(text))
        except KeyboardInterrupt:
            if self.screen is None:
                raise  # whoever feeds a pipe wants out, not the next entry
            is_done = self.session.formulation is not stood
            self.fail(_STOPPED_LATE if is_done else "Stopped. Everything stands as it was before.", "warn")
        except UnwrittenError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours must not take the user's session with it
            if self.options.debug:
                mention(clean("".join(traceback.format_exception(error)), lines=True))
            self.fail(sentence_of(error))
        return True

    def fail(self, sentence: str, tone: Tone = "bad") -> None:
        """Say why an entry was not done."""
        # Some errors quote what was entered, which may be a megabyte.
        self.trouble = sentence if len(sentence) <= MAX_SENTENCE else sentence[:MAX_SENTENCE] + "…"
        self._tell([Line(self.trouble, tone)])

    def told(self, turn: Turn) -> None:
        """Draw a turn, and ask what it leaves open."""
        self.show(turn_blocks(turn, all_rows=bool(self.options.verbose), asks=self.asks))
        if turn.kind in ("formulated", "second"):
            self.questions = open_questions(turn.open_alternatives) if self.asks else []
            self._asked_about = self.session.formulation
        elif self.session.formulation is not self._asked_about:
            self.questions = []
        self._ask()

    def show(self, blocks: Iterable[Block]) -> None:
        """Draw blocks, and a blank line after them."""
        self._draw(blocks, self.out)

    def _tell(self, blocks: Sequence[Block]) -> None:
        """Draw what whoever sits at the keyboard must see, also where the results go to a file."""
        self.show(blocks)
        if self.screen is not None and not self.out.isatty():
            self._draw(blocks, self.screen)

    def greet(self, sentence: str) -> None:
        """Say what is no result."""
        if self.screen is not None:
            self._draw([Line(sentence, "faint")], self.screen)

    def _draw(self, blocks: Iterable[Block], to: TextIO) -> None:
        style = choose_style(to.isatty(), os.environ, no_color=self.options.no_color)
        text = draw(blocks, style, columns_of(to))
        if text:
            try:
                with self._aside():
                    emit(text + "\n", to)
            except AgentoptError as error:
                raise UnwrittenError(str(error)) from error

    def _ask(self) -> None:
        solution = self.session.solution
        if self.questions and solution is not None:
            self._tell([question_block(self.questions[0], solution)])

    def _chose(self, text: str) -> bool:
        """Take the reply to the open question, if it is one."""
        question = self.questions[0]
        chosen = question.chosen(text) if text.strip() else None
        if isinstance(chosen, str):
            return False
        if chosen is None:
            self.questions = self.questions[1:]
            self.show([Line(f"Kept: {question.taken}.", "faint")])
            self._ask()
            return True
        rest = self.questions[1:]
        turn = self.session.adopt(chosen)
        # The other questions were compared with the reading that is left now.
        self.questions = []
        self.told(turn)
        if rest:
            taken = tuple(f"{other.question} Taken: {other.taken}." for other in rest)
            self.show([Items("Also not said; another reading is taken by saying it in words", taken, "warn")])
        return True

    def _command(self, text: str) -> bool:
        if len(text) > MAX_PROBLEM:
            raise InputError(f"expected a command of at most {MAX_PROBLEM} characters, got {len(text)}")
        word, _, argument = text[1:].partition(" ")
        command = find_command(word)
        session = self.session
        go_on = command.run(self, argument.strip()) is not False
        if self.session is not session:
            self.questions = []
        return go_on
