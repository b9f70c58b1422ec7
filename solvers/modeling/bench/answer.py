"""Reads a published answer: a number, a number written as text, words for "no solution", or named numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from agentopt.errors import DataError

from .item import Label

NO_SOLUTION = frozenset({
    "no best solution", "no solution", "no optimal solution", "no feasible solution",
    "infeasible", "unbounded", "infeasible or unbounded", "none", "null",
})  # fmt: skip
"""Texts that stand for a problem without a solution; case, dots and blanks around them do not count."""

_NUMBER = re.compile(r"[$€£¥]?\s*([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?)")
"""Commas count as separators of thousands only where three digits follow each: "1,5" is no number here."""


def read_label(raw: object) -> Label:
    """Read an answer as the files hold it.

    A number stands for itself, also as text ("1160", "1,160.0", "$20"). null, and the
    texts of `NO_SOLUTION`, say that there is no solution. A list of one answer is that
    answer. A dict with a number under "objective" is that number (NLP4LP), any other
    dict holds named numbers (OptiBench). A percentage, a text with words around a
    number, or nan is not guessed at.

    Raises:
        DataError: It is none of these.
    """
    if raw is None:
        return Label(())
    if isinstance(raw, list) and len(raw) == 1:
        return read_label(raw[0])
    if isinstance(raw, Mapping):
        return _named(raw)
    if isinstance(raw, str):
        text = raw.strip().strip(".").strip()
        if text.casefold() in NO_SOLUTION:
            return Label(())
        if text.startswith(("{", "[")):
            return read_label(_parsed(text))
    return Label((("", number(raw)),))


def number(raw: object) -> float:
    """Read one finite number.

    Raises:
        DataError: It is none.
    """
    value = math.nan
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        value = _float(raw)
    elif isinstance(raw, str) and (match := _NUMBER.fullmatch(raw.strip())) and any(map(str.isdigit, match[1])):
        value = _float(match[1].replace(",", ""))
    if not math.isfinite(value):
        raise DataError(f"expected a number or a word for no solution, got {str(raw)[:60]!r}")
    return value


def _float(raw: int | float | str) -> float:
    try:
        return float(raw)
    except (OverflowError, ValueError):
        return math.nan


def _named(raw: Mapping[str, object]) -> Label:
    if "objective" in raw:
        return read_label(raw["objective"])
    if not raw:
        raise DataError("expected named numbers, got an empty dict")
    return Label(tuple((str(name) or "unnamed", number(value)) for name, value in raw.items()))


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"expected an answer, got {text[:60]!r}") from error
