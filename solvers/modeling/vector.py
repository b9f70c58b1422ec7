"""Evaluates expressions for all their index values at once, with numpy.

A Frame is a table of bound index names, a row for each combination of values. An
expression on a frame of n rows becomes an array (n,) when only data stands in it,
else a Form of n rows. This is what makes a model of a million terms compile in
about a second; `scalar.py` evaluates the same nodes one by one and is kept apart,
so that each can check the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agentopt.errors import FormulationError

from .expression import (
    Binary,
    Call,
    Choice,
    Clause,
    Compare,
    Item,
    Logic,
    Name,
    Negate,
    Node,
    Number,
    Reduce,
    Statement,
    Text,
    Tuple,
    names_in,
)
from .form import Form, Nonlinear, constant_form, expand
from .instance import Instance, Key
from .universe import UNKNOWN, Codes, Floats, KeyIndex, Universe

Mask = NDArray[np.bool_]
Quantity = Floats | Form

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
class _Domain:
    """Keys of a set, parameter or variable as codes, with their index."""

    columns: list[Codes]
    n: int
    n_codes: int

    @cached_property
    def index(self) -> KeyIndex:
        return KeyIndex(self.columns, self.n, self.n_codes)

    @cached_property
    def sorted_by(self) -> dict[int, tuple[Codes, Codes]]:
        """Position -> (order, codes in that order), filled as joins ask for it."""
        return {}

    def sorted_column(self, place: int) -> tuple[Codes, Codes]:
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
        self.universe = Universe(
            member
            for keys in (*data.sets.values(), *(values.keys() for values in data.parameters.values()))
            for key in keys
            for member in key
        )
        self._domains: dict[str, _Domain] = {}
        self._values: dict[str, Floats] = {}
        self.offsets: dict[str, int] = {}
        self.n_columns = 0
        for variable in instance.formulation.variables:
            self.offsets[variable.name] = self.n_columns
            self.n_columns += self.domain(variable.name).n

    # Names -> arrays

    def domain(self, name: str) -> _Domain:
        """The keys of a set, parameter or variable."""
        if name not in self._domains:
            self._domains[name] = self._make_domain(name)
        return self._domains[name]

    def _make_domain(self, name: str) -> _Domain:
        symbol = self.instance.analysis.symbols[name]
        data = self.instance.data
        if symbol.kind == "variable":
            return self._product(name)
        keys = data.sets[name] if symbol.kind == "set" else list(data.parameters[name])
        return _Domain(self.universe.columns(keys, symbol.arity), len(keys), len(self.universe))

    def _product(self, name: str) -> _Domain:
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
        return _Domain(columns, n, len(self.universe))

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

    # Statements

    def rows(self, statement: Statement, element: str) -> tuple[Frame, _Evaluation]:
        """The frame of a statement's clauses, and an evaluation for its body."""
        evaluation = _Evaluation(self, statement, element)
        frame, _ = evaluation.bind(statement.clauses, Frame(1, {}))
        return frame, evaluation

    def row_keys(self, frame: Frame) -> list[Key]:
        """The index values of each row of a frame, as members."""
        if not frame.columns:
            return [()] * frame.n
        members = self.universe.members
        return list(zip(*([members[code] for code in codes.tolist()] for codes in frame.columns.values())))


