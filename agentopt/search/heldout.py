"""What the held-out test says: the chosen candidate beside the start, on items that nothing was tuned on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from agentopt.errors import InputError

_EXACT = 16
"""Differences up to which all flips of signs are counted."""
_FLIPS = 20_000


@dataclass(frozen=True)
class TestReport:
    """A paired comparison on n items, made once.

    The claim rests on a sign-flip test: under no improvement each difference is as likely to be of either sign, and the
    p-value is the share of all choices of signs with at least this sum; exact for up to 16 differences that are not
    zero, and for any number that are equal in size, such as right or wrong; 20,000 seeded draws beyond. To be claimed,
    an improvement of .1 over .5 where the two agree on most items takes about 60 items, where they are independent,
    310.
    """

    __test__ = False  # no test of pytest's

    n: int
    start: float
    """Mean score of the start."""
    best: float
    """Mean score of the chosen candidate."""
    difference: float
    low: float
    """Of the 1 - 2 alpha interval of the difference, so that its lower end is a one-sided bound at alpha."""
    high: float
    p_value: float
    """One-sided, of no improvement."""
    alpha: float
    failed: tuple[int, int] = (0, 0)
    """How many runs of the start and of the best failed; they count as what the settings say."""

    @property
    def improved(self) -> bool:
        """Whether improvement is claimed."""
        return self.p_value <= self.alpha

    def __str__(self) -> str:
        level = f"{100 * (1 - 2 * self.alpha):g} %"
        said = "improved" if self.improved else "no evidence of improvement"
        return (
            f"{said}: {self.start:.4g} -> {self.best:.4g} on {self.n} held-out items, difference "
            f"{self.difference:+.4g} ({level} interval {self.low:+.4g} to {self.high:+.4g}, p = {self.p_value:.2g})"
        )


def compare(start: Sequence[float], best: Sequence[float], alpha: float = 0.05) -> TestReport | None:
    """Compare scores on the same items, in the same order; None without any.

    Args:
        start: The start's, (n,).
        best: The chosen candidate's, (n,).
        alpha: The share of tests without improvement in which one is claimed, at most.

    Raises:
        InputError: The two differ in length.
    """
    if len(start) != len(best):
        raise InputError(f"expected scores on the same items, got {len(start)} and {len(best)}")
    if not start:
        return None
    differences = [after - before for before, after in zip(start, best, strict=True)]
    n, spread = len(differences), max(*start, *best) - min(*start, *best)
    low, high = interval(differences, spread, alpha)
    mean = math.fsum(differences) / n
    p_value = sign_flip(differences)
    return TestReport(n, math.fsum(start) / n, math.fsum(best) / n, mean, low, high, p_value, alpha)


def sign_flip(differences: Sequence[float]) -> float:
    """The one-sided p-value of no improvement; 1 where no difference is above zero."""
    sizes = [abs(one) for one in differences if one != 0]
    total = math.fsum(differences)
    if not sizes or total <= 0:
        return 1.0
    n, equal = len(sizes), max(sizes) - min(sizes) <= 1e-12 * max(sizes)
    if equal:
        n_up = sum(one > 0 for one in differences)
        return float(sum(math.comb(n, k) for k in range(n_up, n + 1)) / 2**n)
    import numpy as np

    if n <= _EXACT:
        signs = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
        return float((signs @ np.array(sizes) >= total - 1e-12 * max(sizes) * n).mean())
    drawn = np.random.default_rng(n).integers(0, 2, (_FLIPS, n)) * 2 - 1
    as_large = int((drawn @ np.array(sizes) >= total - 1e-12 * max(sizes) * n).sum())
    return (1 + as_large) / (1 + _FLIPS)


def interval(differences: Sequence[float], spread: float, alpha: float) -> tuple[float, float]:
    """The 1 - 2 alpha interval of a mean difference: Student's, with half a difference of each sign added.

    Without the addition a few right-or-wrong items give an interval that is far too short, or none (Agresti and Min,
    Statistics in Medicine 2005, for matched pairs).

    Args:
        differences: Paired, (n,).
        spread: Greatest minus least score, the size of what is added.
        alpha: On each side.
    """
    n = len(differences) + 2
    center = math.fsum(differences) / n
    squares = math.fsum((one - center) ** 2 for one in differences)
    squares += 0.5 * ((spread - center) ** 2 + (-spread - center) ** 2) + center**2
    reach = student(1 - alpha, n - 1) * math.sqrt(squares / (n - 1) / n)
    return center - reach, center + reach


def student(level: float, freedom: int) -> float:
    """A quantile of Student's distribution, by the expansion around the normal one (Fisher and Cornish 1960)."""
    z = NormalDist().inv_cdf(level)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms)))
