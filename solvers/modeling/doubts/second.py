"""A second formulation of the same text, by another prompt or another model, compared at the optimum.

Two formulations that were made apart seldom share a mistake, so that they agree is the
best evidence there is without a ground truth (SIRL, NeurIPS 2025, and OptiMind take a
vote of many; two that agree cost less). Their variables differ, so optima are
compared, and where those differ, what most likely made the difference is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from agentopt.errors import CheckError, InputError, SolverError
from agentopt.llm import Message, render

from ..data.bind import bind
from ..data.tables import Tables
from ..engines.route import solve_instance
from ..formulation import Formulation
from ..instance import Instance
from ..language.analysis import analyze
from ..solution import Solution
from ..words.author import Author, Means
from ..words.written import solve_by_program
from .difference import telling_difference
from .doubt import Doubt, doubtful, holds, not_tried

CHECK = "a second formulation"
SAME = 1e-6
"""Relative difference of two optima, at least to 1, up to which they agree."""


@dataclass(frozen=True)
class Opinion:
    """What another formulation of the same text came to."""

    finding: Doubt
    solution: Solution | None
    """None when there was no usable second formulation."""

    @property
    def agrees(self) -> bool:
        """Whether both formulations come to the same."""
        return self.finding.level == "holds"


def second_opinion(author: Author, means: Means, first: Solution, max_rounds: int = 1) -> Opinion:
    """Ask for an independent formulation, solve it and compare; the first one is not shown.

    Args:
        author: Who is asked; its model may be another than the one that formulated first.
        means: What solving may use.
        first: The solution that is in question.
        max_rounds: Corrections that are asked for when the reply cannot be solved.

    Raises:
        LLMError: The model failed.
        BudgetExceeded: The next call would pass a limit.
    """
    messages = _messages(author)
    trouble = ""
    for round_ in range(1 + max_rounds):
        author.progress("asking for a second formulation" if not round_ else f"{trouble} - asking again")
        reply = author.ask(messages)
        formulation = reply.value.formulation
        if formulation is None:
            why = reply.value.no_problem or "it names nothing to decide"
            detail = f"the second reader finds no problem that can be formulated: {why}"
            return Opinion(doubtful(CHECK, detail), None)
        try:
            solution = _solved(author, means, formulation)
        except (InputError, CheckError, SolverError) as error:
            trouble = str(error)
            ask = "Correct exactly this, and whatever else it shows to be wrong."
            asked = render("modeling/correct", finding=trouble, question=ask)
            messages = [*messages, Message("assistant", reply.text), *asked]
            continue
        return Opinion(compare_solutions(first, solution, author.tables), solution)
    return Opinion(not_tried(CHECK, f"the second formulation cannot be solved: {trouble}"), None)


def compare_solutions(first: Solution, second: Solution, tables: Tables | None = None) -> Doubt:
    """Say whether two formulations of one text agree; the amount is how much their optima differ by.

    Args:
        first: The solution in question.
        second: The solution of the other formulation.
        tables: The tables that both may read.
    """
    if first.termination_condition != second.termination_condition:
        ends = f"the first ends as {first.termination_condition}, the second as {second.termination_condition}"
        return doubtful(CHECK, f"two formulations disagree: {ends}; {_telling(first, second, tables)}")
    one, other = first.incumbent_objective, second.incumbent_objective
    if one is None or other is None:
        return holds(CHECK, f"two formulations agree that the problem is {first.termination_condition}")
    # To minimize the loss is to maximize the profit, with the other sign.
    mirrored = first.formulation.objective.sense != second.formulation.objective.sense
    if abs(one - (-other if mirrored else other)) <= SAME * max(1.0, abs(one), abs(other)):
        return holds(CHECK, f"two formulations that were made apart come to the same optimum, {one:.7g}")
    difference = f"two formulations disagree: {one:.7g} in the first, {other:.7g} in the second"
    return doubtful(CHECK, f"{difference}; {_telling(first, second, tables)}", abs(one - other))


def _messages(author: Author) -> list[Message]:
    """The language is explained as to the first reader; the way to work is another."""
    shown = author.tables.schema() if len(author.tables) else ""
    manual = [m for m in render("modeling/formulate", problem=author.problem, tables=shown) if m.role == "system"]
    return [*manual, *render("modeling/second", problem=author.problem, tables=shown)]


def _solved(author: Author, means: Means, formulation: Formulation) -> Solution:
    instance = bind(analyze(formulation), author.tables)
    author.progress("solving the second formulation")
    if instance.analysis.unsaid:
        return solve_by_program(author, means, instance)
    return solve_instance(instance, means.time_limit_s)


def _telling(first: Solution, second: Solution, tables: Tables | None) -> str:
    instances: list[Instance] = [bind(analyze(s.formulation), tables) for s in (first, second)]
    return telling_difference(*instances)
