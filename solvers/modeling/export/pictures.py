"""The plots of one page: numbered, so that their identifiers differ, or one sentence on why there are none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from agentopt.errors import MissingExtra

from .page import Plot
from .plots import Bars, bars_svg, front_svg

MAX_PLOTS = 12
MAX_POINTS = 500
"""Points of a front that are drawn, evenly chosen."""
LARGEST = 1e100
"""Numbers beyond this are not drawn: the ends of their axes would be no numbers."""


class Pictures:
    """Draws plots while there is room for them.

    Attributes:
        missing: Why nothing was drawn, one sentence; "" when all was.
    """

    def __init__(self) -> None:
        self.missing = ""
        self._n = 0

    def bars(self, bars: Bars, caption: str) -> Iterator[Plot]:
        """Yield the plot of values as bars, or nothing."""
        if all(_drawable(value) for value in bars.values):
            yield from self._plot(lambda name: bars_svg(bars, name, caption), caption)

    def front(
        self, points: Sequence[tuple[float, float]], labels: Sequence[str], axes: tuple[str, str], caption: str
    ) -> Iterator[Plot]:
        """Yield the plot of a front, or nothing."""
        step = -(-len(points) // MAX_POINTS) or 1
        points, labels = points[::step], labels[::step]
        if all(_drawable(x) and _drawable(y) for x, y in points):
            yield from self._plot(lambda name: front_svg(points, labels, axes, name, caption), caption)

    def _plot(self, draw: Callable[[str], str], caption: str) -> Iterator[Plot]:
        if self.missing or self._n == MAX_PLOTS:
            return
        try:
            yield Plot(draw(f"plot{self._n + 1}"), caption)
            self._n += 1
        except MissingExtra as error:
            self.missing = str(error)


def _drawable(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST
