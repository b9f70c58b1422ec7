"""One item to one record: `solve` is given the question and nothing else."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from agentopt.errors import AgentoptError, InputError
from agentopt.llm import Budget, Model, Usage

from ..solution import Solution, label
from ..solving import MAX_ROUNDS, solve
from .item import Item
from .record import Found, Other, Record, Spent, Status
from .timed import Timed

_MAX_ERROR = 500


@dataclass(frozen=True)
class Settings:
    """How items are run."""

    time_limit_s: float = 60.0
    """Seconds for the solver, for each formulation of an item."""
    max_rounds: int = MAX_ROUNDS
    workers: int = 1
    """Items under way at a time."""
    out: Path | None = None
    """A file of JSON lines to which every record is added, and from which a run goes on."""
    retry_failed: bool = False
    """Whether a run that goes on runs the items again that failed at the provider; their answers are not looked at."""

    def __post_init__(self) -> None:
        if not self.time_limit_s > 0:
            raise InputError(f"expected a time limit above 0 seconds, got {self.time_limit_s}")
        if self.max_rounds < 0:
            raise InputError(f"expected at least 0 rounds, got {self.max_rounds}")
        if self.workers < 1:
            raise InputError(f"expected at least 1 worker, got {self.workers}")


def attempt(item: Item, model: Model, settings: Settings, over: threading.Event) -> Record:
    """Solve an item and note what came of it.

    Args:
        item: The question; there is no answer in it.
        model: Asked through a clock of this item's own.
        settings: Limits of the solver and of the corrections.
        over: Once it is set, no further call is made; it is set here where the run cannot go on.

    Raises:
        AgentoptError: The run cannot go on (see `timed.ENDS_THE_RUN`), so the item says nothing.
    """
    timed, account, begun = Timed(model, over), Budget(), time.perf_counter()
    solution, error = None, None
    try:
        solution = solve(
            item.question,
            model=timed,
            time_limit_s=settings.time_limit_s,
            max_rounds=settings.max_rounds,
            budget=account,
        )
    except Exception as raised:  # noqa: BLE001 - the record keeps it, and the other items go on
        error = raised
    seconds = time.perf_counter() - begun
    if timed.end is not None:
        # Here, and not where the run sees it, so that this thread begins no further item.
        over.set()
        raise timed.end
    spent = _spent(timed, account, solution, seconds)
    if solution is None:
        return Record(item.id, item.kind, "failed", None, spent, _sentence(error), type(error).__name__)
    return Record(item.id, item.kind, status_of(solution), _found(solution), spent)


def status_of(solution: Solution) -> Status:
    """What a solution amounts to; that there is none counts only with a proof."""
    if solution.solution_status != "none":
        return "solved"
    condition = solution.termination_condition
    if condition in ("infeasible", "unbounded") and solution.guarantee == "global":
        return "infeasible" if condition == "infeasible" else "unbounded"
    return "unproved"


def _found(solution: Solution) -> Found:
    return Found(
        termination_condition=solution.termination_condition,
        guarantee=solution.guarantee,
        problem_class=solution.problem_class,
        solver=solution.solver,
        objective=_finite(solution.incumbent_objective),
        objective_bound=_finite(solution.objective_bound),
        variables=tuple(
            (label(name, key), value)
            for name, values in solution.variables.items()
            for key, value in values.items()
            if math.isfinite(value)
        ),
        n_findings=len(solution.findings),
        notes=solution.notes,
        formulation=solution.formulation,
        program=solution.program,
        answer=solution.answer,
        others=tuple(
            Other(one.question, one.reading, one.termination_condition, _finite(one.objective))
            for one in solution.alternatives
        ),
    )


def _spent(timed: Timed, account: Budget, solution: Solution | None, seconds: float) -> Spent:
    # A Model of somebody's own may charge no budget; the replies then say what they took.
    counted = account.usage
    usage = (solution.usage if solution else None) or Usage() if counted == Usage() else counted
    return Spent(
        rounds=max(0, timed.n_asked - 1),
        calls=usage.calls,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=usage.cost_usd,
        model_s=timed.seconds,
        seconds=seconds,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _sentence(error: Exception | None) -> str:
    text = str(error) if isinstance(error, AgentoptError) else f"internal error ({type(error).__name__}: {error})"
    return " ".join(text.split())[:_MAX_ERROR]
