"""What each candidate is worth, as far as the scores tell.

    y[c, i, repeat] = q[c] + b[i] + noise
    q[child] ~ N(q[parent] + drift, step),   b[i] ~ N(0, item)

A candidate's quality q starts from its parent's, so that a lucky child is not believed on few scores. The difficulty b of
an item cancels in comparisons on common items. The variances and the drift are estimated from all scores (empirical
Bayes), so scores may be of any unit.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from math import erf, isfinite, sqrt
from typing import TYPE_CHECKING

from agentopt.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray

    from agentopt.search.empirical_bayes import Fit, Point
    from agentopt.search.gaussian_tree import Evidence

    Floats = NDArray[np.float64]

_LARGEST = 1e100
"""Squares of scores must be numbers too."""
_GROWTH = 1.25
"""Variances are estimated anew when there are this many times as many scores or candidates as the last time."""
_HERITABLE, _HERITABLE_WEIGHT = 0.1, 30.0
"""A prior for how much of the noise of a pair parent and child share, and the pairs of scores that it is worth."""


class Posterior:
    """The joint posterior of all candidates, for scores where higher is better.

    A candidate of several parents starts from the first of them. Where there is a single item and no repeats, noise cannot
    be told from quality, and scores are taken for what they are.

    It is worked out anew when it is asked for after a change, so observe whole batches.
    """

    def __init__(self) -> None:
        self._parents = array("q")
        self._items: dict[Hashable, int] = {}
        self._cells: dict[tuple[int, int], int] = {}
        self._of_candidate, self._of_item = array("q"), array("q")
        self._score, self._draws = array("d"), array("d")
        self._within: list[float] = []
        self._n_draws: list[int] = []
        self._estimated = 0, 0
        self._point: Point | None = None
        self._now: _Now | None = None

    def __len__(self) -> int:
        return len(self._parents)
