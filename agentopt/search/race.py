"""Racing: candidates compete on chunks of items, losers stop early, leaders meet in a final.

A child meets its parent on items drawn from those that the parent was run on, so that their difficulty cancels, and
each child on others, so that no item decides for all; what has no such items left goes on along one order of all
items. All comparisons are the posterior's. On 1,500 simulated right-or-wrong outcomes, 40 seeds (see
benchmarks/search_statistics.py), chunks of 4 returned .88, chunks of 5 .85, and going on only while better with a
probability of .6 returned .87 but promised .524 where all were worth .5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agentopt.search.archive import Archive
from agentopt.search.candidate import Candidate
from agentopt.search.trial import Trial


@dataclass(frozen=True)
class Race:
    """How candidates are measured."""

    chunk: int = 4
    """Validation items between two decisions."""
    going: float = 0.499
    """A child is measured further while it is better than the best so far with at least this probability; a tie goes
    on."""
    sure: float = 0.975
    """And no further once it is better with this probability: enough is known of it for now."""
    gate: float = 0.1
    """A child that is better than its parent with less than this probability is dropped."""
    final: float = 0.1
    """Share of the evaluations that is kept for the final."""
    leaders: int = 16
    """Candidates in the final, at most."""

    def next_trials(self, archive: Archive, fresh: Sequence[Candidate]) -> list[Trial]:
        """The next chunk of each child that is still in the running."""
        best = archive.best
        trials: list[Trial] = []
        for child in fresh:
            if not child.alive:
                continue
            if not archive.outcomes(child.number, "validation") or self._goes_on(archive, child, best):
                trials += next_places(archive, child, self.chunk)
        return trials

    def _goes_on(self, archive: Archive, child: Candidate, best: Candidate) -> bool:
        if child is best:
            # The best is measured further only as far as the one it has to beat.
            rivals = [one for one in archive.measured if one is not child]
            if not rivals:
                return True
            means = archive.posterior.means()
            best = max(rivals, key=lambda one: means[one.number])
        return self.going <= archive.posterior.better(child.number, best.number) < self.sure

    def drop_losers(self, archive: Archive, fresh: Iterable[Candidate]) -> None:
        """Drop the children that are most likely worse than their parents."""
        for child in fresh:
            if child.alive and child.parents and archive.outcomes(child.number, "validation"):
                chance = archive.posterior.better(child.number, child.parents[0])
                if chance < self.gate:
                    archive.drop([child], f"better than its parent with a probability of {chance:.2g} only")


def next_places(archive: Archive, candidate: Candidate, count: int) -> list[Trial]:
    """The next trials of a candidate on validation items, fewer where it has run them all as often as allowed."""
    done = archive.outcomes(candidate.number, "validation")
    found: list[tuple[int, int]] = []
    for parent in candidate.parents[:1]:
        paired = [key for key in archive.outcomes(parent, "validation") if key not in done]
        drawn = archive.rng.permutation(len(paired))[:count]
        found += [paired[int(place)] for place in drawn]
    if len(found) < count:
        every = ((place, repeat) for repeat in range(archive.settings.repeats) for place in archive.order)
        fresh = (key for key in every if key not in done and key not in found)
        found += [key for key, _ in zip(fresh, range(count - len(found)), strict=False)]
    return [Trial(candidate.number, "validation", place, repeat) for place, repeat in found]


def final_rounds(archive: Archive, race: Race, evaluations: int) -> Iterator[list[Trial]]:
    """Successive halving among the leaders: in each round all get an equal share, and the better half goes on.

    Args:
        archive: Told of the outcomes of a round before the next is asked for.
        race: How many leaders there are.
        evaluations: How many trials there may be in all.
    """
    means = archive.posterior.means()
    leaders = sorted(archive.measured, key=lambda one: (-means[one.number], one.number))[: race.leaders]
    left = evaluations
    n_rounds = max(1, math.ceil(math.log2(max(1, len(leaders)))))
    for number in range(n_rounds):
        if len(leaders) < 2 or left < len(leaders):
            return
        each = left // (n_rounds - number) // len(leaders)
        trials = [trial for one in leaders for trial in next_places(archive, one, max(1, each))]
        if trials:
            yield trials[:left]
            left -= len(trials)
        means = archive.posterior.means()
        leaders = sorted(leaders, key=lambda one: (-means[one.number], one.number))[: max(1, len(leaders) // 2)]
