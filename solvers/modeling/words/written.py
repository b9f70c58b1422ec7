"""Solves what the expression language cannot say: a program that a model wrote, in the sandbox.

Nothing the program returns is believed. Its point must name every variable at
every key, and every bound, constraint and objective that the formulation does
state is checked at that point; what is stated in words only is reported as not
checked, and the program's word "optimal" as its own.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import cast

from agentopt.errors import CheckError, FormulationError, ReplyError, SolverError
from agentopt.llm import Message, fenced, render
from agentopt.sandbox import Limits
from agentopt.values import Value

from ..data.files import dump_formulation
from ..engines.route import build_solution, checked
from ..instance import Instance, Key
from ..solution import Point, Solution, TerminationCondition
from .author import Author, Means

MAX_PROGRAMS = 2
"""Programs asked for: the first, and one correction."""

_STATUS: dict[str, TerminationCondition] = {
    "optimal": "optimal",
    "feasible": "time_limit",
    "infeasible": "infeasible",
}


def solve_by_program(author: Author, means: Means, instance: Instance) -> Solution:
    """Ask for a program, run it in the sandbox, and check its claim against the formulation.

    Raises:
        SolverError: No program gave a point that passes the check; the message says how the last one failed.
        LLMError: No program came.
    """
    finding = ""
    for _ in range(MAX_PROGRAMS):
        author.progress("writing a program" if not finding else f"{finding} - asking for another program")
        try:
            program = fenced(author.ask_text(_messages(author, means, instance, finding)).text, "python")
            point = _run(means, instance, program)
            report = checked(instance, point) if point.values else None
        except (ReplyError, SolverError, CheckError, FormulationError) as error:
            finding = str(error)
            continue
        solution = build_solution(instance, "program", point, report, None)
        return replace(solution, program=program, notes=(*solution.notes, *_doubts(instance)))
    raise SolverError(f"no program for the part that is stated in words only: {finding}")


def _messages(author: Author, means: Means, instance: Instance, finding: str) -> list[Message]:
    return render(
        "modeling/program",
        problem=author.problem,
        formulation=dump_formulation(instance.formulation, format="json"),
        unsaid=", ".join(instance.analysis.unsaid),
        wall_s=round(means.time_limit_s),
        finding=finding,
    )


def _doubts(instance: Instance) -> list[str]:
    meanings = {c.name: c.meaning for c in instance.formulation.constraints}
    return [
        "optimality is the word of a program that the model wrote; only feasibility was checked",
        *(f"not checked, stated in words only: {name}: {meanings[name]}" for name in instance.analysis.unsaid),
    ]


def _run(means: Means, instance: Instance, program: str) -> Point:
    """Run a program and read its claim.

    Raises:
        SolverError: The program failed, or its result is not laid out as asked.
    """
    limits = Limits(wall_s=means.time_limit_s + 5, cpu_s=2 * means.time_limit_s + 5)
    with means.open_sandbox() as sandbox:
        outcome = sandbox.run(program, call="solve", inputs={"data": _data(instance)}, limits=limits)
    if not outcome.ok:
        raise SolverError(f"the program ended with {outcome.verdict}: {outcome.error[:2000]}")
    claim = outcome.result if isinstance(outcome.result, dict) else {}
    word = claim.get("status")
    status = _STATUS.get(word) if isinstance(word, str) else None
    if status is None:
        raise SolverError(f'expected the program to return "status" as one of {", ".join(_STATUS)}')
    values = _values(claim.get("variables")) if status != "infeasible" else {}
    if status != "infeasible" and not values:
        raise SolverError(f'the program returned the status "{word}" and no variables')
    return Point(
        termination_condition=status,
        solver=f"a program in the sandbox ({outcome.level.name})",
        values=values,
        seconds=outcome.wall_s,
        message="infeasible is the program's claim; it was not proved" if status == "infeasible" else "",
    )


def _values(claim: Value) -> dict[str, dict[Key, float]]:
    """The claimed variables; the checker tells whether they are the right ones."""
    if not isinstance(claim, dict):
        raise SolverError('expected the program to return "variables" as {name: [[key..., value], ...]}')
    values: dict[str, dict[Key, float]] = {}
    for name, rows in claim.items():
        values[name] = {}
        for row in rows if isinstance(rows, list) else [rows]:
            if (
                not isinstance(row, list)
                or not row
                or not isinstance(row[-1], int | float)
                or isinstance(row[-1], bool)
                or not abs(row[-1]) <= sys.float_info.max
            ):
                raise SolverError(f"expected rows [key..., value] for the variable {name[:80]!r}, got {str(row)[:80]}")
            if not all(isinstance(part, str | int) for part in row[:-1]):
                raise SolverError(f"expected text or whole numbers as key of {name[:80]!r}, got {str(row)[:80]}")
            values[name][cast(Key, tuple(row[:-1]))] = float(row[-1])
    return values


def _data(instance: Instance) -> Value:
    data = instance.data
    return {
        "sets": {name: [list(key) for key in keys] for name, keys in data.sets.items()},
        "parameters": {
            name: [[*key, value] for key, value in values.items()] for name, values in data.parameters.items()
        },
    }
