"""The data of an instance as arrays, and the frames on which expressions are evaluated.

A Frame is a table of bound index names, a row for each combination of values. An
expression on a frame of n rows becomes an array (n,) when only data stands in it,
else a Form of n rows (`quantity.py`). This is what makes a model of a million terms
compile in well under a second; `scalar.py` evaluates the same nodes one by one and
is kept apart, so that each can check the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from agentopt.errors import FormulationError

from ..instance import Instance, Key
from .universe import Codes, Floats, KeyIndex, Universe

MAX_ROWS = 50_000_000
"""More rows than this in one frame are refused: they would not fit in memory."""


@dataclass(frozen=True)
class Frame:
    """Bound index names and their values, a row for each combination."""

    n: int
    columns: dict[str, Codes]
    """Name -> codes, (n,)."""

    def take(self, rows: Codes) -> Frame:
        """The frame of some of its rows."""
        return Frame(len(rows), {name: codes[rows] for name, codes in self.columns.items()})


@dataclass(frozen=True)
class Domain:
    """Keys of a set, parameter or variable as codes, with their index."""

    columns: list[Codes]
    n: int
    n_codes: int

    @cached_property
    def index(self) -> KeyIndex:
        """Finds keys."""
        return KeyIndex(self.columns, self.n, self.n_codes)

    @cached_property
    def sorted_by(self) -> dict[int, tuple[Codes, Codes]]:
        """Position -> (order, codes in that order), filled as joins ask for it."""
        return {}

    def sorted_column(self, place: int) -> tuple[Codes, Codes]:
        """The order of the keys by one of their positions, and that position's codes in this order."""
        if place not in self.sorted_by:
            order = np.argsort(self.columns[place], kind="stable")
            self.sorted_by[place] = (order, self.columns[place][order])
        return self.sorted_by[place]


class Vectors:
    """Evaluates the statements of one instance.

    Args:
        instance: What is evaluated.
        point: Values of the variables by name and key. Without it, variables stay
            symbolic and expressions with them become Forms.
    """

    def __init__(self, instance: Instance, point: Mapping[str, Mapping[Key, float]] | None = None) -> None:
        self.instance = instance
        self.point = point
        data = instance.data
        keys = chain(*data.sets.values(), *data.parameters.values())
        self.universe = Universe(chain.from_iterable(keys))
        self._domains: dict[str, Domain] = {}
        self._values: dict[str, Floats] = {}
        self.offsets: dict[str, int] = {}
        self.n_columns = 0
        for variable in instance.formulation.variables:
            self.offsets[variable.name] = self.n_columns
            self.n_columns += self.domain(variable.name).n

    # Names -> arrays

    def domain(self, name: str) -> Domain:
        """The keys of a set, parameter or variable."""
        if name not in self._domains:
            self._domains[name] = self._make_domain(name)
        return self._domains[name]

    def _make_domain(self, name: str) -> Domain:
        symbol = self.instance.analysis.symbols[name]
        data = self.instance.data
        if symbol.kind == "variable":
            return self._product(name)
        keys = data.sets[name] if symbol.kind == "set" else list(data.parameters[name])
        return Domain(self.universe.columns(keys, symbol.arity), len(keys), len(self.universe))

    def _product(self, name: str) -> Domain:
        """Keys of a variable: every combination of its index sets, the last running fastest."""
        variable = next(v for v in self.instance.formulation.variables if v.name == name)
        columns: list[Codes] = []
        n = 1
        for set_name in variable.index:
            members = self.domain(set_name)
            if n * members.n > MAX_ROWS:
                raise FormulationError(f"variable {name}: more than {MAX_ROWS} keys", f"variable {name}")
            columns = [np.repeat(column, members.n) for column in columns]
            columns += [np.tile(column, n) for column in members.columns]
            n *= members.n
        return Domain(columns, n, len(self.universe))

    def keys(self, name: str) -> list[Key]:
        """The keys of a set, parameter or variable in order, as members."""
        domain = self.domain(name)
        if not domain.columns:
            return [()] * domain.n
        members = self.universe.members
        return list(zip(*([members[code] for code in column.tolist()] for column in domain.columns)))

    def values(self, name: str) -> Floats:
        """The numbers of a parameter, or of a variable at the point, in the order of its keys."""
        if name not in self._values:
            if name in self.instance.data.parameters:
                source: Mapping[Key, float] = self.instance.data.parameters[name]
                self._values[name] = np.fromiter(source.values(), dtype=float, count=len(source))
            else:
                assert self.point is not None
                at = self.point[name]
                self._values[name] = np.array([at[key] for key in self.keys(name)], dtype=float)
        return self._values[name]

    def row_keys(self, frame: Frame) -> list[Key]:
        """The index values of each row of a frame, as members."""
        if not frame.columns:
            return [()] * frame.n
        members = self.universe.members
        return list(zip(*([members[code] for code in codes.tolist()] for codes in frame.columns.values())))
