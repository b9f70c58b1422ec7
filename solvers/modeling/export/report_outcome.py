"""What a solution decides, how much room it leaves, and what was found, as tables and plots."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from agentopt.errors import FormulationError
from agentopt.number_text import show_number

from ..formulation import Variable
from ..insight.tight import Slack, tightness
from ..instance import Instance, Key
from ..solution import Conflict, Solution
from ..told import index_headers
from .page import MAX_ROWS, Bullets, Grid, Part, Prose
from .pictures import Pictures
from .plots import Bars

MAX_BARS = 20
MAX_VARIABLES = 20
"""Indexed variables that have a table of their own."""
ZERO = 1e-9
"""A value this small is shown as zero; what the solver left of it says nothing."""


def conflict_parts(conflict: Conflict) -> Iterator[Part]:
    """Why there is no solution, and what would give one."""
    infeasible = conflict.kind == "infeasible"
    title = "These cannot hold together" if infeasible else "These variables can grow together without end"
    yield Bullets(conflict.sentences or conflict.members, title)
    if conflict.repair:
        title = "The least change that makes it feasible" if infeasible else "What would bound it"
        yield Bullets(conflict.repair, title)


def decision_parts(instance: Instance, solution: Solution, pictures: Pictures) -> Iterator[Part]:
    """The values of all variables; of an indexed one those that are not zero, the largest also as bars."""
    stated = {variable.name: variable for variable in instance.formulation.variables}
    known = {name: values for name, values in solution.variables.items() if name in stated}
    scalars = [(stated[name], values[()]) for name, values in known.items() if tuple(values) == ((),)]
    if scalars:
        rows = tuple((v.name, show_number(value), v.unit, v.meaning) for v, value in scalars)
        yield Grid(("name", "value", "unit", "meaning"), rows, "Single decisions", frozenset({1}))
    indexed = [(stated[name], values) for name, values in known.items() if tuple(values) != ((),)]
    for variable, values in indexed[:MAX_VARIABLES]:
        yield from _indexed(instance, variable, values, pictures)
    if len(indexed) > MAX_VARIABLES:
        left_out = ", ".join(variable.name for variable, _ in indexed[MAX_VARIABLES:])
        yield Prose(f"Not shown, for want of room: {left_out}.", "faint")


def _indexed(instance: Instance, variable: Variable, values: Mapping[Key, float], pictures: Pictures) -> Iterator[Part]:
    title = f"{variable.name}: {variable.meaning}".rstrip(": ")
    nonzero = [key for key, value in values.items() if abs(value) > ZERO]
    if not nonzero:
        yield Prose(f"{title}: {f'all {len(values)} are zero' if values else 'there are none'}.", "faint")
        return
    unit = f" [{variable.unit}]" if variable.unit else ""
    headers = (*index_headers(instance.analysis.symbols, variable.index), f"value{unit}")
    rows = tuple((*map(str, key), show_number(values[key])) for key in nonzero[:MAX_ROWS])
    others = len(values) - len(nonzero)
    note = f"{len(nonzero)} of {len(values)}; the others are zero." if others else ""
    yield Grid(headers, rows, title, frozenset({len(headers) - 1}), len(nonzero), note)
    # Alike values, as the ones of a binary variable, make no picture.
    if len({values[key] for key in nonzero}) > 1:
        largest = heapq.nlargest(MAX_BARS, nonzero, key=lambda key: abs(values[key]))
        figures = [values[key] for key in largest]
        names = [", ".join(map(str, key)) for key in largest]
        bars = Bars(names, figures, f"{variable.name}{unit}", [*map(show_number, figures)])
        most = f"The {len(largest)} largest of {len(nonzero)}" if len(largest) < len(nonzero) else "All"
        yield from pictures.bars(bars, f"{most} values of {variable.name} that are not zero.")


def room_parts(instance: Instance, solution: Solution, pictures: Pictures) -> Iterator[Part]:
    """The slack of every inequality, the tightest first, and how much of each limit is used."""
    try:
        found = tightness(instance, solution.variables)
    except FormulationError as error:
        yield Prose(f"The room that is left could not be computed: {error}.", "warn")
        return
    rows = [row for row in found if row.kind == "constraint"]
    if rows:
        n_tight = sum(row.is_tight for row in rows)
        yield Prose(f"Nothing is left in {n_tight} of {len(rows)} inequalities.")
        yield _slack_grid(rows, "Inequalities, the tightest first", "Equations are not listed.")
    else:
        yield Prose("There are no inequalities.", "faint")
    shares = [(row.label, share) for row in rows[:MAX_ROWS] if (share := used_share(row)) is not None][:MAX_BARS]
    if shares:
        bars = Bars(
            labels=[name for name, _ in shares],
            values=[100.0 * share for _, share in shares],
            axis="smaller side as a share of the larger, %",
            texts=[f"{100.0 * share:.3g}" for _, share in shares],
        )
        yield from pictures.bars(bars, "How far the tightest constraints are used; at 100 % nothing is left.")
    bounds = [row for row in found if row.kind != "constraint"]
    if bounds:
        yield _slack_grid(bounds, "Bounds that are reached")


def _slack_grid(rows: list[Slack], caption: str, note: str = "") -> Grid:
    headers = ("name", "left side", "", "right side", "left over", "unit", "meaning")
    first = tuple(_slack_row(row) for row in rows[:MAX_ROWS])
    return Grid(headers, first, caption, frozenset({1, 3, 4}), len(rows), note)


def _slack_row(row: Slack) -> tuple[str, ...]:
    left_over = "0" if row.is_tight else show_number(row.slack)
    return row.label, show_number(row.left), row.op, show_number(row.right), left_over, row.unit, row.meaning


def used_share(row: Slack) -> float | None:
    """The smaller side over the larger; None where that is no share, as of negative numbers."""
    small, large = (row.left, row.right) if row.op == "<=" else (row.right, row.left)
    return min(small / large, 1.0) if large > ZERO and small >= 0 else None


def check_parts(solution: Solution) -> Iterator[Part]:
    """What every check found, what fails first."""
    if solution.findings:
        ordered = sorted(solution.findings, key=lambda finding: (finding.ok, -finding.amount))
        rows = tuple(("holds" if finding.ok else "FAILS", finding.check, finding.detail) for finding in ordered)
        yield Grid(("", "what", "found"), rows)
