"""Values drawn anew, without regard to any score: the baseline of every search."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from agentopt.graph.domains.choice import Choice
from agentopt.graph.domains.exemplars import Exemplars
from agentopt.graph.domains.number import Integer, Real
from agentopt.graph.parameter_node import Parameter
from agentopt.optimizers.drawn import Draw, Drawn, Starts

if TYPE_CHECKING:
    from numpy.random import Generator

_MORE_BYTES = 8
"""So that taking the remainder favours no value."""


class Random(Drawn):
    """Draws each parameter uniformly from its whole domain: numbers between two bounds, choices and exemplars.

    A real number on a logarithmic scale is drawn uniformly there. Each proposal changes all parameters; numbers
    without two bounds, texts, code and data are left alone.
    """

    @staticmethod
    def can_change(parameter: Parameter[Any]) -> bool:
        domain = parameter.domain
        if isinstance(domain, Real | Integer):
            return domain.low is not None and domain.high is not None
        return isinstance(domain, Choice | Exemplars)

    def _drawing(self, starts: Starts) -> Draw:
        return lambda rng: {parameter: _drawn(parameter.domain, rng) for parameter in self.trainable}


def _drawn(domain: Any, rng: Generator) -> Any:
    if isinstance(domain, Real):
        return _real(domain, float(rng.random()))
    if isinstance(domain, Integer):
        low, high = domain.low or 0, domain.high or 0
        return low + _below(high - low + 1, rng)
    if isinstance(domain, Choice):
        return domain.options[int(rng.integers(len(domain.options)))]
    return tuple(int(place) for place in rng.choice(len(domain.pool), domain.k, replace=False))


def _real(domain: Real, share: float) -> float:
    """The number that lies at this share of the range."""
    low, high = domain.low or 0.0, domain.high or 0.0
    # Weighed, not low + share * (high - low), as a range may be wider than the largest float.
    if domain.log:
        moved = math.exp(math.log(low) * (1 - share) + math.log(high) * share)
    else:
        moved = low * (1 - share) + high * share
    return float(min(high, max(low, moved)))


def _below(n: int, rng: Generator) -> int:
    """A whole number below n, which may be larger than any machine word."""
    return int.from_bytes(rng.bytes(n.bit_length() // 8 + _MORE_BYTES)) % n
