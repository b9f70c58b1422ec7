"""An instance as a SCIP model, with the variables kept by name and key."""

from __future__ import annotations

import math
from typing import Any

from agentopt.errors import MissingExtra

from ..instance import Instance, Key
from ..pointwise.bounds import Interval, evaluator_of, variable_intervals
from ..pointwise.scalar import Side
from ..solution import label

Values = dict[str, dict[Key, float]]

GAP = 1e-7
"""Relative distance of bound and incumbent at which a search over continuous variables ends."""
TOLERANCE = 1e-7
"""SCIP's feasibility tolerance here; its own default, 1e-6, is as large as what the check allows."""
FINEST_TOLERANCE = 1e-8


def require_pyscipopt() -> Any:
    """Import pyscipopt.

    Raises:
        MissingExtra: It is not installed.
    """
    try:
        import pyscipopt
    except ImportError as error:
        raise MissingExtra("a proven answer to this class of problem needs SCIP: pip install pyscipopt") from error
    return pyscipopt


class ScipModel:
    """Statements as SCIP rows; SCIP expressions are the numbers of the evaluator.

    Args:
        instance: What is modelled.
        objective: Whether to optimize; without, any feasible point is an answer.

    Attributes:
        model: The pyscipopt model.
        columns: SCIP's variables by name and key.
        intervals: What each variable may be.
        nonlinear: Whether a statement is more than affine.
        empty: Sentences on what no value can meet: bounds that cross, rows of data that are false.
            The model is then not complete, and has no solution.
    """

    def __init__(self, instance: Instance, objective: bool = True) -> None:
        self.instance = instance
        self.columns: dict[str, dict[Key, Any]] = {}
        self.intervals: dict[str, dict[Key, Interval]] = {}
        self.empty: list[str] = []
        self.nonlinear = False
        self.model = require_pyscipopt().Model()
        self.model.hideOutput()
        # SCIP's own handler would take Ctrl-C from the whole process.
        self.model.setParam("misc/catchctrlc", False)
        self.model.setParam("numerics/feastol", TOLERANCE)
        if any(variable.domain == "continuous" for variable in instance.formulation.variables):
            # The last digits of a curved optimum can take minutes and are not seen by anybody.
            self.model.setParam("limits/gap", GAP)
        for variable in instance.formulation.variables:
            self._add_columns(variable.name, variable_intervals(instance, variable))
        if not self.empty:
            self._add_statements(objective)

    @property
    def n_unbounded(self) -> int:
        """How many variables have an infinite bound."""
        every = (interval for intervals in self.intervals.values() for interval in intervals.values())
        return sum(math.isinf(interval.lower) or math.isinf(interval.upper) for interval in every)

    def values(self) -> Values:
        """The values of SCIP's best point."""
        best = self.model.getBestSol()
        return {
            name: {key: float(self.model.getSolVal(best, column)) for key, column in columns.items()}
            for name, columns in self.columns.items()
        }

    def fix_integers(self, values: Values) -> None:
        """Fix the integer variables and ask for the finest tolerance, for another run."""
        self.model.freeTransform()
        self.model.setParam("numerics/feastol", FINEST_TOLERANCE)
        for name, columns in self.columns.items():
            for key, column in columns.items():
                if self.intervals[name][key].integer:
                    self.model.chgVarLb(column, values[name][key])
                    self.model.chgVarUb(column, values[name][key])

    def _add_columns(self, name: str, intervals: dict[Key, Interval]) -> None:
        columns = self.columns[name] = {}
        self.intervals[name] = intervals
        for key, interval in intervals.items():
            if interval.lower > interval.upper:
                bounds = f"[{interval.lower:g}, {interval.upper:g}]"
                self.empty.append(f"{label(name, key)} must lie in {bounds}, which holds no value")
                continue
            columns[key] = self.model.addVar(
                vtype="I" if interval.integer else "C",
                lb=None if math.isinf(interval.lower) else interval.lower,
                ub=None if math.isinf(interval.upper) else interval.upper,
            )

    def _add_statements(self, objective: bool) -> None:
        from .scip_number import SCIP_FUNCTIONS

        evaluator = evaluator_of(self.instance, self.columns, SCIP_FUNCTIONS)
        for name, statement in self.instance.analysis.constraints.items():
            for key, sides in evaluator.comparisons(statement, f"constraint {name}"):
                for side in sides:
                    self._add_row(label(name, key), side)
        if objective:
            value = evaluator.value(self.instance.analysis.objective, "objective")
            self._set_objective(value, self.instance.formulation.objective.sense)

    def _add_row(self, name: str, side: Side) -> None:
        left, op, right = side
        if isinstance(left, float) and isinstance(right, float):
            if not holds(left, op, right):
                self.empty.append(f"{name} states {left:g} {op} {right:g}, which is false")
            return
        self.nonlinear = self.nonlinear or not (_affine(left) and _affine(right))
        self.model.addCons(left <= right if op == "<=" else left >= right if op == ">=" else left == right)

    def _set_objective(self, objective: Any, sense: str) -> None:
        """SCIP's own objective is linear; another one becomes the bound of a new variable."""
        if _affine(objective):
            self.model.setObjective(objective, sense)
            return
        self.nonlinear = True
        value = self.model.addVar(lb=None, ub=None)
        self.model.addCons(value >= objective if sense == "minimize" else value <= objective)
        self.model.setObjective(value, sense)


def _affine(value: Any) -> bool:
    from pyscipopt.scip import Expr

    return isinstance(value, float) or (isinstance(value, Expr) and value.degree() <= 1)


def holds(left: float, op: str, right: float) -> bool:
    """Whether a comparison of two numbers holds, up to what rounding in sums of data may cost."""
    slack = right - left if op == "<=" else left - right if op == ">=" else -abs(left - right)
    return slack >= -1e-9 * max(1.0, abs(left), abs(right))
