"""What was tried before and how it went: combinations of versions with their scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any

from agentopt.graph.parameter_node import Parameter, Version
from agentopt.graph.shown.view import cut, indented
from agentopt.optimizers.proposal import Evaluation

_KEPT = 512
"""Trials that are remembered at least."""
_VALUE_CHARS = 1200
_SHORT_CHARS = 60
_FEEDBACK_CHARS = 400


@dataclass
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
        self._sums: dict[int, tuple[float, int]] = {}
        """By id of a version, which its parameter keeps alive: sum and count of the scores of its trials."""

    def __len__(self) -> int:
        return len(self._trials)

    def add(self, versions: dict[Parameter[Any], Version[Any]], evaluation: Evaluation) -> None:
        """Note an evaluation; also on the versions themselves, each with the mean score of the trials it was in."""
        key = tuple(map(id, versions.values()))
        # Taken out and put back, so that the order is that of the latest evaluation.
        trial = self._trials.pop(key, None)
        if trial is None:
            self._count += 1
            trial = Trial(self._count, dict(versions))
        self._trials[key] = trial
        trial.feedback = evaluation.text
        trial.estimate = evaluation.estimate if evaluation.estimate is not None else trial.estimate
        self._forget()
        if evaluation.score is None:
            return
        trial.scores.append(evaluation.score)
        for version in versions.values():
            total, count = self._sums.get(id(version), (0.0, 0))
            self._sums[id(version)] = total, count = total + evaluation.score, count + 1
            version.score = total / count

    def _forget(self) -> None:
        """Keep the best of the earlier trials and the latest ones, once there are twice as many as are kept."""
        if len(self._trials) < 2 * _KEPT:
            return
        latest = list(self._trials.items())
        best = nlargest(_KEPT // 2, latest[: -_KEPT // 2], key=lambda item: _by_score(item[1]))
        kept = {key for key, _ in best} | {key for key, _ in latest[-_KEPT // 2 :]}
        self._trials = {key: trial for key, trial in latest if key in kept}

    @property
    def best(self) -> Trial | None:
        """The trial with the highest mean score, the earliest of equals."""
        return max(
            (trial for trial in self._trials.values() if trial.score is not None),
            key=lambda trial: trial.score if trial.score is not None else 0.0,
            default=None,
        )

    def shown(self, *, without: dict[Parameter[Any], Version[Any]] | None = None) -> list[Trial]:
        """The trials to show, worst first: half of the room for the best, the rest for the latest others.

        Args:
            without: The combination that is shown anyway.
        """
        key = tuple(map(id, without.values())) if without else None
        others = [trial for known, trial in self._trials.items() if known != key]
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
        names: Of the parameters that are shown.
        present: The versions that the reader sees anyway; values that were the same are left out.
        whole: Name those as well, the short ones by their value.
    """
    score = trial.score
    n_scores = len(trial.scores)
    estimated = trial.estimate is not None and n_scores > 0
    spread = f"{min(trial.scores):.10g} to {max(trial.scores):.10g}" if n_scores > 1 else ""
    mean = f" (mean of {n_scores} runs, {spread})" if n_scores > 1 else ""
    if estimated:
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


def _by_score(trial: Trial) -> float:
    return trial.score if trial.score is not None else float("-inf")
