"""Finds columns of numbers in the tables of a problem that no element reads."""

from __future__ import annotations

import re

from ..data.tables import Tables
from ..formulation import TableRef
from ..instance import Instance
from .doubt import Doubt, doubtful, holds

_CHECK = "columns of the tables"
_IDLE_WORDS = frozenset(("code", "index", "number", "rank", "year", "name", "latitude", "longitude"))


def unread_columns(instance: Instance, tables: Tables, problem_text: str = "") -> list[Doubt]:
    """Compare the columns of numbers with what sets and parameters read.

    A column that the text speaks of is a doubt; others are only told, for tables mostly
    hold more than one problem needs.
    """
    unread = [(title, header) for title, header in _numeric(tables) if not _is_read(instance, tables, title, header)]
    said = set(_words(problem_text))
    spoken = [pair for pair in unread if (words := set(_words(pair[1])) - _IDLE_WORDS) and words <= said]
    if spoken:
        return [
            doubtful(_CHECK, f"the text speaks of {header}, but nothing reads that column of {title}")
            for title, header in spoken
        ]
    if unread:
        return [holds(_CHECK, f"not read: {', '.join(f'{header} of {title}' for title, header in unread[:8])}")]
    return [holds(_CHECK, "every column of numbers is read")]


def _numeric(tables: Tables) -> list[tuple[str, str]]:
    return [
        (table.title, header)
        for table in tables
        for header, cells in table.columns.items()
        if any(cell is not None for cell in cells)
        and all(cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in cells)
    ]


def _is_read(instance: Instance, tables: Tables, title: str, header: str) -> bool:
    formulation = instance.formulation
    reads = [
        *(
            (element.data, bool(element.data.keys or element.data.column))
            for element in formulation.sets
            if element.data
        ),
        *((element.data, _names_all(element.data)) for element in formulation.parameters if element.data),
    ]
    return any(
        not named or header.casefold() in {name.strip().casefold() for name in _headers(ref)}
        for ref, named in reads
        if any(table.title == title for table in tables.matches(ref.table))
    )


def _names_all(ref: TableRef) -> bool:
    """Whether a parameter names the column it reads; else it may be any of them."""
    return ref.column not in (None, "*")


def _headers(ref: TableRef) -> list[str]:
    return [*ref.keys, *([ref.column] if ref.column else [])]


def _words(text: str) -> list[str]:
    """Words of at least four letters, small and without a plural's ending."""
    return [word.lower().removesuffix("s") for word in re.findall(r"[A-Za-z]{4,}", text.replace("_", " "))]
