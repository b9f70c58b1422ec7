"""Texts as literals of Python source that a person can read."""

from __future__ import annotations

import ast


def text_literal(text: str) -> str:
    """A literal for a text: over several lines as it stands, between triple quotes, where it has several.

    Evaluating it gives the text, whatever is in it.
    """
    if "\n" not in text:
        return repr(text)
    # An escaped quote at the end and in each three, and all that an editor or the reader of a file might change.
    body = "".join(_written(char) for char in text).replace('"""', '\\"\\"\\"')
    body = f'{body[:-1]}\\"' if body.endswith('"') else body
    literal = f'"""{body}"""'
    return literal if _read(literal) == text else repr(text)


def comment(text: str) -> str:
    """A text as a comment of one line."""
    line = " ".join(text.split())
    return "# " + "".join(char if char.isprintable() else "?" for char in line)


def _written(char: str) -> str:
    if char == "\n" or (char.isprintable() and char != "\\"):
        return char
    return "\\\\" if char == "\\" else repr(char)[1:-1]


def _read(literal: str) -> object:
    try:
        return ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        return None
