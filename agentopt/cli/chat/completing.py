"""What Tab completes: commands, paths after commands that take a file, names of the problem elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from agentopt.cli.chat.commands import COMMANDS

if TYPE_CHECKING:
    from prompt_toolkit.completion import Completer

Names = Callable[[], list[str]]

TAKE_FILES = ("/data", "/export", "/save", "/load")
_WORD = re.compile(r"(?:[^\s\\]|\\.)*$")
"""The last word as a shell reads it: a blank with a backslash before it belongs to the word."""
_SPECIAL = re.compile(r"([\s\\'\"])")


def completer(names: Names) -> Completer:
    """Completes entries of the chat.

    Args:
        names: Names of the problem: elements and members.
    """
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
    from prompt_toolkit.document import Document

    class Entries(Completer):
        def __init__(self) -> None:
            self._paths = PathCompleter(expanduser=True)

        def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
            text = document.text_before_cursor
            if is_command(text):
                for command in COMMANDS:
                    if command.name.startswith(text[1:]):
                        takes = " " if " " in command.usage else ""
                        yield Completion(
                            f"/{command.name}{takes}", -len(text), f"/{command.name}", display_meta=command.help
                        )
            elif text.split(" ", 1)[0] in TAKE_FILES:
                yield from self._files(text, event)
            else:
                word = document.get_word_before_cursor()
                for name in names() if word.strip() else ():
                    if name.startswith(word) and name != word:
                        yield Completion(name, -len(word))

        def _files(self, text: str, event: CompleteEvent) -> Iterable[Completion]:
            found = _WORD.search(text)
            path = re.sub(r"\\(.)", r"\1", found[0] if found else "")
            for one in self._paths.get_completions(Document(path, len(path)), event):
                slash = "/" if one.display_text.endswith("/") else ""
                yield Completion(_SPECIAL.sub(r"\\\1", one.text) + slash, one.start_position, one.display)

    return Entries()


def is_command(text: str) -> bool:
    """Whether the name of a command is being typed, and nothing else yet."""
    return text.startswith("/") and not re.search(r"\s", text)


def complete(buffer: Any) -> None:
    """Do what Tab does: take the next of the menu, or insert what all completions share, or open the menu.

    prompt_toolkit's own drops a Tab that comes while the menu is still being made.
    """
    from prompt_toolkit.completion import CompleteEvent, get_common_complete_suffix

    if buffer.complete_state:
        buffer.complete_next()
        return
    found = list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))
    shared = get_common_complete_suffix(buffer.document, found)
    if shared:
        buffer.insert_text(shared)
    elif found:
        buffer.start_completion()
