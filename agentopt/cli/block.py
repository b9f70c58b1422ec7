"""What a subcommand shows, before anybody decides how it is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "title", "good", "bad", "warn", "faint"]


@dataclass(frozen=True)
class Line:
    """A sentence, or a program of several lines."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Table:
    """Rows under headers."""

    title: str
    headers: tuple[str, ...]
    """Empty: a table of facts, a label and what is so."""
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    """Columns that are set to the right."""
    note: str = ""
    """What stands below: how many rows were left out."""


@dataclass(frozen=True)
class Items:
    """Sentences under a title, each of them one point."""

    title: str
    items: tuple[str, ...]
    tone: Tone = "plain"


Block = Line | Table | Items


def show_number(value: float) -> str:
    """Write a number for people: eight digits, two decimals at least where there are any.

    >>> show_number(1234567.891), show_number(1 / 3), show_number(2.9999999999)
    ('1234567.89', '0.33333333', '3')
    """
    if not math.isfinite(value):
        return "unlimited" if value > 0 else "-unlimited" if value < 0 else "undefined"
    size = abs(value)
    if size != 0 and not 1e-4 <= size < 1e15:
        return f"{value:.6g}"
    decimals = max(2, 7 - math.floor(math.log10(size))) if size else 0
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def show_amount(value: float | None, unit: str = "") -> str:
    """Write a number with its unit, or "unknown"."""
    return "unknown" if value is None else f"{show_number(value)} {unit}".rstrip()
