"""All candidates of a search with what is known of each."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentopt.graph.parameter_node import Version
from agentopt.search.candidate import START, Candidate
from agentopt.search.dataset import Dataset, Part
from agentopt.search.posterior import Posterior
from agentopt.search.settings import Settings
from agentopt.search.trial import Outcome, Trial

if TYPE_CHECKING:
    from numpy.random import Generator


@dataclass
class Tally:
    """Mean and spread of numbers that come one by one (Welford 1962)."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Count one more."""
        self.n += 1
        apart = value - self.mean
        self.mean += apart / self.n
        self.squares += apart * (value - self.mean)

    @property
    def sd(self) -> float:
        """The standard deviation; 0 before there are two."""
        return math.sqrt(self.squares / (self.n - 1)) if self.n > 1 else 0.0


class Archive:
    """Candidates, outcomes, and the posterior of what each candidate is worth.

    Strategies read it, and draw at random from its generator only, so that a search repeats itself.
    """

    def __init__(self, dataset: Dataset, settings: Settings, rng: Generator) -> None:
        self.dataset = dataset
        self.settings = settings
        self.rng = rng
        self.candidates: list[Candidate] = []
        self.posterior = Posterior()
        """Of the validation scores, by the numbers of the candidates."""
        self.n_trials = 0
        self._outcomes: dict[Trial, Outcome] = {}
        self._of: dict[tuple[int, Part], dict[tuple[int, int], Outcome]] = defaultdict(dict)
        self._all = Tally()
        """Of all validation scores."""
        self._aims: dict[int, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
        """Of the named objectives on validation items, by candidate."""
        self._known: dict[str, int] = {}
        self._floor: float | None = settings.failed
        self._range: tuple[float, float] | None = None
        self._train: list[int] = []
        self.order = tuple(int(place) for place in rng.permutation(len(dataset.validation)))
        """The places of the validation items in the order in which every candidate is run on them."""

    def __len__(self) -> int:
        return len(self.candidates)

    def __getitem__(self, number: int) -> Candidate:
        return self.candidates[number]

    @property
    def start(self) -> Candidate:
        return self.candidates[START]

    @property
    def alive(self) -> list[Candidate]:
        """The candidates that are still in the race."""
        return [candidate for candidate in self.candidates if candidate.alive]

    @property
    def measured(self) -> list[Candidate]:
        """Those of them with a validation score."""
        return [candidate for candidate in self.alive if self._of.get((candidate.number, "validation"))]

    @property
    def best(self) -> Candidate:
        """The one that is thought best: of the measured ones the highest posterior mean, the earliest of equals."""
        measured = self.measured
        if not measured:
            return self.start
        means = self.posterior.means()
        return max(measured, key=lambda candidate: (means[candidate.number], -candidate.number))

    def add(
        self, versions: Mapping[str, Version[Any]], parents: tuple[int, ...] = (), reason: str = ""
    ) -> Candidate | None:
        """Note a new candidate; None if its values are those of one that is known."""
        candidate = Candidate(len(self.candidates), versions, parents, reason)
        fingerprint = candidate.fingerprint
        if fingerprint in self._known:
            return None
        self._known[fingerprint] = candidate.number
        self.candidates.append(candidate)
        self.posterior.add(parents)
        return candidate

    def observe(self, trial: Trial, outcome: Outcome) -> None:
        """Note what came of a trial."""
        self.n_trials += 1
        self._outcomes[trial] = outcome
        self._of[trial.candidate, trial.part][trial.place, trial.repeat] = outcome
        if trial.part == "validation":
            self._all.add(self.value(outcome))
            for aim, score in outcome.objectives.items():
                self._aims[trial.candidate][aim].add(score)
        moved = self._note_range(outcome)
        if moved:
            self._rebuild()
        elif trial.part == "validation":
            self.posterior.observe(trial.candidate, trial.place, self.value(outcome))

    def outcome(self, trial: Trial) -> Outcome | None:
        return self._outcomes.get(trial)

    def outcomes(self, candidate: int, part: Part) -> dict[tuple[int, int], Outcome]:
        """What came of a candidate's trials on a part, by place and repeat."""
        return self._of.get((candidate, part), {})

    def value(self, outcome: Outcome) -> float:
        """The score, or what a failed run counts as."""
        if outcome.score is not None:
            return outcome.score
        return self._floor if self._floor is not None else 0.0

    def values(self, candidate: int, part: Part) -> dict[int, float]:
        """The mean score on each item of a part that was tried, by its place."""
        by_place: dict[int, list[float]] = defaultdict(list)
        for (place, _), outcome in self.outcomes(candidate, part).items():
            by_place[place].append(self.value(outcome))
        return {place: sum(values) / len(values) for place, values in by_place.items()}

    def objectives(self, candidate: int) -> dict[str, float]:
        """The mean of each named objective over the validation items that were tried."""
        return {aim: tally.mean for aim, tally in self._aims.get(candidate, {}).items()}

    def aim(self, candidate: int, name: str) -> Tally:
        """What is known of a candidate in one objective."""
        return self._aims[candidate][name]

    def spread(self) -> float:
        """The standard deviation of all validation scores, the unit in which strategies count; 1 before there are
        two."""
        return self._all.sd or 1.0

    def failures(self, candidate: int) -> int:
        """How many of a candidate's runs failed."""
        parts = (self.outcomes(candidate, part) for part in ("train", "validation", "anchors", "test"))
        return sum(outcome.failed for outcomes in parts for outcome in outcomes.values())

    def estimate(self, number: int) -> float | None:
        """The posterior mean of a candidate's validation score; None before anything was measured."""
        if not any(part == "validation" and outcomes for (_, part), outcomes in self._of.items()):
            return None
        return self.posterior.mean(number)

    def minibatch(self) -> tuple[int, ...]:
        """The next train items by place: each comes once before any comes twice, in an order drawn anew each time."""
        n_items = len(self.dataset.train)
        size = min(self.settings.minibatch, n_items)
        chosen: list[int] = []
        while len(chosen) < size:
            if not self._train:
                self._train = [int(place) for place in self.rng.permutation(n_items)]
            chosen += [place for place in [self._train.pop()] if place not in chosen]
        return tuple(chosen)

    def drop(self, candidates: Iterable[Candidate], why: str) -> None:
        """Take candidates out of the race; the start stays in."""
        for candidate in candidates:
            if candidate.number != START:
                candidate.dropped = why

    def _note_range(self, outcome: Outcome) -> bool:
        """Whether what a failed run counts as has changed by this outcome."""
        if self.settings.failed is not None or outcome.score is None:
            return False
        low, high = self._range or (outcome.score, outcome.score)
        self._range = low, high = min(low, outcome.score), max(high, outcome.score)
        within = low >= 0 and high <= 1
        if self._floor is not None and (self._floor < low or (within and self._floor == 0.0)):
            return False
        before, self._floor = self._floor, 0.0 if within else low - ((high - low) or abs(low) or 1.0)
        return self._floor != (before or 0.0) and self._any_failed()

    def _any_failed(self) -> bool:
        return any(outcome.failed for outcome in self._outcomes.values())

    def _rebuild(self) -> None:
        self.posterior = Posterior()
        for candidate in self.candidates:
            self.posterior.add(candidate.parents)
        for trial, outcome in self._outcomes.items():
            if trial.part == "validation":
                self.posterior.observe(trial.candidate, trial.place, self.value(outcome))


def paired(one: Mapping[int, float], other: Mapping[int, float]) -> Sequence[float]:
    """The differences on the items that both have, in the order of their places."""
    return [one[place] - other[place] for place in sorted(one.keys() & other.keys())]
