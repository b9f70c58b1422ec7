"""What LP and MPS files hold alike: named columns, named rows of one side each, and remarks for the head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agentopt.errors import FormulationError

from ..arrays.form import Nonlinear
from ..arrays.program import Program, assemble
from ..instance import Instance, Key
from ..shorten import cut
from ..solution import label
from .legal_names import LegalNames

OBJECTIVE = "objective"

_REMARK = 160
"""Characters of a text in a remark; SCIP reads lines of 1,024 bytes in an MPS file."""


@dataclass(frozen=True)
class Row:
    """One comparison of a linear expression with a number."""

    name: str
    op: Literal["<=", ">=", "=="]
    rhs: float
    source: int
    """Row of the program's matrix that holds the terms."""


@dataclass(frozen=True)
class LinearFile:
    """A program with the names that its file uses."""

    program: Program
    title: str
    """One printable line, "" when there is none."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    """A range of the program is two rows here: HiGHS and SCIP read none in an LP file, and a
    range of an MPS file is a width, from which the far end comes back rounded."""
    renamed: tuple[tuple[str, str], ...]
    """Name in the file and label, for each whose name could not be kept."""

    @property
    def remarks(self) -> Iterator[str]:
        """The lines for the head of the file, without the sign of a comment."""
        if self.title:
            yield self.title
        yield "Written by agentopt. A key stands in round brackets: ship[Oslo, 3] is ship(Oslo,3)."
        for name, stated in self.renamed:
            yield f"{name} is {stated}"

    def terms(self, source: int) -> Iterator[tuple[int, float]]:
        """The columns and coefficients of a row, without those that are zero."""
        matrix = self.program.rows
        span = slice(matrix.start[source], matrix.start[source + 1])
        pairs = zip(matrix.index[span].tolist(), matrix.value[span].tolist())
        return (pair for pair in pairs if pair[1])


def linear_file(instance: Instance, format: str) -> LinearFile:
    """Compile an instance and name its columns and rows.

    Raises:
        FormulationError: The format cannot say the problem: a constraint that is not linear, an
            objective beyond the second degree, or no variable at all; or the data do not fit.
    """
    program = _program(instance, format)
    names = LegalNames()
    names.name(OBJECTIVE)
    renamed: list[tuple[str, str]] = []
    columns = []
    for variable in program.columns.offsets:
        for key in program.vectors.keys(variable):
            columns.append(names.name(variable, key))
            _remember(renamed, columns[-1], variable, key)
    rows: list[Row] = []
    for source, (constraint, key) in enumerate(_origins(program)):
        for op, rhs, ending in _sides(float(program.row_lower[source]), float(program.row_upper[source])):
            rows.append(Row(names.name(constraint, key, ending), op, rhs, source))
            _remember(renamed, rows[-1].name.removesuffix(ending), constraint, key)
    title = cut(" ".join(instance.formulation.title.split()), _REMARK)
    return LinearFile(program, title, tuple(columns), tuple(rows), tuple(dict.fromkeys(renamed)))


def _program(instance: Instance, format: str) -> Program:
    can_say = f"an {format.upper()} file says linear constraints and an objective of at most the second degree"
    try:
        program = assemble(instance)
    except Nonlinear as error:
        raise FormulationError(f"{can_say}, and this problem has more ({error.what}); export it as pyomo") from None
    if program.quadratic_rows:
        raise FormulationError(f"{can_say}, and a constraint of this problem is quadratic; export it as pyomo")
    if not len(program.cost):
        raise FormulationError(f"an {format.upper()} file needs a column, and no variable of this problem has a key")
    return program


def _origins(program: Program) -> Iterator[tuple[str, Key]]:
    """The constraint and key of each row, in order."""
    for block in program.blocks:
        for key in program.vectors.row_keys(block.frame):
            yield block.constraint, key


def _sides(lower: float, upper: float) -> Iterator[tuple[Literal["<=", ">=", "=="], float, str]]:
    """The comparisons that a row makes, with the ending of its name."""
    if lower == upper:
        yield "==", lower, ""
        return
    both = np.isfinite(lower) and np.isfinite(upper)
    if np.isfinite(lower):
        yield ">=", lower, "_lower" if both else ""
    if np.isfinite(upper):
        yield "<=", upper, "_upper" if both else ""


def _remember(renamed: list[tuple[str, str]], name: str, element: str, key: Key) -> None:
    kept = f"{element}({','.join(map(str, key))})" if key else element
    if name != kept:
        renamed.append((name, cut(label(element, key), _REMARK)))
