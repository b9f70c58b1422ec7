"""What each candidate is worth, as far as the scores tell.

    y[c, i, repeat] = q[c] + b[i] + noise
    q[child] ~ N(q[parent] + drift, step),   b[i] ~ N(0, item)

The quality q of a candidate starts from its parent's, so that a lucky child is not believed on a few scores. The
difficulty b of an item cancels where candidates are compared on common items. The variances and the drift are estimated
from all scores (empirical Bayes), so that scores may be of any unit.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from math import erf, isfinite, sqrt
from typing import TYPE_CHECKING

from agentopt.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray

    from agentopt.search.empirical_bayes import Fit
    from agentopt.search.gaussian_tree import Evidence, Solution

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_LARGEST = 1e100
"""The square of a score must be a number too."""
_GROWTH = 1.25
"""Variances are estimated anew when cells or candidates are this many times as many as the last time."""
_SHARED, _SHARED_WEIGHT = 0.2, 50.0
"""A prior for the part of their noise on an item that parent and child have in common, and the pairs it is worth."""


class Posterior:
    """The joint posterior of all candidates; higher is better.

    A candidate with several parents starts from the first of them. Where there is one item only and no repeats, noise
    cannot be told from quality, and the scores are taken for what they are. Before anything is observed, means are 0.

    It is worked out anew when it is asked for after a change, so observe batches whole.
    """

    def __init__(self) -> None:
        self._parents = array("q")
        self._counts: list[int] = []
        self._items: dict[Hashable, int] = {}
        self._cells: dict[tuple[int, int], int] = {}
        self._candidate, self._item = array("q"), array("q")
        self._score, self._draws = array("d"), array("d")
        self._within = 0.0
        self._estimated = (0, 0)
        self._known: _Known | None = None
        self._stale = True

    def __len__(self) -> int:
        return len(self._parents)

    def add(self, parents: tuple[int, ...] = ()) -> int:
        """Note a candidate, and give its number; they are counted from 0.

        Raises:
            InputError: A parent is no candidate.
        """
        for parent in parents:
            self._check(parent)
        self._parents.append(parents[0] + 1 if parents else 0)
        self._counts.append(0)
        self._stale = True
        return len(self._parents) - 1

    def observe(self, candidate: int, item: Hashable, value: float) -> None:
        """Note the score of one run; another one on the same item is a repeat.

        Raises:
            InputError: There is no such candidate, or the score is no finite number.
        """
        self._check(candidate)
        if not isfinite(value) or abs(value) > _LARGEST:
            raise InputError(f"expected a score as a finite number of at most {_LARGEST:g} in size, got {value!r}")
        number = self._items.setdefault(item, len(self._items))
        cell = self._cells.setdefault((candidate, number), len(self._cells))
        if cell == len(self._score):
            self._candidate.append(candidate)
            self._item.append(number)
            self._score.append(0.0)
            self._draws.append(0.0)
        self._counts[candidate] += 1
        self._draws[cell] += 1.0
        apart = value - self._score[cell]
        self._score[cell] += apart / self._draws[cell]
        self._within += apart * (value - self._score[cell])
        self._stale = True

    def count(self, candidate: int) -> int:
        """How many scores of a candidate were observed."""
        self._check(candidate)
        return self._counts[candidate]

    def means(self) -> Floats:
        """The posterior mean of each candidate, (n_candidates,)."""
        known = self._now()
        means: Floats = known.center + known.scale * known.solution.mean[1:]
        return means

    def sds(self) -> Floats:
        """The posterior sd of each candidate, (n_candidates,)."""
        import numpy as np

        known = self._now()
        sds: Floats = known.unit * np.sqrt(known.solution.variance[1:])
        return sds

    def mean(self, candidate: int) -> float:
        """The posterior mean of a candidate."""
        self._check(candidate)
        known = self._now()
        return known.center + known.scale * float(known.solution.mean[candidate + 1])

    def sd(self, candidate: int) -> float:
        """The posterior sd of a candidate."""
        self._check(candidate)
        known = self._now()
        return known.unit * sqrt(float(known.solution.variance[candidate + 1]))

    def best(self) -> int:
        """The candidate of the highest posterior mean, among those that were observed if any was.

        Raises:
            InputError: There is no candidate.
        """
        if not self._parents:
            raise InputError("expected at least one candidate to choose from, got none")
        means, counts = self.means(), self._counts
        return max(range(len(counts)), key=lambda number: (counts[number] > 0, means[number], -number))

    def better(self, one: int, other: int) -> float:
        """The probability that one candidate is better than another one; 0.5 for a candidate and itself."""
        from agentopt.search.gaussian_tree import difference_sd

        self._check(one)
        self._check(other)
        known = self._now()
        apart = self.mean(one) - self.mean(other)
        sd = known.unit * difference_sd(known.solution, one + 1, other + 1)
        return 0.5 * (1.0 + erf(apart / (sd * sqrt(2.0)))) if sd > 0 else 0.5

    def sample(self, rng: Generator) -> Floats:
        """Draw the qualities of all candidates jointly, (n_candidates,)."""
        known = self._now()
        drawn: Floats = self.means() + known.unit * known.solution.deviation(rng)[0][1:]
        return drawn

    def item_sample(self, rng: Generator, item: Hashable) -> Floats:
        """Draw what each candidate may be expected to score on an item, (n_candidates,).

        Scores on this item itself count as much as they are passed on from parents to children, so that specialists
        win their items, and lucky ones do not.
        """
        known = self._now()
        nodes, columns = known.solution.deviation(rng)
        drawn: Floats = self.means() + known.unit * nodes[1:]
        number = self._items.get(item)
        if number is None:
            return drawn
        column = known.rank[number]
        if column < known.solution.n_shared:
            drawn += known.scale * known.solution.columns[column] + known.unit * columns[column]
        here = known.evidence.item == column
        candidates = known.evidence.node[here] - 1
        trust = known.trust[here]
        scores = known.center + known.scale * known.evidence.score[here]
        drawn[candidates] = (1.0 - trust) * drawn[candidates] + trust * scores
        return drawn

    def _check(self, candidate: int) -> None:
        if not 0 <= candidate < len(self._parents):
            raise InputError(f"expected a candidate's number below {len(self._parents)}, got {candidate!r}")

    def _now(self) -> _Known:
        """The posterior after all that was observed."""
        if self._stale or self._known is None:
            self._known = self._work_out()
            self._stale = False
        return self._known

    def _work_out(self) -> _Known:
        from agentopt.search.empirical_bayes import estimate, fit

        center, scale, evidence, rank = self._evidence()
        size, last = (len(self._score), len(self._parents)), self._estimated
        if self._known is None:
            found = estimate(evidence)
        elif any(now >= _GROWTH * before for now, before in zip(size, last, strict=True)):
            found = estimate(evidence, self._known.fit.point)
        else:
            return _Known(fit(evidence, self._known.fit.point), evidence, rank, center, scale)
        self._estimated = size
        return _Known(found, evidence, rank, center, scale)

    def _evidence(self) -> tuple[float, float, Evidence, Ints]:
        """All cells, around 0 and varying by 1, with the items sorted by how many cells they have."""
        import numpy as np

        from agentopt.search.gaussian_tree import Evidence

        score = np.array(self._score)
        center, scale = _center_and_scale(score, self._within)
        n_items, of_item = len(self._items), np.array(self._item)
        rank = np.empty(n_items, dtype=np.int64)
        rank[np.argsort(-np.bincount(of_item, minlength=n_items), kind="stable")] = np.arange(n_items)
        evidence = Evidence(
            parents=np.array(self._parents),
            node=np.array(self._candidate) + 1,
            item=rank[of_item],
            score=(score - center) / scale,
            count=np.array(self._draws),
            n_items=n_items,
            within=self._within / scale**2,
        )
        return center, scale, evidence, rank


@dataclass(frozen=True)
class _Known:
    """The posterior at one time."""

    fit: Fit
    evidence: Evidence
    rank: Ints
    """The column of each item."""
    center: float
    scale: float

    @property
    def solution(self) -> Solution:
        return self.fit.solution

    @cached_property
    def unit(self) -> float:
        """The sd of the noise, as scores are counted."""
        return self.scale * sqrt(self.fit.noise)

    @cached_property
    def trust(self) -> Floats:
        """By how much each cell's own score counts for what its candidate does on its item."""
        import numpy as np

        shared = self._shared()
        own = self.fit.own
        return np.minimum(1.0, shared / (own + (1.0 - own) / self.evidence.count))

    def _shared(self) -> float:
        """The part of the noise on an item that parents pass on to children."""
        import numpy as np

        evidence, solution = self.evidence, self.solution
        columns = np.where(
            evidence.item < solution.n_shared, solution.columns[:-1].take(evidence.item, mode="clip"), 0.0
        )
        left = evidence.score - solution.mean[evidence.node] - columns
        width = evidence.n_items
        key = evidence.node * width + evidence.item
        order = np.argsort(key)
        wanted = evidence.parents[evidence.node - 1] * width + evidence.item
        found = np.searchsorted(key, wanted, sorter=order)
        parent = order[np.minimum(found, len(order) - 1)]
        both = key[parent] == wanted
        products = left[both] @ left[parent[both]] / self.fit.noise
        return float(np.clip((_SHARED * _SHARED_WEIGHT + products) / (_SHARED_WEIGHT + both.sum()), 0.0, 0.9))


def _center_and_scale(score: Floats, within: float) -> tuple[float, float]:
    """The mean and the sd of all scores; where they are all alike, their size in place of the sd."""
    if not len(score):
        return 0.0, 1.0
    center = float(score.mean())
    scale = sqrt(float(((score - center) ** 2).mean()) + within / len(score))
    return center, scale if scale > 1e-12 * abs(center) else abs(center) or 1.0
