"""UCB over candidates: improve whoever may be best, by the upper end of what it may be worth."""

from __future__ import annotations

import math
from collections.abc import Sequence

from agentopt.search.archive import Archive
from agentopt.search.candidate import Candidate
from agentopt.search.strategy import Ask, Strategy


class UCB(Strategy):
    """Improves the candidate with the highest upper confidence bound on the worth of its children.

    mean + width * sd + explore * spread * sqrt(log(rounds) / (1 + children))      [Auer et al. 2002, with a posterior]

    The last term falls with the number of children that a candidate has had already.
    """

    def __init__(self, width: float = 1.0, explore: float = 0.1) -> None:
        super().__init__()
        self.width = width
        self.explore = explore

    def propose(self, archive: Archive) -> Sequence[Ask]:
        measured = archive.measured or [archive.start]
        children = self._children(archive)
        asks: list[Ask] = []
        for _ in range(archive.settings.width):
            chosen = max(measured, key=lambda one: (self._bound(archive, one, children), -one.number))
            children[chosen.number] = children.get(chosen.number, 0) + 1
            asks.append(self.ask(archive, chosen))
        return asks

    def _bound(self, archive: Archive, one: Candidate, children: dict[int, int]) -> float:
        posterior = archive.posterior
        rounds = math.log(1 + sum(children.values()))
        spread = archive.spread()
        unseen = math.sqrt(rounds / (1 + children.get(one.number, 0)))
        return posterior.mean(one.number) + self.width * posterior.sd(one.number) + self.explore * spread * unseen

    @staticmethod
    def _children(archive: Archive) -> dict[int, int]:
        counts: dict[int, int] = {}
        for one in archive.candidates:
            for parent in one.parents[:1]:
                counts[parent] = counts.get(parent, 0) + 1
        return counts
