"""From text to a solved formulation: one typed reply, and a bounded number of corrections.

The loop is LLMOPT's self-correction (Jiang et al., ICLR 2025, section 3.3), with a
difference that saves calls: code decides whether a formulation is right enough to
solve, so the model is asked again only with a finding that names the element.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentopt.errors import BudgetExceeded, CheckError, InputError, LLMError, SolverError
from agentopt.llm import Message, render

from ..data.bind import bind
from ..engines.route import solve_instance
from ..formulation import Formulation
from ..language.analysis import analyze
from ..language.units import check_units
from ..solution import Alternative, Conflict, Solution
from .answer import answered
from .author import Author, Means
from .open_point import alternatives
from .reading import Reading
from .written import solve_by_program

MAX_PROBLEM = 200_000
"""Characters of a problem's text beyond which it is refused before any call: no reader does it justice."""


@dataclass(frozen=True)
class Question:
    """A finding about a formulation, as it goes back to the model."""

    finding: str
    ask: str


@dataclass(frozen=True)
class Formulated:
    """A solved problem in words, and what the model said of it."""

    solution: Solution
    reading: Reading


def solve_text(author: Author, means: Means, max_rounds: int) -> Formulated:
    """Formulate and solve a problem in words, with at most max_rounds corrections.

    Raises:
        InputError: The text states no problem, or no formulation of it was right.
        LLMError: The model failed before there was any answer.
        BudgetExceeded: The next call would pass a limit, and there is no answer yet.
    """
    shown = author.tables.schema() if len(author.tables) else ""
    messages = render("modeling/formulate", problem=author.problem, tables=shown)
    solution: Solution | None = None
    accepted: Reading | None = None
    question: Question | None = None
    for round_ in range(1 + max_rounds):
        author.progress("formulating" if question is None else f"{question.finding} - asking again")
        try:
            reply = author.ask(messages)
            if reply.value.formulation is None and solution is not None:
                break
            solved, question = _attempt(author, means, _formulation_in(reply.value), first=round_ == 0)
        except (LLMError, BudgetExceeded):
            if solution is None:
                raise
            break  # what was solved before stands, with its doubt
        if solved is not None:
            solution, accepted = solved, reply.value
        if question is None:
            break
        asked = render("modeling/correct", finding=question.finding, question=question.ask)
        messages = [*messages, Message("assistant", reply.text), *asked]
    if solution is None or accepted is None:
        finding = question.finding if question else ""
        raise InputError(f"no usable formulation after {1 + max_rounds} replies; the last finding: {finding}")
    notes = (*solution.notes, *(["the model's reply was replayed from a recording"] if author.recorded else []))
    solution = replace(solution, notes=notes, usage=author.usage)
    return Formulated(_with_words(author, means, solution, accepted), accepted)


def _with_words(author: Author, means: Means, solution: Solution, reading: Reading) -> Solution:
    """Add the answer in words and what comes of the other readings."""
    if not reading.open_points and not reading.answer:
        return solution
    instance = bind(analyze(solution.formulation), author.tables)
    others: tuple[Alternative, ...] = ()
    if reading.open_points and not instance.analysis.unsaid:
        author.progress("solving the other readings")
        others = alternatives(solution, reading.open_points, author.tables, means.time_limit_s)
    return replace(solution, alternatives=others, answer=answered(reading.answer, instance, solution, author.problem))


def _formulation_in(reading: Reading) -> Formulation:
    if reading.formulation is None:
        why = reading.no_problem or "it names nothing to decide"
        raise InputError(f"the text cannot be formulated as an optimization problem: {why}")
    return reading.formulation


def _attempt(
    author: Author, means: Means, formulation: Formulation, first: bool
) -> tuple[Solution | None, Question | None]:
    """Check and solve one formulation; also what to ask, None when it stands.

    A clash of units, an infeasible or an unbounded outcome is asked about once, after
    the first reply: it mostly is a slip of the formulation, but the text may mean it.
    """
    try:
        analysis = analyze(formulation)
        instance = bind(analysis, author.tables)
        clashes = tuple(clash.message for clash in check_units(analysis))
        author.progress("solving")
        if analysis.unsaid:
            solution = solve_by_program(author, means, instance)
        else:
            solution = solve_instance(instance, means.time_limit_s)
    except (InputError, CheckError, SolverError) as error:
        return None, Question(str(error), "Correct exactly this, and whatever else it shows to be wrong.")
    solution = replace(solution, notes=(*solution.notes, *clashes))
    if first and solution.conflict is not None:
        return solution, Question(_conflict_text(solution.conflict), _CONFIRM[solution.conflict.kind])
    if first and clashes:
        return solution, Question("; ".join(clashes), "Correct the units, or the model where a clash shows an error.")
    return solution, None


_CONFIRM = {
    "infeasible": (
        "If the text really demands all of this, reply with the same formulation; else correct what was misread."
    ),
    "unbounded": (
        "A requirement is probably missing: correct it."
        " If the text really sets no limit, reply with the same formulation."
    ),
}


def _conflict_text(conflict: Conflict) -> str:
    return "\n".join([f"The problem as formulated is {conflict.kind}.", *conflict.sentences])


def require_problem(text: object) -> None:
    """Refuse what no model should be asked about.

    Raises:
        InputError: It is no text, empty or too long.
    """
    if not isinstance(text, str):
        raise InputError(f"expected a text, a Path or a Formulation, got {type(text).__name__}")
    if not text.strip():
        raise InputError("expected a problem in words, got an empty text")
    if len(text) > MAX_PROBLEM:
        raise InputError(
            f"expected a problem of at most {MAX_PROBLEM} characters, got {len(text)}; put its data into tables"
        )
