"""What was tried before and how it went: combinations of versions with their scores."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import islice
from typing import Any

from agentopt.errors import InputError
from agentopt.graph.parameter_node import Parameter, Version
from agentopt.graph.shown.view import cut, indented
from agentopt.optimizers.proposal import Evaluation

_KEPT = 512
"""Trials that are remembered at least, once there were so many."""
_VALUE_CHARS = 1200
_SHORT_CHARS = 60
_FEEDBACK_CHARS = 400


@dataclass(eq=False)
class Trial:
    """One combination of versions, and every evaluation of it."""

    number: int
    """Counted from 1 in the order in which combinations were first tried."""
    versions: dict[Parameter[Any], Version[Any]]
    scores: list[float] = field(default_factory=list)
    feedback: str = ""
    """What was said last."""
    estimate: float | None = None
    """What it is thought to be worth, where a search says so; it counts instead of the scores."""
    parent: Trial | None = None
    """What it was made from, where that is known."""

    @property
    def score(self) -> float | None:
        """The estimate, or else the mean score, higher is better; None before any."""
        if self.estimate is not None:
            return self.estimate
        return sum(self.scores) / len(self.scores) if self.scores else None


class Memory:
    """Keeps every trial and shows the few that say most: the best ones and the latest.

    Args:
        size: How many trials are shown.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._trials: dict[tuple[int, ...], Trial] = {}
        """By the ids of their versions, which the trials keep alive; numbers would be used again after a load."""
        self._count = 0
        self._made_from: dict[tuple[int, ...], Trial] = {}
        """Of combinations that are about to be tried."""
        self._scores: dict[int, _Mean] = {}
        self._estimates: dict[int, _Mean] = {}
        """By id of a version, which the mean keeps alive: the scores of its runs, and the estimates of its trials."""

    def __len__(self) -> int:
        return len(self._trials)

    def add(self, versions: dict[Parameter[Any], Version[Any]], evaluation: Evaluation) -> None:
        """Note an evaluation; also on the versions themselves, each with the mean score of the trials it was in."""
        trial = self._of(versions)
        # Taken out and put back, so that the order is that of the latest evaluation.
        self._trials[_key(versions)] = self._trials.pop(_key(versions))
        trial.feedback = evaluation.text
        if evaluation.estimate is not None:
            self._estimate(trial, evaluation.estimate)
        if evaluation.score is not None:
            trial.scores.append(evaluation.score)
            for version in versions.values():
                self._scores.setdefault(id(version), _Mean(version)).add(evaluation.score)
        self._mark(versions)

    def judge(
        self,
        versions: dict[Parameter[Any], Version[Any]],
        estimate: float,
        parent: dict[Parameter[Any], Version[Any]] | None = None,
    ) -> None:
        """Note what a combination is thought to be worth by now, whether or not an evaluation of it was added.

        Raises:
            InputError: The estimate is no finite number.
        """
        trial = self._of(versions)
        if parent is not None and _key(parent) != _key(versions):
            trial.parent = self._trials.get(_key(parent), trial.parent)
        self._estimate(trial, estimate)
        self._mark(versions)

    def expect(self, versions: dict[Parameter[Any], Version[Any]], parent: dict[Parameter[Any], Version[Any]]) -> None:
        """Note from which combination one was made that is about to be tried."""
        known = self._trials.get(_key(parent))
        if known is not None and _key(versions) not in self._trials:
            self._made_from = {_key(versions): known}

    def latest(self, n: int) -> list[Trial]:
        """At most n trials, the latest first."""
        return list(islice(reversed(self._trials.values()), n))

    def _of(self, versions: dict[Parameter[Any], Version[Any]]) -> Trial:
        """The trial of a combination, a new one if there is none."""
        key = _key(versions)
        if key not in self._trials:
            self._count += 1
            self._trials[key] = Trial(self._count, dict(versions), parent=self._made_from.pop(key, None))
            self._forget()
        return self._trials[key]

    def _estimate(self, trial: Trial, estimate: float) -> None:
        if not math.isfinite(estimate):
            raise InputError(f"expected an estimate that is a finite number, got {estimate!r}")
        before, trial.estimate = trial.estimate, estimate
        for version in trial.versions.values():
            mean = self._estimates.setdefault(id(version), _Mean(version))
            mean.add(estimate) if before is None else mean.move(estimate - before)

    def _mark(self, versions: dict[Parameter[Any], Version[Any]]) -> None:
        """Let versions know how good they were found to be."""
        for version in versions.values():
            mean = self._estimates.get(id(version)) or self._scores.get(id(version))
            version.score = mean.value if mean is not None else version.score

    def _forget(self) -> None:
        """Keep the best of the earlier trials and the latest ones, once there are twice as many as are kept."""
        if len(self._trials) < 2 * _KEPT:
            return
        latest = list(self._trials.items())
        best = nlargest(_KEPT // 2, latest[: -_KEPT // 2], key=lambda item: _by_score(item[1]))
        kept = {key for key, _ in best} | {key for key, _ in latest[-_KEPT // 2 :]}
        self._trials = {key: trial for key, trial in latest if key in kept}
        for trial in self._trials.values():
            # Else the whole line of ancestors would stay.
            if trial.parent is not None and _key(trial.parent.versions) not in kept:
                trial.parent = None

    @property
    def best(self) -> Trial | None:
        """The trial with the highest mean score, the earliest of equals."""
        return max(
            (trial for trial in self._trials.values() if trial.score is not None),
            key=lambda trial: trial.score if trial.score is not None else 0.0,
            default=None,
        )

    def shown(self, *, without: Mapping[Parameter[Any], Version[Any]] | None = None) -> list[Trial]:
        """The trials to show, worst first: half of the room for the best, the rest for the latest others.

        Args:
            without: The combination that is shown anyway; a parameter that is not named is meant at its present
                version.
        """
        others = [trial for trial in self._trials.values() if without is None or not _is_of(trial, without)]
        kept = nlargest((self.size + 1) // 2, (trial for trial in others if trial.score is not None), key=_by_score)
        for trial in reversed(others):
            if len(kept) >= self.size:
                break
            if trial not in kept:
                kept.append(trial)
        return sorted(kept, key=_by_score)


def trial_text(
    trial: Trial,
    names: dict[Parameter[Any], str],
    present: dict[Parameter[Any], Version[Any]],
    *,
    whole: bool = False,
) -> str:
    """A trial in words: its score, its values, and what was said of it.

    Args:
        trial: One of the memory.
        names: Of the parameters that are shown; the others are left out.
        present: The versions that the reader sees anyway; values that were the same are left out.
        whole: Name those as well, the short ones by their value.
    """
    score = trial.score
    n_scores = len(trial.scores)
    spread = f"{min(trial.scores):.10g} to {max(trial.scores):.10g}" if n_scores > 1 else ""
    mean = f" (mean of {n_scores} runs, {spread})" if n_scores > 1 else ""
    if trial.estimate is not None:
        mean = " (estimated from all runs)"
    if whole and all(version is present.get(parameter) for parameter, version in trial.versions.items()):
        mean += " (the present values)"
    said = f"score {score:.10g}{mean}" if score is not None else "without a score"
    lines = [f"Trial {trial.number}: {said}"]
    for parameter, version in trial.versions.items():
        same = version is present.get(parameter)
        if parameter not in names or (same and not whole):
            continue
        text = cut(parameter.domain.show(version.then), _VALUE_CHARS)
        if same and ("\n" in text or len(text) > _SHORT_CHARS):
            text = "(its present value)"
        lines.append(
            f"{names[parameter]} = {text}" if "\n" not in text else f"{names[parameter]} =\n    {indented(text)}"
        )
    if trial.feedback:
        lines.append(f"feedback: {indented(cut(trial.feedback, _FEEDBACK_CHARS))}")
    return "\n".join(lines)


class _Mean:
    """The mean of what was said of one version, which it keeps alive, so that its id stays its own."""

    def __init__(self, version: Version[Any]) -> None:
        self._version = version
        self._total = 0.0
        self._n = 0

    @property
    def value(self) -> float:
        return self._total / self._n

    def add(self, score: float) -> None:
        self._n += 1
        self._total += score

    def move(self, by: float) -> None:
        """One of what was added is other by this much."""
        self._total += by


def _key(versions: Mapping[Parameter[Any], Version[Any]]) -> tuple[int, ...]:
    return tuple(map(id, versions.values()))


def _is_of(trial: Trial, versions: Mapping[Parameter[Any], Version[Any]]) -> bool:
    return all(version is versions.get(parameter, parameter.version) for parameter, version in trial.versions.items())


def _by_score(trial: Trial) -> float:
    return trial.score if trial.score is not None else float("-inf")
