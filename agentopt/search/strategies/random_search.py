"""Random search, a baseline: improve anybody."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt.search.archive import Archive
from agentopt.search.strategy import Ask, Strategy


class RandomSearch(Strategy):
    """Improves candidates drawn at random from all that are in the race."""

    def propose(self, archive: Archive) -> Sequence[Ask]:
        alive = archive.measured or [archive.start]
        return [self.ask(archive, alive[int(archive.rng.integers(len(alive)))]) for _ in range(archive.settings.width)]
