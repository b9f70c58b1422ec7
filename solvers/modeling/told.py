"""A solution and its elements in words, for whoever shows them: on a terminal, in a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from agentopt.number_text import show_amount, show_number

from .formulation import Parameter, TableRef, Variable
from .solution import Finding, Solution

if TYPE_CHECKING:
    from agentopt.llm import Usage

    from .language.analysis import Symbol

Tone = Literal["good", "warn", "bad"]


def outcome_text(solution: Solution, unnamed: str = "objective") -> tuple[str, Tone]:
    """What came out, in one sentence without its full stop, and how it sounds.

    Args:
        solution: What came of the problem.
        unnamed: What an objective without a meaning is called.
    """
    stated = solution.formulation.objective
    name = stated.meaning.strip().rstrip(".") or unnamed
    figure = f"{name}: {show_amount(solution.incumbent_objective, stated.unit)}"
    doubt = "" if solution.guarantee == "global" else ", it seems; that is not proved"
    match solution.termination_condition:
        case "optimal" if solution.guarantee == "global":
            return f"{figure} ({stated.sense}d, proved optimal)", "good"
        case "optimal":
            return f"{figure} ({stated.sense}d, the best found; not proved optimal)", "warn"
        case "infeasible":
            return f"No solution exists: the constraints cannot all hold{doubt}", "bad"
        case "unbounded":
            return f"No finite optimum exists: the objective can improve without end{doubt}", "bad"
        case "time_limit" | "interrupted" as ended:
            how = "The time is used up" if ended == "time_limit" else "Interrupted"
            has_point = solution.solution_status != "none"
            best = f"best so far: {figure}, not proved optimal" if has_point else "no point was found"
            return f"{how}; {best}", "warn"
        case _:
            return "The problem was not solved", "bad"


def status_text(solution: Solution) -> str:
    """How solving ended, and with what kind of point."""
    ended, point = solution.termination_condition, solution.solution_status
    if ended == point or ended in ("infeasible", "unbounded"):
        return ended
    return f"{ended}, no point" if point == "none" else f"{ended}, a {point} point"


def guarantee_text(solution: Solution) -> str:
    """How far the outcome is proved."""
    match solution.termination_condition, solution.guarantee:
        case ("infeasible" | "unbounded") as condition, "global":
            return f"proved {condition} by the solver"
        case _, "global":
            return "global: no better point exists, proved by the solver"
        case _, "local":
            return "local: no better point was found nearby; a better one may exist"
        case _:
            return "none"


def gap_text(gap: float) -> str:
    """A relative gap in percent."""
    return f"{100 * gap:.4g} %" if gap == 0 or gap >= 1e-6 else "below 0.0001 %"


def tally_text(findings: tuple[Finding, ...]) -> str:
    """How many checks hold."""
    n_bad = sum(not finding.ok for finding in findings)
    return f"{len(findings) - n_bad} hold, {n_bad} do not" if n_bad else f"all {len(findings)} hold, recomputed"


def usage_text(usage: Usage) -> str:
    """What model calls took."""
    calls = "1 call" if usage.calls == 1 else f"{usage.calls} calls"
    cost = "cost unknown" if usage.cost_usd is None else f"{usage.cost_usd:.4f} USD"
    hits = f", {usage.cache_hits} from the cache" if usage.cache_hits else ""
    return f"{calls}{hits}, {usage.input_tokens} + {usage.output_tokens} tokens, {cost}"


def index_headers(symbols: Mapping[str, Symbol], index: list[str]) -> tuple[str, ...]:
    """A header for every position of a key: a set of pairs stands for two."""
    headers: list[str] = []
    for name in index:
        arity = symbols[name].arity
        headers += [name] if arity == 1 else [f"{name} {place}" for place in range(1, arity + 1)]
    return tuple(headers)


def indexed_name(element: Parameter | Variable) -> str:
    """An element with its index, as make[PLANTS]."""
    return f"{element.name}[{', '.join(element.index)}]" if element.index else element.name


def domain_text(variable: Variable) -> str:
    """What a variable may be."""
    if variable.domain == "binary":
        return "0 or 1"
    lower, upper = (show_number(end) if isinstance(end, float) else end for end in (variable.lower, variable.upper))
    if upper is None:
        return f"{variable.domain}, {'free' if lower is None else f'>= {lower}'}"
    return f"{variable.domain}, {f'<= {upper}' if lower is None else f'{lower} to {upper}'}"


def reference_text(data: TableRef) -> str:
    """Where data stand in tables."""
    keys = f" by {', '.join(data.keys)}" if data.keys else ""
    column = {None: "", "*": ", wide"}.get(data.column, f", column {data.column}")
    return f"table {data.table}{column}{keys}"
