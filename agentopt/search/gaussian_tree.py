"""The Gaussian posterior of candidates on a tree and of the items they were tried on, exact for given variances.

    y = q[candidate] + b[item] + noise,   q[child] ~ N(q[parent] + drift, step),   b ~ N(0, item),   drift ~ N(0, step)

Variances are counted in units of the noise of one draw. Candidates are nodes of a tree; items and the drift are columns
beside it. Given the columns the nodes are solved by passing messages, and given the nodes the columns are independent,
so whichever are fewer are solved densely and the others around them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import isqrt, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ROOT_PRECISION = 1e-2
"""Of the node above all candidates without a parent, around 0: next to nothing, for scores that vary by 1 in all."""
_DENSE = 2.5e8
"""Multiplications that one solution may take; beyond it the items with the fewest scores are not shared."""


@dataclass(frozen=True)
class Evidence:
    """What was observed, pooled into one cell for each pair of candidate and item."""

    parents: Ints
    """Of node n + 1, which is candidate n; a smaller node. Node 0 stands above the candidates without a parent."""
    node: Ints
    """Of each cell."""
    item: Ints
    """Numbered so that those with more cells come first."""
    score: Floats
    """The mean of each cell."""
    count: Floats
    """How many draws it is the mean of."""
    n_items: int
    within: float
    """The sum of squares of draws around the means of their cells."""

    @property
    def n_repeats(self) -> float:
        """Draws beyond the first of their cell."""
        return float(self.count.sum() - len(self.count))


@dataclass(frozen=True)
class Variances:
    """In units of the noise of one draw."""

    step: float
    """Of a child around its parent."""
    item: float
    own: float
    """The part of the noise that is a cell's own, so that repeats do not draw it anew."""


class Solution(ABC):
    """The joint posterior of nodes and columns.

    Attributes:
        mean: Of each node.
        variance: Of each node.
        columns: The mean of each item, then of the drift.
        misfit: The sum of squares that is left, in units of the noise: its expectation is the number of cells.
        log_det: Twice the logarithm of the marginal density but for `misfit`.
    """

    mean: Floats
    variance: Floats
    columns: Floats
    misfit: float
    log_det: float

    def __init__(self, evidence: Evidence, variances: Variances, n_shared: int) -> None:
        self.n_shared = n_shared
        self._parents = evidence.parents
        self._edge = edge = 1.0 / variances.step
        shared = evidence.item < n_shared
        # The item of a cell that is not shared is a part of the cell's own noise.
        noise = variances.own + (1.0 - variances.own) / evidence.count
        weight = 1.0 / np.where(shared, noise, noise + variances.item)
        score, node, item = evidence.score, evidence.node, evidence.item[shared]
        n_nodes, children = len(evidence.parents) + 1, evidence.parents > 0
        self._links = np.zeros((n_nodes, n_shared + 1))
        self._links[node[shared], item] = weight[shared]
        self._links[1:, -1] -= edge * children
        self._links[:, -1] += edge * np.bincount(evidence.parents[children], minlength=n_nodes)
        self._own = np.bincount(node, weight, n_nodes) + edge * np.bincount(evidence.parents, minlength=n_nodes)
        self._own[1:] += edge
        self._own[0] += ROOT_PRECISION
        self._beside = np.bincount(item, weight[shared], n_shared + 1) + 1.0 / variances.item
        self._beside[-1] = edge * (1.0 + children.sum())
        self._told = np.bincount(node, weight * score, n_nodes)
        self._told_beside = np.bincount(item, (weight * score)[shared], n_shared + 1)
        log_det = self._solve()
        self.misfit = float(weight @ score**2 - self._told @ self.mean - self._told_beside @ self.columns)
        free = (
            np.log(ROOT_PRECISION) + n_nodes * np.log(edge) - n_shared * np.log(variances.item) + np.log(weight).sum()
        )
        self.log_det = float(free - log_det)

    @abstractmethod
    def _solve(self) -> float:
        """Fill in mean, variance and columns; return the logarithm of the determinant of the joint precision."""

    @abstractmethod
    def covariance(self, one: int, other: int) -> float:
        """Of two nodes."""

    @abstractmethod
    def deviation(self, rng: Generator) -> tuple[Floats, Floats]:
        """Draw how far all nodes and columns are jointly from their means."""


