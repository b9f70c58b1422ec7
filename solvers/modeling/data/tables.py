"""The tables of a problem, read from files and found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentopt.errors import DataError, FileError

from ..shorten import listed
from .csv_table import read_csv
from .json_table import read_json
from .table import Table
from .textfile import shown
from .xlsx_table import read_xlsx

__all__ = ["ENDINGS", "Table", "Tables", "read_tables"]

_READERS: dict[str, Callable[[Path], list[Table]]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".json": read_json,
    ".xlsx": read_xlsx,
    ".xlsm": read_xlsx,
}
ENDINGS = tuple(_READERS)
"""Endings of the files that hold tables."""
_MAX_TABLES_SHOWN = 30


@dataclass(frozen=True)
class Tables:
    """Tables that are found by the name of their file or sheet, with or without the ending."""

    tables: tuple[Table, ...] = ()

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def matches(self, name: str) -> list[Table]:
        """The tables a name may mean: those it matches exactly, else those it matches but for case."""
        wanted = name.strip()
        for fold in (str, str.casefold):
            found = [t for t in self.tables if fold(wanted) in {fold(n) for n in (t.name, *t.aliases, str(t.origin))}]
            if found:
                return found
        # "data/costs.csv" is the table costs.csv, wherever the reader was started.
        short = wanted.replace("\\", "/").rpartition("/")[2]
        return self.matches(short) if short and short != wanted else []

    def find(self, name: str) -> Table:
        """The one table that a name means.

        Raises:
            DataError: No table has the name, or several have; the message lists the candidates.
        """
        found = self.matches(name)
        if not found:
            known = f"there are: {listed(t.title for t in self.tables)}" if self.tables else "no tables were given"
            raise DataError(f"no table {name!r}; {known}")
        if len(found) > 1:
            candidates = listed(f"{t.title} of {shown(t.origin)}" for t in found)
            raise DataError(f"the table name {name!r} is ambiguous; it may be {candidates}")
        return found[0]

    def schema(self) -> str:
        """Describe all tables for a prompt or a preview: columns, types and a few rows of each."""
        parts = [table.schema() for table in self.tables[:_MAX_TABLES_SHOWN]]
        if len(self.tables) > _MAX_TABLES_SHOWN:
            parts.append(f"and {len(self.tables) - _MAX_TABLES_SHOWN} more tables")
        return "\n".join(parts)


def read_tables(paths: Sequence[Path]) -> Tables:
    """Read tables from files and from folders of files (CSV, XLSX, JSON); a file named twice is read once.

    Raises:
        FileError: A path is not there, unreadable, empty, binary, too large, or has an unknown ending.
        DataError: A file does not hold a table; the message names the line or sheet.
    """
    files: dict[str, Path] = {}
    for path in map(Path, paths):
        for file in _files_of(path):
            files.setdefault(_identity(file), file)
    return Tables(tuple(table for file in files.values() for table in _read(file)))


def _files_of(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            return [path]
        inside = sorted(
            p for p in path.iterdir() if p.suffix.lower() in _READERS and not p.name.startswith((".", "~$"))
        )
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read {shown(path)}: {error}") from error
    files = [file for file in inside if file.is_file()]
    if not files:
        raise FileError(f"the folder {shown(path)} holds no table; expected files ending in {', '.join(ENDINGS)}")
    return files


def _identity(path: Path) -> str:
    try:
        return str(path.resolve())
    except (OSError, ValueError, RuntimeError):  # a zero byte or a loop of links: reading will say it better
        return str(path)


def _read(path: Path) -> list[Table]:
    reader = _READERS.get(path.suffix.lower())
    if reader is not None:
        return reader(path)
    if not path.exists():
        raise FileError(f"no file {shown(path)}")
    hint = "; save the workbook as .xlsx" if path.suffix.lower() in (".xls", ".ods", ".xlsb") else ""
    raise FileError(f"expected a table ending in {', '.join(ENDINGS)}, got {shown(path)}{hint}")
