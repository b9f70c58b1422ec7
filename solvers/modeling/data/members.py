"""The members of a set while data are bound: what a cell of a table means among them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product

from agentopt.errors import DataError

from ..instance import Key, Member
from ..shorten import cut
from .cells import Cell

Where = Callable[[int], str]
"""Says where row k stands, as "costs.csv, line 7"."""


@dataclass(frozen=True)
class Members:
    """A set whose members are known, in order."""

    name: str
    keys: tuple[Key, ...]
    width: int
    """Positions of a member."""

    @cached_property
    def known(self) -> frozenset[Key]:
        """The members without their order."""
        return frozenset(self.keys)

    @cached_property
    def readings(self) -> tuple[dict[Cell, Member], ...]:
        """For each position: what a cell means, for every cell that means a member.

        The text "1" means the member 1, and the number 1 the member "1", but only
        where the set does not hold both.
        """
        columns = list(zip(*self.keys)) or [()] * self.width
        return tuple(_readings(column) for column in columns)


def _readings(values: Sequence[Member]) -> dict[Cell, Member]:
    readings: dict[Cell, Member] = {value: value for value in values}
    for value in list(readings.values()):
        twin = _twin(value)
        if twin is not None:
            readings.setdefault(twin, value)
    return readings


def _twin(value: Member) -> Member | None:
    """The same number as a text, or the same text as a number; None when there is none."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else None
    # "01" is not taken for 1, for a table that writes zeros in front may mean two things by them.
    if len(value) < 19 and value.isascii() and value.lstrip("-").isdigit() and str(int(value)) == value:
        return int(value)
    return None


def as_member(cell: Cell) -> Member | None:
    """A cell as a member of a set: a text or a whole number; None when it is neither."""
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else None
    return cell


def require_one_spelling(keys: Sequence[Key], where: str) -> None:
    """Refuse a set that holds a number both as a number and as text.

    Raises:
        DataError: It does, so that a table's "1" could mean either.
    """
    for column in zip(*keys):
        types = set(map(type, column))
        if len(types) > 1:
            values = set(column)
            for value in column:
                if isinstance(value, int) and str(value) in values:
                    raise DataError(f"{where}: {value} stands both as a number and as the text {str(value)!r}")


@dataclass(frozen=True)
class KeySpace:
    """The keys that a parameter may have: the product of its index sets."""

    sets: tuple[Members, ...]

    @property
    def arity(self) -> int:
        """Positions of a key."""
        return sum(members.width for members in self.sets)

    @property
    def shape(self) -> tuple[int, ...]:
        """Members of each index set."""
        return tuple(len(members.keys) for members in self.sets)

    @property
    def size(self) -> int:
        """Number of keys."""
        return math.prod(self.shape)

    @property
    def title(self) -> str:
        """As PLANTS × MARKETS."""
        return " × ".join(members.name for members in self.sets)

    def __iter__(self) -> Iterator[Key]:
        """Yield every key, the last index fastest."""
        if len(self.sets) == 1:
            return iter(self.sets[0].keys)
        return (tuple(chain.from_iterable(parts)) for parts in product(*(members.keys for members in self.sets)))

    def read(self, columns: Sequence[Sequence[Cell]], where: Where) -> list[Key]:
        """Turn columns of cells into keys.

        Args:
            columns: One for each position of a key, of equal length.
            where: Says where a row stands, for messages.

        Raises:
            DataError: A cell means no member of its set.
        """
        positions = [(members, place) for members in self.sets for place in range(members.width)]
        read = []
        for (members, place), column in zip(positions, columns):
            meant = list(map(members.readings[place].get, column))
            if None in meant:
                raise _no_member(members, place, column, meant, where)
            read.append(meant)
        keys: list[Key] = list(zip(*read))
        start = 0
        for members in self.sets:
            if members.width > 1:
                _require_known(members, keys, start, where)
            start += members.width
        return keys


def _no_member(
    members: Members, place: int, column: Sequence[Cell], meant: Sequence[Member | None], where: Where
) -> DataError:
    row = meant.index(None)
    cell = column[row]
    if cell is None:
        return DataError(f"the cell that should name a member of {members.name} is empty ({where(row)})")
    more = meant.count(None) - 1
    also = f"; so are {more} more cells" if more else ""
    which = "is no" if members.width == 1 else f"stands at place {place + 1} of no"
    near = _nearest(members, place, cell) if members.keys else ", which is empty"
    return DataError(f"{cut(repr(cell), 60)} ({where(row)}) {which} member of {members.name}{near}{also}")


def _nearest(members: Members, place: int, cell: Cell) -> str:
    texts = list(dict.fromkeys(cut(str(key[place])) for key in members.keys[:10_000]))
    near = difflib.get_close_matches(cut(cell), texts, 1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f" ({', '.join(texts[:3])}{', …' if len(texts) > 3 else ''})"


def _require_known(members: Members, keys: list[Key], start: int, where: Where) -> None:
    stop = start + members.width
    for row, key in enumerate(keys):
        if key[start:stop] not in members.known:
            raise DataError(f"{cut(repr(key[start:stop]), 80)} ({where(row)}) is no member of {members.name}")
