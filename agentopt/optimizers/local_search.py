"""Local search: tries values near those that are there, and asks no model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from agentopt.graph.domains.choice import Choice
from agentopt.graph.domains.exemplars import Exemplars
from agentopt.graph.parameter_node import Parameter
from agentopt.optimizers.drawn import OF_LATE, Draw, Drawn, Starts, option_place
from agentopt.optimizers.memory import Trial
from agentopt.optimizers.neighbour import DOMAINS, neighbour

if TYPE_CHECKING:
    from numpy.random import Generator


class LocalSearch(Drawn):
    """Changes numbers, choices and exemplars a little, at random, from the values that they have.

    Each proposal changes one parameter, and each other one with a probability of 1 / n. Numbers take steps that are as
    often large as small, on a logarithmic scale where the domain has one, and relative to the size of the number where
    it lacks a bound. An option is exchanged for another one, exemplars are exchanged, swapped or moved; those come in
    more often that were in good trials, and exemplars go out more often that were in bad ones. Texts, code and data
    are left alone.
    """

    @staticmethod
    def can_change(parameter: Parameter[Any]) -> bool:
        return isinstance(parameter.domain, DOMAINS)

    def _drawing(self, starts: Starts) -> Draw:
        found, trials = self.trainable, self.memory.latest(OF_LATE)
        odds = {one: _odds(one, trials) for one in found}

        def draw(rng: Generator) -> dict[Parameter[Any], Any]:
            first = int(rng.integers(len(found)))
            chosen = [one for place, one in enumerate(found) if place == first or rng.random() < 1 / len(found)]
            return {one: neighbour(one.domain, starts[one].then, odds[one], rng) for one in chosen}

        return draw


def _odds(parameter: Parameter[Any], trials: Iterable[Trial]) -> Callable[[int], float]:
    """How likely an option or an exemplar is to be in a trial of the better half, by its place.

    (1 + trials of the better half that it was in) / (2 + trials that it was in), so 1/2 before any; a score at the
    median counts as one half. A simple form of the good and bad densities of Bergstra et al., NeurIPS 2011, section 4.
    """
    if not isinstance(parameter.domain, Choice | Exemplars):
        return lambda place: 0.5
    scored = [(trial, trial.score) for trial in trials if trial.score is not None]
    middle = median(score for _, score in scored) if scored else 0.0
    good: dict[int, float] = defaultdict(lambda: 1.0)
    n: dict[int, int] = defaultdict(lambda: 2)
    for trial, score in scored:
        for place in _parts(parameter, trial):
            good[place] += 0.5 if score == middle else float(score > middle)
            n[place] += 1
    return lambda place: good[place] / n[place] if place in n else 0.5


def _parts(parameter: Parameter[Any], trial: Trial) -> Sequence[int]:
    domain, value = parameter.domain, trial.versions[parameter].then
    places: Sequence[int] = (option_place(domain, value),) if isinstance(domain, Choice) else value
    return places
