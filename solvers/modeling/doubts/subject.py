"""What the checks look at: an instance, its solution, and what both say about each other, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agentopt.errors import AgentoptError

from ..arrays.program import Program
from ..arrays.universe import Floats
from ..engines.route import Route, choose
from ..formulation import Element
from ..instance import Instance
from ..solution import Solution


@dataclass(frozen=True)
class Subject:
    """An instance with the solution that was found for it."""

    instance: Instance
    solution: Solution

    @cached_property
    def route(self) -> Route | None:
        """The class and the arrays; None where the data do not fit the expressions."""
        try:
            return choose(self.instance)
        except AgentoptError:
            return None

    @property
    def program(self) -> Program | None:
        """The arrays of the instance; None when it is neither affine nor quadratic."""
        return self.route.program if self.route else None

    @cached_property
    def x(self) -> Floats | None:
        """The values of the columns at the solution, (n_columns,); None when there is no point or no arrays."""
        program, values = self.program, self.solution.variables
        if program is None or not values:
            return None
        columns = [[values[name][key] for key in program.vectors.keys(name)] for name in program.columns.offsets]
        return np.array([value for column in columns for value in column], dtype=float)

    @property
    def optimum(self) -> float | None:
        """The proved optimum, as the checker recomputed it; None when there is none."""
        return self.solution.incumbent_objective if self.solution.solution_status == "optimal" else None

    @property
    def maximize(self) -> bool:
        """Whether more is better."""
        return self.instance.formulation.objective.sense == "maximize"

    @property
    def obstacle(self) -> str:
        """Why variants of the instance cannot be compared with the solution; "" when they can."""
        if self.instance.analysis.unsaid:
            return f"{self.instance.analysis.unsaid[0]} is stated in words only, so a program had to solve it"
        if self.optimum is None:
            return "there is no proved optimum to compare with"
        return ""

    def in_words(self, name: str) -> str:
        """An element as its owner calls it, with its name in brackets; without a meaning just the name."""
        element = next((e for _, e in self.instance.formulation.elements() if e.name == name), None)
        return said(element) if element else name


def said(element: Element) -> str:
    """The meaning of an element and its name, as "Price of a loaf (price)"."""
    meaning = " ".join(element.meaning.split()).rstrip(".;:, ")
    return f"{meaning} ({element.name})" if meaning else element.name
