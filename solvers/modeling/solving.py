"""The library's way in: a problem in words, a five-element file, or a Formulation, to a checked Solution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentopt.errors import InputError, UnitError

from .data.bind import bind
from .data.files import load_problem, looks_like_formulation
from .data.tables import Tables, read_tables
from .data.textfile import read_text
from .engines.route import solve_instance
from .formulation import Formulation
from .instance import Instance
from .language.analysis import analyze
from .language.units import check_units
from .solution import Solution

if TYPE_CHECKING:
    from agentopt.llm import Budget, Model
    from agentopt.sandbox import Sandbox

MAX_ROUNDS = 2


def solve(
    problem: str | Path | Formulation,
    data: Sequence[str | Path] = (),
    *,
    model: Model | str | None = None,
    time_limit_s: float = 60.0,
    max_rounds: int = MAX_ROUNDS,
    budget: Budget | None = None,
    sandbox: Sandbox | None = None,
    progress: Callable[[str], None] | None = None,
) -> Solution:
    """Solve an optimization problem and check the answer.

    Args:
        problem: A text in words; the path of a text or of a five-element file
            (YAML, JSON); or a Formulation. Only words need a model.
        data: Files or folders of tables (CSV, XLSX, JSON).
        model: A Model, or a name as "provider/name"; None finds one (`agentopt.llm.connect`).
        time_limit_s: Seconds for the solver.
        max_rounds: Corrections a model is asked for at most.
        budget: Limits on what the model calls may take.
        sandbox: Where a program that a model wrote may run; None opens one when it is needed.
        progress: Is called with one line for each step.

    Raises:
        InputError: The problem or its data cannot be used.
        ConfigError: The problem is in words and there is no model.
        LLMError: The model failed.
        BudgetExceeded: The next call would pass a limit.
        SolverError: The solver failed, or its point fails the check.
    """
    _require_seconds(time_limit_s)
    if isinstance(problem, Formulation):
        return solve_formulation(problem, _tables(data), time_limit_s)
    if isinstance(problem, Path):
        text = read_text(problem)
        # Files of Windows, too, are told by the ends of their lines.
        if looks_like_formulation("\n".join(text.splitlines())):
            formulation, tables = load_problem(problem, [Path(d) for d in data])
            return solve_formulation(formulation, tables, time_limit_s)
        problem = text
    return _solve_words(problem, _tables(data), model, time_limit_s, max_rounds, budget, sandbox, progress)


def solve_formulation(formulation: Formulation, tables: Tables | None = None, time_limit_s: float = 60.0) -> Solution:
    """Solve five elements and check the answer; no model is asked.

    Raises:
        InputError: An element, its data or its units are wrong.
        SolverError: The solver failed, or its point fails the check.
    """
    return solve_instance(prepare(formulation, tables), time_limit_s)


def prepare(formulation: Formulation, tables: Tables | None = None) -> Instance:
    """Check names, units and data of five elements.

    Raises:
        FormulationError: A name, index or expression is wrong, or a constraint is stated in words only.
        UnitError: Two units clash.
        DataError: A table does not fit.
    """
    analysis = analyze(formulation)
    if analysis.unsaid:
        raise InputError(f"constraint {analysis.unsaid[0]}: expected an expression, got an empty text")
    clashes = check_units(analysis)
    if clashes:
        raise UnitError(clashes[0].message, clashes[0].element)
    return bind(analysis, tables)


def _solve_words(
    problem: str,
    tables: Tables,
    model: Model | str | None,
    time_limit_s: float,
    max_rounds: int,
    budget: Budget | None,
    sandbox: Sandbox | None,
    progress: Callable[[str], None] | None,
) -> Solution:
    # Solving a file needs none of this, and the SDK side of it is slow to import.
    from contextlib import nullcontext

    from agentopt.llm import connect
    from agentopt.sandbox import open_sandbox

    from .words.author import Author, Means
    from .words.formulate import require_problem, solve_text

    require_problem(problem)
    chosen = connect(model) if model is None or isinstance(model, str) else model
    author = Author(chosen, problem, tables, budget, progress or (lambda line: None))
    means = Means(time_limit_s, open_sandbox if sandbox is None else (lambda: nullcontext(sandbox)))
    return solve_text(author, means, max_rounds).solution


def _tables(data: str | Path | Sequence[str | Path]) -> Tables:
    several = [data] if isinstance(data, str | Path) else data
    return read_tables([Path(part) for part in several]) if several else Tables()


def _require_seconds(time_limit_s: float) -> None:
    if not time_limit_s > 0:
        raise InputError(f"expected a time limit above 0 seconds, got {time_limit_s}")
