"""Racing: candidates compete on chunks of items, losers stop early, leaders meet in a final.

Every candidate walks along the validation items in one order that is drawn once, so that candidates share items and
their difficulty cancels. All comparisons are the posterior's: on 1,500 simulated right-or-wrong outcomes (see
benchmarks/search_statistics.py) chunks of 5, a race that goes on while a child is as likely as not the best, and a
tenth of the budget for the final did best among chunks of 4 to 20 and finals of 5 to 35 %.
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

    chunk: int = 5
    """Validation items between two decisions."""
    going: float = 0.5
    """A child is measured further while it is better than the best so far with at least this probability."""
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
        return archive.posterior.better(child.number, best.number) >= self.going

    def drop_losers(self, archive: Archive, fresh: Iterable[Candidate]) -> None:
        """Drop the children that are most likely worse than their parents."""
        for child in fresh:
            if child.alive and child.parents and archive.outcomes(child.number, "validation"):
                chance = archive.posterior.better(child.number, child.parents[0])
                if chance < self.gate:
                    archive.drop([child], f"better than its parent with a probability of {chance:.2g} only")


def next_places(archive: Archive, candidate: Candidate, count: int) -> list[Trial]:
    """The next trials of a candidate on validation items, fewer where it has run them all as often as allowed."""
    order = archive.order
    done = archive.outcomes(candidate.number, "validation")
    trials: list[Trial] = []
    for step in range(len(done), len(order) * archive.settings.repeats):
        if len(trials) == count:
            break
        repeat, place = divmod(step, len(order))
        trials.append(Trial(candidate.number, "validation", order[place], repeat))
    return trials


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
