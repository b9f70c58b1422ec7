"""Turns columns, tables and nested lists into the values of a parameter by key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

from agentopt.errors import DataError

from ..formulation import TableRef
from ..instance import Key
from ..shorten import cut, listed
from .cells import Cell
from .members import KeySpace, Where
from .source import ALL, parameter_columns
from .table import Table


def from_table(
    name: str, ref: TableRef, table: Table, space: KeySpace, refs: Sequence[TableRef | None]
) -> dict[Key, float]:
    """Read a parameter from the columns of a table; an empty cell gives no value.

    Raises:
        DataError: A column is missing, a value is no number, a key is repeated or outside of its set.
    """
    headers = parameter_columns(name, ref, table, space, refs)
    keys = [table.columns[header] for header in headers.keys]
    if headers.value == ALL:
        return _wide(table, headers.keys, keys, space)
    if not space.sets and table.n_rows != 1:
        raise DataError(f"expected one row in {table.title} for a parameter without an index, got {table.n_rows}")
    return from_columns(space, keys, table.columns[headers.value], table.where, _naming_column(table, headers.value))


def from_columns(
    space: KeySpace, columns: Sequence[Sequence[Cell]], values: Sequence[Cell], where: Where, naming: str = ""
) -> dict[Key, float]:
    """Pair the keys that stand in columns with the values beside them.

    Args:
        space: The index sets.
        columns: One for each position of a key.
        values: Beside them; None gives no value.
        where: Says where a row stands.
        naming: What the values are called in a message, as " in column 'usd'".

    Raises:
        DataError: A value is no finite number, a key is repeated or outside of its set.
    """
    if None in values:
        rows = [row for row, value in enumerate(values) if value is not None]
        columns = [[column[row] for row in rows] for column in columns]
        return from_columns(space, columns, [values[row] for row in rows], lambda row: where(rows[row]), naming)
    numbers = _numbers(values, where, naming)
    keys = space.read(columns, where) if space.sets else [()] * len(numbers)
    found = dict(zip(keys, numbers))
    if len(found) < len(keys):
        raise _repeated(keys, where)
    return found


def dense(space: KeySpace, value: list[object]) -> dict[Key, float]:
    """Align nested lists with the order of the index sets, a list a set.

    Raises:
        DataError: The shape differs from that of the index sets.
    """
    level: list[object] = [value]
    for size in space.shape:
        if not all(isinstance(item, list) and len(item) == size for item in level):
            raise _misshapen(space, value)
        level = list(chain.from_iterable(level))  # type: ignore[arg-type]
    if any(isinstance(item, list) for item in level):
        raise _misshapen(space, value)
    return dict(zip(space, level))  # type: ignore[arg-type]


def _wide(table: Table, headers: Sequence[str], keys: list[list[Cell]], space: KeySpace) -> dict[Key, float]:
    """Read a table whose headers are the members of the last index set."""
    last = space.sets[-1] if space.sets else None
    if last is None or last.width != 1:
        raise DataError("a wide table needs an index whose last set has members of one position")
    prefixes = list(zip(*keys)) or [()] * table.n_rows
    columns: list[list[Cell]] = [[] for _ in range(space.arity)]
    values: list[Cell] = []
    rows: list[tuple[int, str]] = []
    for header, cells in table.columns.items():
        if header in headers:
            continue
        if header not in last.readings[0]:
            raise DataError(f"the column {cut(header)!r} of {table.title} is neither a key nor a member of {last.name}")
        _numbers([cell for cell in cells if cell is not None], table.where, _naming_column(table, header))
        for place, column in enumerate(zip(*prefixes)):
            columns[place].extend(column)
        columns[-1].extend([header] * table.n_rows)
        values.extend(cells)
        rows.extend((row, header) for row in range(table.n_rows))
    return from_columns(space, columns, values, lambda k: f"{table.where(rows[k][0])}, column {cut(rows[k][1])!r}")


def _naming_column(table: Table, header: str) -> str:
    note = table.notes.get(header)
    return f" in column {cut(header)!r}{f' ({note})' if note else ''}"


def _numbers(values: Sequence[Cell], where: Where, naming: str) -> list[float]:
    if set(map(type, values)) <= {int, float}:
        try:
            numbers = list(map(float, values))  # type: ignore[arg-type]
        except OverflowError:
            row = next(k for k, value in enumerate(values) if isinstance(value, int) and abs(value) > 10**308)
            raise DataError(f"the number{naming} is too large ({where(row)})") from None
        if not all(map(math.isfinite, numbers)):
            row = next(k for k, number in enumerate(numbers) if not math.isfinite(number))
            raise DataError(f"expected a finite number{naming}, got {numbers[row]} ({where(row)})")
        return numbers
    row = next(k for k, value in enumerate(values) if not isinstance(value, int | float))
    raise DataError(f"expected a number{naming}, got the text {cut(values[row])!r} ({where(row)})")


def _repeated(keys: Sequence[Key], where: Where) -> DataError:
    if keys and keys[0] == ():
        return DataError(f"expected one value, got {len(keys)}")
    first: dict[Key, int] = {}
    for row, key in enumerate(keys):
        if key in first:
            break
        first[key] = row
    shown = cut(repr(key[0]) if len(key) == 1 else repr(key), 80)
    return DataError(f"the key {shown} stands twice: {where(first[key])} and {where(row)}")


def _misshapen(space: KeySpace, value: list[object]) -> DataError:
    if not space.sets:
        return DataError("expected one number, for the parameter has no index, got a list")
    expected = " × ".join(map(str, space.shape))
    shape = []
    level: object = value
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    got = " × ".join(map(str, shape))
    got = got if got != expected else f"{got} in its first row only: the rows differ in length"
    return DataError(f"expected {expected} numbers in the order of {listed([space.title])}, got {got}")
