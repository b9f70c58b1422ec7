"""Values near another one, in the same domain."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from agentopt.errors import DomainError
from agentopt.graph.domains.choice import Choice
from agentopt.graph.domains.domain import same
from agentopt.graph.domains.exemplars import Exemplars
from agentopt.graph.domains.number import Integer, Real

if TYPE_CHECKING:
    from numpy.random import Generator

DOMAINS = (Real, Integer, Choice, Exemplars)
"""The domains in which there are neighbours."""
Weigh = Callable[[int], float]
"""How good an option or an exemplar is, by its place, above 0 and below 1."""
_LARGEST, _SMALLEST = 0.5, 0.003
"""Steps of numbers, as shares of their range."""
_UNIT = 1 << 53


def neighbour(domain: Any, value: Any, weigh: Weigh, rng: Generator) -> Any:
    """A value near another one; now and then the same."""
    if isinstance(domain, Choice):
        return _other_option(domain, value, weigh, rng)
    if isinstance(domain, Exemplars):
        return _other_exemplars(domain, value, weigh, rng)
    moved = _real(domain, value, rng) if isinstance(domain, Real) else _integer(domain, value, rng)
    try:
        domain.check(moved)
    except DomainError:
        # Where there is no bound, a step may leave what a number can be.
        return value
    return moved


def _share(rng: Generator) -> float:
    """A step as a share of the range, with its sign.

    As often large as small (log-uniform, after the heavy-tailed mutation of Doerr et al., GECCO 2017), so that no step
    size has to be adapted, which a search of many parents could only do for all of them together.
    """
    size = _SMALLEST * (_LARGEST / _SMALLEST) ** float(rng.random())
    return float(size * rng.standard_normal())


def _real(domain: Real, value: float, rng: Generator) -> float:
    low, high, share = domain.low, domain.high, _share(rng)
    if domain.log and low is not None:
        width = 4.0 if high is None else math.log(high) - math.log(low)
        moved = math.exp(min(math.log(value) + share * width, 709.0))
    elif low is not None and high is not None:
        # In two parts, as a range may be wider than the largest float.
        moved = value + share * high - share * low
    else:
        moved = value + share * 2 * (abs(value) or 1.0)
    moved = moved if low is None else max(low, moved)
    return float(moved if high is None else min(high, moved))


def _integer(domain: Integer, value: int, rng: Generator) -> int:
    low, high = domain.low, domain.high
    width = high - low if low is not None and high is not None else 2 * max(abs(value), 5)
    share = _share(rng)
    # In whole numbers, which may be larger than any float.
    step = (round(abs(share) * _UNIT) * width + _UNIT // 2) // _UNIT or 1
    moved = value + (step if share > 0 else -step)
    moved = moved if low is None else max(low, moved)
    return moved if high is None else min(high, moved)


def _other_option(domain: Choice[Any], value: Any, weigh: Weigh, rng: Generator) -> Any:
    others = [place for place, option in enumerate(domain.options) if not same(option, value)]
    return domain.options[_one_of(others, weigh, rng)] if others else value


def _other_exemplars(domain: Exemplars, value: Sequence[int], weigh: Weigh, rng: Generator) -> tuple[int, ...]:
    """Another one in a place, two that change places, or one that moves."""
    places, kind = list(value), float(rng.random())
    rest = sorted(set(range(len(domain.pool))) - set(places))
    if rest and (kind < 0.6 or len(places) < 2):
        goes = _one_of(places, lambda place: 1 - weigh(place), rng)
        places[places.index(goes)] = _one_of(rest, weigh, rng)
    elif len(places) > 1 and kind < 0.8:
        one, other = (int(place) for place in rng.choice(len(places), 2, replace=False))
        places[one], places[other] = places[other], places[one]
    elif len(places) > 1:
        moves = places.pop(int(rng.integers(len(places))))
        places.insert(int(rng.integers(len(places) + 1)), moves)
    return tuple(places)


def _one_of(places: Sequence[int], weigh: Weigh, rng: Generator) -> int:
    weights = [weigh(place) for place in places]
    total = sum(weights)
    return int(rng.choice(places, p=[weight / total for weight in weights]))
