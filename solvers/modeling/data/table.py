"""One table of data: named columns of equal length, and where they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from agentopt.errors import DataError

from ..shorten import cut, listed
from .cells import Cell, kind

_MAX_COLUMNS = 40
_MAX_LINE = 200


@dataclass(frozen=True)
class Table:
    """Columns of equal length under their headers."""

    name: str
    """As the schema shows it: the file's name without its ending, or the sheet's name."""
    columns: dict[str, list[Cell]]
    n_rows: int
    origin: Path
    aliases: tuple[str, ...] = ()
    """Other names that find it, as "costs.csv" or "plan.xlsx:Costs"."""
    lines: Sequence[int] = ()
    """Where each row stands in its file, from 1; empty: row k is record k + 1."""
    notes: dict[str, str] = field(default_factory=dict)
    """For a column that looks like numbers but was left as text: why."""

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The type of each column, in words."""
        return {name: kind(cells) for name, cells in self.columns.items()}

    def where(self, row: int) -> str:
        """Say where a row stands, as "costs.csv, line 7"."""
        place = f"line {self.lines[row]}" if self.lines else f"record {row + 1}"
        return f"{self.title}, {place}"

    @property
    def title(self) -> str:
        """The name that leads a reader to the file, as "costs.csv" or "plan.xlsx:Costs"."""
        return self.aliases[0] if self.aliases else self.name

    def column(self, name: str) -> list[Cell]:
        """The cells under a header; the match by case is exact first, then loose.

        Raises:
            DataError: No such column, or several that differ only in case.
        """
        if name in self.columns:
            return self.columns[name]
        matches = [header for header in self.columns if header.casefold() == name.strip().casefold()]
        if len(matches) != 1:
            what = f"{len(matches)} columns that match" if matches else "no column"
            raise DataError(f"table {self.title} has {what} {name!r}; its columns: {listed(self.columns)}")
        return self.columns[matches[0]]

    def schema(self, n_samples: int = 3, cell_length: int = 24) -> str:
        """Describe the table in a few lines: never all of its rows, and no cell beyond cell_length."""
        named = self.title if self.title == self.name else f"{cut(self.name, 60)} ({cut(self.title, 100)})"
        lines = [f"table {named}: {self.n_rows} row{'s' * (self.n_rows != 1)}"]
        for header in list(self.columns)[:_MAX_COLUMNS]:
            lines.append(f"  column {cut(header, 60)}: {self._described(header)}")
        if len(self.columns) > _MAX_COLUMNS:
            lines.append(f"  and {len(self.columns) - _MAX_COLUMNS} more columns")
        for row in range(min(n_samples, self.n_rows - 1)):
            cells = [cut(cells[row], cell_length) for cells in self.columns.values()]
            line = f"  row {row + 1}: {' | '.join(cells)}"
            lines.append(line if len(line) <= _MAX_LINE else line[: _MAX_LINE - 1] + "…")
        return "\n".join(lines)

    def _described(self, header: str) -> str:
        cells = self.columns[header]
        filled = [cell for cell in cells if cell is not None]
        parts = [self.kinds[header], f"{len(set(filled))} distinct"] if filled else ["empty"]
        if len(filled) < len(cells):
            parts.append(f"{len(cells) - len(filled)} missing")
        if header in self.notes:
            parts.append(self.notes[header])
        return ", ".join(parts)


def require_headers(headers: Sequence[str], where: str) -> None:
    """Refuse empty and repeated headers.

    Raises:
        DataError: A header is empty or stands twice; the message counts the columns from 1.
    """
    for place, header in enumerate(headers, 1):
        if not header:
            raise DataError(f"{where}: column {place} has no header; name every column in the first row")
    repeated = [header for header, count in Counter(headers).items() if count > 1]
    if repeated:
        raise DataError(f"{where}: the header {repeated[0]!r} stands {headers.count(repeated[0])} times")
