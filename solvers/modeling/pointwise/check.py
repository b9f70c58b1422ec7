"""Checks a solver's point: every constraint at every key, every bound, and the objective.

Nothing that the solver or the vectorised compiler computed is used; the statements
are evaluated again, one by one, at the numbers that the user will be shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from agentopt.errors import FormulationError

from ..formulation import Variable
from ..instance import Instance, Key
from ..language.expression import Statement
from ..solution import Finding, label
from .bounds import Interval, evaluator_of, variable_intervals
from .magnitude import SIZED, magnitude
from .scalar import Evaluator, Side

Values = Mapping[str, Mapping[Key, float]]


@dataclass(frozen=True)
class Tolerances:
    """How far a figure may be off; HiGHS works to 1e-7 on its scaled rows, SCIP to 1e-6 relative."""

    feasibility: float = 1e-6
    """Of a row or bound, absolute, or relative to the larger of its two sides."""
    cancellation: float = 1e-9
    """Of a row or the objective, relative to the sum of the absolute values of its terms."""
    integrality: float = 1e-6
    """Distance of an integer variable from a whole number."""
    objective: float = 1e-6
    """Of the solver's claim, relative to the recomputed objective, at least to 1."""


@dataclass(frozen=True)
class CheckReport:
    """What became of a point."""

    objective: float
    """The objective at the point, recomputed; NaN when it has no value there."""
    findings: tuple[Finding, ...]
    """One for each element that was looked at, those that hold included."""
    worst: Finding | None
    """The failed finding with the largest violation; None when all hold."""

    @property
    def ok(self) -> bool:
        """Whether every finding holds."""
        return self.worst is None


def check(
    instance: Instance,
    point_values: Values,
    claimed_objective: float | None = None,
    tolerances: Tolerances | None = None,
) -> CheckReport:
    """Check a point against every statement of a formulation.

    Args:
        instance: The formulation with its data.
        point_values: Value of each variable by key.
        claimed_objective: What the solver says the objective is there; None: no claim.
        tolerances: How far figures may be off.
    """
    allowed = tolerances or Tolerances()
    findings: list[Finding] = []
    for variable in instance.formulation.variables:
        findings += _check_variable(instance, variable, point_values.get(variable.name, {}), allowed)
    findings += _superfluous(instance, point_values)
    if any(finding.check.startswith("values") and not finding.ok for finding in findings):
        return _report(math.nan, findings)
    rows = _Rows(instance, point_values, allowed)
    for name, statement in instance.analysis.constraints.items():
        findings.append(rows.finding(name, statement))
    objective, finding = _check_objective(instance, rows, claimed_objective)
    return _report(objective, [*findings, finding])


def _report(objective: float, findings: list[Finding]) -> CheckReport:
    failed = [finding for finding in findings if not finding.ok]
    return CheckReport(objective, tuple(findings), max(failed, key=lambda f: f.amount, default=None))


def _superfluous(instance: Instance, values: Values) -> Iterator[Finding]:
    known = {variable.name for variable in instance.formulation.variables}
    for name in values:
        if name not in known:
            yield Finding(f"values of {name}", False, f"the formulation has no variable {name}", math.inf)


def _check_variable(
    instance: Instance, variable: Variable, values: Mapping[Key, float], allowed: Tolerances
) -> Iterator[Finding]:
    name, intervals = variable.name, variable_intervals(instance, variable)
    trouble = _unusable(name, intervals, values)
    if trouble:
        yield Finding(f"values of {name}", False, trouble, math.inf)
        return
    yield _check_bounds(name, intervals, values, allowed)
    if variable.domain != "continuous" and intervals:
        worst = max(values, key=lambda key: abs(values[key] - round(values[key])))
        distance = abs(values[worst] - round(values[worst]))
        ok = distance <= allowed.integrality
        said = "all whole" if ok else f"{label(name, worst)} = {values[worst]:.9g} is not whole"
        yield Finding(f"integrality of {name}", ok, f"{said}; largest distance {distance:.2g}", 0.0 if ok else distance)


def _unusable(name: str, intervals: Mapping[Key, Interval], values: Mapping[Key, float]) -> str:
    """Say which values are missing, superfluous or no numbers; "" when all can be used."""
    if intervals.keys() != values.keys():
        missing = [label(name, key) for key in intervals if key not in values]
        extra = [label(name, key) for key in values if key not in intervals]
        if missing:
            return f"{len(missing)} value(s) missing, as {missing[0]}"
        return f"{len(extra)} value(s) for keys that the variable does not have, as {extra[0]}"
    for key, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return f"{label(name, key)} is {value!r}, not a finite number"
    return ""


