"""Decides what the texts of a column are: whole numbers, numbers, or texts.

The rules are strict, for a number read wrongly is worse than one refused: a column
is a column of numbers only when every cell of it is one, and a comma is read only
when the column itself shows which of its two meanings is meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

Cell = str | int | float | None
"""What stands in a cell; None when it is empty."""

# A leading zero makes a text: "007" is a label, and reading it as 7 would lose it.
_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)").fullmatch
_POINT = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_COMMA_GROUPS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?").fullmatch
_COMMA_DECIMAL = re.compile(r"[+-]?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]+)?").fullmatch
_SURELY_GROUPS = re.compile(r"[+-]?[0-9]+(?:,[0-9]{3})+\.[0-9]+|[+-]?[0-9]+(?:,[0-9]{3}){2,}").fullmatch
_SURELY_DECIMAL = re.compile(
    r".*,(?:[0-9]{1,2}|[0-9]{4,})|[+-]?0,[0-9]+|[+-]?[0-9]{4,},[0-9]+|[+-]?[0-9.]*\.[0-9]{3},[0-9]+"
).fullmatch
_ONE_POINT_GROUP = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}").fullmatch


def read_columns(columns: dict[str, Sequence[str]], delimiter: str) -> tuple[dict[str, list[Cell]], dict[str, str]]:
    """Turn columns of texts into columns of cells.

    Args:
        columns: The stripped texts of each column; "" is an empty cell.
        delimiter: What separates the columns; a decimal comma is looked for only beside ";".

    Returns:
        The cells, and for each column that looks like numbers but was left as text, why.
    """
    comma_decimal = delimiter == ";"
    read: dict[str, list[Cell]] = {}
    notes: dict[str, str] = {}
    european = False
    for name, texts in columns.items():
        filled = [text for text in texts if text]
        numbers = _numbers(filled, comma_decimal)
        european |= comma_decimal and numbers is not None and any(map(_SURELY_DECIMAL, filled))
        read[name] = _spread(texts, filled if numbers is None else numbers)
        if numbers is None and (example := _ambiguous(filled)):
            notes[name] = f"{example!r} may have a decimal comma or a comma between thousands; write it without"
    if european:
        for name, texts in columns.items():
            dotted = [text for text in texts if "." in text]
            if dotted and kind(read[name]) == "number" and all(map(_ONE_POINT_GROUP, dotted)):
                read[name] = [text or None for text in texts]
                notes[name] = f"{dotted[0]!r} stands beside decimal commas, so the point is ambiguous; write it without"
    return read, notes


def kind(cells: Sequence[Cell]) -> str:
    """The type of a column in words: whole number, number, text, mixed, or empty."""
    types = set(map(type, cells)) - {type(None)}
    if not types:
        return "empty"
    if types == {int}:
        return "whole number"
    if types <= {int, float}:
        return "number"
    return "text" if types == {str} else "text and numbers mixed"


def _numbers(filled: list[str], comma_decimal: bool) -> Sequence[int | float] | None:
    """The numbers of a column, or None when it holds anything else."""
    if not filled:
        return None
    if all(map(_WHOLE, filled)):
        try:
            return list(map(int, filled))
        except ValueError:  # more digits than Python reads
            return None
    if all(map(_POINT, filled)):
        return _finite(filled)
    if comma_decimal and all(map(_COMMA_DECIMAL, filled)) and any(map(_SURELY_DECIMAL, filled)):
        return _finite([text.replace(".", "").replace(",", ".") for text in filled])
    if any(map(_SURELY_GROUPS, filled)) and all(_POINT(text) or _COMMA_GROUPS(text) for text in filled):
        plain = [text.replace(",", "") for text in filled]
        return _numbers(plain, comma_decimal=False)
    return None


def _finite(texts: list[str]) -> list[float] | None:
    numbers = list(map(float, texts))
    return numbers if all(map(math.isfinite, numbers)) else None


def _ambiguous(filled: list[str]) -> str:
    """A cell with a comma, when all cells are numbers in one reading or another; else ""."""
    if not all(_POINT(text) or _COMMA_GROUPS(text) or _COMMA_DECIMAL(text) for text in filled):
        return ""
    return next((text for text in filled if "," in text), "")


def _spread(texts: Sequence[str], values: Sequence[Cell]) -> list[Cell]:
    """Put the values of the filled cells back to their places."""
    if len(values) == len(texts):
        return list(values)
    remaining = iter(values)
    return [next(remaining) if text else None for text in texts]
