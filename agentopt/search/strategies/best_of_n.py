"""Best of n, a baseline: every candidate is made from the start, and none is built upon."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt.search.archive import Archive
from agentopt.search.strategy import Ask, Strategy


class BestOfN(Strategy):
    """Asks for proposals from the start again and again, and keeps the best."""

    def propose(self, archive: Archive) -> Sequence[Ask]:
        return [self.ask(archive, archive.start) for _ in range(archive.settings.width)]
