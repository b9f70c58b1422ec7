"""An instance as arrays: columns, rows, costs, and what class of problem they make.

`assemble` turns the statements into one sparse program
    minimize or maximize   offset + cost x + sum of quadratic terms
    subject to             row_lower <= A x (+ quadratic terms) <= row_upper,  lower <= x <= upper
and remembers which element and key each row and column came from. A statement that
is neither affine nor quadratic leaves the arrays out and sets the class to NLP or MINLP.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agentopt.errors import FormulationError

from ..instance import Instance, Key
from ..language.expression import Choice, Compare, Node, Statement
from ..solution import label
from .form import Form
from .quantity import Quantities, as_form
from .universe import UNKNOWN, Codes, Floats, totals
from .vector import Frame, Vectors

_ROUND_IN = 1e-9
"""An integer bound this close to a whole number is that number."""


@dataclass(frozen=True)
class Columns:
    """The variables, one column for each key."""

    lower: Floats
    """(n,), -inf when unbounded."""
    upper: Floats
    integer: NDArray[np.bool_]
    offsets: dict[str, int]
    """First column of each variable."""


@dataclass(frozen=True)
class RowBlock:
    """Consecutive rows that came from one comparison of one constraint."""

    constraint: str
    start: int
    frame: Frame
    """Index values of the rows."""


@dataclass(frozen=True)
class Sparse:
    """A matrix by rows (CSR)."""

    start: Codes
    """(n_rows + 1,)"""
    index: Codes
    value: Floats


@dataclass(frozen=True)
class Program:
    """The arrays of an instance that is affine or quadratic throughout."""

    vectors: Vectors
    columns: Columns
    maximize: bool
    offset: float
    cost: Floats
    """(n_columns,)"""
    objective_terms: tuple[Codes, Codes, Floats]
    """Quadratic terms of the objective: first column, second column, coefficient."""
    rows: Sparse
    row_lower: Floats
    row_upper: Floats
    blocks: tuple[RowBlock, ...]
    quadratic_rows: bool
    """Whether a constraint has quadratic terms (they are then not in `rows`)."""

    @property
    def n_rows(self) -> int:
        return len(self.row_lower)

    def row_label(self, row: int) -> str:
        """The constraint and key of a row, as demand[Oslo]."""
        constraint, key = self.row_origin(row)
        return label(constraint, key)

    def row_origin(self, row: int) -> tuple[str, Key]:
        """The constraint and key of a row."""
        block = next(b for b in reversed(self.blocks) if b.start <= row)
        one = block.frame.take(np.array([row - block.start]))
        return block.constraint, self.vectors.row_keys(one)[0]

    def column_origin(self, column: int) -> tuple[str, Key]:
        """The variable and key of a column."""
        offsets = self.columns.offsets
        # The last of those that begin there: a variable over an empty set has no columns of its own.
        name = [name for name, start in offsets.items() if start <= column][-1]
        return name, self.vectors.keys(name)[column - offsets[name]]

    def values(self, x: Floats) -> dict[str, dict[Key, float]]:
        """The values of all columns by variable and key."""
        ends = [*list(self.columns.offsets.values())[1:], len(x)]
        return {
            name: dict(zip(self.vectors.keys(name), x[start:end].tolist()))
            for (name, start), end in zip(self.columns.offsets.items(), ends)
        }


@dataclass
class _Rows:
    """Rows as they are collected."""

    forms: list[Form] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    blocks: list[RowBlock] = field(default_factory=list)
    n: int = 0

    def add(self, constraint: str, frame: Frame, form: Form, lower: Floats, upper: Floats) -> None:
        self.forms.append(form)
        self.lower.append(lower - form.constant)
        self.upper.append(upper - form.constant)
        self.blocks.append(RowBlock(constraint, self.n, frame))
        self.n += frame.n


@np.errstate(over="ignore", invalid="ignore")  # what is no number then is refused by the name of its element
def assemble(instance: Instance) -> Program:
    """Compile an instance to arrays, in time linear in its terms.

    Raises:
        Nonlinear: An expression is neither affine nor quadratic.
        FormulationError: A key is missing, a value is no number.
    """
    vectors = Vectors(instance)
    rows = _Rows()
    for name, statement in instance.analysis.constraints.items():
        quantities = Quantities(vectors, statement, f"constraint {name}")
        _collect(name, statement.body, quantities.frame(), quantities, rows)
    quantities = Quantities(vectors, instance.analysis.objective, "objective")
    frame = quantities.frame()
    objective = quantities.form(instance.analysis.objective.body, frame)
    _require_finite(objective, frame, quantities)
    n = vectors.n_columns
    cost = totals(objective.cols, objective.values, n)
    return Program(
        vectors=vectors,
        columns=bound_columns(vectors),
        maximize=instance.formulation.objective.sense == "maximize",
        offset=float(objective.constant[0]),
        cost=cost,
        objective_terms=_merged_terms(objective, n),
        rows=_stack(rows, n),
        row_lower=_joined(rows.lower),
        row_upper=_joined(rows.upper),
        blocks=tuple(rows.blocks),
        quadratic_rows=any(len(form.qrows) for form in rows.forms),
    )


def _collect(name: str, body: Node, frame: Frame, quantities: Quantities, rows: _Rows) -> None:
    """Add the rows of one comparison; a choice of comparisons is split by its condition."""
    if isinstance(body, Choice):
        mask = quantities.indices.condition(body.condition, frame)
        for part, branch in ((mask, body.then), (~mask, body.otherwise)):
            _collect(name, branch, frame.take(np.flatnonzero(part)), quantities, rows)
        return
    if not frame.n:
        return
    assert isinstance(body, Compare)
    sides = [quantities.quantity(operand, frame) for operand in body.operands]
    if len(sides) == 3 and body.ops[0] == body.ops[1] != "==" and isinstance(sides[1], Form):
        low, high = (sides[0], sides[2]) if body.ops[0] == "<=" else (sides[2], sides[0])
        # Crossed ends make two rows, so that a conflict can be told and repaired by either.
        if not isinstance(low, Form) and not isinstance(high, Form) and (low <= high).all():
            _require_finite(sides[1], frame, quantities)
            rows.add(name, frame, sides[1], low, high)
            return
    zero, infinite = np.zeros(frame.n), np.full(frame.n, np.inf)
    for op, left, right in zip(body.ops, sides, sides[1:]):
        # `10 <= x` is kept as the row x >= 10, as a reader would say it.
        if isinstance(right, Form) and not isinstance(left, Form):
            op, left, right = _MIRRORED[op], right, left
        difference = as_form(left).plus(as_form(right).scaled(np.full(frame.n, -1.0)))
        _require_finite(difference, frame, quantities)
        lower = -infinite if op == "<=" else zero
        upper = infinite if op == ">=" else zero
        rows.add(name, frame, difference, lower, upper)


_MIRRORED = {"<=": ">=", ">=": "<=", "==": "=="}


def _require_finite(form: Form, frame: Frame, quantities: Quantities) -> None:
    everywhere = ((np.arange(form.n), form.constant), (form.rows, form.values), (form.qrows, form.qvalues))
    for row, value in everywhere:
        wrong = np.flatnonzero(~np.isfinite(value))
        if len(wrong):
            raise quantities.indices.error("a coefficient is no finite number", frame, int(row[wrong[0]]))


def bound_columns(vectors: Vectors) -> Columns:
    """Evaluate the bounds of all variables.

    Raises:
        FormulationError: A bound names a key the variable does not have.
    """
    lower, upper = np.zeros(vectors.n_columns), np.full(vectors.n_columns, np.inf)
    integer = np.zeros(vectors.n_columns, dtype=bool)
    for variable in vectors.instance.formulation.variables:
        start = vectors.offsets[variable.name]
        span = slice(start, start + vectors.domain(variable.name).n)
        bounds = vectors.instance.analysis.bounds[variable.name]
        _set_bound(vectors, variable.name, "lower", bounds.lower, lower[span], -np.inf)
        _set_bound(vectors, variable.name, "upper", bounds.upper, upper[span], np.inf)
        if variable.domain != "continuous":
            integer[span] = True
            lower[span] = np.ceil(lower[span] - _ROUND_IN)
            upper[span] = np.floor(upper[span] + _ROUND_IN)
        if variable.domain == "binary":
            lower[span], upper[span] = np.maximum(lower[span], 0.0), np.minimum(upper[span], 1.0)
    return Columns(lower, upper, integer, vectors.offsets)


def _set_bound(
    vectors: Vectors, name: str, word: str, bound: float | Statement | None, target: Floats, infinite: float
) -> None:
    if not isinstance(bound, Statement):
        target[:] = infinite if bound is None else bound
        return
    element = f"variable {name}, {word} bound"
    quantities = Quantities(vectors, bound, element)
    frame = quantities.frame()
    values = quantities.data(bound.body, frame)
    if not bound.clauses:
        target[:] = values[0]
        return
    found = vectors.domain(name).index.find(list(frame.columns.values()), frame.n)
    if (found == UNKNOWN).any():
        key = vectors.row_keys(frame.take(np.flatnonzero(found == UNKNOWN)[:1]))[0]
        raise FormulationError(f"{element}: the variable has no index {key}", f"variable {name}")
    target[:] = infinite if word == "upper" else 0.0
    target[found] = values


def _joined(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.zeros(0)


def _stack(rows: _Rows, n_columns: int) -> Sparse:
    """Put the linear terms of all rows into one CSR matrix; repeated terms are added."""
    starts = [block.start for block in rows.blocks]
    if not starts:
        return Sparse(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    row = np.concatenate([form.rows + start for form, start in zip(rows.forms, starts)])
    place, value = _summed(
        row * max(n_columns, 1) + np.concatenate([form.cols for form in rows.forms]),
        np.concatenate([form.values for form in rows.forms]),
    )
    counts = np.bincount(place // max(n_columns, 1), minlength=rows.n)
    return Sparse(np.concatenate(([0], np.cumsum(counts))), place % max(n_columns, 1), value)


def _summed(place: Codes, value: Floats) -> tuple[Codes, Floats]:
    """Sorted distinct places, and the sum of the values at each."""
    if len(place) and (np.diff(place) <= 0).any():
        order = np.argsort(place, kind="stable")
        place, value = place[order], value[order]
        first = np.concatenate(([True], np.diff(place) > 0))
        value = np.add.reduceat(value, np.flatnonzero(first))
        place = place[first]
    return place, value


def _merged_terms(form: Form, n_columns: int) -> tuple[Codes, Codes, Floats]:
    """Quadratic terms with first <= second, each pair once."""
    first, second = np.minimum(form.qfirst, form.qsecond), np.maximum(form.qfirst, form.qsecond)
    place, value = _summed(first * max(n_columns, 1) + second, form.qvalues)
    kept = value != 0
    return place[kept] // max(n_columns, 1), place[kept] % max(n_columns, 1), value[kept]


def problem_class(program: Program | None, integer: bool) -> str:
    """The class in the field's words; program None: an expression is nonlinear.

    LP, MIP, QP (`convexity.py` tells whether it is convex), MIQP, QCP, MIQCP, NLP, MINLP.
    """
    if program is None:
        return "MINLP" if integer else "NLP"
    if program.quadratic_rows:
        return "MIQCP" if integer else "QCP"
    if len(program.objective_terms[2]):
        return "MIQP" if integer else "QP"
    return "MIP" if integer else "LP"
