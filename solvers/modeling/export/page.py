"""One self-contained page of HTML from titled parts: no script, no network, light and dark, for a phone and for paper.

Everything that is shown is escaped here, whoever wrote it; only a Plot's drawing is
taken as it is. The policy in the head forbids a browser to run or fetch anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from .page_template import STYLE, TEMPLATE

if TYPE_CHECKING:
    from jinja2 import Template

MAX_ROWS = 200
"""Rows of a table, or items of a list, that are shown."""
MAX_CELL = 600
"""Characters of a cell or an item that are shown."""
MAX_TEXT = 20_000
"""Characters of a text that are shown."""

Tone = Literal["plain", "good", "warn", "bad", "faint"]


@dataclass(frozen=True)
class Prose:
    """A paragraph; the line breaks of a text are kept."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Grid:
    """A table under headers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    numeric: frozenset[int] = frozenset()
    """Columns that are set to the right."""
    n_rows: int | None = None
    """Rows that there are, where `rows` holds the first of them only."""
    note: str = ""

    @property
    def remark(self) -> str:
        """What stands below: the note, and how many rows are shown where not all are."""
        total = len(self.rows) if self.n_rows is None else self.n_rows
        cut = f"The first {MAX_ROWS} of {total} rows." if total > MAX_ROWS else ""
        return " ".join(part for part in (self.note, cut) if part)


@dataclass(frozen=True)
class Bullets:
    """Sentences, each of them one point."""

    items: tuple[str, ...]
    title: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Verbatim:
    """A program or a difference, line by line."""

    text: str


@dataclass(frozen=True)
class Plot:
    """A drawing."""

    svg: str
    """One svg element, written by `plots.py`; the only text that is not escaped."""
    caption: str


Part = Prose | Grid | Bullets | Verbatim | Plot


@dataclass(frozen=True)
class Section:
    """Parts under a heading; one without parts is left out."""

    title: str
    parts: Sequence[Part]

    @property
    def anchor(self) -> str:
        """The name by which a link leads here."""
        return re.sub(r"[^a-z]+", "-", self.title.lower())


def page_html(title: str, sections: Sequence[Section]) -> str:
    """Write the page."""
    filled = [section for section in sections if section.parts]
    return _template().render(title=title, sections=filled, style=STYLE) + "\n"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_finalize
    )
    environment.tests["part"] = lambda part, kind: type(part).__name__ == kind
    environment.filters["short"] = lambda text: _cut(" ".join(str(text).split()), MAX_CELL)
    environment.filters["long"] = lambda text: _cut(str(text).strip("\r\n"), MAX_TEXT)
    environment.globals["max_rows"] = MAX_ROWS
    return environment.from_string(TEMPLATE)


def _finalize(value: object) -> object:
    """Make a value printable before it is escaped; marked-up text comes from the template or from `plots.py`."""
    if hasattr(value, "__html__"):
        return value
    text = str(value)
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(sign: str) -> str:
    """A sign that a page may hold: no control character, no half of a pair, no turn of the direction."""
    return sign if sign.isprintable() or sign in "\n\t" else " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters in all)"
