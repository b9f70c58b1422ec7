"""The loop: propose, evaluate, select, in rounds, until the budget or the ideas are used up; then a final and the
test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from agentopt.errors import InputError
from agentopt.search.archive import Archive
from agentopt.search.asking import Asking
from agentopt.search.candidate import START, Candidate
from agentopt.search.heldout import TestReport, compare
from agentopt.search.journal import Journal
from agentopt.search.race import final_rounds, next_places
from agentopt.search.strategy import Ask, Strategy
from agentopt.search.trial import Outcome, Trial
from agentopt.search.trials import Trials

if TYPE_CHECKING:
    from agentopt.llm import Budget

_MATTERS = 0.1
"""Standard deviations by which an estimate moves before anybody is told."""
_FAILED_ASKS = 5
"""Asks in a row that fail before the search ends: what is wrong is not the candidates."""


class Search:
    """One search, from the start to the tested result.

    Args:
        archive: Holds the start.
        strategy: Chooses.
        trials: Runs.
        asking: Makes candidates.
        journal: Is told how candidates stand.
        budget: Ends it.
    """

    def __init__(
        self,
        archive: Archive,
        strategy: Strategy,
        trials: Trials,
        asking: Asking,
        journal: Journal,
        budget: Budget,
    ) -> None:
        self.archive = archive
        self._strategy = strategy
        self._trials = trials
        self._asking = asking
        self._journal = journal
        self._budget = budget
        self._noted: dict[int, tuple[str, float, float]] = {}
        self.stopped = ""
        """Why it ended."""
        self._chosen: Candidate | None = None
        self.curve: list[tuple[int, float]] = []
        """After each round: trials so far, and the estimate of the best candidate."""

    def run(self) -> None:
        """Search until something ends it.

        Raises:
            AgentoptError: It cannot go on for a reason that concerns every trial or every ask.
        """
        self._keep_for_later()
        self._begin()
        idle = 0
        while not self._ended(idle):
            children = self._round()
            idle = 0 if children else idle + 1
            self._note()
        self._final()
        self._note(whole=True)

    def test(self) -> TestReport | None:
        """Run start and best on the held-out items, once; None where there is no item or no room.

        A best that is the start is not run twice: it is the same on every item.
        """
        n_items = len(self.archive.dataset.test)
        best = self._chosen = self.archive.best
        if not n_items:
            return None
        self._trials.kept, self._trials.spent = 0, ""
        both = [START, best.number] if best.number != START else [START]
        # Item by item, so that a budget that ends here leaves pairs.
        repeats = range(self.archive.settings.repeats)
        asked = [Trial(c, "test", i, r) for i in range(n_items) for r in repeats for c in both]
        self._trials.run(asked)
        start = self.archive.values(START, "test")
        chosen = self.archive.values(best.number, "test")
        # The choice is made; what is known of the two now includes the test.
        for number in both:
            for (place, _), outcome in self.archive.outcomes(number, "test").items():
                self.archive.posterior.observe(number, ("test", place), self.archive.value(outcome))
        common = sorted(start.keys() & chosen.keys())
        return compare(
            [start[place] for place in common], [chosen[place] for place in common], self.archive.settings.alpha
        )

    @property
    def best(self) -> Candidate:
        """What the search chose, or would choose now."""
        return self._chosen or self.archive.best

    def _keep_for_later(self) -> None:
        """Keep budget for the held-out test and for the final."""
        n_test = 2 * len(self.archive.dataset.test) * self.archive.settings.repeats
        limit = self._budget.limits.evaluations
        if limit is not None and n_test > limit / 2:
            raise InputError(
                f"expected a budget that leaves room for a search beside the held-out test, got {limit} evaluations "
                f"for {n_test} of the test alone; allow more, or test on fewer items"
            )
        self._n_test = n_test
        self._n_final = 0 if limit is None else int(self._strategy.race.final * limit)
        self._trials.kept = self._n_test + self._n_final

    def _begin(self) -> None:
        """Run the start on anchors and on the first chunks of the validation items."""
        start = self.archive.start
        anchors = self._all_of(START)
        first = next_places(self.archive, start, 4 * self._strategy.race.chunk)
        outcomes = self._trials.run([*anchors, *first])
        known = [outcome for outcome in outcomes if outcome is not None]
        if known and all(outcome.failed for outcome in known) and len({outcome.error for outcome in known}) == 1:
            error = known[0]
            raise InputError(
                f"the workflow fails on each of the first {len(known)} items as it stands, by {error.error_kind}: "
                f"{error.error}"
            )

    def _ended(self, idle: int) -> bool:
        settings = self.archive.settings
        best = self.archive.estimate(self.archive.best.number)
        if self._trials.spent:
            self.stopped = self._trials.spent
        elif self._asking.spent:
            self.stopped = self._asking.spent
        elif self._is_late():
            self.stopped = f"the budget of {self._budget.limits.seconds:g} seconds is used up"
        elif settings.target is not None and best is not None and best >= settings.target:
            self.stopped = f"the target of {settings.target:g} is reached"
        elif self._asking.n_failed >= _FAILED_ASKS:
            self.stopped = f"{self._asking.n_failed} asks in a row failed, the last by {self._asking.refused[-1]}"
        elif idle >= settings.patience:
            self.stopped = f"{idle} rounds in a row brought no new candidate"
        return bool(self.stopped)

    def _is_late(self) -> bool:
        left = self._budget.left.seconds
        return left is not None and left <= 0

    def _round(self) -> list[Candidate]:
        asks = list(self._strategy.propose(self.archive))
        if not asks:
            self.stopped = "the strategy has nothing more to improve"
            return []
        seen = self._seen(asks)
        if not seen or not self._trials.leaves(len(seen), self._asking.dearest):
            return []
        children = self._asking.children(seen)
        self._check_anchors(children)
        self._measure(lambda: self._strategy.evaluate(self.archive, children))
        if self._trials.spent:
            return children
        self._strategy.select(self.archive, children)
        return children

    def _seen(self, asks: Sequence[Ask]) -> list[tuple[Ask, list[tuple[Trial, Outcome]]]]:
        """What came of each parent on the items of its ask; of those asks only that the budget had room for."""
        wanted = {place: [Trial(ask.parent, "train", p) for p in ask.places] for place, ask in enumerate(asks)}
        self._trials.run([trial for trials in wanted.values() for trial in trials])
        seen: list[tuple[Ask, list[tuple[Trial, Outcome]]]] = []
        for place, ask in enumerate(asks):
            known = [(trial, self.archive.outcome(trial)) for trial in wanted[place]]
            found = [(trial, outcome) for trial, outcome in known if outcome is not None]
            if len(found) == len(known):
                seen.append((ask, found))
        return seen

    def _measure(self, next_trials: Callable[[], Sequence[Trial]]) -> None:
        while not self._trials.spent and not self._is_late():
            trials = list(next_trials())
            if not trials:
                return
            self._trials.run(trials)

    def _check_anchors(self, children: Sequence[Candidate]) -> None:
        """Drop children that score less than the start on an item that must not get worse."""
        if not self.archive.dataset.anchors:
            return
        self._trials.run([trial for child in children for trial in self._all_of(child.number)])
        start = self.archive.values(START, "anchors")
        for child in children:
            scores = self.archive.values(child.number, "anchors")
            worse = [place for place, score in scores.items() if score < start.get(place, score)]
            unknown = start.keys() - scores.keys()
            if worse:
                place = worse[0]
                self.archive.drop(
                    [child], f"it scores {scores[place]:g} on anchor {place}, where the start scores {start[place]:g}"
                )
            elif unknown:
                self.archive.drop([child], f"anchor {min(unknown)} could not be run")

    def _all_of(self, number: int) -> list[Trial]:
        repeats = range(self.archive.settings.repeats)
        return [
            Trial(number, "anchors", place, r) for place in range(len(self.archive.dataset.anchors)) for r in repeats
        ]

    def _final(self) -> None:
        """Let the leaders meet on what is kept for them."""
        self._trials.kept, self._trials.spent = self._n_test, ""
        left = self._budget.left.evaluations
        room = self._n_final if left is None else max(0, left - self._n_test)
        for trials in final_rounds(self.archive, self._strategy.race, room):
            if self._is_late():
                return
            self._trials.run(trials)
            if self._trials.spent:
                return

    def _note(self, *, whole: bool = False) -> None:
        """Write down how candidates stand and tell the optimizer, where that has changed by more than can matter.

        Args:
            whole: Also where it has changed by less.
        """
        best = self.archive.estimate(self.archive.best.number)
        if best is not None:
            self.curve.append((self.archive.n_trials, best))
        means, sds = self.archive.posterior.means(), self.archive.posterior.sds()
        changed: list[tuple[int, str, float | None, float | None]] = []
        for one in self.archive.candidates:
            if not self.archive.outcomes(one.number, "validation"):
                continue
            mean, sd = float(means[one.number]), float(sds[one.number])
            dropped, before, _ = self._noted.get(one.number, (one.dropped, float("inf"), 0.0))
            if whole or dropped != one.dropped or abs(mean - before) > _MATTERS * sd:
                self._noted[one.number] = one.dropped, mean, sd
                changed.append((one.number, one.dropped, mean, sd))
                self._asking.judge(one, mean)
        self._journal.note_standing(changed)
