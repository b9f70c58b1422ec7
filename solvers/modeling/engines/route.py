"""Sends an instance to the solver that can prove its class, and checks what comes back.

LP, MIP, convex QP           HiGHS, from arrays (a proof of the optimum)
everything else              SCIP (a proof over the reals, to its tolerances)
the same without pyscipopt   SciPy, and the answer says "local"
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from agentopt.errors import CheckError, MissingExtra, SolverError

from ..arrays.convexity import is_convex
from ..arrays.form import Nonlinear
from ..arrays.program import Program, assemble, problem_class
from ..instance import Instance
from ..pointwise.check import CheckReport, check
from ..solution import Conflict, Finding, Point, Solution
from .diagnosis import explain_infeasible, explain_infeasible_by_solving, explain_unbounded
from .highs import solve_highs

DIAGNOSIS_SHARE = 0.5
"""Part of the time limit that an explanation may take on top of the solve."""

NEAR_INFINITY = 1e18
"""An objective beyond this is called no optimum where SCIP found it."""


@dataclass(frozen=True)
class Route:
    """The class of an instance, and its arrays when it has any."""

    problem_class: str
    program: Program | None
    """None: an expression is neither affine nor quadratic."""

    @property
    def by_highs(self) -> bool:
        """Whether HiGHS can prove the optimum of this class."""
        return self.problem_class in ("LP", "MIP", "convex QP")


def choose(instance: Instance) -> Route:
    """Classify an instance honestly: a quadratic objective counts as convex only when that is proved."""
    integer = any(variable.domain != "continuous" for variable in instance.formulation.variables)
    try:
        program = assemble(instance)
    except Nonlinear:
        return Route(problem_class(None, integer), None)
    name = problem_class(program, integer)
    if name == "QP":
        name = "convex QP" if is_convex(program) else "nonconvex QP"
    return Route(name, program)


def solve_instance(instance: Instance, time_limit_s: float = 60.0) -> Solution:
    """Solve an instance, check the point, and explain an outcome that has none.

    Raises:
        SolverError: The solver failed.
        CheckError: The returned point breaks a constraint, or its objective is another.
        FormulationError: The data do not fit the expressions (a missing key, say).
    """
    started = time.perf_counter()
    route = choose(instance)
    point = _solve(instance, route, time_limit_s)
    if point.termination_condition == "error":
        raise SolverError(f"{point.solver} failed: {point.message}")
    conflict = _explain(instance, route, point, time_limit_s * DIAGNOSIS_SHARE)
    report = checked(instance, point) if point.values else None
    solution = build_solution(instance, route.problem_class, point, report, conflict)
    return replace(solution, seconds=time.perf_counter() - started)


def checked(instance: Instance, point: Point) -> CheckReport:
    """Check a point by the independent evaluator.

    Raises:
        CheckError: The point fails; the message names the worst failure.
    """
    report = check(instance, point.values, point.objective)
    failed = [finding for finding in report.findings if not finding.ok]
    if failed:
        worst = max(failed, key=lambda finding: finding.amount)
        more = f" ({len(failed) - 1} more)" if len(failed) > 1 else ""
        raise CheckError(f"{point.solver} returned a point that fails the check of {worst.check}: {worst.detail}{more}")
    return report


def build_solution(
    instance: Instance, name: str, point: Point, report: CheckReport | None, conflict: Conflict | None
) -> Solution:
    """Put the outcome together; every figure comes from the checker or is a solver's bound."""
    optimal = point.termination_condition == "optimal" and point.guarantee == "global"
    findings: tuple[Finding, ...] = report.findings if report else ()
    return Solution(
        formulation=instance.formulation,
        termination_condition=point.termination_condition,
        solution_status="none" if report is None else "optimal" if optimal else "feasible",
        problem_class=name,
        solver=point.solver,
        guarantee=point.guarantee,
        incumbent_objective=report.objective if report else None,
        objective_bound=point.objective_bound,
        variables=point.values,
        findings=findings,
        conflict=conflict,
        notes=(*instance.formulation.assumptions, *([point.message] if point.message else [])),
        seconds=point.seconds,
    )


def _solve(instance: Instance, route: Route, time_limit_s: float) -> Point:
    if route.by_highs:
        assert route.program is not None
        point = solve_highs(route.program, time_limit_s)
        if point.termination_condition != "error" or route.problem_class != "convex QP":
            return point
    return solve_global(instance, time_limit_s)


def solve_global(instance: Instance, time_limit_s: float) -> Point:
    """Solve an instance of any class with SCIP, or locally with SciPy when SCIP is not installed."""
    from .scip import solve_scip

    try:
        point = solve_scip(instance, time_limit_s)
        if point.objective is not None and abs(point.objective) > NEAR_INFINITY:
            doubt = "not proved: SCIP takes 1e20 for infinity, so a better point may lie beyond"
            return replace(point, guarantee="none", objective_bound=None, message=doubt)
        return point
    except MissingExtra:
        from .local import solve_local

        return solve_local(instance, time_limit_s)


def _explain(instance: Instance, route: Route, point: Point, time_limit_s: float) -> Conflict | None:
    if point.termination_condition == "infeasible":
        if route.by_highs and route.program is not None:
            return explain_infeasible(route.program, time_limit_s)
        return explain_infeasible_by_solving(instance, solve_global, time_limit_s)
    if point.termination_condition == "unbounded":
        solve = _solve_any if route.by_highs else solve_global
        return explain_unbounded(route.program if route.by_highs else None, instance, solve, time_limit_s)
    return None


def _solve_any(instance: Instance, time_limit_s: float) -> Point:
    return _solve(instance, choose(instance), time_limit_s)
