"""Reads a file of comma separated values, whatever separates them, as one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from agentopt.errors import DataError

from ..shorten import cut, listed
from .cells import read_columns
from .table import Table, require_headers
from .textfile import read_text

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50


def read_csv(path: Path) -> list[Table]:
    """Read a CSV file; the separator is one of , ; tab | and is found by trying all four.

    Raises:
        FileError: The file cannot be read as UTF-8 text.
        DataError: The header or a row is wrong; the message names the line.
    """
    text = read_text(path)
    delimiter = _delimiter(text, path.name)
    headers: list[str] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    for line, row in _records(text, delimiter, path.name):
        if not headers:
            headers = [cell.strip() for cell in row]
        elif len(row) != len(headers):
            raise DataError(
                f"{path.name}, line {line}: expected {len(headers)} cells as in the header"
                f" ({listed(headers)}), got {len(row)}: {cut(delimiter.join(row), 60)!r}"
            )
        else:
            rows.append(row)
            lines.append(line)
    columns = [[cell.strip() for cell in column] for column in zip(*rows)] or [[] for _ in headers]
    while headers and not headers[-1] and not any(columns[-1]):
        # A separator at the end of every line makes a last column without a name or a cell.
        headers.pop()
        columns.pop()
    require_headers(headers, path.name)
    cells, notes = read_columns(dict(zip(headers, columns)), delimiter)
    return [Table(path.stem, cells, len(rows), path, (path.name,), _compact(lines), notes)]


def _records(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    line = 1
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {line}: not readable as a table: {error}") from error


def _delimiter(text: str, name: str) -> str:
    """Choose the separator by which the first rows have the same number of cells, and the most.

    Raises:
        DataError: Two separators fit equally well.
    """
    widths = {delimiter: _widths(text, delimiter) for delimiter in _DELIMITERS}
    even = {d: found[0] for d, found in widths.items() if len(set(found)) == 1 and found[0] > 1}
    if not even:
        # No separator gives even rows: take the one that splits the header most, so that the message fits.
        return max(_DELIMITERS, key=lambda d: widths[d][0] if widths[d] else 0)
    best = [d for d, width in even.items() if width == max(even.values())]
    if len(best) > 1:
        shown = " and ".join(repr(d) for d in best)
        raise DataError(f"{name}: {shown} both give {even[best[0]]} columns; put cells that hold one of them in quotes")
    return best[0]


def _widths(text: str, delimiter: str) -> list[int]:
    try:
        return [len(row) for _, row in islice(_records(text, delimiter, ""), _SAMPLE_ROWS)]
    except DataError:
        return []


def _compact(lines: list[int]) -> list[int] | range:
    """The same numbers as a range where they follow one another, which they nearly always do."""
    if lines and lines[-1] - lines[0] == len(lines) - 1:
        return range(lines[0], lines[-1] + 1)
    return lines