class FewColumns(Solution):
    """Solves the columns densely and passes messages on the tree."""

    def _solve(self) -> float:
        self._eliminate()
        solved = self._messages(np.column_stack([self._links, self._told]))
        self._moved = solved[:, :-1]
        lower = np.linalg.cholesky(np.diag(self._beside) - self._links.T @ self._moved)
        self._inverse = np.linalg.inv(lower)
        given = self._told_beside - self._links.T @ solved[:, -1]
        self.columns = self._inverse.T @ (self._inverse @ given)
        self.mean = solved[:, -1] - self._moved @ self.columns
        self._shared_part = self._moved @ self._inverse.T
        self._alone = self._alone_variance()
        self.variance = np.asarray(self._alone) + np.einsum("ij,ij->i", self._shared_part, self._shared_part)
        return float(np.log(self._pivots).sum() + 2 * np.log(np.diag(lower)).sum())

    def _eliminate(self) -> None:
        """Fold each node into its parent, the youngest first."""
        pivots, edge = self._own.tolist(), self._edge
        parents = self._parents.tolist()
        follows = [0.0] * len(pivots)
        for node in range(len(parents), 0, -1):
            follows[node] = edge / pivots[node]
            pivots[parents[node - 1]] -= edge * follows[node]
        self._pivots, self._follows, self._above = pivots, follows, [0, *parents]

    def _messages(self, right: Floats) -> Floats:
        """Solve the tree's equations for each column of the right side, in place."""
        follows, above = self._follows, self._above
        rows = list(right)
        for node in range(len(rows) - 1, 0, -1):
            rows[above[node]] += follows[node] * rows[node]
        right /= np.asarray(self._pivots)[:, None]
        for node in range(1, len(rows)):
            rows[node] += follows[node] * rows[above[node]]
        return right

    def _alone_variance(self) -> list[float]:
        variance = [1.0 / pivot for pivot in self._pivots]
        for node in range(1, len(variance)):
            variance[node] += self._follows[node] ** 2 * variance[self._above[node]]
        return variance

    def covariance(self, one: int, other: int) -> float:
        across = float(self._shared_part[one] @ self._shared_part[other])
        share = 1.0
        # A child has a higher number than its parent, so the higher of the two is never an ancestor.
        while one != other:
            one, other = max(one, other), min(one, other)
            share *= self._follows[one]
            one = self._above[one]
        return across + share * self._alone[one]

    def deviation(self, rng: Generator) -> tuple[Floats, Floats]:
        columns = self._inverse.T @ rng.standard_normal(len(self.columns))
        drawn = (rng.standard_normal(len(self.mean)) / np.sqrt(self._pivots)).tolist()
        for node in range(1, len(drawn)):
            drawn[node] += self._follows[node] * drawn[self._above[node]]
        return drawn - self._moved @ columns, columns


class FewNodes(Solution):
    """Solves the candidates densely; the columns follow from them one by one."""

    def _solve(self) -> float:
        precision = np.diag(self._own) - (self._links / self._beside) @ self._links.T
        nodes = np.arange(1, len(self._own))
        precision[nodes, self._parents] -= self._edge
        precision[self._parents, nodes] -= self._edge
        lower = np.linalg.cholesky(precision)
        self._inverse = np.linalg.inv(lower)
        self._covariance = self._inverse.T @ self._inverse
        self.mean = self._covariance @ (self._told - self._links @ (self._told_beside / self._beside))
        self.columns = (self._told_beside - self.mean @ self._links) / self._beside
        self.variance = np.diag(self._covariance).copy()
        return float(np.log(self._beside).sum() + 2 * np.log(np.diag(lower)).sum())

    def covariance(self, one: int, other: int) -> float:
        return float(self._covariance[one, other])

    def deviation(self, rng: Generator) -> tuple[Floats, Floats]:
        nodes = self._inverse.T @ rng.standard_normal(len(self.mean))
        alone = rng.standard_normal(len(self.columns)) / np.sqrt(self._beside)
        return nodes, alone - (nodes @ self._links) / self._beside


def solve(evidence: Evidence, variances: Variances) -> Solution:
    """Solve for the candidates and items, whichever are fewer densely.

    Where there are many of both, the items with the fewest scores are taken for a part of the noise: comparisons on
    them are less sharp, and still right.
    """
    n_nodes = len(evidence.parents) + 1
    limit = max(64, isqrt(int(_DENSE / n_nodes)))
    if n_nodes <= min(evidence.n_items, limit):
        return FewNodes(evidence, variances, evidence.n_items)
    return FewColumns(evidence, variances, min(evidence.n_items, limit))


def difference_sd(solution: Solution, one: int, other: int) -> float:
    """The posterior sd of the difference of two nodes, in units of the noise."""
    variance = solution.variance[one] + solution.variance[other] - 2 * solution.covariance(one, other)
    return sqrt(max(0.0, float(variance)))
