"""A session's problem in the formats of other tools, and as a report."""

from __future__ import annotations

from ..data.bind import bind
from ..edits.difference import differences
from ..export.html_report import Front as Curve
from ..export.html_report import ReportData, TableUsed, html_report
from ..export.page import Grid
from ..export.writing import Format, export_text
from ..insight.front import Front, name
from ..insight.price import Sensitivity
from ..insight.sensitivity import sensitivity
from ..language.analysis import analyze
from .state import State
from .workspace import Workspace

MAX_SAID = 50
"""Limits whose worth stands in a report."""


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
    if state.sensitivity is None and solution.problem_class == "LP" and solution.variables:
        # One solve gives every price of a linear program; of others it may take as many as there are rows.
        state.sensitivity = sensitivity(instance, solution, work.time_limit_s, work.progress)
    first = bind(analyze(work.states[0].formulation), work.files.tables)
    return ReportData(
        instance=instance,
        solution=solution,
        problem=state.problem,
        front=_front(state.front) if state.front is not None and len(state.front.points) > 1 else None,
        sensitivity=_prices(state.sensitivity) if state.sensitivity is not None else None,
        tables=tuple(
            TableUsed(table.title, table.n_rows, tuple(table.columns), work.files.digests.get(table.origin, ""))
            for table in work.files.tables
        ),
        changes=tuple(map(str, differences(first, instance))),
        history=tuple(_said(one) for one in work.states) if len(work.states) > 1 else (),
    )


def _said(state: State) -> str:
    return " ".join(state.said.split())[:300]


def _prices(found: Sensitivity) -> Grid | None:
    """What each limit is worth, in sentences; None where nothing limits the plan."""
    said = [(row.label, row.sentence) for row in found.priced]
    said += [(step.label, step.sentence) for step in found.telling]
    rows = tuple(said[:MAX_SAID])
    return Grid(("requirement", "what a little more is worth"), rows, n_rows=len(said)) if rows else None


def _front(front: Front) -> Curve:
    titles = tuple(f"{name(o)} [{o.unit}]" if o.unit else name(o) for o in (front.second, front.first))
    points = tuple((point.second, point.first) for point in front.points)
    return Curve(points, (titles[0], titles[1]), tuple(map(str, range(1, len(points) + 1))))
