"""Proves the objective's Hessian semidefinite, or says that it could not.

HiGHS reports Optimal on some nonconvex quadratic objectives (max x*y with
x + y <= 6 in the box [0, 5] comes back as 0, not 9), so no quadratic objective is
handed to it on trust.
"""

from __future__ import annotations

import numpy as np

from .program import Program
from .universe import Codes, Floats

MAX_BLOCK = 2_000
"""Variables in one connected block beyond which the eigenvalues are not computed."""


def is_convex(program: Program) -> bool:
    """Whether the quadratic objective is proved convex for its sense.

    The Hessian falls apart into connected blocks of variables; each must have a
    smallest eigenvalue >= 0 up to rounding. A block too large to prove is not proved.
    """
    first, second, value = program.objective_terms
    if not len(value):
        return True
    if not np.isfinite(value).all():
        return False
    used, local = np.unique(np.concatenate((first, second)), return_inverse=True)
    i, j = local[: len(first)], local[len(first) :]
    value = -value if program.maximize else value
    block = _blocks(i, j, len(used))
    sizes = np.bincount(block)
    if sizes.max() > MAX_BLOCK:
        return False
    single = sizes[block[i]] == 1
    if (value[single] < 0).any():
        return False
    order = np.argsort(block[i[~single]], kind="stable")
    terms = [part[~single][order] for part in (i, j, value)]
    cuts = np.flatnonzero(np.diff(block[terms[0]])) + 1
    return all(_semidefinite(*part) for part in zip(*(np.split(term, cuts) for term in terms)) if len(part[0]))


def _blocks(i: Codes, j: Codes, n: int) -> Codes:
    """Number of the connected block of each variable."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(i)), (i, j)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _semidefinite(i: Codes, j: Codes, value: Floats) -> bool:
    members, local = np.unique(np.concatenate((i, j)), return_inverse=True)
    a, b = local[: len(i)], local[len(i) :]
    hessian = np.zeros((len(members), len(members)))
    np.add.at(hessian, (a, b), value)
    np.add.at(hessian, (b, a), value)
    diagonal = hessian.diagonal()
    if (diagonal < 0).any() or hessian[diagonal == 0].any():
        return False
    # Scaled to ones on the diagonal, which keeps the signs of the eigenvalues, so that rounding in a
    # large entry hides no negative small one.
    inner = diagonal > 0
    scale = 1 / np.sqrt(diagonal[inner])
    scaled = hessian[np.ix_(inner, inner)] * scale[:, None] * scale[None, :]
    return bool(np.isfinite(scaled).all()) and float(np.linalg.eigvalsh(scaled)[0]) >= -1e-12 * len(members)
