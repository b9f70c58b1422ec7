"""The contract of all strategies: propose, evaluate, select.

A round: `propose` names the candidates to improve; children are made of them; `evaluate` says, as often as it likes,
which trials to run next; `select` takes candidates out of the race. A strategy decides by what the archive holds and
draws from the archive's generator only, so that a search repeats itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from agentopt.search.archive import Archive
from agentopt.search.candidate import Candidate
from agentopt.search.race import Race
from agentopt.search.trial import Trial


@dataclass(frozen=True)
class Ask:
    """A candidate that is to be improved."""

    parent: int
    places: tuple[int, ...]
    """Of the train items of which the optimizer sees trace and feedback."""
    n: int = 1
    """How many proposals it is asked for."""


class Strategy(ABC):
    """Chooses whom to improve, what to measure, and who stays.

    Args:
        race: How children are measured; see `Race`.
    """

    def __init__(self, race: Race | None = None) -> None:
        self.race = race or Race()

    @abstractmethod
    def propose(self, archive: Archive) -> Sequence[Ask]:
        """The candidates to improve in this round; none ends the search."""

    def evaluate(self, archive: Archive, fresh: Sequence[Candidate]) -> Sequence[Trial]:
        """The trials to run next for the children of this round; none when enough is known.

        By default a race over chunks of the validation items: the first chunk is the gate, on which a child is compared
        with its parent, and a child goes on for as long as it may be the best of all.
        """
        return self.race.next_trials(archive, fresh)

    def select(self, archive: Archive, fresh: Sequence[Candidate]) -> None:
        """Take out of the race who does not deserve more; by default children that are most likely worse than their
        parents."""
        self.race.drop_losers(archive, fresh)

    def ask(self, archive: Archive, parent: Candidate) -> Ask:
        """An ask for a parent on the next minibatch."""
        return Ask(parent.number, archive.minibatch(), archive.settings.children)

    def described(self) -> dict[str, object]:
        """What decides the course of a search, as data."""
        plain = {name: value for name, value in vars(self).items() if isinstance(value, int | float | str | bool)}
        return {"strategy": type(self).__name__, **plain, "race": vars(self.race) if self.race else {}}