def _check_bounds(
    name: str, intervals: Mapping[Key, Interval], values: Mapping[Key, float], allowed: Tolerances
) -> Finding:
    failed: list[tuple[float, Key]] = []
    for key, interval in intervals.items():
        value = values[key]
        if not interval.lower <= value <= interval.upper:
            beyond = max(interval.lower - value, value - interval.upper)
            bound = interval.lower if value < interval.lower else interval.upper
            if beyond > allowed.feasibility * max(1.0, abs(bound) if math.isfinite(bound) else 0.0):
                failed.append((beyond, key))
    check = f"bounds of {name}"
    if not failed:
        return Finding(check, True, f"{len(intervals)} value(s) within their bounds")
    amount, key = max(failed, key=lambda pair: pair[0])
    low, high = intervals[key].lower, intervals[key].upper
    where = f"{label(name, key)} = {values[key]:.9g} lies outside of [{low:.9g}, {high:.9g}] by {amount:.3g}"
    return Finding(check, False, f"{len(failed)} of {len(intervals)} value(s) outside; worst: {where}", amount)


@dataclass
class _Tally:
    """What the rows of one constraint came to."""

    n: int = 0
    n_failed: int = 0
    worst: tuple[float, Key, Side] | None = None
    """Violation, key and sides of the failed row that is furthest off."""
    tightest: tuple[float, Key] | None = None
    """Least slack of an inequality that holds, and its key."""
    deviation: float = 0.0
    """Largest distance of the two sides of an equation that holds."""


@dataclass(frozen=True)
class _Rows:
    """Evaluates rows at a point."""

    instance: Instance
    values: Values
    allowed: Tolerances

    @cached_property
    def evaluator(self) -> Evaluator:
        return evaluator_of(self.instance, self.values)

    @cached_property
    def sized(self) -> Evaluator:
        """The same statements on numbers that know the size of their terms; slower, so used on doubt."""
        sizes = {name: {key: magnitude(float(v)) for key, v in at.items()} for name, at in self.values.items()}
        return evaluator_of(self.instance, sizes, SIZED)

    def finding(self, name: str, statement: Statement) -> Finding:
        """Check one constraint at every key."""
        check = f"constraint {name}"
        tally = _Tally()
        try:
            for key, sides in self.evaluator.comparisons(statement, check):
                tally.n += 1
                for place, side in enumerate(sides):
                    self._weigh(tally, statement, check, key, place, side)
        except FormulationError as error:
            return Finding(check, False, f"has no value at this point: {error}", math.inf)
        return _finding_of(name, tally)

    def _weigh(self, tally: _Tally, statement: Statement, check: str, key: Key, place: int, side: Side) -> None:
        left, op, right = side
        slack = right - left if op == "<=" else left - right if op == ">=" else -abs(left - right)
        holds = slack >= -self.allowed.feasibility * max(1.0, abs(left), abs(right))
        if not holds:
            a, _, b = self.sized.comparison_at(statement, check, key)[place]
            holds = slack >= -self.allowed.cancellation * (magnitude(a).size + magnitude(b).size)
        if not holds:
            tally.n_failed += 1
            if tally.worst is None or -slack > tally.worst[0]:
                tally.worst = (-slack, key, side)
        elif op == "==":
            tally.deviation = max(tally.deviation, -slack)
        elif tally.tightest is None or slack < tally.tightest[0]:
            tally.tightest = (slack, key)


def _finding_of(name: str, tally: _Tally) -> Finding:
    check, rows = f"constraint {name}", f"{tally.n} row{'' if tally.n == 1 else 's'}"
    if tally.worst is not None:
        amount, key, (left, op, right) = tally.worst
        where = f"{label(name, key)} states {left:.9g} {op} {right:.9g}, off by {amount:.3g}"
        return Finding(check, False, f"{tally.n_failed} of {rows} violated; worst: {where}", amount)
    if not tally.n:
        return Finding(check, True, "states nothing: no key meets its clauses")
    parts = [f"{rows} hold{'s' if tally.n == 1 else ''}"]
    if tally.tightest is not None:
        parts.append(f"tightest {label(name, tally.tightest[1])}, {max(tally.tightest[0], 0.0):.6g} left")
    if tally.tightest is None or tally.deviation:
        parts.append(f"largest deviation {tally.deviation:.2g}")
    return Finding(check, True, "; ".join(parts))


def _check_objective(instance: Instance, rows: _Rows, claimed: float | None) -> tuple[float, Finding]:
    statement = instance.analysis.objective
    try:
        value = float(rows.evaluator.value(statement, "objective"))
    except FormulationError as error:
        return math.nan, Finding("objective", False, f"has no value at this point: {error}", math.inf)
    if claimed is None:
        return value, Finding("objective", True, f"recomputed as {value:.9g}; the solver made no claim")
    off = abs(value - claimed) if math.isfinite(claimed) else math.inf
    ok = off <= rows.allowed.objective * max(1.0, abs(value))
    if not ok:
        ok = off <= rows.allowed.cancellation * magnitude(rows.sized.value(statement, "objective")).size
    said = f"recomputed as {value:.9g}, as the solver says"
    if not ok:
        said = f"recomputed as {value:.9g}, but the solver says {claimed:.9g}"
    return value, Finding("objective", ok, said, 0.0 if ok else off)
