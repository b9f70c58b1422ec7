"""Hill climbing: always improve the best one."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt.search.archive import Archive
from agentopt.search.strategy import Ask, Strategy


class HillClimb(Strategy):
    """Improves the candidate that is thought best, each time on another minibatch (stochastic hill climbing).

    It is moved only by what the posterior says, so a lucky child does not become the new best before it was measured as
    far as the old one.
    """

    def propose(self, archive: Archive) -> Sequence[Ask]:
        best = archive.best
        return [self.ask(archive, best) for _ in range(archive.settings.width)]
