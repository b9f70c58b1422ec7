"""A formulation and its solution as one page of HTML, to mail, to print, to keep.

The page holds all it needs: no script, no font, no picture is fetched. The same data
give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agentopt.errors import InputError
from agentopt.number_text import show_amount, show_number

from ..instance import Instance
from ..solution import Solution
from .page import Bullets, Grid, Part, Prose, Section, Verbatim, page_html
from .pictures import Pictures
from .report_elements import element_parts
from .report_outcome import check_parts, conflict_parts, decision_parts, room_parts
from .report_words import facts, outcome


@dataclass(frozen=True)
class TableUsed:
    """A table of data that the instance was read from."""

    name: str
    n_rows: int
    columns: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Front:
    """Points of which none is better than another in both of two objectives."""

    points: tuple[tuple[float, float], ...]
    names: tuple[str, str]
    """The two objectives, with their units."""
    labels: tuple[str, ...] = ()
    """A name for each point, or none at all."""

    def __post_init__(self) -> None:
        if self.labels and len(self.labels) != len(self.points):
            raise InputError(f"a front: expected a label for each of {len(self.points)} points, got {len(self.labels)}")


@dataclass(frozen=True)
class ReportData:
    """What a report tells; what is empty or None is left out."""

    instance: Instance
    solution: Solution | None = None
    """Of this instance's formulation."""
    problem: str = ""
    """The problem in its owner's words."""
    sensitivity: Grid | None = None
    """What a little more of each limit is worth."""
    front: Front | None = None
    tables: tuple[TableUsed, ...] = ()
    changes: tuple[str, ...] = ()
    """Lines of the difference to the formulation that was there first."""
    history: tuple[str, ...] = ()
    """What was done, step by step, a sentence each."""
    notes: tuple[str, ...] = ()
    """What the reader should know beside the solution's own notes."""
    date: str = ""
    """When the report was made, as its maker says it."""

    def __post_init__(self) -> None:
        if self.solution is not None and self.solution.formulation != self.instance.formulation:
            raise InputError("a report: expected a solution of the instance's own formulation, got that of another")


def html_report(report: ReportData) -> str:
    """Write the page.

    Plots need matplotlib; without it the page says so and holds the tables alone.
    """
    instance, solution, pictures = report.instance, report.solution, Pictures()
    sections = [Section("Answer", [*_answer(report)])]
    if report.problem.strip():
        sections.append(Section("Problem", [Prose(report.problem)]))
    if solution is not None and solution.solution_status != "none":
        sections.append(Section("Decisions", [*decision_parts(instance, solution, pictures)]))
        sections.append(Section("Room in the constraints", [*room_parts(instance, solution, pictures)]))
    if report.sensitivity is not None:
        sections.append(Section("Sensitivity", [report.sensitivity]))
    if report.front is not None:
        sections.append(Section("Trade-off", [*_front(report.front, pictures)]))
    sections.append(Section("Formulation", [*element_parts(instance)]))
    if solution is not None:
        sections.append(Section("Checks", [*check_parts(solution)]))
    sections.append(Section("Assumptions", [*_assumptions(report)]))
    sections.append(Section("Data", [*_tables(report)]))
    if report.changes:
        sections.append(Section("Changes", [Verbatim("\n".join(report.changes))]))
    if report.history:
        sections.append(Section("History", [Bullets(report.history)]))
    if solution is not None and solution.program:
        sections.append(Section("Program", [Verbatim(solution.program)]))
    sections.append(Section("How it was solved", [*_origin(report, pictures.missing)]))
    return page_html(instance.formulation.title.strip() or "Optimization report", sections)


def _answer(report: ReportData) -> Iterator[Part]:
    solution = report.solution
    if solution is None:
        yield Prose("The problem is stated and was not solved.", "warn")
        return
    if solution.answer:
        yield Prose(solution.answer)
    yield outcome(solution)
    if solution.conflict is not None:
        yield from conflict_parts(solution.conflict)


def _front(front: Front, pictures: Pictures) -> Iterator[Part]:
    yield from pictures.front(front.points, front.labels, front.names, "What more of one costs of the other.")
    rows = tuple((show_number(x), show_number(y)) for x, y in front.points)
    if front.labels:
        named = tuple((name, *row) for name, row in zip(front.labels, rows))
        yield Grid(("point", *front.names), named, numeric=frozenset({1, 2}))
    else:
        yield Grid(front.names, rows, numeric=frozenset({0, 1}))


def _assumptions(report: ReportData) -> Iterator[Part]:
    solution = report.solution
    assumed = tuple(report.instance.formulation.assumptions)
    told = (*(solution.notes if solution else ()), *report.notes)
    notes = tuple(note for note in dict.fromkeys(told) if note not in assumed)
    if assumed:
        yield Bullets(assumed)
    if notes:
        yield Bullets(notes, "Notes")
    if solution is not None and solution.alternatives:
        unit = solution.formulation.objective.unit
        rows = tuple(
            (
                other.question,
                other.taken,
                other.reading,
                show_amount(other.objective, unit),
                "yes" if other.differs else "no",
            )
            for other in solution.alternatives
        )
        yield Grid(("left open", "taken as", "or as", "objective then", "differs"), rows, "Other readings")


def _tables(report: ReportData) -> Iterator[Part]:
    if report.tables:
        rows = tuple((t.name, show_number(t.n_rows), ", ".join(t.columns), t.sha256) for t in report.tables)
        yield Grid(("table", "rows", "columns", "SHA-256"), rows, numeric=frozenset({1}))


def _origin(report: ReportData, missing: str) -> Iterator[Part]:
    if report.solution is not None:
        yield Grid((), tuple(facts(report.solution)))
    if missing:
        yield Prose(f"Plots are left out: {missing}", "warn")
    yield Prose(f"Written by agentopt{f', {report.date}' if report.date else ''}.", "faint")
