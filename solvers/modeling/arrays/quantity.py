"""The numbers of a statement, for all rows of a frame at once: arrays of data, or Forms of variables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from agentopt.errors import FormulationError

from ..language.expression import Binary, Call, Choice, Item, Name, Negate, Node, Number, Reduce, Statement, Text
from .form import Form, Nonlinear, constant_form
from .indices import Indices
from .universe import UNKNOWN, Floats, totals
from .vector import Frame, Vectors

Quantity = Floats | Form


class Quantities:
    """Evaluates the numbers of one statement.

    Args:
        vectors: The data.
        statement: Whose clauses `frame` binds.
        element: The element of the statement, for messages.
    """

    def __init__(self, vectors: Vectors, statement: Statement, element: str) -> None:
        self.vectors = vectors
        self.universe = vectors.universe
        self.symbols = vectors.instance.analysis.symbols
        self.statement = statement
        self.element = element
        self.indices = Indices(vectors, element, self.data)

    def frame(self) -> Frame:
        """The rows of the statement's own clauses."""
        return self.indices.bind(self.statement.clauses, Frame(1, {}))[0]

    def quantity(self, node: Node, frame: Frame) -> Quantity:
        """A number for each row: an array (n,) of data, or a Form."""
        match node:
            case Number(value=value):
                return np.full(frame.n, value)
            case Name() | Item():
                return self._named(node, frame)
            case Negate(operand=operand):
                inner = self.quantity(operand, frame)
                return inner.scaled(np.full(frame.n, -1.0)) if isinstance(inner, Form) else -inner
            case Binary():
                return self._binary(node, frame)
            case Reduce():
                return self._reduce(node, frame)
            case Choice():
                return self._choice(node, frame)
            case Call():
                return self._call(node, frame)
        raise self.indices.error(f"expected a number, got {type(node).__name__}")

    def data(self, node: Node, frame: Frame) -> Floats:
        """A number for each row, of data only."""
        value = self.quantity(node, frame)
        if isinstance(value, Form):
            raise Nonlinear(f"{self.element}: a variable where only data may stand")
        return value

    def form(self, node: Node, frame: Frame) -> Form:
        """A number for each row, as a Form."""
        return as_form(self.quantity(node, frame))

    def _named(self, node: Name | Item, frame: Frame) -> Quantity:
        if node.name in frame.columns:
            numbers = self.universe.numbers[frame.columns[node.name]]
            self.indices.require(~np.isnan(numbers), f"the index {node.name!r} is text, not a number", frame)
            self.indices.require(np.isfinite(numbers), f"the index {node.name!r} is too large for a number", frame)
            return numbers
        keys = node.keys if isinstance(node, Item) else ()
        columns = [self.indices.codes(key, frame) for key in keys]
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
        return self.indices.error(
            f"{kind} {node.name} has no value for {', '.join(map(repr, key)) or 'it'}", frame, row
        )

    def _shown_key(self, node: Node, frame: Frame) -> object:
        if isinstance(node, Text):
            return node.value
        codes = self.indices.codes(node, frame)
        if codes[0] != UNKNOWN:
            return self.universe.members[codes[0]]
        number = float(self.data(node, frame)[0])
        return int(number) if number.is_integer() else number

    def _binary(self, node: Binary, frame: Frame) -> Quantity:
        left, right = self.quantity(node.left, frame), self.quantity(node.right, frame)
        if isinstance(left, Form) or isinstance(right, Form):
            return self._form_binary(node.op, left, right, frame)
        if node.op in ("/", "//", "%"):
            self.indices.require(right != 0, "division by zero", frame)
        if node.op == "**":
            self.indices.require((left != 0) | (right >= 0), "zero to a negative power", frame)
        with np.errstate(all="ignore"):
            value = _ARITHMETIC[node.op](left, right)
        self.indices.require(np.isfinite(value), f"the result of {node.op} is no finite number", frame)
        return value

    def _form_binary(self, op: str, left: Quantity, right: Quantity, frame: Frame) -> Quantity:
        a, b = as_form(left), as_form(right)
        if op == "+":
            return a.plus(b)
        if op == "-":
            return a.plus(b.scaled(np.full(frame.n, -1.0)))
        if op == "*":
            return a.times(b)
        if not isinstance(right, Form):
            if op == "/":
                self.indices.require(right != 0, "division by zero", frame)
                return a.scaled(1.0 / right)
            if op == "**" and frame.n and (right == right[0]).all() and right[0] in (0.0, 1.0, 2.0):
                return (constant_form(np.ones(frame.n)), a, a.times(a) if right[0] == 2 else a)[int(right[0])]
            if op == "**" and not frame.n:
                return constant_form(np.zeros(0))
        raise Nonlinear(f"{self.element}: {op} with a variable")

    def _reduce(self, node: Reduce, frame: Frame) -> Quantity:
        inner, parent = self.indices.bind(node.clauses, frame)
        body = self.quantity(node.body, inner)
        if node.function == "sum":
            if isinstance(body, Form):
                return body.gathered(parent, frame.n)
            total = totals(parent, body, frame.n)
            self.indices.require(np.isfinite(total), "sum(...) is no finite number", frame)
            return total
        if isinstance(body, Form):
            raise Nonlinear(f"{self.element}: {node.function} over variables")
        start, ufunc = _REDUCE[node.function]
        if node.function != "prod":
            counts = np.bincount(parent, minlength=frame.n)
            self.indices.require(counts > 0, f"{node.function}(...) over nothing", frame)
        value = np.full(frame.n, start)
        with np.errstate(all="ignore"):
            ufunc.at(value, parent, body)
        self.indices.require(np.isfinite(value), f"{node.function}(...) is no finite number", frame)
        return value

    def _choice(self, node: Choice, frame: Frame) -> Quantity:
        """Each branch is evaluated on its own rows only, so that stock[t - 1] is never asked for t = 1."""
        mask = self.indices.condition(node.condition, frame)
        branches = ((np.flatnonzero(mask), node.then), (np.flatnonzero(~mask), node.otherwise))
        parts = [(rows, self.quantity(branch, frame.take(rows))) for rows, branch in branches if len(rows)]
        total: Quantity = np.zeros(frame.n)
        for rows, value in parts:
            if isinstance(value, Form):
                form = value.gathered(rows, frame.n)
                total = form.plus(as_form(total))
            else:
                placed = totals(rows, value, frame.n)
                total = total.plus(constant_form(placed)) if isinstance(total, Form) else total + placed
        return total

    def _call(self, node: Call, frame: Frame) -> Quantity:
        if node.function == "len":
            assert isinstance(node.arguments[0], Name)
            return np.full(frame.n, float(self.vectors.domain(node.arguments[0].name).n))
        if node.function == "ord":
            return self.indices.order(node, frame).astype(float) + 1.0
        if node.function in ("first", "last", "prev", "next"):
            numbers = self.universe.numbers[self.indices.codes(node, frame)]
            self.indices.require(~np.isnan(numbers), f"{node.function}(...) is text, not a number", frame)
            return numbers
        arguments: list[Floats] = []
        for argument in node.arguments:
            value = self.quantity(argument, frame)
            if isinstance(value, Form):
                raise Nonlinear(f"{self.element}: {node.function}(...) of a variable")
            arguments.append(value)
        with np.errstate(all="ignore"):
            if node.function in ("min", "max"):
                result = (np.minimum if node.function == "min" else np.maximum).reduce(arguments)
            else:
                result = _FUNCTIONS[node.function](arguments[0])
        self.indices.require(np.isfinite(result), f"{node.function}(...) of this value is no finite number", frame)
        return np.asarray(result, dtype=float)


def as_form(quantity: Quantity) -> Form:
    """A number for each row, as a Form."""
    return quantity if isinstance(quantity, Form) else constant_form(quantity)


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
