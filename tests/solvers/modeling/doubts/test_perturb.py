"""The optimum with half and with twice each parameter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agentopt.solvers.modeling.doubts.doubt import Doubt
from agentopt.solvers.modeling.doubts.perturb import scale_each
from agentopt.solvers.modeling.doubts.subject import Subject
from agentopt.solvers.modeling.doubts.trial import Trials
from agentopt.solvers.modeling.instance import Instance

Make = Callable[..., Instance]
Solve = Callable[[Instance], Subject]
XY: dict[str, Any] = {"x": {}, "y": {}}
STATED: dict[str, Any] = {
    "parameters": {"price": 3, "room": 8, "market": 50, "least": 6},
    "maximize": "price * x + 2 * y",
    "constraints": {"wood": "x + y <= room", "sales": "x <= market", "order": "x >= least"},
}


def found(subject: Subject, seconds: float = 20) -> dict[str, Doubt]:
    return {finding.check: finding for finding in scale_each(subject, Trials.within(seconds, subject))}


def test_every_parameter_is_told_with_its_optima(instance: Make, solved: Solve) -> None:
    """max 3x + 2y with x + y <= 8 and x >= 6 is 24; the others follow by hand, and none is a doubt."""
    told = found(solved(instance(XY, **STATED)))
    assert {finding.level for finding in told.values()} == {"holds"}
    assert told["scaling price"].detail == "price: half of it gives 13; twice as much gives 48; now 24"
    assert told["scaling room"].detail.startswith("room: half of it gives no optimum (there is no solution)")
    assert "its requirement is not what limits" in told["scaling market"].detail


@pytest.mark.parametrize(("claim", "name"), [(100.0, "room"), (5.0, "market")])
def test_an_optimum_against_the_direction_fails(claim: float, name: str, instance: Make, solved: Solve) -> None:
    """A claim that more room makes worse is refuted, and so is one that a tighter limit makes better."""
    subject = solved(instance(XY, **STATED))
    false = Subject(subject.instance, replace(subject.solution, incumbent_objective=claim))
    assert found(false)[f"scaling {name}"].level == "fails"


@pytest.mark.parametrize("expression", ["x", "x + 0 * idle * y", "x + idle * y * 0"])
def test_a_parameter_of_no_effect_is_a_doubt(expression: str, instance: Make, solved: Solve) -> None:
    """Whether it stands nowhere or counts for nothing, it is told by name."""
    data = {"room": 8, "idle": 4}
    told = found(solved(instance(XY, parameters=data, maximize=expression, constraints={"c": "x + y <= room"})))
    assert [finding.check.split()[1] for finding in told.values() if finding.level == "doubt"] == ["idle"]


def test_what_concerns_something_that_is_not_done_is_no_doubt(instance: Make, solved: Solve) -> None:
    """Twice a poor price may not make it worth while."""
    data = {"room": 8, "poor": 0.5}
    told = found(solved(instance(XY, parameters=data, maximize="3 * x + poor * y", constraints={"c": "x + y <= room"})))
    assert told["scaling poor"].detail.endswith("what it concerns is 0")


def test_a_tight_requirement_of_no_effect_is_a_doubt(instance: Make, solved: Solve) -> None:
    """Half the limit forces another plan, which is as good: the limit decides nothing."""
    stated = {"both": "x + y <= 8", "one": "x >= some"}
    made = instance(XY, parameters={"some": 3}, maximize="2 * x + 2 * y", constraints=stated)
    subject = solved(made)
    at = replace(subject.solution, variables={"x": {(): 3.0}, "y": {(): 5.0}})
    assert found(Subject(made, at))["scaling some"].level == "doubt"


def test_what_counts_members_is_not_scaled(instance: Make, solved: Solve) -> None:
    """Half of three periods means nothing."""
    made = instance(
        {"x": {"index": ["T"], "upper": 2}},
        sets={"T": "range(n)"},
        parameters={"n": 3},
        maximize="sum(x[t] for t in T)",
    )
    assert found(solved(made))["scaling n"].level == "not tried"


def test_a_figure_of_zero_is_not_scaled(instance: Make, solved: Solve) -> None:
    """Twice nothing is nothing, so it proves nothing."""
    made = instance({"x": {"upper": 4}}, parameters={"loss": 0}, maximize="x - loss")
    assert found(solved(made))["scaling loss"].level == "not tried"


def test_without_time_the_rest_is_listed(instance: Make, solved: Solve) -> None:
    """What was not tried is told by name."""
    told = found(solved(instance(XY, **STATED)), seconds=0)
    assert list(told) == ["scaling price, room, market, least"]


def test_a_variant_that_cannot_be_computed_is_no_error(instance: Make, solved: Solve) -> None:
    """The root of a negative number is where the check ends, not the program."""
    data = {"p": 3, "q": {"expression": "sqrt(4 - p)"}}
    told = found(solved(instance({"x": {}}, parameters=data, maximize="x", constraints={"c": "x <= q"})))
    assert told["scaling p"].level == "not tried"
