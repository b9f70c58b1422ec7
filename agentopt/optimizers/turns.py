"""Who proposes next: those whose proposals made something better more often than others'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T", bound=Hashable)
_LEAST = 0.3
"""Of an equal share, what everyone gets, whatever came of it."""


def shares(arms: Sequence[T], judged: Iterable[tuple[T, bool]]) -> list[float]:
    """The share of each arm in what is proposed, by how often what it proposed made something better.

    (1 + those that did) / (2 + all of them), divided by the sum over arms, beside a part that is equal for all.

    Args:
        arms: At least one.
        judged: Proposals by their arm, each with whether it made something better; those of other arms do not count.
    """
    good: dict[T, int] = defaultdict(lambda: 1)
    n: dict[T, int] = defaultdict(lambda: 2)
    for arm, better in judged:
        good[arm] += better
        n[arm] += 1
    rates = [good[arm] / n[arm] for arm in arms]
    return [_LEAST / len(arms) + (1 - _LEAST) * rate / sum(rates) for rate in rates]


def seats(parts: Mapping[T, float], n: int, turn: int) -> list[T]:
    """Who makes each of n proposals: everyone its share of them, and of several turns together.

    Systematic sampling: n points at equal distances, the first at the van der Corput number of the turn, so that shares
    are kept over any few turns in a row and nothing is drawn at random.

    Args:
        parts: The share of each, 1 in all.
        n: Proposals in this turn.
        turn: Counted from 0.
    """
    ends = list(accumulate(parts.values()))
    offset = _van_der_corput(turn)
    points = [(place + offset) / n for place in range(n)]
    arms = list(parts)
    # The sum of the shares may miss 1 by a rounding.
    return [next((arm for arm, end in zip(arms, ends) if point < end), arms[-1]) for point in points]


def _van_der_corput(turn: int) -> float:
    """The bits of a number in reverse behind the point: 0, 1/2, 1/4, 3/4, 1/8, ..."""
    value, unit = 0.0, 0.5
    while turn:
        value += unit * (turn & 1)
        turn, unit = turn >> 1, unit / 2
    return value
