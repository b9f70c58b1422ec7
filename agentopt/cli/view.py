"""A solution as blocks: the answer first, then how far it can be trusted, then what to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentopt.cli.block import Block, Items, Line, Table
from agentopt.number_text import show_amount, show_number
from agentopt.solvers.modeling.formulation import Formulation, Variable
from agentopt.solvers.modeling.instance import Key
from agentopt.solvers.modeling.language.analysis import analyze
from agentopt.solvers.modeling.solution import Conflict, Finding, Solution
from agentopt.solvers.modeling.told import (
    gap_text,
    guarantee_text,
    index_headers,
    outcome_text,
    status_text,
    tally_text,
    usage_text,
)

if TYPE_CHECKING:
    pass

MAX_ROWS = 20
"""Rows of a table that are shown unless all are asked for."""

ZERO = 1e-9
"""A value this small is shown as zero; what the solver left of it says nothing."""


def solution_blocks(
    solution: Solution, *, all_rows: bool = False, checks: bool = True, recording: str = "", worded: bool = False
) -> Iterator[Block]:
    """Yield what a reader wants to know of a solution, in that order.

    Args:
        solution: What came of the problem.
        all_rows: Leave no row out of a long table.
        checks: Say what each check found, if that does not stand elsewhere.
        recording: The file that the model's replies were replayed from, if any.
        worded: The answer in words stands above already.
    """
    most = None if all_rows else MAX_ROWS
    if solution.answer and not worded:
        yield Line(solution.answer, "good")
    yield answer(solution)
    if solution.conflict is not None:
        yield from conflict_blocks(solution.conflict)
    if solution.alternatives:
        yield _alternatives(solution)
    if solution.solution_status != "none":
        yield from _variables(solution, most)
    yield _facts(solution, recording)
    if solution.findings and checks:
        yield _checks(solution.findings, most)
    if solution.notes:
        yield Items("Notes", solution.notes, "warn")


def check_blocks(solution: Solution) -> Iterator[Block]:
    """Yield what every check found, a line each: what fails first."""
    if not solution.findings:
        yield Line("Nothing was checked: there is no point.", "warn")
        return
    yield _checks(solution.findings, None)


def answer(solution: Solution) -> Line:
    """Return the outcome in one sentence."""
    text, tone = outcome_text(solution)
    return Line(text + "." if tone == "bad" else text, tone)


def _alternatives(solution: Solution) -> Table:
    """What the text leaves open, and what its other readings come to."""
    unit = solution.formulation.objective.unit
    rows = tuple(
        (
            a.question,
            a.taken,
            a.reading,
            a.termination_condition.replace("_", " ") if a.objective is None else show_amount(a.objective, unit),
            "differs" if a.differs else "the same",
        )
        for a in solution.alternatives
    )
    return Table("What the text leaves open", ("question", "taken", "otherwise", "comes to", ""), rows)


def conflict_blocks(conflict: Conflict) -> Iterator[Block]:
    """Yield why there is no solution or no finite one, and the least repair."""
    if conflict.kind == "unbounded":
        yield Items("These variables can grow together without end", conflict.sentences or conflict.members)
    else:
        yield Items("These cannot hold together", conflict.sentences or conflict.members)
    if conflict.repair:
        title = "The least change that makes it feasible" if conflict.kind == "infeasible" else "What would bound it"
        yield Items(title, conflict.repair, "good")


def _variables(solution: Solution, most: int | None) -> Iterator[Block]:
    stated = {variable.name: variable for variable in solution.formulation.variables}
    scalars = [(stated[name], values[()]) for name, values in solution.variables.items() if tuple(values) == ((),)]
    if scalars:
        rows = tuple((v.name, show_number(value), v.unit, v.meaning) for v, value in scalars)
        yield Table("Decisions", ("name", "value", "unit", "meaning"), rows, frozenset({1}))
    for name, values in solution.variables.items():
        if tuple(values) != ((),):
            yield _indexed(solution.formulation, stated[name], values, most)


def _indexed(formulation: Formulation, variable: Variable, values: dict[Key, float], most: int | None) -> Block:
    nonzero = [(key, value) for key, value in values.items() if abs(value) > ZERO]
    title = f"{variable.name}: {variable.meaning}".rstrip(": ")
    if not nonzero:
        return Line(f"{title}: " + (f"all {len(values)} are zero" if values else "there are none"))
    value = f"value [{variable.unit}]" if variable.unit else "value"
    headers = (*index_headers(analyze(formulation).symbols, variable.index), value)
    shown = nonzero[:most]
    rows = tuple((*map(str, key), show_number(value)) for key, value in shown)
    return Table(title, headers, rows, frozenset({len(headers) - 1}), _left_out(len(shown), len(nonzero), len(values)))


def _left_out(n_shown: int, n_nonzero: int, n_all: int) -> str:
    if n_shown < n_nonzero:
        return f"{n_shown} of {n_nonzero} that are not zero ({n_all} in all); -v shows every one"
    return f"{n_nonzero} of {n_all}; the others are zero" if n_nonzero < n_all else ""


def _facts(solution: Solution, recording: str) -> Table:
    stated = solution.formulation.objective
    facts = [
        ("status", status_text(solution)),
        ("guarantee", guarantee_text(solution)),
        ("solver", f"{solution.solver or 'none'} on {solution.problem_class or 'an unclassified problem'}"),
    ]
    if solution.objective_bound is not None:
        gap = "" if solution.gap is None else f", gap {gap_text(solution.gap)}"
        facts.append(("bound", show_amount(solution.objective_bound, stated.unit) + gap))
    if solution.findings:
        facts.append(("checks", tally_text(solution.findings)))
    facts.append(("time", f"{solution.seconds:.2f} s"))
    if solution.usage is not None:
        past = f", when {recording} was recorded; no model was asked now" if recording else ""
        facts.append(("model", usage_text(solution.usage) + past))
    return Table("", (), tuple(facts))


def _rank(finding: Finding) -> int:
    """Order checks by what a reader looks for: what was asked for, the figure, then the formalities."""
    kinds = ("constraint", "objective")
    return next((place for place, kind in enumerate(kinds) if finding.check.startswith(kind)), len(kinds))


def _checks(findings: tuple[Finding, ...], most: int | None) -> Block:
    ordered = sorted(findings, key=lambda finding: (finding.ok, -finding.amount, _rank(finding)))
    shown = ordered[:most]
    rows = tuple(("holds" if finding.ok else "FAILS", finding.check, finding.detail) for finding in shown)
    left_out = len(ordered) - len(shown)
    note = f"and {left_out} more; -v shows every one" if left_out else ""
    return Table("Checks", ("", "what", "found"), rows, note=note)
