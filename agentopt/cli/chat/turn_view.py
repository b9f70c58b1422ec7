"""A turn of a session as blocks: what changed, the answer, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from agentopt.cli.block import Block, Items, Line, Table
from agentopt.cli.chat.front_view import front_blocks
from agentopt.cli.chat.insight_view import examination_blocks, opinion_blocks, sensitivity_blocks
from agentopt.cli.elements import formulation_blocks
from agentopt.cli.view import MAX_ROWS, answer, conflict_blocks, solution_blocks
from agentopt.number_text import show_number

if TYPE_CHECKING:
    from agentopt.solvers.modeling.insight.comparison import Comparison
    from agentopt.solvers.modeling.insight.why import Forced
    from agentopt.solvers.modeling.session.data_files import Preview
    from agentopt.solvers.modeling.session.turn import Turn
    from agentopt.solvers.modeling.solution import Solution

REPAIR = "/repair makes this change."


def turn_blocks(turn: Turn, *, all_rows: bool = False, asks: bool = False) -> Iterator[Block]:
    """Yield what a reader is shown of a turn.

    Args:
        turn: What came of something that was said.
        all_rows: Leave no row out of a long table.
        asks: What is open is put as a question after it, so that it need not stand here as well.
    """
    if turn.notes:
        yield Items("Note", turn.notes, "warn")
    match turn.kind:
        case "formulated":
            assert turn.solution is not None
            yield from formulation_blocks(turn.solution.formulation)
            yield from _solved(_unsaid(turn, asks), all_rows)
        case "solved":
            yield from _solved(turn, all_rows)
        case "edited" | "undone":
            yield from _changed(turn, all_rows)
        case "forced":
            assert turn.forced is not None
            yield from _forced(turn.forced, all_rows)
        case "sensitivity":
            assert turn.sensitivity is not None
            yield from sensitivity_blocks(turn.sensitivity, all_rows=all_rows)
        case "pareto":
            assert turn.front is not None
            yield from front_blocks(turn.front)
        case "examined":
            assert turn.examination is not None
            yield from examination_blocks(turn.examination)
        case "second":
            assert turn.opinion is not None
            yield from opinion_blocks(turn.opinion)
        case "answered":
            yield Line(turn.answer, "good")
            yield Line("Its figures were computed at the plan; the words around them are the model's.", "faint")
        case "asked":
            yield Line(turn.question, "warn")
        case "data":
            for preview in turn.previews:
                yield from preview_blocks(preview)


def _unsaid(turn: Turn, asks: bool) -> Turn:
    """The turn without what its elements tell already, and without what is asked after it."""
    assert turn.solution is not None
    assumed = turn.solution.formulation.assumptions
    notes = tuple(note for note in turn.solution.notes if note not in assumed)
    alternatives = tuple(a for a in turn.solution.alternatives if not (asks and a.differs))
    return replace(turn, solution=replace(turn.solution, notes=notes, alternatives=alternatives))


def _solved(turn: Turn, all_rows: bool) -> Iterator[Block]:
    assert turn.solution is not None
    if turn.answer:
        yield Line(turn.answer, "good")
    yield from solution_blocks(turn.solution, all_rows=all_rows, checks=False, worded=bool(turn.answer))
    yield from _repair_offer(turn.solution)


def _repair_offer(solution: Solution) -> Iterator[Block]:
    if solution.conflict is not None and solution.conflict.loosened:
        yield Line(REPAIR, "faint")


def _changed(turn: Turn, all_rows: bool) -> Iterator[Block]:
    assert turn.solution is not None
    if turn.kind == "edited" and not turn.differences:
        yield Line("No figure and no element differs from before.", "warn")
    if turn.differences:
        title = "Taken back" if turn.kind == "undone" else "Changed"
        yield Line("\n".join((title, *(f"  {difference}" for difference in turn.differences))))
    if turn.answer:
        yield Line(turn.answer, "good")
    if turn.solution.solution_status == "none":
        yield answer(turn.solution)
        if turn.solution.conflict is not None:
            yield from conflict_blocks(turn.solution.conflict)
            yield from _repair_offer(turn.solution)
        return
    yield answer(turn.solution)
    if turn.comparison is not None and turn.comparison.before is not None:
        yield from comparison_blocks(turn.comparison, all_rows)
    else:
        yield from solution_blocks(turn.solution, all_rows=all_rows, checks=False, worded=bool(turn.answer))
    if turn.kind == "edited":
        yield Line("/undo takes it back.", "faint")


def comparison_blocks(comparison: Comparison, all_rows: bool = False) -> Iterator[Block]:
    """Yield the plan before against the plan now."""
    yield Line(comparison.sentence)
    if not comparison.changes:
        yield Line("The plan stays as it is: no decision changes.")
        return
    shown = comparison.changes if all_rows else comparison.changes[:MAX_ROWS]
    rows = tuple((change.label, _value(change.before), _value(change.after), change.unit) for change in shown)
    left = len(comparison.changes) - len(shown)
    note = f"and {left} more; -v shows every one" if left else ""
    yield Table("Decisions that change", ("what", "before", "now", "unit"), rows, frozenset({1, 2}), note)


def _value(value: float | None) -> str:
    return "-" if value is None else show_number(value)


def _forced(forced: Forced, all_rows: bool) -> Iterator[Block]:
    yield Line(f"Asked for: {forced.constraint.expression}", "faint")
    yield Line(forced.sentence, "plain" if forced.no_change else "good" if forced.conflict is None else "bad")
    if forced.conflict is not None:
        yield from conflict_blocks(forced.conflict)
    elif not forced.no_change and forced.solution.solution_status != "none":
        yield from comparison_blocks(forced.comparison, all_rows)
    yield Line("The plan itself stays as it was.", "faint")


def preview_blocks(preview: Preview) -> Iterator[Block]:
    """Yield a table of data as its reader should see it before it is used."""
    rows = f"{preview.n_rows} row{'' if preview.n_rows == 1 else 's'}"
    yield Table(f"{preview.title}: {rows}", ("column", "type", "first value"), preview.columns)
    if preview.problems:
        yield Items(f"To look at in {preview.title}", preview.problems, "warn")
