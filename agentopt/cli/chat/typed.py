"""What the user types: lines of a terminal with history and completion, or the paragraphs of a pipe."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer

TWICE_S = 2.0
"""Seconds within which a second Ctrl-C at an empty prompt leaves."""

Names = Callable[[], list[str]]


def piped_entries(stream: TextIO) -> Iterator[str]:
    """The entries of a pipe: a command a line, and words up to an empty line, a command or the end.

    A problem of several lines is thus one entry.
    """
    words: list[str] = []
    for line in stream:
        text = line.rstrip("\r\n")
        is_command = text.lstrip().startswith("/")
        if words and (is_command or not text.strip()):
            yield "\n".join(words)
            words = []
        if is_command:
            yield text
        elif text.strip():
            words.append(text)
    if words:
        yield "\n".join(words)


def terminal_entries(names: Names, toolbar: Callable[[], str], tell: Callable[[str], None]) -> Iterator[str]:
    """The entries of a terminal, with history, completion and several lines; ends with Ctrl-D.

    Enter sends; Alt-Enter or Ctrl-J begins another line, and what is pasted keeps its lines.
    Ctrl-C empties the line; twice at an empty prompt, it leaves.

    Args:
        names: Names of the formulation, for completion.
        toolbar: What stands at the foot of the screen.
        tell: Is given a sentence for the user.
    """
    prompt = _prompt(names, toolbar)
    stopped = float("-inf")
    while True:
        try:
            yield prompt.prompt()
        except EOFError:
            return
        except KeyboardInterrupt:
            now = time.monotonic()
            if now - stopped < TWICE_S:
                return
            stopped = now
            tell("Ctrl-C again, Ctrl-D or /quit leaves.")


def _prompt(names: Names, toolbar: Callable[[], str]) -> Any:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import ThreadedCompleter
    from prompt_toolkit.formatted_text import FormattedText
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.output.defaults import create_output

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: Any) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    @keys.add("c-j")
    def _(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    return PromptSession(
        message="> ",
        multiline=True,
        prompt_continuation="  ",
        history=_history(),
        completer=ThreadedCompleter(_completer(names)),
        complete_while_typing=True,
        enable_open_in_editor=True,
        key_bindings=keys,
        bottom_toolbar=lambda: FormattedText([("", toolbar())]),
        # Results alone go to standard output, which may be a file.
        output=create_output(always_prefer_tty=True),
        reserve_space_for_menu=4,
    )


def _history() -> Any:
    """The entries of earlier sessions; in memory only where there is no place for a file."""
    from platformdirs import user_state_path
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    folder = user_state_path("agentopt")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "history"
        # Problems may be confidential: the file is for its owner alone.
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _completer(names: Names) -> Completer:
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
    from prompt_toolkit.document import Document

    from agentopt.cli.chat.commands import COMMANDS

    class Entries(Completer):
        """Commands at the start, paths after those that take a file, names of elements elsewhere."""

        def __init__(self) -> None:
            self._paths = PathCompleter(expanduser=True)

        def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
            text = document.text_before_cursor
            if text.startswith("/") and " " not in text:
                for command in COMMANDS:
                    if command.name.startswith(text[1:]):
                        yield Completion("/" + command.name, -len(text), display_meta=command.help)
            elif text.split(" ", 1)[0] in ("/data", "/export", "/save", "/load"):
                path = text.rpartition(" ")[2]
                yield from self._paths.get_completions(Document(path, len(path)), event)
            else:
                word = document.get_word_before_cursor(pattern=None)
                if len(word) > 1 and text.strip():
                    for name in names():
                        if name.startswith(word) and name != word:
                            yield Completion(name, -len(word))

    return Entries()


def session_folder() -> Path:
    """Where sessions are kept that are given no file."""
    from platformdirs import user_state_path

    return user_state_path("agentopt") / "sessions"
