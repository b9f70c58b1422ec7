"""How a solution came out and about, as parts of a report."""

from __future__ import annotations

from collections.abc import Iterator

from agentopt.number_text import show_amount

from ..solution import Solution
from ..told import gap_text, guarantee_text, outcome_text, status_text, tally_text, usage_text
from .page import Prose


def outcome(solution: Solution) -> Prose:
    """What came out, in one sentence."""
    text, tone = outcome_text(solution, "Objective")
    return Prose(f"{text}.", tone)


def facts(solution: Solution) -> Iterator[tuple[str, str]]:
    """How the solution came about: a word and what is so, each."""
    yield "status", status_text(solution)
    yield "guarantee", guarantee_text(solution)
    yield "solver", solution.solver or "none"
    yield "class of problem", solution.problem_class or "not classified"
    if solution.objective_bound is not None:
        yield "bound", show_amount(solution.objective_bound, solution.formulation.objective.unit)
    if solution.gap is not None:
        yield "gap", gap_text(solution.gap)
    if solution.findings:
        yield "checks", tally_text(solution.findings)
    yield "time", f"{solution.seconds:.2f} s"
    if solution.usage is not None:
        yield "model", usage_text(solution.usage)
