"""Reads the sheets of a workbook as tables, by the values that its formulas gave when it was saved."""

from __future__ import annotations

import datetime
import io
import math
import warnings
import zipfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from agentopt.errors import AgentoptError, DataError, FileError

from ..shorten import cut
from .cells import Cell
from .table import Table, require_headers
from .textfile import read_bytes, shown

_MAX_UNPACKED = 1 << 30
"""Most bytes that a workbook may hold when unpacked; a small archive can hide a huge one."""
_MAX_CELLS = 20_000_000


def read_xlsx(path: Path) -> list[Table]:
    """Read every sheet that is not empty; the first row that is not blank is the header.

    Raises:
        FileError: The file is no workbook, or too large when unpacked.
        DataError: A header is wrong; the message names the sheet.
    """
    data = read_bytes(path)
    _require_small(data, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions, which do not matter here
            sheets = _sheets(data)
    except AgentoptError:
        raise
    except Exception as error:  # openpyxl lets errors of every kind out on a damaged workbook
        raise FileError(f"cannot read the workbook {shown(path)}: {cut(str(error), 120)}") from error
    tables = [_table(path, name, rows) for name, rows in sheets if rows]
    if len(tables) == 1:
        only = tables[0]
        names = (*only.aliases, path.name, path.stem)
        return [Table(only.name, only.columns, only.n_rows, path, names, only.lines)]
    if not tables:
        raise FileError(f"every sheet of {shown(path)} is empty")
    return tables


def _require_small(data: bytes, path: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileError(f"{shown(path)} is no workbook: {error}") from error
    if size > _MAX_UNPACKED:
        raise FileError(f"{shown(path)} unpacks to {size} bytes; at most {_MAX_UNPACKED} are read")


def _sheets(data: bytes) -> list[tuple[str, list[tuple[int, list[Cell]]]]]:
    """The rows of each sheet that are not blank, with their numbers."""
    import openpyxl

    with closing(openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)) as book:
        return [(sheet.title, _rows(sheet.iter_rows(values_only=True), sheet.title)) for sheet in book.worksheets]


def _rows(rows: Iterable[tuple[Any, ...]], sheet: str) -> list[tuple[int, list[Cell]]]:
    kept: list[tuple[int, list[Cell]]] = []
    n_cells = 0
    for number, row in enumerate(rows, 1):
        n_cells += len(row) + 1
        if n_cells > _MAX_CELLS:
            raise DataError(f"sheet {sheet!r} spans more than {_MAX_CELLS} cells")
        cells = [_cell(value) for value in row]
        if any(cell is not None for cell in cells):
            kept.append((number, cells))
    return kept


def _cell(value: Any) -> Cell:
    """A cell's value as data: a date as ISO text, a truth value as TRUE or FALSE."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _table(path: Path, sheet: str, rows: list[tuple[int, list[Cell]]]) -> Table:
    width = max(len(cells) for _, cells in rows)
    padded = [cells + [None] * (width - len(cells)) for _, cells in rows]
    headers, columns = padded[0], [list(column) for column in zip(*padded[1:])] or [[] for _ in range(width)]
    # A column that is empty from top to bottom was only formatted.
    filled = [k for k in range(width) if headers[k] is not None or any(cell is not None for cell in columns[k])]
    names = ["" if headers[k] is None else str(headers[k]) for k in filled]
    require_headers(names, f"{path.name}:{sheet}")
    cells = dict(zip(names, (columns[k] for k in filled)))
    aliases = (f"{path.name}:{sheet}", f"{path.stem}:{sheet}")
    return Table(sheet, cells, len(rows) - 1, path, aliases, [number for number, _ in rows[1:]])
