"""How much room a point leaves in each inequality: which constraints are tight, which bounds are reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays.program import bound_columns
from ..arrays.quantity import Quantities
from ..arrays.vector import Frame, Vectors
from ..instance import Instance, Key
from ..language.expression import Choice, Compare, Node, names_in
from ..solution import label
from .meaning import figure, row_units, said

TIGHT = 1e-6
"""Relative slack up to which a row counts as tight: the tolerance of the checker."""

Values = Mapping[str, Mapping[Key, float]]
Op = Literal["<=", ">=", "=="]
Kind = Literal["constraint", "lower bound", "upper bound"]


@dataclass(frozen=True, slots=True)
class Slack:
    """The room that a point leaves in one row."""

    name: str
    """Of the constraint or variable."""
    key: Key
    kind: Kind
    left: float
    """The left side at the point; for a bound, the variable's value."""
    op: Op
    right: float
    limit: float | None
    """The side that is data; None where variables stand in both."""
    slack: float
    """How far the sides may still move together, in `unit`; below 0 when the row is violated, for an equation also."""
    relative: float
    """slack / max(1, |limit|), with the right side where there is no limit."""
    unit: str
    meaning: str

    @property
    def label(self) -> str:
        """The row as it is shown: oven[Mon]."""
        return label(self.name, self.key)

    @property
    def is_tight(self) -> bool:
        """Whether nothing is left, up to the checker's tolerance."""
        return self.relative <= TIGHT

    @property
    def sentence(self) -> str:
        """What is left, as "oven (Hours of the oven): 40 <= 40, nothing left"."""
        words = f" ({self.meaning})" if self.meaning else ""
        left = "nothing" if self.is_tight else figure(self.slack, self.unit)
        return f"{self.label}{words}: {figure(self.left)} {self.op} {figure(self.right, self.unit)}, {left} left"


def tightness(instance: Instance, values: Values) -> list[Slack]:
    """List the slack of every inequality row at a point, the tightest first.

    Rows are evaluated by the array evaluator, so that a hundred thousand take about a
    second; statements of any class are. Equations have no slack and are left out. Of
    the bounds of variables those that are reached are listed, but for the 0 that every
    amount has below and the 0 and 1 of a binary variable, which say nothing.

    Args:
        instance: What the values belong to.
        values: Value of each variable by key.

    Raises:
        FormulationError: A statement has no value at this point.
    """
    vectors = Vectors(instance, values)
    found = [row for row in _rows(vectors) if row.op != "=="]
    found += _reached_bounds(vectors)
    return sorted(found, key=lambda slack: slack.relative)


def rows_at(instance: Instance, values: Values) -> list[Slack]:
    """List every row at a point in the order of the statements, equations included, bounds not.

    Raises:
        FormulationError: A statement has no value at this point.
    """
    return list(_rows(Vectors(instance, values)))


def _rows(vectors: Vectors) -> Iterator[Slack]:
    units = row_units(vectors.instance.formulation)
    for name, statement in vectors.instance.analysis.constraints.items():
        quantities = Quantities(vectors, statement, f"constraint {name}")
        for frame, compare in _branches(statement.body, quantities.frame(), quantities):
            yield from _slacks(name, quantities, frame, compare, units[name])


def _branches(body: Node, frame: Frame, quantities: Quantities) -> Iterator[tuple[Frame, Compare]]:
    """The comparisons of a constraint, each with the rows for which it is stated."""
    if isinstance(body, Choice):
        holds = quantities.indices.condition(body.condition, frame)
        yield from _branches(body.then, frame.take(np.flatnonzero(holds)), quantities)
        yield from _branches(body.otherwise, frame.take(np.flatnonzero(~holds)), quantities)
    elif frame.n:
        assert isinstance(body, Compare)
        yield frame, body


def _slacks(name: str, quantities: Quantities, frame: Frame, compare: Compare, unit: str) -> Iterator[Slack]:
    instance, keys = quantities.vectors.instance, quantities.vectors.row_keys(frame)
    sides = [(quantities.data(operand, frame), _is_data(operand, instance)) for operand in compare.operands]
    meaning = said(instance.formulation, name)
    for op, (left, left_is_data), (right, right_is_data) in zip(compare.ops, sides, sides[1:]):
        word: Op = "<=" if op == "<=" else ">=" if op == ">=" else "=="
        slack = right - left if op == "<=" else left - right if op == ">=" else -np.abs(left - right)
        limit = left if left_is_data and not right_is_data else right
        relative = slack / np.maximum(1.0, np.abs(limit))
        has_limit = left_is_data or right_is_data
        figures = zip(keys, *(column.tolist() for column in (left, right, limit, slack, relative)))
        for key, a, b, end, room, part in figures:
            yield Slack(name, key, "constraint", a, word, b, end if has_limit else None, room, part, unit, meaning)


def _is_data(node: Node, instance: Instance) -> bool:
    """Whether no variable stands in a side."""
    symbols = instance.analysis.symbols
    return not any(name in symbols and symbols[name].kind == "variable" for name in names_in(node))


def _reached_bounds(vectors: Vectors) -> Iterator[Slack]:
    columns = bound_columns(vectors)
    for variable in vectors.instance.formulation.variables:
        if variable.domain == "binary":
            continue
        values, start = vectors.values(variable.name), columns.offsets[variable.name]
        span = slice(start, start + len(values))
        words = variable.meaning or variable.source
        for below, bound in ((True, columns.lower[span]), (False, columns.upper[span])):
            room = values - bound if below else bound - values
            told = np.isfinite(bound) & ((bound != 0) | (not below))
            relative = room / np.maximum(1.0, np.abs(np.where(told, bound, 0.0)))
            reached = np.flatnonzero(told & (relative <= TIGHT)).tolist()
            keys = vectors.keys(variable.name) if reached else []
            for k in reached:
                yield Slack(
                    name=variable.name,
                    key=keys[k],
                    kind="lower bound" if below else "upper bound",
                    left=float(values[k]),
                    op=">=" if below else "<=",
                    right=float(bound[k]),
                    limit=float(bound[k]),
                    slack=float(room[k]),
                    relative=float(relative[k]),
                    unit=variable.unit,
                    meaning=words,
                )
