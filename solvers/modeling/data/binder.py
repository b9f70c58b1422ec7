"""Gives sets their members and parameters their values, one element at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from itertools import islice

from agentopt.errors import DataError, FormulationError

from ..formulation import Parameter, SetElement
from ..instance import Key
from ..language.analysis import Analysis
from ..language.expression import Call, Name, Number, Statement, names_in
from ..pointwise.scalar import Evaluator
from ..shorten import cut
from .members import KeySpace, Members, as_member, require_one_spelling
from .numbers import dense, from_columns, from_table
from .source import set_columns
from .tables import Tables

MAX_MEMBERS = 10_000_000
"""Most members of a computed set, and most keys that one number is spread over."""


def order(analysis: Analysis) -> list[str]:
    """Sets and parameters so that each stands after what it is computed from."""
    formulation = analysis.formulation
    needs: dict[str, set[str]] = {element.name: set() for element in formulation.sets}
    needs |= {parameter.name: set(parameter.index) for parameter in formulation.parameters}
    for name, statement in (analysis.sets | analysis.parameters).items():
        for part in (statement.body, *statement.clauses):
            needs[name] |= names_in(part) & analysis.symbols.keys()
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        names = error.args[1]
        kind = analysis.symbols[names[0]].kind
        raise FormulationError(
            f"{kind} {names[0]}: computed from itself: {' <- '.join(names)}", f"{kind} {names[0]}"
        ) from None


class Binder:
    """What is bound so far; the evaluator looks into the same dictionaries."""

    def __init__(self, analysis: Analysis, tables: Tables) -> None:
        self.analysis = analysis
        self.tables = tables
        self.set_elements = {element.name: element for element in analysis.formulation.sets}
        self.parameter_elements = {element.name: element for element in analysis.formulation.parameters}
        self.members: dict[str, Members] = {}
        self.sets: dict[str, tuple[Key, ...]] = {}
        self.parameters: dict[str, dict[Key, float]] = {}
        self.defaults = {p.name: p.default for p in analysis.formulation.parameters if p.default is not None}
        self.evaluator = Evaluator(self.sets, self.parameters, self.defaults)

    def bind(self, name: str) -> None:
        """Bind one set or parameter; what it is computed from is bound already."""
        if name in self.set_elements:
            element = self.set_elements[name]
            with naming(f"set {name}", of_table=element.data is not None):
                self.keep_members(name, self.set_members(element))
        else:
            parameter = self.parameter_elements[name]
            with naming(f"parameter {name}", of_table=parameter.data is not None):
                self.parameters[name] = self.values(parameter)

    def keep_members(self, name: str, keys: tuple[Key, ...]) -> None:
        """Take the members of a set as they are."""
        self.sets[name] = keys
        self.members[name] = Members(name, keys, self.analysis.symbols[name].arity)

    def space(self, parameter: Parameter) -> KeySpace:
        """The keys that a parameter may have, its index sets bound."""
        return KeySpace(tuple(self.members[name] for name in parameter.index))

    def set_members(self, element: SetElement) -> tuple[Key, ...]:
        if element.expression is not None:
            return self.computed_members(element.name)
        if element.elements is not None:
            keys = [tuple(m) if isinstance(m, list) else (m,) for m in element.elements]
            _require_distinct(keys)
        else:
            keys = self.table_members(element)
        if not keys:
            raise DataError("the set is empty; a set needs at least one member unless an expression computes it")
        require_one_spelling(keys, "its members")
        return tuple(keys)

    def computed_members(self, name: str) -> tuple[Key, ...]:
        statement = self.analysis.sets[name]
        if self.may_be_large(statement):
            self.require_countable(statement, f"set {name}")
        # A projection such as [i for (i, j) in ARCS] meets a member again and again, and is a set all the same.
        keys = tuple(dict.fromkeys(self.evaluator.members(statement, f"set {name}")))
        require_one_spelling(keys, "its members")
        return keys

    def may_be_large(self, statement: Statement) -> bool:
        domains = [clause.domain for clause in statement.clauses]
        if isinstance(statement.body, Call) or not all(isinstance(domain, Name) for domain in domains):
            return True
        return math.prod(len(self.sets[d.name]) for d in domains if isinstance(d, Name)) > MAX_MEMBERS

    def require_countable(self, statement: Statement, element: str) -> None:
        """Count the members before any is kept, so that a slip such as range(10**12) fills no memory."""
        if isinstance(statement.body, Call) and not statement.clauses:
            stops = [self.evaluator.value(Statement(statement.text, a, ()), element) for a in statement.body.arguments]
            if any(not float(stop).is_integer() for stop in stops) or (len(stops) == 3 and stops[2] == 0):
                return  # the evaluator says what is wrong with it
            start, stop, step = (0, *stops, 1) if len(stops) == 1 else (*stops, 1)[:3]
            count = max(0, (stop - start) // step)
        else:
            counted = self.evaluator.rows(Statement(statement.text, Number(1, 1.0), statement.clauses), element)
            count = sum(1 for _ in islice(counted, MAX_MEMBERS + 1))
        if count > MAX_MEMBERS:
            raise DataError(f"the expression gives more than {MAX_MEMBERS} members")

    def table_members(self, element: SetElement) -> list[Key]:
        assert element.data is not None
        table = self.tables.find(element.data.table)
        headers = set_columns(element, element.data, table)
        columns = []
        for header in headers:
            cells = table.columns[header]
            column = list(map(as_member, cells))
            if None in column:
                row = column.index(None)
                got = "an empty cell" if cells[row] is None else f"{cells[row]}"
                raise DataError(
                    f"expected a text or a whole number in column {header!r}, got {got} ({table.where(row)})"
                )
            columns.append(column)
        keys: list[Key] = list(zip(*columns))
        if len(headers) == len(table.columns):
            _require_distinct(keys, table.where)
        return list(dict.fromkeys(keys))

    def values(self, parameter: Parameter) -> dict[Key, float]:
        space = self.space(parameter)
        values = self.given_values(parameter, space)
        # A missing value may be one that a change gives.
        if not parameter.changes:
            self.require_complete(parameter.name, values, space)
        return values

    def require_complete(self, name: str, values: dict[Key, float], space: KeySpace) -> None:
        """Refuse a parameter that lacks the value of a key.

        Raises:
            DataError: It does, and has no default.
        """
        if name not in self.defaults and len(values) < space.size:
            missing = list(islice((key for key in space if key not in values), 3))
            n_missing = space.size - len(values)
            shown = ", ".join(_shown_key(key) for key in missing) + (", …" if n_missing > len(missing) else "")
            what = f"{n_missing} of {space.size} keys of {space.title} have" if space.sets else "it has"
            raise DataError(f"{what} no value{f': {shown}' if space.sets else ''}; give them or state a default")

    def given_values(self, parameter: Parameter, space: KeySpace) -> dict[Key, float]:
        if parameter.expression is not None:
            rows = list(self.evaluator.rows(self.analysis.parameters[parameter.name], f"parameter {parameter.name}"))
            columns = list(zip(*(key for key, _ in rows)))
            return from_columns(space, columns, [value for _, value in rows], _computed)
        if parameter.data is not None:
            refs = [self.set_elements[name].data for name in parameter.index]
            return from_table(parameter.name, parameter.data, self.tables.find(parameter.data.table), space, refs)
        if parameter.rows is not None:
            for place, row in enumerate(parameter.rows, 1):
                if len(row) != space.arity + 1:
                    raise DataError(f"expected {space.arity} key(s) and a number in row {place}, got {len(row)} cells")
            *columns, values = list(zip(*parameter.rows)) or [()] * (space.arity + 1)
            return from_columns(space, columns, values, lambda row: f"row {row + 1}")
        if isinstance(parameter.value, list):
            return dense(space, parameter.value)
        assert parameter.value is not None
        if space.size > MAX_MEMBERS:
            raise DataError(f"the number would stand for {space.size} keys, more than {MAX_MEMBERS}")
        return dict.fromkeys(space, parameter.value) if space.sets else {(): parameter.value}


def _computed(row: int) -> str:
    return "computed"


def _require_distinct(keys: Sequence[Key], where: object = None) -> None:
    if len(set(keys)) == len(keys):
        return
    first: dict[Key, int] = {}
    for row, key in enumerate(keys):
        if key in first:
            places = f" ({where(first[key])} and {where(row)})" if callable(where) else ""
            raise DataError(f"the member {_shown_key(key)} stands twice{places}")
        first[key] = row


def _shown_key(key: Key) -> str:
    return cut(repr(key[0]) if len(key) == 1 else repr(key), 80)


@contextmanager
def naming(element: str, *, of_table: bool) -> Iterator[None]:
    """Put the element's name before what is wrong with its data; the fault is the table's or the formulation's."""
    try:
        yield
    except DataError as error:
        message = f"{element}: {error}"
        raise (DataError(message) if of_table else FormulationError(message, element)) from error
