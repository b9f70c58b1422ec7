"""What stands in a formulation and does nothing, found without solving."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..arrays.program import Program
from ..arrays.universe import Floats
from .doubt import Doubt, doubtful, holds
from .rows import NEAR, Mask, constraints_of, row_of_terms
from .statements import names, names_in_use, statements
from .subject import Subject


def find_idle(subject: Subject) -> list[Doubt]:
    """Find parameters and variables that stand nowhere, variables that only cost, and rows that cannot bind.

    Returns:
        A doubt for each, or one finding that everything is used.
    """
    found = [*unused_parameters(subject), *_unused_variables(subject)]
    program = subject.program
    if program is not None and not program.quadratic_rows:
        known = {finding.check for finding in found}
        found += [*_empty(subject, program), *_never_binding(subject, program)]
        found += [idle for idle in _only_costing(subject, program) if idle.check not in known]
    n = len(subject.instance.formulation.elements())
    return found or [holds("structure", f"each of the {n} elements is used, and every constraint can bind")]


def unused_parameters(subject: Subject) -> Iterator[Doubt]:
    """The given parameters that neither the objective nor a constraint or bound depends on."""
    used = names_in_use(subject.instance.analysis)
    for parameter in subject.instance.formulation.parameters:
        if parameter.name not in used:
            words = subject.in_words(parameter.name)
            yield doubtful(f"parameter {parameter.name}", f"{words} has no effect: it stands in no requirement")


def _unused_variables(subject: Subject) -> Iterator[Doubt]:
    analysis = subject.instance.analysis
    standing = {name for _, statement in statements(analysis) for name in names(statement)}
    for variable in subject.instance.formulation.variables:
        if variable.name not in standing:
            words = f"{subject.in_words(variable.name)} is decided, but stands in no requirement"
            yield doubtful(f"variable {variable.name}", f"{words} and not in the objective")


def _empty(subject: Subject, program: Program) -> Iterator[Doubt]:
    stated = {block.constraint for block in program.blocks}
    for name in subject.instance.analysis.constraints:
        if name not in stated:
            words = subject.in_words(name)
            yield doubtful(f"constraint {name}", f"{words} states nothing: no member meets its conditions")


def _never_binding(subject: Subject, program: Program) -> Iterator[Doubt]:
    """Constraints of which the variables' own bounds keep every row, with room to spare."""
    columns = program.columns
    least = _extreme(program, columns.lower, columns.upper)
    most = -_extreme(program, -columns.upper, -columns.lower)
    size = np.maximum(1.0, np.abs(np.where(np.isfinite(program.row_upper), program.row_upper, program.row_lower)))
    idle = (most < program.row_upper - NEAR * size) & (least > program.row_lower + NEAR * size)
    for name in sorted(constraints_of(program, idle) - constraints_of(program, ~idle)):
        words = subject.in_words(name)
        yield doubtful(f"constraint {name}", f"{words} can never bind: the bounds of the variables keep it anyway")


def _extreme(program: Program, lower: Floats, upper: Floats) -> Floats:
    """The least that each row can come to, (n_rows,), when column j lies between lower[j] and upper[j]."""
    rows = program.rows
    some = rows.value != 0
    value, column, row = rows.value[some], rows.index[some], row_of_terms(program)[some]
    ends = np.where(value > 0, lower[column], upper[column])
    return np.bincount(row, value * ends, program.n_rows).astype(float)


def _only_costing(subject: Subject, program: Program) -> Iterator[Doubt]:
    """Variables that never help: no row needs them, and the objective does not gain by them.

    This is dual fixing (Achterberg et al. 2020, section 4.3), read as a doubt: a decision
    that every plan can do without mostly lacks the requirement that ties it to the others.
    """
    if not (program.cost.any() or len(program.objective_terms[2])):
        return  # any plan will do
    columns = program.columns
    idle = ~_helps(program) & np.isfinite(columns.lower) & (columns.lower < columns.upper)
    ends = [*list(columns.offsets.values())[1:], len(program.cost)]
    for (name, start), end in zip(columns.offsets.items(), ends):
        if end > start and idle[start:end].all():
            words = subject.in_words(name)
            detail = "never helps: no requirement needs it and the objective does not gain by it"
            yield doubtful(f"variable {name}", f"{words} {detail}, so it stays at its least")


def _helps(program: Program) -> Mask:
    """Which columns may be worth raising, (n_columns,)."""
    rows, row = program.rows, row_of_terms(program)
    up, down = np.isfinite(program.row_upper)[row], np.isfinite(program.row_lower)[row]
    needed = ((rows.value < 0) & up) | ((rows.value > 0) & down)
    helps = (program.cost > 0) if program.maximize else (program.cost < 0)
    helps[rows.index[needed]] = True
    helps[program.objective_terms[0]] = True
    helps[program.objective_terms[1]] = True
    return np.asarray(helps)
