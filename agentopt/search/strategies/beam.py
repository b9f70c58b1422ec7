"""Beam search: a few best ones are improved in turn, all others are given up."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt.search.archive import Archive
from agentopt.search.candidate import Candidate
from agentopt.search.strategy import Ask, Strategy


class Beam(Strategy):
    """Improves each of the `beam` best candidates in every round (ProTeGi, Pryzant et al., EMNLP 2023, section 3.2)."""

    def __init__(self, beam: int = 4) -> None:
        super().__init__()
        self.beam = beam

    def propose(self, archive: Archive) -> Sequence[Ask]:
        return [self.ask(archive, one) for one in self._best(archive)]

    def select(self, archive: Archive, fresh: Sequence[Candidate]) -> None:
        super().select(archive, fresh)
        kept = self._best(archive)
        archive.drop([one for one in archive.measured if one not in kept], f"not among the {self.beam} best")

    def _best(self, archive: Archive) -> list[Candidate]:
        means = archive.posterior.means()
        measured = archive.measured or [archive.start]
        return sorted(measured, key=lambda one: (-means[one.number], one.number))[: self.beam]
