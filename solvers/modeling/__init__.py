"""Optimization modeling: from words or five elements to a solved and checked answer (LLMOPT, ICLR 2025).

formulation   the five elements as data        expression, parser, analysis   their language
tables, bind  data from files                  unit, units                    units of measure
vector, program, highs, convexity              arrays and HiGHS
scalar, check                                  the independent evaluator and the checker
scip, local                                    what HiGHS cannot prove
conflict, diagnosis                            why there is no answer
formulate, written, reading                    a model in the loop
solve                                          the way in
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .files import dump_formulation, load_formulation
    from .formulation import Formulation
    from .solution import Solution
    from .solving import solve

__all__ = ["Formulation", "ModelingBackend", "Solution", "dump_formulation", "load_formulation", "solve"]

_HOME = {
    "Formulation": "formulation",
    "Solution": "solution",
    "dump_formulation": "files",
    "load_formulation": "files",
    "solve": "solving",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


class ModelingBackend:
    """The backend for problems that have a formulation."""

    summary: ClassVar[str] = "problems in words or five elements, solved by HiGHS or SCIP and checked"
    needs: ClassVar[tuple[str, ...]] = ("highspy", "pyomo", "pyscipopt", "scipy", "numpy", "pydantic")

    def solve(self, problem: Any, **options: Any) -> Solution:
        """Solve a problem; see `agentopt.solve`."""
        from .solving import solve

        return solve(problem, **options)
