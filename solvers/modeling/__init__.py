"""Optimization modeling: from words or five elements to a solved and checked answer (LLMOPT, ICLR 2025).

formulation, instance, solution   the three nouns: what is asked, with its data, and what came of it
language    expressions, names, units of measure
data        tables and formulations as files, and data bound to a formulation
pointwise   the independent evaluator and the checker
arrays      all keys at once, as sparse arrays
engines     HiGHS, SCIP, SciPy, and why there is no answer
words       a model in the loop
edits       changes of a formulation as data, and what differs
insight     sensitivity, why not, trade-offs
doubts      checks that need no ground truth
session     a conversation about one problem
bench       problems with answers, and how many are solved right
export      other tools' words
solving     the way in
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .data.files import dump_formulation, load_formulation
    from .formulation import Formulation
    from .session.session import Session
    from .solution import Solution
    from .solving import solve

__all__ = ["Formulation", "ModelingBackend", "Session", "Solution", "dump_formulation", "load_formulation", "solve"]

_HOME = {
    "Formulation": "formulation",
    "Session": "session.session",
    "Solution": "solution",
    "dump_formulation": "data.files",
    "load_formulation": "data.files",
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
