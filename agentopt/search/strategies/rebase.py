"""Reward-balanced tree search: the width of a level is shared among candidates by how good they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from agentopt.search.archive import Archive
from agentopt.search.candidate import Candidate
from agentopt.search.strategy import Ask, Strategy


class Rebase(Strategy):
    """Grows a tree level by level: the children of a level are shared out by a softmax of the estimates of its
    candidates.

    REBASE (Wu et al. 2024, section 3.3): W_j = round(width * exp(R_j / T) / sum_k exp(R_k / T)). Rewards R are
    posterior means in units of the scores' standard deviation, so that the temperature T needs no knowledge of the
    metric. A level that brings nothing new gives way to the best candidates of the whole tree.
    """

    def __init__(self, width: int = 6, temperature: float = 0.2) -> None:
        super().__init__()
        self.width = width
        self.temperature = temperature
        self._level: list[int] = []

    def propose(self, archive: Archive) -> Sequence[Ask]:
        known = [archive[number] for number in self._level if archive[number].alive] if self._level else []
        level = known or self._leaders(archive)
        shares = self._shares(archive, level)
        return [self.ask(archive, one) for one, share in zip(level, shares, strict=True) for _ in range(share)]

    def select(self, archive: Archive, fresh: Sequence[Candidate]) -> None:
        super().select(archive, fresh)
        self._level = [one.number for one in fresh if one.alive]

    def _leaders(self, archive: Archive) -> list[Candidate]:
        means = archive.posterior.means()
        measured = archive.measured or [archive.start]
        return sorted(measured, key=lambda one: (-means[one.number], one.number))[: self.width]

    def _shares(self, archive: Archive, level: Sequence[Candidate]) -> list[int]:
        """How many children each candidate of a level has; they add up to the width (largest remainders)."""
        unit = self.temperature * archive.spread()
        means = [archive.posterior.mean(one.number) for one in level]
        weights = [math.exp((mean - max(means)) / unit) for mean in means]
        exact = [self.width * weight / sum(weights) for weight in weights]
        shares = [math.floor(share) for share in exact]
        by_rest = sorted(range(len(level)), key=lambda place: (shares[place] - exact[place], place))
        for place in by_rest[: self.width - sum(shares)]:
            shares[place] += 1
        return shares
