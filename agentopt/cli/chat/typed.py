"""What the user types: lines of a terminal with history and completion, or the paragraphs of a pipe."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from agentopt.cli.chat.completing import Names, complete, completer, is_command
from agentopt.cli.streams import emit
from agentopt.errors import InputError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.output import Output

TWICE_S = 2.0
"""Seconds within which a second Ctrl-C at an empty prompt leaves."""


def piped_entries(lines: Iterable[bytes]) -> Iterator[str]:
    """The entries of a pipe: a command a line, and words up to an empty line, a command or the end.

    A problem of several lines is thus one entry.

    Raises:
        InputError: A line is not UTF-8; what stands before it was yielded.
    """
    words: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            # The words before it, up to an empty line, are a part of what cannot be read.
            raise InputError(f"line {number} of standard input is no UTF-8 text: {line[:40]!r}") from None
        is_told = text.lstrip().startswith("/")
        if words and (is_told or not text.strip()):
            yield "\n".join(words)
            words = []
        if is_told:
            yield text
        elif text.strip():
            words.append(text)
    if words:
        yield "\n".join(words)


def terminal_entries(names: Names, toolbar: Callable[[int], str], screen: TextIO, *, color: bool) -> Iterator[str]:
    """The entries of a terminal, with history, completion and several lines; ends with Ctrl-D.

    Enter sends; Alt-Enter or Ctrl-J begins another line (on a dumb terminal Ctrl-J sends), and what is
    pasted keeps its lines.
    Ctrl-C empties the line; twice at an empty prompt, it leaves.

    Args:
        names: Names of the problem, for completion.
        toolbar: What stands at the foot of the screen, by its columns.
        screen: Where the prompt is drawn: `find_screen`.
        color: Whether the prompt may be in colour.
    """
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.output.defaults import create_output
    from prompt_toolkit.output.plain_text import PlainTextOutput
    from prompt_toolkit.utils import is_dumb_terminal

    if is_dumb_terminal():
        # Only with an output that is not the prompt's own does it do without escape sequences.
        with create_app_session(output=PlainTextOutput(screen)):
            yield from _prompted(_prompt(names, toolbar, None, color), screen)
    else:
        yield from _prompted(_prompt(names, toolbar, create_output(stdout=screen), color), screen)


def _prompted(prompt: PromptSession[str], screen: TextIO) -> Iterator[str]:
    stopped = float("-inf")
    while True:
        try:
            # A terminal that sends what is not UTF-8 gives lone surrogates, which no file and no model takes.
            yield prompt.prompt().encode(errors="replace").decode()
        except EOFError:
            return
        except KeyboardInterrupt:
            now = time.monotonic()
            if not prompt.default_buffer.text and now - stopped < TWICE_S:
                return
            stopped = now
            emit("Ctrl-C again, Ctrl-D or /quit leaves.\n", screen)


def _prompt(names: Names, toolbar: Callable[[int], str], output: Output | None, color: bool) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import get_app
    from prompt_toolkit.completion import ThreadedCompleter
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.formatted_text import FormattedText
    from prompt_toolkit.output import ColorDepth

    return PromptSession(
        message="> ",
        multiline=True,
        prompt_continuation="  ",
        history=_history(),
        completer=ThreadedCompleter(completer(names)),
        # Among words a menu that opens by itself is in the way.
        complete_while_typing=Condition(lambda: is_command(get_app().current_buffer.text)),
        enable_open_in_editor=True,
        key_bindings=_keys(is_dumb=output is None),
        bottom_toolbar=lambda: FormattedText([("", toolbar(get_app().output.get_size().columns))]),
        output=output,
        color_depth=None if color else ColorDepth.DEPTH_1_BIT,
        reserve_space_for_menu=4,
    )


def _keys(*, is_dumb: bool) -> Any:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    def send(event: Any) -> None:
        event.current_buffer.validate_and_handle()

    def begin_line(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    keys.add("enter")(send)
    keys.add("escape", "enter")(begin_line)
    # A program that drives a dumb terminal, as Emacs does, ends what it sends with this.
    keys.add("c-j")(send if is_dumb else begin_line)

    @keys.add("tab")
    def _(event: Any) -> None:
        complete(event.current_buffer)

    return keys


def find_screen() -> TextIO:
    """The terminal that is typed at, whatever the outputs were redirected to."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and stream.isatty():
            return stream
    try:
        # It lasts as long as the chat.
        return open(os.ttyname(sys.stdin.fileno()), "w", encoding="utf-8", errors="backslashreplace")
    except OSError:
        return sys.stderr


def _history() -> Any:
    """The entries of earlier sessions; in memory only where there is no place for a file."""
    from platformdirs import user_state_path
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    class Kept(FileHistory):
        """A full disk costs the history, never the session."""

        def store_string(self, string: str) -> None:
            with suppress(OSError):
                super().store_string(string)

    folder = user_state_path("agentopt")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "history"
        # Problems may be confidential: the file is for its owner alone.
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
    except OSError:
        return InMemoryHistory()
    return Kept(str(path))
