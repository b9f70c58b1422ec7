"""What may reach a terminal: clean text, in colour only where that is wanted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

# Sequences first, so that no "[31m" stays behind. No body may hold the start of another
# sequence, which keeps both patterns linear; what is not ended loses its control characters only.
_CONTROL = r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
_SEQUENCE = re.compile(f"{_CONTROL}|{_STRING}")
_JOINERS = "\u200c\u200d"
"""Format characters that some scripts need inside of words; they drive no terminal."""


@dataclass(frozen=True)
class Style:
    """How results are drawn."""

    tables: bool
    """Boxes and wrapping to the width; otherwise plain aligned text."""
    color: bool


def clean(text: object, *, lines: bool = False) -> str:
    """Return a text that cannot drive a terminal.

    Escape sequences, control characters, direction overrides, invisible format
    characters and lone surrogates go; white space becomes a blank, unless lines are kept.
    """
    bare = _SEQUENCE.sub("", str(text))
    if bare.isascii() and bare.isprintable():
        return bare
    return "".join(_safe(char, lines) for char in bare)


def _safe(char: str, lines: bool) -> str:
    if char == "\n" and lines:
        return char
    if char.isspace():
        return " "
    if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in _JOINERS:
        return ""
    return char


def n_columns(text: str) -> int:
    """Return how many columns a clean text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 or char in _JOINERS for char in text)


def choose_style(is_terminal: bool, environ: Mapping[str, str], *, no_color: bool = False) -> Style:
    """Return the style that the stream and the environment ask for.

    NO_COLOR wins over FORCE_COLOR, which wins over TERM=dumb and over a pipe; an
    empty variable counts as not set.
    """
    capable = is_terminal and environ.get("TERM") != "dumb"
    forced = environ.get("FORCE_COLOR", "").lower() not in ("", "0", "false")
    color = not (no_color or environ.get("NO_COLOR")) and (forced or capable)
    return Style(tables=capable or color, color=color)
