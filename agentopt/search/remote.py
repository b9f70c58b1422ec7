"""A trial in another process: a job that is data, and an outcome that is."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agentopt.errors import BudgetExceeded, InputError
from agentopt.graph.memo import Memo
from agentopt.graph.parameter_node import Origin, Version
from agentopt.graph.snapshot import snapshot
from agentopt.graph.writing.value_data import value_from_data
from agentopt.llm import Account, Usage
from agentopt.llm.ambient import Ambient
from agentopt.llm.budget import budget_of
from agentopt.search.job import LiveJob, run_live, timed_out
from agentopt.search.trial import Outcome

if TYPE_CHECKING:
    from agentopt.graph.parameter_node import Parameter
    from agentopt.llm.ambient import Ledger
    from agentopt.llm.budget import Share
    from agentopt.llm.exchange import Completion, Request
    from agentopt.search.subject import Subject


@dataclass(frozen=True)
class RemoteJob:
    """A trial as it is sent to another process."""

    subject: bytes
    """Pickled, once for a whole search."""
    values: Mapping[str, Any]
    """Of the candidate, by key, as data."""
    numbers: Mapping[str, int]
    """Of its versions."""
    item: Any
    draw: int
    limits: Account
    """What it may take."""
    timeout_s: float | None = None


@dataclass
class Calls:
    """A ledger that only notes: what was paid for elsewhere goes into the run's own when the trial is over."""

    made: list[tuple[str, Request, Completion]] = field(default_factory=list)

    def find(self, key: str) -> Completion | None:
        known = {made: completion for made, _, completion in self.made}.get(key)
        return None if known is None else replace(known, usage=Usage(cache_hits=1), cached=True)

    def keep(self, key: str, request: Request, completion: Completion, ambient: Ambient) -> None:
        bare = replace(request, budgets=())
        self.made.append((key, bare, completion))

    def give_up(self, key: str) -> None:
        pass


@dataclass(frozen=True)
class RemoteOutcome:
    """What comes back."""

    outcome: Outcome | None
    """None if the trial did not happen, for the reason given."""
    reason: BaseException | None
    usage: Usage
    calls: tuple[tuple[str, Request, Completion], ...] = ()

    @property
    def spoiled(self) -> bool:
        """Whether something may still be running there that nobody waits for."""
        return self.outcome is not None and self.outcome.error_kind == "timeout"


def run_remote(job: RemoteJob) -> RemoteOutcome:
    """Run a trial in this process, whichever it is."""
    subject, parameters, memo = _opened(job.subject)
    if not job.values.keys() <= parameters.keys():
        raise InputError(
            f"the workflow has the parameters {', '.join(parameters)} here and {', '.join(job.values)} where the "
            "search runs; give the workflow a way to reach them all, as globals of its module"
        )
    # An optimizer may have a part of them only; the others are as they are here.
    parameters = {key: parameters[key] for key in job.values}
    versions = {}
    for key, parameter in parameters.items():
        value = value_from_data(job.values[key], parameter.domain)
        versions[parameter] = Version(parameter, value, snapshot(value), job.numbers[key], Origin())
    keys = {id(parameter): key for key, parameter in parameters.items()}
    calls, budget = Calls(), budget_of(job.limits)
    around = Ambient(budget, calls, job.draw)
    try:
        outcome = run_live(LiveJob(subject, versions, keys, job.item, job.draw, around, memo, job.timeout_s))
    except Exception as error:  # noqa: BLE001 it is raised where the search runs
        return RemoteOutcome(None, error, budget.usage, tuple(calls.made))
    return RemoteOutcome(outcome, None, budget.usage, tuple(calls.made))


def settled(
    result: Any, share: Share, ledger: Ledger | None, around: Ambient, timeout_s: float | None
) -> Outcome | BaseException:
    """Charge what a trial took, note its calls, and give what came of it."""
    if isinstance(result, TimeoutError) and timeout_s is not None:
        # It was killed, so nobody knows what it spent: all that it was given.
        share.settle(share.most())
        return timed_out(timeout_s, timeout_s)
    if not isinstance(result, RemoteOutcome):
        share.settle(Usage())
        return result if isinstance(result, BaseException) else RuntimeError(f"a worker gave {type(result).__name__}")
    share.settle(result.usage)
    for key, request, completion in result.calls if ledger is not None else ():
        assert ledger is not None
        ledger.keep(key, request, completion, around)
    if result.outcome is None:
        return result.reason or BudgetExceeded("the trial did not happen")
    return result.outcome


@lru_cache(maxsize=4)
def _opened(packed: bytes) -> tuple[Subject, dict[str, Parameter[Any]], Memo]:
    """The subject of a search in this process; the same for all of its trials."""
    subject: Subject = pickle.loads(packed)
    return subject, subject.parameters(), Memo()
