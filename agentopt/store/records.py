"""What stands in a store, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TrialKey = tuple[str, str, str, int]
"""Fingerprint of the candidate, part of the data, item, repeat."""


@dataclass(frozen=True)
class RunRow:
    """A run, as far as it is known without reading its trials."""

    id: int
    name: str
    begun: float
    """Unix time."""
    status: str
    """running, finished, interrupted, failed; "cut off" if the process that ran it is gone."""
    about: Mapping[str, Any]
    """What decides its course."""
    summary: Mapping[str, Any]
    """What came of it; empty before its end."""
    seconds: float
    """On the wall, over all sessions."""


@dataclass(frozen=True)
class CandidateRow:
    """A combination of values."""

    number: int
    parents: tuple[int, ...]
    values: Mapping[str, Any]
    """By parameter, as data."""
    fingerprint: str
    author: str
    reason: str
    ask: int | None
    """Which ask it came from; None for the start."""
    dropped: str = ""
    mean: float | None = None
    sd: float | None = None


@dataclass(frozen=True)
class TrialRow:
    """One run of a candidate on an item."""

    key: TrialKey
    candidate: int
    score: float | None
    objectives: Mapping[str, float] = field(default_factory=dict)
    feedback: str = ""
    error: str = ""
    error_kind: str = ""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    cache_hits: int = 0
    seconds: float = 0.0
    made: float = 0.0
    """Unix time; 0 is now."""


@dataclass(frozen=True)
class AskRow:
    """What came of asking an optimizer."""

    number: int
    parent: int
    places: tuple[int, ...]
    proposals: tuple[Mapping[str, Any], ...]
    rejected: tuple[str, ...] = ()
    error: str = ""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    cache_hits: int = 0


@dataclass(frozen=True)
class CallRow:
    """A model call that was paid for."""

    key: str
    """The hash of everything that shapes the reply."""
    purpose: str
    trial: str
    model: str
    messages: Sequence[Sequence[str]]
    """Pairs of role and text."""
    sampling: Mapping[str, Any]
    text: str
    finish: str
    calls: int = 1
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0
