"""An instance as functions of one vector, with exact gradients, for local solvers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agentopt.errors import FormulationError

from ..instance import Instance, Key
from .bounds import evaluator_of, variable_intervals
from .dual import DUAL, Dual, dual

Floats = NDArray[np.float64]

_NO_VALUE = 1e10
"""Stands for the objective and every violation where a statement has no value, as log(-1)."""


@dataclass(frozen=True)
class Sample:
    """All statements at one vector; minimization, rows >= 0 and equations == 0."""

    objective: float
    gradient: Floats
    """(n,)"""
    rows: Floats
    row_slopes: Floats
    """(n_rows, n)"""
    equations: Floats
    equation_slopes: Floats


class SmoothProblem:
    """Evaluates an instance at vectors.

    Attributes:
        columns: Variable and key of each position of a vector.
        lower: Bounds of each position, -inf where there is none.
        integer: Whether each position must be whole.
        maximize: Whether the objective's sign was turned.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.columns: list[tuple[str, Key]] = []
        self.values: dict[str, dict[Key, Dual]] = {}
        lower, upper, integer = [], [], []
        for variable in instance.formulation.variables:
            self.values[variable.name] = {}
            for key, interval in variable_intervals(instance, variable).items():
                self.columns.append((variable.name, key))
                lower.append(interval.lower)
                upper.append(interval.upper)
                integer.append(interval.integer)
        self.lower, self.upper = np.array(lower), np.array(upper)
        self.integer = np.array(integer, dtype=bool)
        self.maximize = instance.formulation.objective.sense == "maximize"
        self._evaluator = evaluator_of(instance, self.values, DUAL)
        self._at: Floats | None = None
        self._sample: Sample | None = None
        self._n_rows: tuple[int, int] = (0, 0)

    def point(self, x: Floats) -> dict[str, dict[Key, float]]:
        """A vector as values by variable and key."""
        values: dict[str, dict[Key, float]] = {name: {} for name in self.values}
        for (name, key), value in zip(self.columns, x.tolist()):
            values[name][key] = value
        return values

    def sample(self, x: Floats) -> Sample:
        """All statements at a vector; the last one is remembered, for solvers ask piece by piece."""
        if self._sample is None or self._at is None or not np.array_equal(self._at, x):
            self._at, self._sample = x.copy(), self._evaluate(x)
        return self._sample

    def _evaluate(self, x: Floats) -> Sample:
        for number, ((name, key), value) in enumerate(zip(self.columns, x.tolist())):
            self.values[name][key] = Dual(value, {number: 1.0})
        try:
            objective = dual(self._evaluator.value(self.instance.analysis.objective, "objective"))
            objective = -objective if self.maximize else objective
            rows, equations = self._rows()
        except FormulationError:
            return self._nowhere()
        if not math.isfinite(objective.value):
            return self._nowhere()
        self._n_rows = (len(rows), len(equations))
        return Sample(objective.value, self._slopes([objective])[0], *self._split(rows), *self._split(equations))

    def _rows(self) -> tuple[list[Dual], list[Dual]]:
        rows: list[Dual] = []
        equations: list[Dual] = []
        for name, statement in self.instance.analysis.constraints.items():
            for _, sides in self._evaluator.comparisons(statement, f"constraint {name}"):
                for left, op, right in sides:
                    difference = dual(left - right if op == ">=" else right - left)
                    (equations if op == "==" else rows).append(difference)
        return rows, equations

    def _split(self, duals: list[Dual]) -> tuple[Floats, Floats]:
        return np.array([d.value for d in duals]), self._slopes(duals)

    def _slopes(self, duals: list[Dual]) -> Floats:
        slopes = np.zeros((len(duals), len(self.columns)))
        for row, d in enumerate(duals):
            slopes[row, list(d.slope)] = list(d.slope.values())
        return slopes

    def _nowhere(self) -> Sample:
        n, (n_rows, n_equations) = len(self.columns), self._n_rows
        return Sample(
            _NO_VALUE,
            np.zeros(n),
            np.full(n_rows, -_NO_VALUE),
            np.zeros((n_rows, n)),
            np.full(n_equations, _NO_VALUE),
            np.zeros((n_equations, n)),
        )
