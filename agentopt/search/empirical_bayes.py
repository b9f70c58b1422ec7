"""Estimates of the variances in the candidates' model, from the scores themselves and weak priors."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from agentopt.search.gaussian_tree import Evidence, Solution, Variances, solve

if TYPE_CHECKING:
    from collections.abc import Callable

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Scale:
    """What is estimated by its logarithm: a prior, and the bounds of the search."""

    median: float
    spread: float
    """Sd of the logarithm."""
    lowest: float
    highest: float

    def log_prior(self, value: float) -> float:
        return -0.5 * (log(value / self.median) / self.spread) ** 2

    def times(self, value: float, factor: float) -> float:
        return min(max(value * factor, self.lowest), self.highest)


# Sds in units of the noise's. Where one outcome has sd .5, as accuracies have, the median step changes them by .05.
STEP = Scale(0.1, 1.0, 3e-3, 1e2)
ITEM = Scale(0.5, 1.5, 1e-2, 1e2)
OWN = Scale(1.0, 2.0, 1e-4, 1e4)
"""The odds that noise is a pair's own rather than drawn anew by a repeat."""
SCALES = (STEP, ITEM, OWN)
NOISE_WEIGHT = 1.0
"""Cells that the noise's prior is worth, which is that all scores together vary by 1."""
ONE_ITEM = 10.0
"""The step where there is one item without repeats: noise cannot be told from steps, and its score is all that
counts."""
_FIRST, _NEXT, _LAST = 3.0, 1.5, 1.2
"""The factors by which the search goes from one point to the next: at first, in later searches, and at last."""


@dataclass(frozen=True)
class Fit:
    """A solution for one set of variances."""

    point: Point
    """The sds of step and item in units of the noise's, and the odds that noise is a pair's own."""
    solution: Solution
    noise: float
    """The variance of one draw."""
    own: float
    """The part of it that a repeat does not draw anew."""
    log_density: float
    """Of the scores, the noise integrated out, and of the variances by their priors."""


def estimate(evidence: Evidence, start: Point | None = None) -> Fit:
    """Find the variances of the highest posterior density.

    Args:
        evidence: Scores around 0 that vary by 1 in all.
        start: Where to begin; else at the medians.
    """
    one_item, repeated = evidence.n_items < 2, evidence.n_repeats > 0
    if one_item and not repeated:
        return fit(evidence, (ONE_ITEM, ITEM.median, OWN.median))
    free = [0] if one_item else [0, 1, 2] if repeated else [0, 1]
    first: Point = (STEP.median, ITEM.median, OWN.lowest if one_item else OWN.median)
    if start is None:
        return _climb(lambda point: fit(evidence, point), first, free, _FIRST)
    known = tuple(start[axis] if axis in free else first[axis] for axis in range(3))
    return _climb(lambda point: fit(evidence, point), known, free, _NEXT)  # type: ignore[arg-type]


def fit(evidence: Evidence, point: Point) -> Fit:
    """Solve for given variances; the noise's follows from them."""
    step, item, odds = point
    own = odds / (1.0 + odds)
    variances = Variances(step**2, item**2, own)
    solution = solve(evidence, variances)
    prior = NOISE_WEIGHT / (1.0 + variances.step + variances.item)
    n_draws = len(evidence.count) + evidence.n_repeats + NOISE_WEIGHT
    squares = solution.misfit + evidence.within / (1.0 - own) + prior
    log_density = solution.log_det + NOISE_WEIGHT * log(prior) - evidence.n_repeats * log(1.0 - own)
    log_density = 0.5 * (log_density - n_draws * log(squares))
    log_density += sum(scale.log_prior(value) for scale, value in zip(SCALES, point, strict=True))
    return Fit(point, solution, squares / n_draws, own, log_density)


def _climb(fitted: Callable[[Point], Fit], start: Point, free: list[int], factor: float) -> Fit:
    """Walk uphill along one axis at a time, with steps that shrink where none leads up."""
    tried: dict[Point, Fit] = {}

    def at(point: Point) -> Fit:
        if point not in tried:
            tried[point] = fitted(point)
        return tried[point]

    best = at(start)
    while factor >= _LAST:
        before = best
        for axis in free:
            for there in (_moved(best.point, axis, factor), _moved(best.point, axis, 1.0 / factor)):
                if at(there).log_density > best.log_density:
                    best = at(there)
                    break
        if best is before:
            factor = factor**0.5
    return best


def _moved(point: Point, axis: int, factor: float) -> Point:
    moved = list(point)
    moved[axis] = SCALES[axis].times(point[axis], factor)
    return moved[0], moved[1], moved[2]
