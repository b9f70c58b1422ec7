"""The checks that are made on every way to an answer, as one line each: the point, and the units."""

from __future__ import annotations

from ..language.units import check_units
from ..pointwise.check import check
from .doubt import Doubt, doubtful, failed, holds, not_tried
from .subject import Subject


def recheck_point(subject: Subject) -> list[Doubt]:
    """Evaluate every statement again at the point, one by one and by no solver."""
    solution = subject.solution
    if not solution.variables:
        return [not_tried("the plan itself", "there is no plan")]
    report = check(subject.instance, solution.variables, solution.incumbent_objective)
    broken = [finding for finding in report.findings if not finding.ok]
    if broken:
        return [failed(finding.check, f"at the plan: {finding.detail}", finding.amount) for finding in broken]
    n = len(report.findings)
    return [holds("the plan itself", f"all {n} statements hold at the plan, whose objective is {report.objective:.7g}")]


def recheck_units(subject: Subject) -> list[Doubt]:
    """Look for quantities of different units that are added or compared."""
    clashes = check_units(subject.instance.analysis)
    if clashes:
        return [doubtful(f"units of {clash.element}", clash.message) for clash in clashes]
    formulation = subject.instance.formulation
    having = [*(p.unit for p in formulation.parameters), *(v.unit for v in formulation.variables)]
    with_unit = sum(map(bool, having))
    if not with_unit:
        return [not_tried("units", "no element has a unit")]
    return [holds("units", f"nothing of different units is added or compared; {with_unit} of {len(having)} have one")]
