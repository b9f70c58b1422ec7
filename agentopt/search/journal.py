"""What is noted of a search, and what earlier sessions of it found out.

A search is a function of its seed, of what came of its trials, and of what was proposed. So a run that was cut off
goes on by running again from its start: whatever its journal knows is taken from there, at the price that it had.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agentopt.llm import Usage
from agentopt.llm.exchange import Completion
from agentopt.search.candidate import Candidate
from agentopt.search.trial import Outcome, Trial
from agentopt.values import Value

if TYPE_CHECKING:
    from agentopt.llm.ambient import Ambient
    from agentopt.llm.exchange import Request
    from agentopt.store import RunLog


@dataclass(frozen=True)
class Proposed:
    """One proposal of an ask, as data."""

    values: Mapping[str, Mapping[str, Value]]
    """The new values by key."""
    reason: str
    author: str


@dataclass(frozen=True)
class Asked:
    """What came of an ask."""

    proposals: tuple[Proposed, ...]
    rejected: tuple[str, ...] = ()
    error: str = ""
    """Why there is no proposal, where the ask failed."""
    usage: Usage = Usage()  # noqa: RUF009 it is frozen


_PATIENCE_S = 300.0
"""Seconds that a call is waited for which another thread is making."""


class Journal:
    """Notes everything in a store, if there is one.

    Args:
        log: The run in the store; None keeps what is needed in memory only.
        ledger: Is told what is charged as a whole, so that it does not charge the calls of it again.
    """

    def __init__(self, log: RunLog | None = None, ledger: RunLedger | None = None) -> None:
        self._log = log
        self._ledger = ledger or RunLedger(log)
        self._trials = {} if log is None else {row.key: row for row in log.trials()}
        self._asks = {} if log is None else {row.number: row for row in log.asks()}
        self._known = 0 if log is None else len(log.candidates())

    def outcome(self, candidate: Candidate, trial: Trial) -> Outcome | None:
        """What an earlier session found out."""
        if self._log is None or not self._trials:
            return None
        key = _key(candidate, trial)
        row = self._trials.get(key)
        if row is None:
            return None
        usage = Usage(row.calls, row.input_tokens, row.output_tokens, row.cache_hits, row.cost_usd, row.seconds)
        trace = self._log.trace(key) or ""
        self._ledger.settled.add(trial.name)
        return Outcome(row.score, row.feedback, row.objectives, row.error, row.error_kind, usage, row.seconds, trace)

    def note(self, candidate: Candidate, trial: Trial, outcome: Outcome) -> None:
        """Note what came of a trial."""
        if self._log is None:
            return
        from agentopt.store import TrialRow

        usage = outcome.usage
        row = TrialRow(
            _key(candidate, trial),
            trial.candidate,
            outcome.score,
            dict(outcome.objectives),
            outcome.feedback,
            outcome.error,
            outcome.error_kind,
            usage.calls,
            usage.input_tokens,
            usage.output_tokens,
            usage.cost_usd,
            usage.cache_hits,
            outcome.seconds,
        )
        self._log.add_trial(row, outcome.trace)

    def note_candidate(self, candidate: Candidate, ask: int | None) -> None:
        """Note a new candidate; one of an earlier session is there already."""
        if self._log is None or candidate.number < self._known:
            return
        from agentopt.store import CandidateRow

        self._log.add_candidate(
            CandidateRow(
                candidate.number,
                candidate.parents,
                candidate.encoded,
                candidate.fingerprint,
                candidate.author,
                candidate.reason,
                ask,
            )
        )

    def note_standing(self, standing: Sequence[tuple[int, str, float | None, float | None]]) -> None:
        """Note of candidates by number: why each was dropped, and mean and standard deviation of its worth."""
        if self._log is not None:
            self._log.set_standing(standing)

    def asked(self, number: int) -> Asked | None:
        """What came of an ask in an earlier session."""
        row = self._asks.get(number)
        if row is None:
            return None
        proposals = tuple(Proposed(one["values"], one["reason"], one["author"]) for one in row.proposals)
        self._ledger.settled.add(f"ask:{number}")
        usage = Usage(row.calls, row.input_tokens, row.output_tokens, row.cache_hits, row.cost_usd)
        return Asked(proposals, row.rejected, row.error, usage)

    def note_ask(self, number: int, parent: int, places: Sequence[int], asked: Asked) -> None:
        """Note what came of an ask."""
        if self._log is None:
            return
        from agentopt.store import AskRow

        proposals: list[dict[str, Any]] = [
            {"values": dict(one.values), "reason": one.reason, "author": one.author} for one in asked.proposals
        ]
        usage = asked.usage
        self._log.add_ask(
            AskRow(
                number,
                parent,
                tuple(places),
                tuple(proposals),
                asked.rejected,
                asked.error,
                usage.calls,
                usage.input_tokens,
                usage.output_tokens,
                usage.cost_usd,
                usage.cache_hits,
            )
        )


class RunLedger:
    """The calls of a run: each is paid for once, in whatever session.

    Args:
        log: The run in the store; None keeps calls in memory for as long as the search lasts.
    """

    def __init__(self, log: RunLog | None = None) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._known: dict[str, Completion] = {}
        """Of this session: what was paid for, or charged for the first time."""
        self._running: dict[str, threading.Event] = {}
        self.settled: set[str] = set()
        """Trials and asks of an earlier session that were charged as a whole: their calls are paid for."""

    def find(self, key: str) -> Completion | None:
        while True:
            with self._lock:
                known = self._known.get(key)
                if known is not None:
                    return replace(known, usage=Usage(cache_hits=1), cached=True)
                running = self._running.get(key)
                if running is None:
                    earlier = self._earlier(key)
                    if earlier is None:
                        self._running[key] = threading.Event()
                        return None
                    self._known[key] = earlier
                    # Paid for in an earlier session, and counted in this one as it was there.
                    return replace(earlier, cached=True)
            if not running.wait(_PATIENCE_S):
                # Whoever makes the call is stuck; better twice than never.
                return None

    def keep(self, key: str, request: Request, completion: Completion, ambient: Ambient) -> None:
        if self._log is not None:
            from agentopt.store import CallRow

            usage = completion.usage
            self._log.add_call(
                CallRow(
                    key,
                    ambient.purpose,
                    ambient.trial,
                    completion.model,
                    [[message.role, message.text] for message in request.messages],
                    request.sampling.shaping(),
                    completion.text,
                    completion.finish or "",
                    usage.calls,
                    usage.input_tokens,
                    usage.output_tokens,
                    usage.cost_usd,
                    usage.seconds,
                )
            )
        with self._lock:
            self._known[key] = completion
            self._over(key)

    def give_up(self, key: str) -> None:
        with self._lock:
            self._over(key)

    def _over(self, key: str) -> None:
        running = self._running.pop(key, None)
        if running is not None:
            running.set()

    def _earlier(self, key: str) -> Completion | None:
        row = None if self._log is None else self._log.call(key)
        if row is None:
            return None
        usage = Usage(row.calls, row.input_tokens, row.output_tokens, 0, row.cost_usd, row.seconds)
        if row.trial in self.settled:
            usage = Usage(cache_hits=1)
        return Completion(row.text, row.finish or None, row.model, usage)


def _key(candidate: Candidate, trial: Trial) -> tuple[str, str, str, int]:
    return candidate.fingerprint, trial.part, str(trial.place), trial.repeat
