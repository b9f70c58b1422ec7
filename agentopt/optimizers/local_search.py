"""Local search: tries values near those that are there, and asks no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agentopt.errors import InputError
from agentopt.graph.domains.choice import Choice
from agentopt.graph.domains.domain import same
from agentopt.graph.domains.exemplars import Exemplars
from agentopt.graph.domains.number import Integer, Real
from agentopt.graph.parameter_node import Parameter
from agentopt.optimizers.optimizer import Asked, Optimizer, Settings
from agentopt.optimizers.proposal import Proposal

if TYPE_CHECKING:
    from numpy.random import Generator

DOMAINS = (Real, Integer, Choice, Exemplars)
"""The domains in which it can take a step."""
_LARGEST, _SMALLEST = 0.5, 0.003
"""Steps of numbers, as shares of their range."""
_TRIES = 20


class LocalSearch(Optimizer):
    """Changes numbers, choices and exemplars a little, at random, from the values that they have.

    Each proposal changes one parameter, and each other one with a probability of 1 / n. Steps of numbers are as often
    large as small (log-uniform, after the heavy-tailed mutation of Doerr et al., GECCO 2017), so that no step size has
    to be adapted: on a logarithmic scale where the domain has one, and relative to the size of the number where it has
    no bounds. Exemplars are replaced, swapped or moved.

    Args:
        parameters: As for every `Optimizer`; those of other domains are left alone.
        settings: As for every `Optimizer`.
        seed: The same seed gives the same proposals to the same asks.

    Raises:
        InputError: There is no trainable parameter in whose domain a step can be taken.
    """

    def __init__(self, parameters: Any, settings: Settings | None = None, *, seed: int = 0) -> None:
        super().__init__(parameters, settings)
        self.parameters = [one for one in self.parameters if isinstance(one.domain, DOMAINS)]
        if not self.parameters:
            raise InputError("expected a trainable number, choice or list of exemplars, found none")
        self._seed = seed

    def _reached(self) -> bool:
        # What is told need not be traced: a step needs no reason.
        return bool(self._pending and self.trainable)

    def _asked(self, n: int) -> Asked:
        import numpy as np

        rng = np.random.default_rng([self._seed, self.asks])
        made = (self._step(rng) for _ in range(n))
        return Asked(tuple(Proposal(changes, "a step at random") for changes in made if changes))

    def _step(self, rng: Generator) -> dict[Parameter[Any], Any]:
        """New values of some parameters, at least one of them if any has another value."""
        found = self.trainable
        for _ in range(_TRIES):
            first = int(rng.integers(len(found)))
            chosen = [one for place, one in enumerate(found) if place == first or rng.random() < 1 / len(found)]
            values = {one: _near(one.domain, one.version.then, rng) for one in chosen}
            changes = {one: value for one, value in values.items() if not same(value, one.version.then)}
            if changes:
                return changes
        return {}


def _near(domain: Any, value: Any, rng: Generator) -> Any:
    """A value near another one, in the same domain; sometimes the same."""
    if isinstance(domain, Real):
        return _near_real(domain, value, rng)
    if isinstance(domain, Integer):
        return _near_integer(domain, value, rng)
    if isinstance(domain, Choice):
        others = [option for option in domain.options if not same(option, value)]
        return others[int(rng.integers(len(others)))] if others else value
    return _near_exemplars(domain, value, rng)


def _share(rng: Generator) -> float:
    """A step as a share of the range, with its sign."""
    size = _SMALLEST * (_LARGEST / _SMALLEST) ** float(rng.random())
    return float(size * rng.standard_normal())


def _near_real(domain: Real, value: float, rng: Generator) -> float:
    import math

    low, high, share = domain.low, domain.high, _share(rng)
    if low is not None and high is not None:
        if domain.log:
            moved = math.exp(math.log(value) + share * (math.log(high) - math.log(low)))
        else:
            moved = value + share * (high - low)
    elif domain.log:
        moved = value * math.exp(share * 4)
    else:
        moved = value + share * (abs(value) or 1.0) * 2
    moved = moved if low is None else max(low, moved)
    return float(moved if high is None else min(high, moved))


def _near_integer(domain: Integer, value: int, rng: Generator) -> int:
    low, high = domain.low, domain.high
    width = high - low if low is not None and high is not None else 2 * (abs(value) or 5)
    step = _share(rng) * width
    moved = value + (round(step) or (1 if step > 0 else -1))
    moved = moved if low is None else max(low, moved)
    return moved if high is None else min(high, moved)


def _near_exemplars(domain: Exemplars, value: Sequence[int], rng: Generator) -> tuple[int, ...]:
    """Another one in a place, two that change places, or one that moves."""
    places = list(value)
    rest = [place for place in range(len(domain.pool)) if place not in places]
    kind = rng.random()
    if rest and (kind < 0.6 or len(places) < 2):
        places[int(rng.integers(len(places)))] = rest[int(rng.integers(len(rest)))]
    elif len(places) > 1 and kind < 0.8:
        one, other = (int(place) for place in rng.choice(len(places), 2, replace=False))
        places[one], places[other] = places[other], places[one]
    elif len(places) > 1:
        places.insert(int(rng.integers(len(places))), places.pop(int(rng.integers(len(places)))))
    return tuple(places)
