"""Answers to questions about a plan as typed parts that an agent reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from agentopt.cli.mcp.outcome import (
    MAX_TOLD,
    ComparisonPart,
    ConflictPart,
    Number,
    Part,
    comparison_of,
    conflict_of,
)
from agentopt.solvers.modeling.doubts.doubt import Level

if TYPE_CHECKING:
    from agentopt.solvers.modeling.doubts.examination import Examination
    from agentopt.solvers.modeling.doubts.second import Opinion
    from agentopt.solvers.modeling.insight.front import Front
    from agentopt.solvers.modeling.insight.price import Sensitivity
    from agentopt.solvers.modeling.insight.why import Forced

_ORDER: dict[Level, int] = {"fails": 0, "doubt": 1, "not tried": 2, "holds": 3}


class ForcedPart(Part):
    """What came of a wish beside the plan, which stays as it is."""

    constraint: str
    sentence: str
    no_change: bool
    """Whether the plan does it already."""
    cost: Number
    """By how much the objective gets worse; null when there is no plan."""
    cost_percent: Number
    comparison: ComparisonPart | None
    conflict: ConflictPart | None


class PricePart(Part):
    """The shadow price of a row of a linear program."""

    label: str
    sentence: str
    side: Literal["at most", "at least", "exactly"]
    bound: Number
    slack: Number
    price: Number
    lowest: Number = Field(description="Least right-hand side for which the price holds; null: there is none")
    highest: Number = Field(description="Greatest; null: there is none")
    unit: str


class CostPart(Part):
    """How far a coefficient of the objective may move before another plan is better."""

    label: str
    sentence: str
    value: Number
    reduced_cost: Number
    cost: Number
    lowest: Number
    highest: Number


class StepPart(Part):
    """What loosening a constraint by a step changed, found by solving again."""

    label: str
    sentence: str
    step: Number
    change: Number
    outcome: str
    slack: Number
    unit: str


class SensitivityPart(Part):
    """What the optimum depends on."""

    kind: Literal["duals", "differences"]
    """duals: exact prices of a linear program; differences: what single steps changed."""
    prices: list[PricePart]
    """Of duals: what is worth something, the highest price first."""
    costs: list[CostPart]
    steps: list[StepPart]
    """Of differences: the largest change first."""
    not_tried: list[str]
    notes: list[str]


class FrontPointPart(Part):
    """A plan that no other beats in both objectives."""

    first: Number
    second: Number
    rate: Number
    """What the first objective gives up for each unit that the second gains; null for the first point."""
    proved: bool


class FrontPart(Part):
    """The trade-off between the objective and a second one."""

    first: str
    second: str
    sentence: str
    points: list[FrontPointPart]
    complete: bool
    notes: list[str]


class CheckPart(Part):
    """What one check without a known truth came to."""

    check: str
    level: Level
    detail: str


def forced_of(forced: Forced | None) -> ForcedPart | None:
    """The answer to "why not" as an agent reads it."""
    if forced is None:
        return None
    has_plan = forced.solution.solution_status != "none"
    return ForcedPart(
        constraint=forced.constraint.expression,
        sentence=forced.sentence,
        no_change=forced.no_change,
        cost=forced.cost,
        cost_percent=forced.cost_percent,
        comparison=comparison_of(forced.comparison) if has_plan else None,
        conflict=conflict_of(forced.conflict),
    )


def sensitivity_of(found: Sensitivity | None) -> SensitivityPart | None:
    """A sensitivity as an agent reads it: what matters most alone."""
    if found is None:
        return None
    return SensitivityPart(
        kind=found.kind,
        prices=[PricePart.model_validate(row) for row in found.priced[:MAX_TOLD]],
        costs=[CostPart.model_validate(cost) for cost in found.variables[:MAX_TOLD]],
        steps=[StepPart.model_validate(step) for step in found.telling[:MAX_TOLD]],
        not_tried=list(found.not_tried[:MAX_TOLD]),
        notes=list(found.notes),
    )


def front_of(front: Front | None) -> FrontPart | None:
    """A trade-off as an agent reads it: the figures of the plans, not the plans."""
    if front is None:
        return None
    return FrontPart(
        first=front.first.meaning or front.first.expression,
        second=front.second.meaning or front.second.expression,
        sentence=front.sentence,
        points=[FrontPointPart.model_validate(point) for point in front.points],
        complete=front.complete,
        notes=list(front.notes),
    )


def checks_of(found: Examination | None, opinion: Opinion | None = None) -> list[CheckPart]:
    """What the checks and a second formulation found, what is wrong first."""
    every = (*(found.findings if found else ()), *((opinion.finding,) if opinion else ()))
    findings = sorted(every, key=lambda finding: _ORDER[finding.level])
    return [CheckPart.model_validate(finding) for finding in findings[:MAX_TOLD]]
