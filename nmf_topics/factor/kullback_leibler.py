"""The Kullback-Leibler divergence D = sum(V log(V / WH) - V + WH): its part of `divergence`, and its page solver.

Only entries with V > 0 cost anything: sum(WH) follows from the sums of W and H. Penalties of l1 are added to the
denominators of the updates.

Reference: Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001), theorem 2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor import kernels, steps
from nmf_topics.factor.blocks import Array, column_sums
from nmf_topics.factor.divergence import BlockPass, BoundTerms, Divergence, Pass
from nmf_topics.factor.extrapolation import ROUNDING, extrapolate
from nmf_topics.factor.page_solver import (
    NO_PENALTY,
    Columns,
    newton,
    relative_to,
    repeat_to_convergence,
    weighted_grams,
)
from nmf_topics.factor.penalties import PenaltyUnits
from nmf_topics.factor.rules import Rule

PAGE_MAX_STEPS = 30  # updates for pages on fixed topics, before Newton's method takes over


def scale_columns(columns: Array, sizes: Array) -> Array:
    """Factors that give columns (m, k) these sums (k,)."""
    return sizes / columns.sum(axis=0)


def penalty_units(scale: float, n_pages: int) -> PenaltyUnits:
    """The units of penalties for a V of that sum; see `penalties`. There is no l2."""
    return PenaltyUnits(math.sqrt(scale / n_pages), None)


def update_block(V: Any, H: Array, H_last: Array, W: Array, *, beta: float, certify: bool, l1: float) -> BlockPass:
    """One multiplicative update of H of one block; see `divergence.Divergence`."""
    new, ratios, cost = steps.kl(V, W, H, l1=l1)
    H_sums, W_sums = new.sum(axis=1, dtype=np.float64), W.sum(axis=0, dtype=np.float64)
    bound = None
    if certify:
        row_sums = np.asarray(V.sum(axis=1, dtype=np.float64)).ravel()
        bound = BoundTerms(_gap(H, new, W_sums + l1, column_sums(V)), row_sums, H_sums)
    H_next = extrapolate(new, H_last, beta, keep_positive=True) if beta else None
    return BlockPass(new, H_next, kernels.VHt(ratios, new), H_sums, H_sums, cost + float(W_sums @ H_sums), bound)


def W_gap(W: Array, W_new: Array, found: Pass) -> float:
    """The gap of W (see `_gap`), from its update."""
    assert found.bound is not None
    return _gap(W.T, W_new.T, found.denominator, found.bound.row_sizes)


def _gap(X: Array, new: Array, sums: Array, totals: Array) -> float:
    """Bound the remaining decrease of D over X >= 0 for a fixed other factor; entries of zero are taken to stay zero.

    D is convex in X, so its decrease is at most <G, X - X*>, and the update gives the gradient: G X = sums (X - new).
    At the minimum <G, X*> = 0, so no sums_k x*_k is more than the sum of the column of V.

    Parameters
    ----------
    X, new : ndarrays of shape (r, k), before and after a multiplicative update
    sums : ndarray of shape (r,), the column sums of the other factor, plus the penalty l1
    totals : ndarray of shape (k,), the column sums of V
    """
    growth = np.divide(new, X, out=np.ones_like(X), where=X > 0)
    rises = np.where(sums > 0, np.maximum(growth - 1, 0) @ totals.astype(X.dtype), 0.0).sum()
    return float(rises + sums @ (X.sum(axis=1, dtype=np.float64) - new.sum(axis=1, dtype=np.float64)))


DIVERGENCE = Divergence(update_block, W_gap, exponent=1.0, rounding=ROUNDING)


class _Pages:
    """Pages (m, n) on topics W (m, r), with a penalty l1 (r,): a `page_solver.PageProblem`."""

    def __init__(self, V: Any, W: Array, l1: Array) -> None:
        self.V, self.W, self.l1 = V, W, l1

    def select(self, columns: Columns) -> _Pages:
        return _Pages(self.V[:, columns], self.W, self.l1)

    def derivatives(self, H: Array) -> tuple[Array, Array]:
        R = steps.ratio(self.V, self.W, H)
        slopes = (self.W.sum(axis=0) + self.l1)[:, None] - kernels.WtV(R, self.W)
        return slopes, weighted_grams(steps.ratio(R, self.W, H), self.W)  # of V / (WH)^2

    def losses(self, H: Array) -> Array:
        return page_divergences(self.V, self.W, H) + self.l1 @ H

    def rounding(self) -> Array:
        return 1e-14 * column_sums(self.V)


def page_divergences(V: Any, W: Array, H: Array) -> Array:
    """The divergence of each page, shape (n,); infinite for a page with a term that WH lacks.

    Examples
    --------
    >>> page_divergences(np.array([[1.0], [1.0]]), np.array([[1.0], [2.0]]), np.array([[1.0]])).round(4)
    array([0.3069])
    """
    R = steps.ratio(V, W, H)
    v, r = (V.data, R.data) if sp.issparse(V) else (V, R)
    costs = np.where(r > 0, v * np.log(np.where(r > 0, r, 1.0)), np.where(v > 0, np.inf, 0.0))
    if sp.issparse(V):
        column_of = np.repeat(np.arange(V.shape[1]), np.diff(V.indptr))
        sums = np.bincount(column_of, weights=costs, minlength=V.shape[1])
    else:
        sums = costs.sum(axis=0)
    return np.asarray(sums - column_sums(V) + W.sum(axis=0) @ H)


def solve_pages(V: Any, W: Array, *, rule: Rule, penalty: Array = NO_PENALTY) -> tuple[Array, Array]:
    """H of a block of pages for a fixed W, and the divergence of each page over its sum.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r), float64
    rule : Rule, not used: there is one update for this divergence
    penalty : ndarray of shape (2, r) or (2, 1), l1 and l2 (zero) of each topic

    Returns
    -------
    H : ndarray of shape (r, n), float64
    errors : ndarray of shape (n,); nan for a page of zeros, and for one whose divergence is infinite
    """
    V = V.astype(W.dtype, copy=False)
    totals, W_sums, l1 = column_sums(V), W.sum(axis=0), np.broadcast_to(penalty[0], W.shape[1])

    def step(H: Array, active: Columns) -> Array:
        return steps.kl(V[:, active], W, H, l1=l1)[0]

    size = float(W_sums.sum()) or 1.0
    start = np.tile(totals / size, (len(W_sums), 1))
    H = newton(_Pages(V, W, l1), repeat_to_convergence(start, step, PAGE_MAX_STEPS))
    H = steps.kl(V, W, H, l1=l1)[0]  # weights too small to matter in a page's divergence follow
    return H, relative_to(totals, page_divergences(V, W, H))
