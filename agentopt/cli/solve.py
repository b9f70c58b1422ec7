"""`agentopt solve`: a problem in, its checked solution out."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from agentopt.cli import save
from agentopt.cli.block import Block, Line
from agentopt.cli.exits import FAILED, exit_code
from agentopt.cli.failure import SCHEMAS
from agentopt.cli.problem import Problem, find_problem
from agentopt.cli.progress import progress
from agentopt.cli.screen import columns_of, draw
from agentopt.cli.streams import emit, mention
from agentopt.cli.terminal import choose_style, clean
from agentopt.errors import AgentoptError, FileError
from agentopt.whole_file import write_whole

if TYPE_CHECKING:
    from agentopt.llm import Budget, Model
    from agentopt.solvers.modeling.solution import Solution


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Solve the problem that the options name, show what they ask for, and return the exit code."""
    target = Path(options.save) if options.save else None
    if target is not None:
        save.check_target(target, force=options.force)
    data = [Path(path) for path in options.data]
    problem = find_problem(options.problem, data)
    solution = _solve(problem, data, options)
    saved = target is None or _save(solution, target, options)
    code = exit_code(solution) if saved else FAILED
    text = _document(problem, solution, options, code) if options.json else _text(problem, solution, options, out)
    emit(text, out)
    return code


def _solve(problem: Problem, data: list[Path], options: argparse.Namespace) -> Solution:
    from agentopt.solvers.modeling.solving import solve, solve_formulation

    tell = progress(options)
    if problem.formulation is not None:
        if (options.model or options.record or options.replay) and not options.quiet:
            mention("agentopt: the problem is a formulation already, so no model is asked\n")
        tell("solving the formulation")
        return solve_formulation(problem.formulation, problem.tables, options.time_limit)
    return solve(
        problem.words,
        data,
        model=_model(options),
        time_limit_s=options.time_limit,
        budget=_budget(options),
        progress=tell,
    )


def _budget(options: argparse.Namespace) -> Budget | None:
    from agentopt.llm import Budget

    if options.max_calls is None and options.budget_usd is None:
        return None
    return Budget(calls=options.max_calls, dollars=options.budget_usd)


def _model(options: argparse.Namespace) -> Model:
    from agentopt.llm import connect

    return connect(
        options.model,
        record=Path(options.record) if options.record else None,
        replay=Path(options.replay) if options.replay else None,
    )


def _save(solution: Solution, target: Path, options: argparse.Namespace) -> bool:
    """Write the formulation; what was solved is shown even where that fails."""
    from agentopt.solvers.modeling.data.files import dump_formulation

    text = dump_formulation(solution.formulation, save.FORMATS[target.suffix.lower()])
    try:
        write_whole(target, text, force=options.force)
    except FileError as error:
        mention(f"agentopt: {clean(error)}\n")
        return False
    if not options.quiet:
        mention(f"agentopt: the formulation stands in {clean(target)}\n")
    return True


def _text(problem: Problem, solution: Solution, options: argparse.Namespace, out: TextIO) -> str:
    style = choose_style(out.isatty(), os.environ, no_color=options.no_color)
    return draw(_blocks(problem, solution, options), style, columns_of(out))


def _blocks(problem: Problem, solution: Solution, options: argparse.Namespace) -> Iterator[Block]:
    from agentopt.cli.elements import formulation_blocks
    from agentopt.cli.view import check_blocks, solution_blocks

    parts = dict.fromkeys(options.show or ["solution"])
    for part in parts:
        if part == "formulation":
            yield from formulation_blocks(solution.formulation)
        elif part == "program":
            yield Line(_program(problem, solution))
        elif part == "check":
            yield from check_blocks(solution)
        else:
            yield from solution_blocks(
                solution, all_rows=options.verbose, checks="check" not in parts, recording=_recording(problem, options)
            )
    if "solution" not in parts and _recording(problem, options):
        yield Line(f"The model's replies were replayed from {options.replay}; no model was asked.", "warn")


def _recording(problem: Problem, options: argparse.Namespace) -> str:
    """Return the file that replies were replayed from; "" where nothing was asked for."""
    return options.replay if problem.words and options.replay else ""


def _program(problem: Problem, solution: Solution) -> str:
    """Return the Pyomo program: the model's own, or the one that says the same as the formulation."""
    if solution.program:
        return solution.program
    from agentopt.solvers.modeling.data.bind import bind
    from agentopt.solvers.modeling.export.pyomo_source import pyomo_source
    from agentopt.solvers.modeling.language.analysis import analyze

    try:
        return pyomo_source(bind(analyze(solution.formulation), problem.tables))
    except AgentoptError as error:
        # The answer is there and may have cost money; it is not thrown away for this.
        return f"# There is no Pyomo program of this problem: {clean(error)}"


def _document(problem: Problem, solution: Solution, options: argparse.Namespace, code: int) -> str:
    from agentopt.solvers.modeling.report import solution_to_dict

    head: dict[str, object] = {"agentopt": SCHEMAS["solve"], "exit_code": code}
    document = head | solution_to_dict(solution) | {"replayed_from": _recording(problem, options) or None}
    if "program" in (options.show or []):
        document["program"] = _program(problem, solution)
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
