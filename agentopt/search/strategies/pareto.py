"""Pareto over examples and objectives: whoever may be the best somewhere is improved."""

from __future__ import annotations

import math
from collections.abc import Sequence

from agentopt.search.archive import Archive
from agentopt.search.candidate import Candidate
from agentopt.search.strategy import Ask, Strategy


class Pareto(Strategy):
    """Improves a candidate with the probability that it is the best one on an item, or in an objective, drawn at
    random.

    GEPA (Agrawal et al. 2025, section 3.3) counts on how many items a candidate holds the highest score. With scores
    that are drawn at random a lucky candidate holds many, so here the highest is sought in a draw from the posterior,
    which comes to the same where scores are exact.
    """

    def propose(self, archive: Archive) -> Sequence[Ask]:
        return [self.ask(archive, self._parent(archive)) for _ in range(archive.settings.width)]

    def _parent(self, archive: Archive) -> Candidate:
        measured = archive.measured
        if not measured:
            return archive.start
        aims = sorted({aim for one in measured for aim in archive.objectives(one.number)})
        place = int(archive.rng.integers(len(archive.dataset.validation) + len(aims)))
        if place < len(aims):
            return self._best_in(archive, measured, aims[place])
        drawn = archive.posterior.item_sample(archive.rng, place - len(aims))
        return max(measured, key=lambda one: (drawn[one.number], -one.number))

    @staticmethod
    def _best_in(archive: Archive, measured: Sequence[Candidate], aim: str) -> Candidate:
        """The best in one objective, in a draw around each candidate's mean."""
        drawn: dict[int, float] = {}
        for one in measured:
            tally, noise = archive.aim(one.number, aim), float(archive.rng.standard_normal())
            drawn[one.number] = tally.mean + noise * tally.sd / tally.n**0.5 if tally.n else -math.inf
        return max(measured, key=lambda one: (drawn[one.number], -one.number))
