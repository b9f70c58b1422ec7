"""A solution in sentences: what came out, how far it is proved, what it took; and its figures as people write them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..formulation import Variable
from ..instance import Instance
from ..solution import Solution
from .page import Prose

if TYPE_CHECKING:
    from agentopt.llm import Usage


def shown(value: float) -> str:
    """A number for people: eight digits, two decimals at least where there are any.

    >>> shown(1234567.891), shown(1 / 3), shown(2.9999999999), shown(1e-9)
    ('1234567.89', '0.33333333', '3', '1e-09')
    """
    if not math.isfinite(value):
        return "unlimited" if value > 0 else "-unlimited" if value < 0 else "undefined"
    size = abs(value)
    if size != 0 and not 1e-4 <= size < 1e15:
        return f"{value:.8g}"
    decimals = max(2, 7 - math.floor(math.log10(size))) if size else 0
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def amount(value: float | None, unit: str = "") -> str:
    """A number with its unit, or "unknown"."""
    return "unknown" if value is None else f"{shown(value)} {unit}".rstrip()


def outcome(solution: Solution) -> Prose:
    """What came out, in one sentence."""
    stated = solution.formulation.objective
    name = stated.meaning.strip().rstrip(".") or "Objective"
    figure = f"{name}: {amount(solution.incumbent_objective, stated.unit)}"
    doubt = "" if solution.guarantee == "global" else ", it seems; that is not proved"
    found = solution.solution_status != "none"
    match solution.termination_condition:
        case "optimal" if solution.guarantee == "global":
            return Prose(f"{figure} ({stated.sense}d, proved optimal).", "good")
        case "optimal":
            return Prose(f"{figure} ({stated.sense}d, the best found; not proved optimal).", "warn")
        case "infeasible":
            return Prose(f"No solution exists: the constraints cannot all hold{doubt}.", "bad")
        case "unbounded":
            return Prose(f"No finite optimum exists: the objective can improve without end{doubt}.", "bad")
        case "time_limit" | "interrupted" as ended:
            how = "The time is used up" if ended == "time_limit" else "Interrupted"
            best = f"best so far: {figure}, not proved optimal" if found else "no point was found"
            return Prose(f"{how}; {best}.", "warn")
        case _:
            return Prose("The problem was not solved.", "bad")


def facts(solution: Solution) -> Iterator[tuple[str, str]]:
    """How the solution came about: a word and what is so, each."""
    yield "status", _status(solution)
    yield "guarantee", _guarantee(solution)
    yield "solver", solution.solver or "none"
    yield "class of problem", solution.problem_class or "not classified"
    if solution.objective_bound is not None:
        yield "bound", amount(solution.objective_bound, solution.formulation.objective.unit)
    if solution.gap is not None:
        yield "gap", f"{100 * solution.gap:.4g} %" if solution.gap == 0 or solution.gap >= 1e-6 else "below 0.0001 %"
    if solution.findings:
        failed = sum(not finding.ok for finding in solution.findings)
        held = len(solution.findings) - failed
        yield "checks", f"{held} hold, {failed} do not" if failed else f"all {held} hold, recomputed"
    yield "time", f"{solution.seconds:.2f} s"
    if solution.usage is not None:
        yield "model", _usage(solution.usage)


def _status(solution: Solution) -> str:
    ended, point = solution.termination_condition, solution.solution_status
    if ended == point or ended in ("infeasible", "unbounded"):
        return ended
    return f"{ended}, no point" if point == "none" else f"{ended}, a {point} point"


def _guarantee(solution: Solution) -> str:
    match solution.termination_condition, solution.guarantee:
        case ("infeasible" | "unbounded") as condition, "global":
            return f"proved {condition} by the solver"
        case _, "global":
            return "global: no better point exists, proved by the solver"
        case _, "local":
            return "local: no better point was found nearby; a better one may exist"
        case _:
            return "none"


def _usage(usage: Usage) -> str:
    calls = "1 call" if usage.calls == 1 else f"{usage.calls} calls"
    cost = "cost unknown" if usage.cost_usd is None else f"{usage.cost_usd:.4f} USD"
    hits = f", {usage.cache_hits} from the cache" if usage.cache_hits else ""
    return f"{calls}{hits}, {usage.input_tokens} + {usage.output_tokens} tokens, {cost}"


def index_headers(instance: Instance, variable: Variable) -> tuple[str, ...]:
    """A header for every position of a variable's key; a set of pairs stands for two."""
    headers: list[str] = []
    for name in variable.index:
        arity = instance.analysis.symbols[name].arity
        headers += [name] if arity == 1 else [f"{name} {place}" for place in range(1, arity + 1)]
    return tuple(headers)
