"""What came of a problem, as typed parts that an agent reads; a number that is not finite is null."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from agentopt.solvers.modeling.formulation import Member
from agentopt.solvers.modeling.solution import Guarantee, SolutionStatus, TerminationCondition

if TYPE_CHECKING:
    from agentopt.solvers.modeling.formulation import Variable
    from agentopt.solvers.modeling.insight.comparison import Comparison
    from agentopt.solvers.modeling.instance import Key
    from agentopt.solvers.modeling.solution import Conflict, Solution

ZERO = 1e-9
"""A value this small counts as zero: solvers leave dust."""
MAX_TOLD = 50
"""Sentences, changes or rows of one kind that are returned; more are counted."""


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]


class Part(BaseModel):
    """What the parts of results share: they are read off our records by the names of their attributes."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


class Figure(Part):
    """The objective, recomputed at the point."""

    value: Number
    bound: Number
    gap: Number
    sense: Literal["minimize", "maximize"]
    unit: str
    meaning: str


class KeyValue(Part):
    """The value at a key; a variable without an index has the key []."""

    key: list[Member]
    value: Number


class VariableValues(Part):
    """A variable's values."""

    name: str
    meaning: str
    unit: str
    n_keys: int
    n_nonzero: int
    values: list[KeyValue]
    """Those that are not zero, the first ones."""


class ConflictPart(Part):
    """Why there is no plan, or no finite one."""

    kind: Literal["infeasible", "unbounded"]
    members: list[str]
    sentences: list[str]
    repair: list[str]
    """The least change that makes it feasible."""


class Outcome(Part):
    """What came of a problem; every figure was recomputed by a checker or proved by a solver."""

    termination_condition: TerminationCondition
    solution_status: SolutionStatus
    guarantee: Guarantee
    """global: proved by the solver; local: no better point was found nearby."""
    problem_class: str
    solver: str
    objective: Figure
    variables: list[VariableValues]
    failed_checks: list[str]
    n_checks: int
    conflict: ConflictPart | None
    notes: list[str]
    seconds: float


class ChangedValue(Part):
    """A variable whose value is another."""

    label: str
    before: Number
    after: Number
    unit: str


class ComparisonPart(Part):
    """The plan before against the plan now."""

    sentence: str
    before: Number
    after: Number
    difference: Number
    percent: Number
    n_changes: int
    changes: list[ChangedValue] = Field(description="The largest first")


def outcome_of(solution: Solution, max_values: int) -> Outcome:
    """A solution as an agent reads it.

    Args:
        solution: What came of the problem.
        max_values: Values that are listed of each variable.
    """
    stated = solution.formulation.objective
    variables = {variable.name: variable for variable in solution.formulation.variables}
    return Outcome(
        termination_condition=solution.termination_condition,
        solution_status=solution.solution_status,
        guarantee=solution.guarantee,
        problem_class=solution.problem_class,
        solver=solution.solver,
        objective=Figure(
            value=solution.incumbent_objective,
            bound=solution.objective_bound,
            gap=solution.gap,
            sense=stated.sense,
            unit=stated.unit,
            meaning=stated.meaning,
        ),
        variables=[_values(variables[name], values, max_values) for name, values in solution.variables.items()],
        failed_checks=[f"{f.check}: {f.detail}" for f in solution.findings if not f.ok][:MAX_TOLD],
        n_checks=len(solution.findings),
        conflict=conflict_of(solution.conflict),
        notes=list(solution.notes[:MAX_TOLD]),
        seconds=solution.seconds,
    )


def _values(variable: Variable, values: dict[Key, float], max_values: int) -> VariableValues:
    nonzero = [(key, value) for key, value in values.items() if abs(value) > ZERO]
    # Of a single number it is said that it is zero, too.
    listed: Any = nonzero if variable.index else values.items()
    return VariableValues(
        name=variable.name,
        meaning=variable.meaning,
        unit=variable.unit,
        n_keys=len(values),
        n_nonzero=len(nonzero),
        values=[KeyValue(key=list(key), value=value) for key, value in islice(listed, max_values)],
    )


def conflict_of(conflict: Conflict | None) -> ConflictPart | None:
    """A conflict as an agent reads it, cut to its first sentences."""
    if conflict is None:
        return None
    return ConflictPart(
        kind=conflict.kind,
        members=list(conflict.members[:MAX_TOLD]),
        sentences=list(conflict.sentences[:MAX_TOLD]),
        repair=list(conflict.repair[:MAX_TOLD]),
    )


def comparison_of(comparison: Comparison | None) -> ComparisonPart | None:
    """A comparison as an agent reads it, its largest changes alone."""
    if comparison is None:
        return None
    return ComparisonPart(
        sentence=comparison.sentence,
        before=comparison.before,
        after=comparison.after,
        difference=comparison.difference,
        percent=comparison.percent,
        n_changes=len(comparison.changes),
        changes=[ChangedValue.model_validate(change) for change in comparison.changes[:MAX_TOLD]],
    )
