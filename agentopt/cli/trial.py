"""A problem of two variables, given to each solver directly: does it start, and does it get 12?

maximize 3 x + 2 y where x + y <= 4 and x + 3 y <= 6; the optimum is x = 4, y = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

OPTIMUM = 12.0
FORMULATION: dict[str, Any] = {
    "title": "A trial of two variables",
    "variables": [{"name": "x"}, {"name": "y"}],
    "objective": {"sense": "maximize", "expression": "3 * x + 2 * y"},
    "constraints": [
        {"name": "total", "expression": "x + y <= 4"},
        {"name": "mixed", "expression": "x + 3 * y <= 6"},
    ],
}


@dataclass(frozen=True)
class Trial:
    """One solver to try."""

    name: str
    package: str
    run: Callable[[], str]
    """Return what was found; raise whatever goes wrong."""


def _highs() -> str:
    import highspy
    import numpy as np

    # The compiled class: the Python class above it prints a banner when it is made (1.16).
    highs = highspy.Highs.__bases__[0]()
    highs.setOptionValue("output_flag", False)
    for place, profit in enumerate((3.0, 2.0)):
        highs.addVar(0.0, highspy.kHighsInf)
        highs.changeColCost(place, profit)
    for row, most in (([1.0, 1.0], 4.0), ([1.0, 3.0], 6.0)):
        highs.addRow(-highspy.kHighsInf, most, 2, np.array([0, 1], dtype=np.int32), np.array(row))
    highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
    highs.run()
    return _right(highs.getInfo().objective_function_value, f"HiGHS {highs.version()}")


def _scip() -> str:
    from pyscipopt import Model

    model = Model()
    model.hideOutput()
    x, y = model.addVar("x"), model.addVar("y")
    model.addCons(x + y <= 4)
    model.addCons(x + 3 * y <= 6)
    model.setObjective(3 * x + 2 * y, "maximize")
    model.optimize()
    return _right(model.getObjVal(), f"SCIP {model.version()}")


def _scipy() -> str:
    import scipy
    from scipy.optimize import linprog

    result = linprog([-3, -2], A_ub=[[1, 1], [1, 3]], b_ub=[4, 6])
    return _right(-result.fun, f"SciPy {scipy.__version__}")


def _pyomo() -> str:
    import pyomo.environ as pyo
    from pyomo.version import version

    model = pyo.ConcreteModel()
    model.x, model.y = (pyo.Var(domain=pyo.NonNegativeReals) for _ in range(2))
    model.first = pyo.Constraint(expr=model.x + model.y <= 4)
    model.second = pyo.Constraint(expr=model.x + 3 * model.y <= 6)
    model.value = pyo.Objective(expr=3 * model.x + 2 * model.y, sense=pyo.maximize)
    pyo.SolverFactory("appsi_highs").solve(model)
    return _right(pyo.value(model.value), f"Pyomo {version} with HiGHS")


def _right(value: float, solver: str) -> str:
    if abs(value - OPTIMUM) > 1e-6:
        raise ValueError(f"{solver} says {value:g} where the optimum is {OPTIMUM:g}")
    return f"{solver} solved two variables"


SOLVERS = (
    Trial("HiGHS", "highspy", _highs),
    Trial("SCIP", "pyscipopt", _scip),
    Trial("SciPy", "scipy", _scipy),
    Trial("Pyomo", "pyomo", _pyomo),
)
