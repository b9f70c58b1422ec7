"""Finds the columns of a table that a set or parameter is read from, named or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agentopt.errors import DataError

from ..formulation import SetElement, TableRef
from ..shorten import listed
from .cells import Cell
from .members import KeySpace
from .table import Table

ALL = "*"
"""The column of a wide table: every column that is no key holds values."""


@dataclass(frozen=True)
class Columns:
    """The columns that hold keys and the one that holds values, by header."""

    keys: tuple[str, ...]
    value: str


def set_columns(element: SetElement, ref: TableRef, table: Table) -> tuple[str, ...]:
    """The columns of a set's members: those named, else the one named like the set, else the only one.

    Raises:
        DataError: A named column is not there, or none is named and several may be meant.
    """
    named = ref.keys or ([ref.column] if ref.column else [])
    if named:
        return tuple(header_of(table, name) for name in named)
    alike = [header for header in table.columns if _stem(header) == _stem(element.name)]
    candidates = alike if len(alike) == 1 else list(table.columns)
    if len(candidates) != 1:
        raise DataError(f"say by keys which column of {table.title} holds the members: {listed(table.columns)}")
    return (candidates[0],)


def parameter_columns(
    name: str, ref: TableRef, table: Table, space: KeySpace, refs: Sequence[TableRef | None]
) -> Columns:
    """The columns of a parameter's keys and values, those not named found by what they are called.

    Args:
        name: The parameter's name, which a column of values may bear.
        ref: What the formulation says.
        table: The table it names.
        space: The index sets.
        refs: For each index set, where its own members are read from, or None.

    Raises:
        DataError: A named column is not there, the number of keys is wrong, or several columns may be meant.
    """
    n_keys = space.arity - (ref.column == ALL)
    keys = tuple(header_of(table, key) for key in ref.keys)
    value = ref.column and (ALL if ref.column == ALL else header_of(table, ref.column))
    if keys and len(keys) != n_keys:
        raise DataError(
            f"expected {n_keys} key column{'s' * (n_keys != 1)} for the index {space.title or '(none)'},"
            f" got {len(keys)}: {listed(keys)}"
        )
    if not keys and n_keys:
        keys = _key_columns(name, value, table, space, refs, n_keys)
    return Columns(keys, value or _value_column(name, keys, table))


def header_of(table: Table, name: str) -> str:
    """The header that a name means, as the table writes it."""
    column = table.column(name)
    return next(header for header, cells in table.columns.items() if cells is column)


def _key_columns(
    name: str, value: str | None, table: Table, space: KeySpace, refs: Sequence[TableRef | None], n_keys: int
) -> tuple[str, ...]:
    """Columns called like the key columns of the index sets, or like the sets; else all that hold no values."""
    stems = {_stem(header): header for header in table.columns if header != value}
    by_ref = [key for ref, m in zip(refs, space.sets) for key in (ref.keys if ref else [""] * m.width)]
    by_set = [m.name if m.width == 1 else "" for m in space.sets for _ in range(m.width)]
    for names in (by_ref, by_set):
        found = [stems.get(_stem(wanted), "") for wanted in names[:n_keys]]
        if all(found) and len(set(found)) == n_keys:
            return tuple(found)
    rest = _without_values(name, value, table, space)
    if len(rest) == n_keys:
        return tuple(rest)
    raise DataError(
        f"say by keys which {n_keys} column{'s' * (n_keys != 1)} of {table.title} hold"
        f"{'s' * (n_keys == 1)} the members of {space.title}: {listed(table.columns)}"
    )


def _without_values(name: str, value: str | None, table: Table, space: KeySpace) -> list[str]:
    if value == ALL:
        readings: dict[Cell, object] = dict(space.sets[-1].readings[-1])
        return [header for header in table.columns if header not in readings]
    if value is None:
        value = next((header for header in table.columns if _stem(header) == _stem(name)), None)
    return [header for header in table.columns if header != value]


def _value_column(name: str, keys: tuple[str, ...], table: Table) -> str:
    rest = [header for header in table.columns if header not in keys]
    alike = [header for header in rest if _stem(header) == _stem(name)]
    candidates = alike if len(alike) == 1 else rest
    if len(candidates) != 1:
        raise DataError(f"say by column which column of {table.title} holds the values: {listed(table.columns)}")
    return candidates[0]


def _stem(name: str) -> str:
    """A name without case, punctuation and plural: PLANTS, Plant and "plant " are one."""
    word = re.sub(r"[\W_]+", "", name.casefold())
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word
