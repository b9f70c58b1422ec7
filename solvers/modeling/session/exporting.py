"""A session's problem in the formats of other tools, and as a report."""

from __future__ import annotations

from ..data.bind import bind
from ..edits.difference import differences
from ..export.html_report import ReportData, TableUsed, html_report
from ..export.writing import Format, export_text
from ..language.analysis import analyze
from .state import State
from .workspace import Workspace


def exported(work: Workspace, format: Format) -> str:
    """The present formulation in a format; the report also tells the solution and what led to it.

    Raises:
        InputError: There is no problem yet.
        FormulationError: The format cannot say the problem.
    """
    instance = work.instance()
    if format == "html":
        return html_report(_report(work))
    return export_text(instance, None, format)


def _report(work: Workspace) -> ReportData:
    state, instance, solution = work.state, work.instance(), work.solution
    first = bind(analyze(work.states[0].formulation), work.files.tables)
    return ReportData(
        instance=instance,
        solution=solution,
        problem=state.problem,
        tables=tuple(
            TableUsed(table.title, table.n_rows, tuple(table.columns), work.files.digests.get(table.origin, ""))
            for table in work.files.tables
        ),
        changes=tuple(map(str, differences(first, instance))),
        history=tuple(_said(one) for one in work.states) if len(work.states) > 1 else (),
    )


def _said(state: State) -> str:
    return " ".join(state.said.split())[:300]
