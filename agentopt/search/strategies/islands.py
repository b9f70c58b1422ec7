"""Islands with archives of different candidates (MAP-Elites), for open-ended code."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt.search.archive import Archive
from agentopt.search.candidate import START, Candidate
from agentopt.search.strategy import Ask, Strategy


class Islands(Strategy):
    """Several populations that seldom meet, each of which keeps the best candidate of every kind.

    MAP-Elites (Mouret and Clune 2015): a kind is a cell of features, here how long a candidate's texts and codes are
    beside the start's and how far they are from the start's, or the named objectives that the metric gives. In each
    cell of an island only the best stays, so what is good in its own way is not driven out by what is good now. Every
    `migrate` rounds each island's best goes to the next one (as in FunSearch, Romera-Paredes et al., Nature 2023, and
    OpenEvolve).

    Args:
        islands: How many.
        bins: Cells along each feature.
        migrate: Rounds between two migrations.
        features: Names of objectives that make up a cell; none takes length and distance.
        greed: The share of rounds in which the island's best is improved, and not a cell drawn at random.
    """

    def __init__(
        self, islands: int = 3, bins: int = 6, migrate: int = 8, features: tuple[str, ...] = (), greed: float = 0.4
    ) -> None:
        super().__init__()
        self.islands = islands
        self.bins = bins
        self.migrate = migrate
        self.features = features
        self.greed = greed
        self._round = 0
        self._living: list[set[int]] = [{START} for _ in range(islands)]

    def propose(self, archive: Archive) -> Sequence[Ask]:
        self._round += 1
        asks = []
        for turn in range(archive.settings.width):
            island = (self._round * archive.settings.width + turn) % self.islands
            asks.append(self.ask(archive, self._parent(archive, island)))
        return asks

    def select(self, archive: Archive, fresh: Sequence[Candidate]) -> None:
        for child in fresh:
            home = archive[child.parents[0]].island if child.parents else 0
            child.island = home if child.parents and child.parents[0] != START else child.number % self.islands
            child.features = self._cell(archive, child)
            self._living[child.island].add(child.number)
        for island in range(self.islands):
            self._thin(archive, island)
        if self._round % self.migrate == 0:
            best = [self._best(archive, sorted(living)) for living in self._living]
            for island, number in enumerate(best):
                self._living[(island + 1) % self.islands].add(number)

    def elites(self, archive: Archive) -> dict[tuple[int, ...], Candidate]:
        """The best candidate of every kind, over all islands."""
        found: dict[tuple[int, ...], int] = {}
        for number in sorted(set().union(*self._living)):
            cell = archive[number].features
            found[cell] = self._best(archive, [number, *([found[cell]] if cell in found else [])])
        return {cell: archive[number] for cell, number in found.items()}

    def _parent(self, archive: Archive, island: int) -> Candidate:
        living = sorted(self._living[island])
        if float(archive.rng.random()) < self.greed:
            return archive[self._best(archive, living)]
        return archive[living[int(archive.rng.integers(len(living)))]]

    def _best(self, archive: Archive, numbers: Sequence[int]) -> int:
        means = archive.posterior.means()
        return max(numbers, key=lambda number: (means[number], -number))

    def _thin(self, archive: Archive, island: int) -> None:
        """Keep the best of each cell."""
        by_cell: dict[tuple[int, ...], list[int]] = {}
        for number in sorted(self._living[island]):
            by_cell.setdefault(archive[number].features, []).append(number)
        self._living[island] = {self._best(archive, numbers) for numbers in by_cell.values()}

    def _cell(self, archive: Archive, child: Candidate) -> tuple[int, ...]:
        if self.features:
            aims = archive.objectives(child.number)
            known = [archive.objectives(one.number) for one in archive.candidates]
            return tuple(
                self._bin(aims.get(name, 0.0), [one.get(name, 0.0) for one in known]) for name in self.features
            )
        return self._length_bin(archive, child), self._distance_bin(archive, child)

    def _bin(self, value: float, known: Sequence[float]) -> int:
        low, high = min(known), max(known)
        return 0 if high <= low else min(self.bins - 1, int(self.bins * (value - low) / (high - low)))

    def _length_bin(self, archive: Archive, child: Candidate) -> int:
        """Half the start's length and less is the first cell, twice and more the last."""
        ratio = len(_text(child)) / max(1, len(_text(archive.start)))
        return min(self.bins - 1, max(0, int(self.bins * (ratio - 0.5) / 1.5)))

    def _distance_bin(self, archive: Archive, child: Candidate) -> int:
        """By the share of the words that the child has and the start has not."""
        words, before = set(_text(child).split()), set(_text(archive.start).split())
        share = len(words - before) / max(1, len(words))
        return min(self.bins - 1, int(self.bins * share))


def _text(candidate: Candidate) -> str:
    return "\n".join(version.parameter.domain.show(version.then) for version in candidate.versions.values())
