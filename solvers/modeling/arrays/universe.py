"""Numbers the members of all sets, so that indices become arrays of integers.

A member has one code in the whole problem; a column of an index is an array of
codes, and looking up a million keys is a handful of array operations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from agentopt.errors import FormulationError

from ..instance import Key, Member

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

UNKNOWN = -1
"""Code of what is no member of anything."""


def totals(place: Codes, weights: Floats, n: int) -> Floats:
    """Sum of the weights that fall on each of n places."""
    return np.asarray(np.bincount(place, weights=weights, minlength=n), dtype=float)


def _number(member: int) -> float:
    try:
        return float(member)
    except OverflowError:  # it may be a name all the same; whoever calculates with it is told
        return math.inf if member > 0 else -math.inf


class Universe:
    """All members of all sets of one instance, each with its code."""

    def __init__(self, members: Iterable[Member]) -> None:
        self.members: list[Member] = list(dict.fromkeys(members))
        self._codes = {member: code for code, member in enumerate(self.members)}
        self._number_members()

    def _number_members(self) -> None:
        self.numbers: Floats = np.array(
            [_number(member) if isinstance(member, int) else np.nan for member in self.members], dtype=float
        )
        """Numeric value of each code; NaN for text."""
        numeric = np.flatnonzero(~np.isnan(self.numbers))
        self._numeric_codes = numeric[np.argsort(self.numbers[numeric], kind="stable")]
        self._numeric_values = self.numbers[self._numeric_codes]

    def __len__(self) -> int:
        return len(self.members)

    def code(self, member: Member) -> int:
        """The code of one member, or UNKNOWN."""
        return self._codes.get(member, UNKNOWN)

    def columns(self, keys: Sequence[Key], arity: int) -> list[Codes]:
        """Codes of many keys, one array for each of their positions."""
        # map and itemgetter run without a step of Python for each key.
        return [
            np.fromiter(map(self._codes.__getitem__, map(itemgetter(place), keys)), dtype=np.int64, count=len(keys))
            for place in range(arity)
        ]

    def add_numbers(self, values: Floats) -> None:
        """Give codes to whole numbers that are members of no set, as a loop over range(...) needs."""
        new = [int(value) for value in np.unique(values) if int(value) not in self._codes]
        if new:
            self._codes.update((member, len(self.members) + place) for place, member in enumerate(new))
            self.members += new
            self._number_members()

    def from_numbers(self, values: Floats) -> Codes:
        """Codes of computed numbers, as of t - 1; UNKNOWN where no member has the value."""
        if not len(self._numeric_values):
            return np.full(len(values), UNKNOWN, dtype=np.int64)
        place = np.minimum(np.searchsorted(self._numeric_values, values), len(self._numeric_values) - 1)
        return np.where(self._numeric_values[place] == values, self._numeric_codes[place], UNKNOWN)


class KeyIndex:
    """Finds the positions of keys in a fixed list of distinct keys, many at once.

    Args:
        columns: The keys, as one array of codes for each position, each (n_keys,).
        n_keys: How many there are (needed when the keys have no position).
        n_codes: Size of the universe.
    """

    def __init__(self, columns: Sequence[Codes], n_keys: int, n_codes: int) -> None:
        self.n_keys = n_keys
        self._n_codes = n_codes
        self._local: list[Codes] = []
        self._widths: list[int] = []
        for column in columns:
            used = np.zeros(n_codes, dtype=bool)
            used[column] = True
            # One slot more, so that the code UNKNOWN (-1) reads the last entry and stays unknown.
            local = np.full(n_codes + 1, UNKNOWN, dtype=np.int64)
            local[:-1][used] = np.arange(int(used.sum()))
            self._local.append(local)
            self._widths.append(int(used.sum()))
        size = 1
        for width in self._widths:
            size *= max(width, 1)
        if size >= 2**62:
            raise FormulationError(f"the index has {size:.1e} possible keys; state it over a set of tuples")
        places = self._places(columns, n_keys)[0]
        if size <= 4 * n_keys + 65_536:
            self._dense: Codes | None = np.full(size, UNKNOWN, dtype=np.int64)
            self._dense[places] = np.arange(n_keys)
        else:
            self._dense = None
            self._order = np.argsort(places, kind="stable")
            self._sorted = places[self._order]

    def _places(self, columns: Sequence[Codes], n: int) -> tuple[Codes, NDArray[np.bool_]]:
        """Place of each key in the product of all positions, and whether every position is known."""
        place = np.zeros(n, dtype=np.int64)
        known = np.ones(n, dtype=bool)
        for local, width, column in zip(self._local, self._widths, columns):
            # The universe may have grown since; a code from later is no part of any key here.
            digit = local[np.where(column < self._n_codes, column, UNKNOWN)]
            known &= digit >= 0
            place = place * max(width, 1) + digit
        return place, known

    def find(self, columns: Sequence[Codes], n: int) -> Codes:
        """Positions (n,) of n keys; UNKNOWN for a key that is not in the list."""
        if self.n_keys == 0:
            return np.full(n, UNKNOWN, dtype=np.int64)
        place, known = self._places(columns, n)
        place = np.where(known, place, 0)
        if self._dense is not None:
            found = self._dense[place]
        else:
            at = np.minimum(np.searchsorted(self._sorted, place), self.n_keys - 1)
            found = np.where(self._sorted[at] == place, self._order[at], UNKNOWN)
        return np.where(known, found, UNKNOWN)
