"""What a subcommand shows, before anybody decides how it is drawn."""

from __future__ import annotations

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
