"""Reads the tables of a JSON file, in the four shapes that people write them in."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from agentopt.errors import DataError

from ..shorten import cut
from .cells import Cell
from .table import Table, require_headers
from .textfile import read_text

_SHAPES = "a list of records, lists by column name, one record, or several of these by table name"
_MAX_DEPTH = 20


def read_json(path: Path) -> list[Table]:
    """Read a JSON file of one table or several.

    A list of records is a table; so are lists of equal length by column name. A
    record alone is a table of one row. An object that holds tables gives each
    under its name, its loose numbers and texts as one row under the file's name,
    its loose lists as one column each.

    Raises:
        FileError: The file cannot be read as UTF-8 text.
        DataError: The file is no strict JSON, or has another shape.
    """
    value = parse_json(read_text(path), path.name)
    if isinstance(value, dict) and any(isinstance(item, dict) or _is_records(item) for item in value.values()):
        return _several(path, value)
    return [_table(path, path.stem, (path.name,), value)]


def parse_json(text: str, where: str) -> Any:
    """Parse strict JSON: no NaN, no infinity, no name twice in one object.

    Raises:
        DataError: The text is something else; the message names the line.
    """

    def refuse(name: str) -> Any:
        raise DataError(f"{where}: expected finite numbers, got {cut(name, 30)}")

    def finite(digits: str) -> float:
        number = float(digits)
        if not math.isfinite(number):
            refuse(digits)
        return number

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = dict(pairs)
        if len(names) < len(pairs):
            seen: set[str] = set()
            repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
            raise DataError(f"{where}: the name {cut(repeated)!r} stands twice in one object")
        return names

    try:
        return json.loads(text, parse_constant=refuse, parse_float=finite, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        raise DataError(f"{where}, line {error.lineno}, column {error.colno}: not JSON: {message}") from error
    except RecursionError:
        raise DataError(f"{where}: nested too deep") from None
    except DataError:
        raise
    except ValueError as error:  # a whole number of more digits than Python reads
        raise DataError(f"{where}: not JSON that can be read: {cut(str(error), 80)}") from error


def _several(path: Path, value: dict[str, Any]) -> list[Table]:
    tables = []
    loose: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, list) and not _is_records(item):
            item = {name: item}
        if isinstance(item, dict | list):
            tables.append(_table(path, name.strip(), (f"{path.name}:{name}", f"{path.stem}:{name}"), item))
        else:
            loose[name] = item
    if loose:
        tables.append(_table(path, path.stem, (path.name,), loose))
    return tables


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _table(path: Path, name: str, aliases: tuple[str, ...], value: Any) -> Table:
    where = aliases[0]
    if _is_records(value):
        headers = list(dict.fromkeys(key for record in value for key in record))
        rows = [[record.get(header) for header in headers] for record in value]
        columns = [list(column) for column in zip(*rows)]
        n_rows = len(rows)
    elif isinstance(value, dict) and value and all(isinstance(item, list) for item in value.values()):
        headers, columns = list(value), list(value.values())
        lengths = sorted({len(column) for column in columns})
        if len(lengths) > 1:
            raise DataError(f"{where}: expected columns of one length, got lengths {', '.join(map(str, lengths))}")
        n_rows = lengths[0]
    elif isinstance(value, dict) and value:
        headers, columns, n_rows = list(value), [[item] for item in value.values()], 1
    else:
        raise DataError(f"{where}: expected {_SHAPES}, got {cut(json.dumps(value), 40)}")
    headers = [header.strip() for header in headers]
    require_headers(headers, where)
    cells = {h: [_cell(item, where, h) for item in column] for h, column in zip(headers, columns)}
    return Table(name, cells, n_rows, path, aliases)


def _cell(value: Any, where: str, header: str) -> Cell:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if value is None or isinstance(value, int | float):
        return value
    what = f"{'a list' if isinstance(value, list) else 'an object'}, {cut(str(value))}"
    raise DataError(f"{where}, column {cut(header)!r}: expected a text or a number in every cell, got {what}")
