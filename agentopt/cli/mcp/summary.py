"""A result as a short text, for clients that show a model nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from agentopt.cli.mcp.insight import ForcedPart, FrontPart, SensitivityPart
from agentopt.cli.mcp.outcome import ComparisonPart, ConflictPart, Outcome, Part, VariableValues
from agentopt.cli.mcp.results import (
    Changed,
    Explained,
    Exported,
    Formulated,
    OpenPoint,
    ReferenceText,
    Result,
    Solved,
    TablePart,
    Tables,
)
from agentopt.number_text import show_amount, show_number
from agentopt.solvers.modeling.solution import label

TOLD = 20
"""Values, sentences or columns of one kind that the text names."""


def summary(result: Part) -> str:
    """The result in lines: the session, the answer, the outcome, then what to know."""
    return "\n".join(_lines(result)) or "done"


def _lines(result: Part) -> Iterator[str]:
    match result:
        case ReferenceText():
            yield result.text
        case Exported():
            yield f"{result.path} is written" if result.path else result.text
        case Tables():
            yield from _tables(result.tables)
        case Result():
            yield from _result(result)


def _result(result: Result) -> Iterator[str]:
    if result.session:
        yield f"session {result.session}"
    if isinstance(result, Changed):
        yield from (_difference(part.mark, part.what, part.before, part.after) for part in result.differences[:TOLD])
    yield from (line for line in (result.answer, result.question) if line)
    if isinstance(result, Changed) and result.comparison is not None:
        yield from _comparison(result.comparison)
    if isinstance(result, Solved | Changed) and result.outcome is not None:
        yield from _outcome(result.outcome)
    if isinstance(result, Formulated):
        for point in result.open_points:
            yield from _open_point(point, result.outcome.objective.unit)
        yield from _tables(result.tables)
    if isinstance(result, Explained):
        yield from _explained(result)
    yield from (f"note: {note}" for note in result.notes[:TOLD])


def _difference(mark: str, what: str, before: str, after: str) -> str:
    said = f"{before} -> {after}" if before and after else before or after
    return f"{mark} {what}" + (f": {said}" if said else "")


def _comparison(comparison: ComparisonPart) -> Iterator[str]:
    yield comparison.sentence
    for change in comparison.changes[:TOLD]:
        before, after = (None if value is None else show_number(value) for value in (change.before, change.after))
        yield f"  {change.label}: {before or 'absent'} -> {after or 'absent'} {change.unit}".rstrip()


def _outcome(outcome: Outcome) -> Iterator[str]:
    objective = outcome.objective
    ended = outcome.termination_condition.replace("_", " ")
    if outcome.solution_status == "none":
        yield f"{ended}: there is no plan"
    else:
        proof = {"global": "proved", "local": "local, not proved", "none": "not proved"}[outcome.guarantee]
        name = objective.meaning.rstrip(".") or "objective"
        yield f"{ended} ({proof}): {name} = {show_amount(objective.value, objective.unit)}, {objective.sense}d"
    if outcome.conflict is not None:
        yield from _conflict(outcome.conflict)
    for variable in outcome.variables:
        yield _values(variable)
    yield from (f"FAILS: {check}" for check in outcome.failed_checks[:TOLD])
    yield from (f"note: {note}" for note in outcome.notes[:TOLD])


def _values(variable: VariableValues) -> str:
    shown = [
        f"{label(variable.name, tuple(item.key))} = {show_amount(item.value, variable.unit)}"
        for item in islice(variable.values, TOLD)
    ]
    zero = variable.n_keys - variable.n_nonzero
    if not shown:
        return f"{variable.name}: {variable.n_nonzero} of {variable.n_keys} are not zero"
    more = variable.n_nonzero - len(shown)
    rest = [f"{more} more that are not zero"] if more > 0 else []
    rest += [f"all others ({zero}) are zero"] if zero and variable.values[0].key else []
    return "; ".join((", ".join(shown), *rest))


def _conflict(conflict: ConflictPart) -> Iterator[str]:
    infeasible = conflict.kind == "infeasible"
    yield "These cannot hold together:" if infeasible else "These can grow together without end:"
    yield from (f"  {sentence}" for sentence in (conflict.sentences or conflict.members)[:TOLD])
    yield from (f"  repair: {sentence}" for sentence in conflict.repair[:TOLD])


def _open_point(point: OpenPoint, unit: str) -> Iterator[str]:
    yield f"open: {point.question} Taken: {point.taken}."
    for other in point.readings:
        ended = other.termination_condition.replace("_", " ")
        came = ended if other.objective is None else show_amount(other.objective, unit)
        yield f"  reading {other.number}: {other.reading} -> {came}{'' if other.differs else ' (the same)'}"


def _explained(result: Explained) -> Iterator[str]:
    if result.forced is not None:
        yield from _forced(result.forced)
    if result.sensitivity is not None:
        yield from _sensitivity(result.sensitivity)
    if result.front is not None:
        yield from _front(result.front)
    for check in result.checks:
        # What was not tried says so itself.
        level = "" if check.level == "not tried" else f"{check.level}: "
        yield f"{level}{check.check}: {check.detail}"
    if result.conflict is not None and not (isinstance(result, Changed) and result.outcome is not None):
        yield from _conflict(result.conflict)
    if result.repair_edits:
        yield f"the repair as edits for what_if: {json.dumps(result.repair_edits)}"


def _forced(forced: ForcedPart) -> Iterator[str]:
    yield f"asked for: {forced.constraint}"
    yield forced.sentence
    if forced.conflict is not None:
        yield from _conflict(forced.conflict)
    elif forced.comparison is not None and not forced.no_change:
        yield from _comparison(forced.comparison)


def _sensitivity(found: SensitivityPart) -> Iterator[str]:
    sentences = [*(price.sentence for price in found.prices), *(step.sentence for step in found.steps)]
    yield from sentences[:TOLD] or ["No requirement limits the plan by what a small step would change."]
    yield from (part.sentence for part in found.costs[:TOLD])
    yield from (f"not tried for want of time: {name}" for name in found.not_tried[:TOLD])
    yield from (f"note: {note}" for note in found.notes)


def _front(front: FrontPart) -> Iterator[str]:
    yield front.sentence
    for point in front.points:
        figures = (show_amount(point.first), show_amount(point.second))
        yield f"  {front.first} = {figures[0]}, {front.second} = {figures[1]}{'' if point.proved else ' (not proved)'}"
    yield from (f"note: {note}" for note in front.notes)


def _tables(tables: list[TablePart]) -> Iterator[str]:
    for table in tables:
        columns = ", ".join(f"{c.header} ({c.type}, as {c.example!r})" for c in table.columns[:TOLD])
        more = len(table.columns) - TOLD
        yield f"table {table.title}: {table.n_rows} rows; {columns}{f' and {more} more' if more > 0 else ''}"
        yield from (f"  {problem}" for problem in table.problems[:TOLD])
