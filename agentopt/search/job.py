"""One trial as a piece of work that any executor can do: `run_job` takes a `Job` and gives an `Outcome`.

In the threads of this process a job carries live objects. For any other process it is pickled: the workflow by
reference or, where a cluster's pickler can, by value; the candidate's values as data; a share of the budget.
"""

from __future__ import annotations

import contextvars
import inspect
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agentopt.errors import (
    AgentoptError,
    AuthError,
    BudgetExceeded,
    ConfigError,
    MissingExtra,
    NotAnApiError,
    ProviderError,
    QuotaError,
    RateLimitError,
    SandboxError,
    TransportError,
)
from agentopt.graph.choosing import using
from agentopt.graph.failure import failure_of
from agentopt.graph.recording import take, unwrap
from agentopt.graph.writing.packed import pack
from agentopt.llm.ambient import ambient
from agentopt.llm.deadline import Deadline
from agentopt.search.judged import judged
from agentopt.search.trial import Outcome

if TYPE_CHECKING:
    from agentopt.graph.memo import Memo
    from agentopt.graph.parameter_node import Parameter, Version
    from agentopt.llm.ambient import Ambient
    from agentopt.search.subject import Subject

DRAWS = 1000
"""Draws that one repeat may make of one prompt; those of the next are numbered from there."""
TEST_DRAWS = 1_000_000_000
"""Draws of the test are numbered from here, so that nothing drawn for tuning is drawn again for the test."""

NOT_ITS_FAULT = (
    *(AuthError, QuotaError, ConfigError, MissingExtra, NotAnApiError),
    *(RateLimitError, TransportError, ProviderError, SandboxError, BudgetExceeded),
)
"""Errors that say nothing about the candidate: such a trial did not happen."""


@dataclass(frozen=True)
class LiveJob:
    """A trial in this process."""

    subject: Subject
    versions: Mapping[Parameter[Any], Version[Any]]
    keys: Mapping[int, str]
    """The key of each trainable parameter, by its id."""
    item: Any
    repeat: int
    around: Ambient
    memo: Memo
    timeout_s: float | None = None


def run_live(job: LiveJob) -> Outcome:
    """Run a trial and give what came of it.

    Raises:
        AgentoptError: One of NOT_ITS_FAULT; the trial did not happen.
    """
    if job.timeout_s is None:
        return _run(job)
    return _within(job.timeout_s, job)


def _within(timeout_s: float, job: LiveJob) -> Outcome:
    """Run a trial in a thread of its own, and leave it behind if it takes too long; it can call no model then."""
    job = replace(job, around=replace(job.around, deadline=Deadline.after(timeout_s)))
    found: list[Outcome | BaseException] = []

    def run() -> None:
        try:
            found.append(_run(job))
        except BaseException as error:  # noqa: BLE001 it is raised again by whoever waits
            found.append(error)

    started = time.monotonic()
    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not found:
        return timed_out(timeout_s, time.monotonic() - started)
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


def timed_out(timeout_s: float, seconds: float) -> Outcome:
    """What comes of a trial that took too long."""
    return Outcome(None, error=f"it took more than {timeout_s:g} seconds", error_kind="timeout", seconds=seconds)


def _run(job: LiveJob) -> Outcome:
    started = time.monotonic()
    with using(job.versions), ambient(job.around), job.memo.active(job.repeat):
        outcome = _outcome(job)
    usage = job.around.account.usage
    return replace(outcome, usage=usage, seconds=time.monotonic() - started)


def _outcome(job: LiveJob) -> Outcome:
    try:
        output = _called(job.subject.workflow, job.item)
    except NOT_ITS_FAULT:
        raise
    except Exception as error:  # noqa: BLE001 whatever a candidate does is what came of it
        return _failed(error, job)
    node = take(output)
    plain = unwrap(output)
    try:
        said = judged(_called(job.subject.metric, job.item, plain))
    except NOT_ITS_FAULT:
        raise
    except Exception as error:  # noqa: BLE001 a metric may stumble over what the workflow gave
        failure = failure_of(error, job.subject.metric)
        text = f"the metric raised {failure}"
        return Outcome(None, error=text, error_kind=failure.kind, trace=pack([node], job.keys, job.versions.values()))
    return Outcome(said.score, said.text, said.objectives, trace=pack([node], job.keys, job.versions.values()))


def _called(function: Callable[..., Any], *given: Any) -> Any:
    result = function(*given)
    if inspect.iscoroutine(result):
        import asyncio

        return asyncio.run(result)
    return result


def _failed(error: Exception, job: LiveJob) -> Outcome:
    failure = failure_of(error, job.subject.workflow)
    try:
        trace = pack([error], job.keys, job.versions.values())
    except AgentoptError:  # no traced call raised it
        trace = ""
    return Outcome(None, error=str(failure), error_kind=failure.kind, trace=trace)