class _Evaluation:
    """Evaluates the nodes of one statement; knows its element, for messages."""

    def __init__(self, vectors: Vectors, statement: Statement, element: str) -> None:
        self.vectors = vectors
        self.universe = vectors.universe
        self.symbols = vectors.instance.analysis.symbols
        self.statement = statement
        self.element = element

    def error(self, what: str, frame: Frame | None = None, row: int = 0) -> FormulationError:
        at = ""
        if frame is not None and frame.columns:
            values = (f"{name}={self.universe.members[codes[row]]!r}" for name, codes in frame.columns.items())
            at = f" (at {', '.join(values)})"
        return FormulationError(f"{self.element}: {what}{at}", self.element)

    # Clauses

    def bind(self, clauses: tuple[Clause, ...], frame: Frame) -> tuple[Frame, Codes]:
        """Bind the clauses inside of a frame; also the outer row of each new row, which never decreases."""
        parent = np.arange(frame.n)
        for clause in clauses:
            conditions = [part for condition in clause.conditions for part in _conjuncts(condition)]
            if isinstance(clause.domain, Call):
                inner, rows = self._bind_range(clause, frame)
            else:
                inner, rows = self._bind_set(clause, conditions, frame)
            for condition in conditions:
                kept = np.flatnonzero(self.condition(condition, inner))
                if len(kept) < inner.n:
                    inner, rows = inner.take(kept), rows[kept]
            frame, parent = inner, parent[rows]
        return frame, parent

    def _bind_set(self, clause: Clause, conditions: list[Node], frame: Frame) -> tuple[Frame, Codes]:
        assert isinstance(clause.domain, Name)
        members = self.vectors.domain(clause.domain.name)
        joined = self._join(clause, conditions, frame, members)
        if joined is None:
            self._require_room(frame.n * members.n)
            rows = np.repeat(np.arange(frame.n), members.n)
            picked = np.tile(np.arange(members.n), frame.n)
        else:
            rows, picked = joined
        inner = frame.take(rows)
        columns = {name: members.columns[place][picked] for place, name in enumerate(clause.targets)}
        return Frame(inner.n, inner.columns | columns), rows

    def _join(
        self, clause: Clause, conditions: list[Node], frame: Frame, members: _Domain
    ) -> tuple[Codes, Codes] | None:
        """Use one condition `target == something bound` to look members up instead of trying them all.

        The condition used is taken out of the list. None: there is no such condition.
        """
        for place, name in enumerate(clause.targets):
            for condition in conditions:
                other = _equated(condition, name, set(clause.targets))
                if other is None or frame.n * members.n < 10_000:
                    continue
                wanted = self.codes(other, frame)
                order, codes = members.sorted_column(place)
                start = np.searchsorted(codes, wanted, "left")
                counts = np.where(wanted == UNKNOWN, 0, np.searchsorted(codes, wanted, "right") - start)
                self._require_room(int(counts.sum()))
                conditions.remove(condition)
                rows, running = expand(counts)
                return rows, order[start[rows] + running]
        return None

    def _bind_range(self, clause: Clause, frame: Frame) -> tuple[Frame, Codes]:
        assert isinstance(clause.domain, Call)
        start, stop, step = self._range(clause.domain, frame)
        counts = np.maximum(0, np.ceil((stop - start) / step)).astype(np.int64)
        self._require_room(float(counts.sum()))
        rows, running = expand(counts)
        numbers = start[rows] + running * step[rows]
        self.universe.add_numbers(numbers)
        codes = self.universe.from_numbers(numbers)
        return Frame(len(rows), frame.take(rows).columns | {clause.targets[0]: codes}), rows

    def _range(self, call: Call, frame: Frame) -> tuple[Floats, Floats, Floats]:
        values = [self.data(argument, frame) for argument in call.arguments]
        start, stop, step = (
            (np.zeros(frame.n), values[0], np.ones(frame.n)) if len(values) == 1 else (*values, np.ones(frame.n))[:3]
        )
        if (step == 0).any():
            raise self.error("range(...) needs a step other than 0", frame)
        if any((value != np.floor(value)).any() for value in (start, stop, step)):
            raise self.error("range(...) needs whole numbers", frame)
        return start, stop, step

    def _require_room(self, n: float) -> None:
        if n > MAX_ROWS:
            raise self.error(f"the loops have {n:.1e} combinations, more than {MAX_ROWS}; state it over fewer")

    # Numbers

    def quantity(self, node: Node, frame: Frame) -> Quantity:
        """A number for each row: an array (n,) of data, or a Form."""
        match node:
            case Number(value=value):
                return np.full(frame.n, value)
            case Name() | Item():
                return self._named(node, frame)
            case Negate(operand=operand):
                value = self.quantity(operand, frame)
                return value.scaled(np.full(frame.n, -1.0)) if isinstance(value, Form) else -value
            case Binary():
                return self._binary(node, frame)
            case Reduce():
                return self._reduce(node, frame)
            case Choice():
                return self._choice(node, frame)
            case Call():
                return self._call(node, frame)
        raise self.error(f"expected a number, got {type(node).__name__}")

    def data(self, node: Node, frame: Frame) -> Floats:
        """A number for each row, of data only."""
        value = self.quantity(node, frame)
        if isinstance(value, Form):
            raise Nonlinear(f"{self.element}: a variable where only data may stand")
        return value

    def form(self, node: Node, frame: Frame) -> Form:
        """A number for each row, as a Form."""
        value = self.quantity(node, frame)
        return value if isinstance(value, Form) else constant_form(value)

    def _named(self, node: Name | Item, frame: Frame) -> Quantity:
        if node.name in frame.columns:
            numbers = self.universe.numbers[frame.columns[node.name]]
            self._require(~np.isnan(numbers), f"the index {node.name!r} is text, not a number", frame)
            return numbers
        keys = node.keys if isinstance(node, Item) else ()
        columns = [self.codes(key, frame) for key in keys]
        found = self.vectors.domain(node.name).index.find(columns, frame.n)
        missing = np.flatnonzero(found == UNKNOWN)
        kind = self.symbols[node.name].kind
        if len(missing):
            default = self.vectors.instance.data.defaults.get(node.name) if kind == "parameter" else None
            if default is None:
                raise self._missing_key(kind, node, frame, int(missing[0]))
            values = self.vectors.values(node.name)
            known = values[np.maximum(found, 0)] if len(values) else np.zeros(frame.n)
            return np.where(found == UNKNOWN, default, known)
        if kind == "parameter" or self.vectors.point is not None:
            return self.vectors.values(node.name)[found]
        rows = np.arange(frame.n)
        return Form(frame.n, np.zeros(frame.n), rows, found + self.vectors.offsets[node.name], np.ones(frame.n))

    def _missing_key(self, kind: str, node: Name | Item, frame: Frame, row: int) -> FormulationError:
        one = frame.take(np.array([row]))
        key = tuple(self._shown_key(part, one) for part in (node.keys if isinstance(node, Item) else ()))
        return self.error(f"{kind} {node.name} has no value for {', '.join(map(repr, key)) or 'it'}", frame, row)

    def _shown_key(self, node: Node, frame: Frame) -> object:
        if isinstance(node, Text):
            return node.value
        codes = self.codes(node, frame)
        if codes[0] != UNKNOWN:
            return self.universe.members[codes[0]]
        return float(self.data(node, frame)[0])

    def _binary(self, node: Binary, frame: Frame) -> Quantity:
        left, right = self.quantity(node.left, frame), self.quantity(node.right, frame)
        if isinstance(left, Form) or isinstance(right, Form):
            return self._form_binary(node.op, left, right, frame)
        if node.op in ("/", "//", "%"):
            self._require(right != 0, "division by zero", frame)
        if node.op == "**":
            self._require((left != 0) | (right >= 0), "zero to a negative power", frame)
        with np.errstate(all="ignore"):
            value = _ARITHMETIC[node.op](left, right)
        self._require(np.isfinite(value), f"the result of {node.op} is no finite number", frame)
        return value

    def _form_binary(self, op: str, left: Quantity, right: Quantity, frame: Frame) -> Quantity:
        a = left if isinstance(left, Form) else constant_form(left)
        b = right if isinstance(right, Form) else constant_form(right)
        if op == "+":
            return a.plus(b)
        if op == "-":
            return a.plus(b.scaled(np.full(frame.n, -1.0)))
        if op == "*":
            return a.times(b)
        if not isinstance(right, Form):
            if op == "/":
                self._require(right != 0, "division by zero", frame)
                return a.scaled(1.0 / right)
            if op == "**" and frame.n and (right == right[0]).all() and right[0] in (0.0, 1.0, 2.0):
                return (constant_form(np.ones(frame.n)), a, a.times(a) if right[0] == 2 else a)[int(right[0])]
            if op == "**" and not frame.n:
                return constant_form(np.zeros(0))
        raise Nonlinear(f"{self.element}: {op} with a variable")

    def _reduce(self, node: Reduce, frame: Frame) -> Quantity:
        inner, parent = self.bind(node.clauses, frame)
        body = self.quantity(node.body, inner)
        if node.function == "sum":
            if isinstance(body, Form):
                return body.gathered(parent, frame.n)
            return np.bincount(parent, weights=body, minlength=frame.n)
        if isinstance(body, Form):
            raise Nonlinear(f"{self.element}: {node.function} over variables")
        start, ufunc = _REDUCE[node.function]
        if node.function != "prod":
            counts = np.bincount(parent, minlength=frame.n)
            self._require(counts > 0, f"{node.function}(...) over nothing", frame)
        value = np.full(frame.n, start)
        with np.errstate(all="ignore"):
            ufunc.at(value, parent, body)
        self._require(np.isfinite(value), f"{node.function}(...) is no finite number", frame)
        return value

    def _choice(self, node: Choice, frame: Frame) -> Quantity:
        """Each branch is evaluated on its own rows only, so that stock[t - 1] is never asked for t = 1."""
        mask = self.condition(node.condition, frame)
        parts = []
        for rows, branch in ((np.flatnonzero(mask), node.then), (np.flatnonzero(~mask), node.otherwise)):
            if len(rows):
                parts.append((rows, self.quantity(branch, frame.take(rows))))
        if any(isinstance(value, Form) for _, value in parts):
            forms = [
                (value if isinstance(value, Form) else constant_form(value)).scattered(rows, frame.n)
                for rows, value in parts
            ]
            return forms[0] if len(forms) == 1 else forms[0].plus(forms[1])
        result = np.zeros(frame.n)
        for rows, value in parts:
            result[rows] = value
        return result

    def _call(self, node: Call, frame: Frame) -> Quantity:
        if node.function == "len":
            assert isinstance(node.arguments[0], Name)
            return np.full(frame.n, float(self.vectors.domain(node.arguments[0].name).n))
        if node.function == "ord":
            return self._order(node, frame).astype(float) + 1.0
        if node.function in ("first", "last", "prev", "next"):
            numbers = self.universe.numbers[self.codes(node, frame)]
            self._require(~np.isnan(numbers), f"{node.function}(...) is text, not a number", frame)
            return numbers
        arguments = [self.quantity(argument, frame) for argument in node.arguments]
        if any(isinstance(argument, Form) for argument in arguments):
            raise Nonlinear(f"{self.element}: {node.function}(...) of a variable")
        with np.errstate(all="ignore"):
            value = arguments[0]
            if node.function in ("min", "max"):
                for argument in arguments[1:]:
                    value = (np.minimum if node.function == "min" else np.maximum)(value, argument)
            else:
                value = _FUNCTIONS[node.function](value)
        self._require(np.isfinite(value), f"{node.function}(...) of this value is no finite number", frame)
        return value

    def _require(self, good: Mask, what: str, frame: Frame) -> None:
        if not good.all():
            raise self.error(what, frame, int(np.flatnonzero(~good)[0]))

    # Index values

    def codes(self, node: Node, frame: Frame) -> Codes:
        """The codes of an index value for each row; UNKNOWN where it is no member of anything."""
        if isinstance(node, Name) and node.name in frame.columns:
            return frame.columns[node.name]
        if isinstance(node, Text):
            return np.full(frame.n, self.universe.code(node.value), dtype=np.int64)
        if isinstance(node, Call) and node.function in ("first", "last", "prev", "next"):
            return self._neighbour(node, frame)
        return self.universe.from_numbers(self.data(node, frame))

    def _neighbour(self, node: Call, frame: Frame) -> Codes:
        """first(SET), last(SET), prev(i, SET), next(i, SET)."""
        name = node.arguments[-1]
        assert isinstance(name, Name)
        members = self.vectors.domain(name.name)
        if not members.n:
            raise self.error(f"{node.function}({name.name}): the set is empty")
        if node.function in ("first", "last"):
            return np.full(frame.n, members.columns[0][0 if node.function == "first" else -1])
        place = self._order(node, frame) + (1 if node.function == "next" else -1)
        inside = (place >= 0) & (place < members.n)
        self._require(inside, f"{node.function}(...) goes past the end of {name.name}", frame)
        return members.columns[0][place]

    def _order(self, node: Call, frame: Frame) -> Codes:
        name = node.arguments[1]
        assert isinstance(name, Name)
        place = self.vectors.domain(name.name).index.find([self.codes(node.arguments[0], frame)], frame.n)
        self._require(place != UNKNOWN, f"{node.function}(...) of what is no member of {name.name}", frame)
        return place

    # Conditions

    def condition(self, node: Node, frame: Frame) -> Mask:
        """Whether a condition holds, for each row."""
        if isinstance(node, Logic):
            return self._logic(node, frame)
        assert isinstance(node, Compare)
        if node.ops[0] in ("in", "not in"):
            inside = self._inside(node.operands[0], node.operands[1], frame)
            return inside if node.ops[0] == "in" else ~inside
        result = np.ones(frame.n, dtype=bool)
        for op, left, right in zip(node.ops, node.operands, node.operands[1:]):
            result &= self._compared(op, left, right, frame)
        return result

    def _logic(self, node: Logic, frame: Frame) -> Mask:
        """`and` and `or` stop early, row by row, as Python's do."""
        if node.op == "not":
            return ~self.condition(node.operands[0], frame)
        open_rows = np.arange(frame.n)
        result = np.full(frame.n, node.op == "and")
        for operand in node.operands:
            holds = self.condition(operand, frame.take(open_rows))
            decided = ~holds if node.op == "and" else holds
            result[open_rows[decided]] = node.op == "or"
            open_rows = open_rows[~decided]
        return result

    def _compared(self, op: str, left: Node, right: Node, frame: Frame) -> Mask:
        if op in ("==", "!=") and any(self._is_member(node, frame) for node in (left, right)):
            a, b = (self.codes(node, frame) for node in (left, right))
            same = (a == b) & (a != UNKNOWN)
            return same if op == "==" else ~same
        return _COMPARISONS[op](self.data(left, frame), self.data(right, frame))

    def _is_member(self, node: Node, frame: Frame) -> bool:
        if isinstance(node, Call):
            return node.function in ("first", "last", "prev", "next")
        return isinstance(node, Text) or (isinstance(node, Name) and node.name in frame.columns)

    def _inside(self, left: Node, container: Node, frame: Frame) -> Mask:
        items = left.items if isinstance(left, Tuple) else (left,)
        if isinstance(container, Call):
            value = self.data(left, frame)
            start, stop, step = self._range(container, frame)
            ahead = np.where(step > 0, (value >= start) & (value < stop), (value <= start) & (value > stop))
            return ahead & ((value - start) % step == 0)
        if isinstance(container, Tuple):
            found = np.zeros(frame.n, dtype=bool)
            for item in container.items:
                found |= self._compared("==", left, item, frame)
            return found
        assert isinstance(container, Name)
        columns = [self.codes(item, frame) for item in items]
        return self.vectors.domain(container.name).index.find(columns, frame.n) != UNKNOWN


def _conjuncts(node: Node) -> list[Node]:
    """A condition as the parts that must all hold."""
    if isinstance(node, Logic) and node.op == "and":
        return [part for operand in node.operands for part in _conjuncts(operand)]
    return [node]


def _equated(condition: Node, name: str, new: set[str]) -> Node | None:
    """The other side of `name == other`, when no new index stands in it."""
    if not isinstance(condition, Compare) or condition.ops != ("==",):
        return None
    for mine, other in (condition.operands, condition.operands[::-1]):
        if isinstance(mine, Name) and mine.name == name and not names_in(other) & new:
            return other
    return None


_ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": np.power,
}
_REDUCE = {"prod": (1.0, np.multiply), "min": (np.inf, np.minimum), "max": (-np.inf, np.maximum)}
_FUNCTIONS: dict[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "cos": np.cos,
    "exp": np.exp,
    "floor": np.floor,
    "log": np.log,
    "log10": np.log10,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "tan": np.tan,
}
_COMPARISONS: dict[str, Callable[[Floats, Floats], Mask]] = {
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "<": np.less,
    ">": np.greater,
    "==": np.equal,
    "!=": np.not_equal,
}
