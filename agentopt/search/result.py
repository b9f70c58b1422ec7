"""What a search found, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentopt.search.candidate import START, Candidate
from agentopt.search.heldout import TestReport

if TYPE_CHECKING:
    from agentopt.llm import Account


@dataclass(frozen=True)
class Estimate:
    """The posterior of a candidate's mean score."""

    mean: float
    sd: float


@dataclass(frozen=True)
class Result:
    """What a search found."""

    run: str
    """Its name in the store; "" without one."""
    start: Candidate
    best: Candidate
    """Of all candidates the one that is thought best; the start, if that is."""
    estimates: Mapping[int, Estimate]
    """Of the candidates that were measured, by number, from all that is known of them, but for train items."""
    test: TestReport | None
    """The held-out test of best beside start; None without test items, or if the budget ended before."""
    stopped: str
    """Why the search ended."""
    spent: Account
    candidates: tuple[Candidate, ...]
    failures: Mapping[str, int]
    """Trials that failed, by kind of error."""
    refused: tuple[str, ...]
    """What was proposed and not tried, and why."""
    curve: tuple[tuple[int, float], ...]
    """Trials so far, and the estimate of the best candidate then."""
    objectives: Mapping[int, Mapping[str, float]]
    """Means of the named objectives by candidate, where the metric gives such."""
    interrupted: bool = False

    @property
    def improved(self) -> bool:
        """Whether the held-out test shows that the best is better than the start."""
        return self.test is not None and self.best.number != START and self.test.improved

    @property
    def verdict(self) -> str:
        """In a sentence."""
        if self.best.number == START:
            return "no evidence of improvement: nothing that was tried is thought better than the start"
        if self.test is None:
            return "not tested: there was no held-out test, so whether the best is better than the start is not known"
        return str(self.test)

    @property
    def values(self) -> dict[str, Any]:
        """The values of the best candidate by the names of the parameters."""
        return self.best.values

    def front(self) -> list[Candidate]:
        """The candidates of which none is better in every objective; without objectives the best alone."""
        known = [one for one in self.candidates if self.objectives.get(one.number) and one.alive]
        if not known:
            return [self.best]
        return [one for one in known if not any(self._dominates(other, one) for other in known)]

    def _dominates(self, one: Candidate, other: Candidate) -> bool:
        first, second = self.objectives[one.number], self.objectives[other.number]
        names = first.keys() & second.keys()
        return all(first[name] >= second[name] for name in names) and any(first[name] > second[name] for name in names)

    def apply(self) -> None:
        """Let the parameters have the values of the best candidate, whatever the test says."""
        self.best.apply()

    def summary(self) -> dict[str, Any]:
        """The figures as data, as a store keeps them."""
        best, start = self.estimates.get(self.best.number), self.estimates.get(START)
        return {
            "verdict": self.verdict,
            "improved": self.improved,
            "start": {"estimate": start.mean, "sd": start.sd} if start else {},
            "best": {"number": self.best.number, **({"estimate": best.mean, "sd": best.sd} if best else {})},
            "test": _data_of(self.test),
            "spent": vars(self.spent),
            "stopped": self.stopped,
            "candidates": len(self.candidates),
            "failures": dict(self.failures),
            "refused": len(self.refused),
            "curve": [list(point) for point in self.curve],
        }

    def __str__(self) -> str:
        best, start = self.estimates.get(self.best.number), self.estimates.get(START)
        lines = [self.verdict]
        if best and start:
            lines.append(
                f"estimated: {start.mean:.4g} -> {best.mean:.4g} (sd {best.sd:.2g}), candidate {self.best.number} of "
                f"{len(self.candidates)}"
            )
        if self.failures:
            lines.append("failed runs: " + ", ".join(f"{count} {kind}" for kind, count in self.failures.items()))
        lines.append(f"{spent_text(self.spent)}; {self.stopped}")
        return "\n".join(lines)


def spent_text(spent: Account) -> str:
    """What was spent, in words."""
    dollars = "unknown cost" if spent.dollars is None else f"${spent.dollars:.4f}"
    work = f"{spent.evaluations} evaluations, {spent.calls} calls, {spent.tokens} tokens"
    return f"{work}, {dollars}, {spent.seconds or 0:.1f} s"


def _data_of(test: TestReport | None) -> dict[str, Any]:
    if test is None:
        return {}
    return {
        "n": test.n,
        "start": test.start,
        "best": test.best,
        "difference": test.difference,
        "low": test.low,
        "high": test.high,
        "p_value": test.p_value,
        "alpha": test.alpha,
    }
