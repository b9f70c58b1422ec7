"""The point and the units, as lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agentopt.solvers.modeling.doubts.recheck import recheck_point, recheck_units
from agentopt.solvers.modeling.doubts.subject import Subject
from agentopt.solvers.modeling.instance import Instance

Make = Callable[..., Instance]
Solve = Callable[[Instance], Subject]


def test_a_point_that_breaks_a_row_fails(instance: Make, solved: Solve) -> None:
    """The plan is held against the statements again, whoever changed it."""
    subject = solved(instance({"x": {}}, maximize="x", constraints={"most": "x <= 4"}))
    spoiled = replace(subject.solution, variables={"x": {(): 4.5}}, incumbent_objective=4.5)
    (right,), (wrong,) = recheck_point(subject), recheck_point(Subject(subject.instance, spoiled))
    assert (right.level, wrong.level, wrong.check, wrong.amount) == ("holds", "fails", "constraint most", 0.5)


def test_units_that_clash_are_a_doubt(instance: Make, solved: Solve) -> None:
    """Hours are not compared with kilograms; without units nothing is claimed."""
    found = [
        recheck_units(solved(instance({"x": {"unit": unit, "upper": 2}}, parameters={"p": {"value": 3, "unit": "h"}},
                                      maximize="x", constraints={"c": "x <= p"})))
        for unit in ("kg", "h")
    ]  # fmt: skip
    assert [finding.level for (finding,) in found] == ["doubt", "holds"]
