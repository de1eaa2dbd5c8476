"""The beta divergence of V from Y = WH, a family that joins least squares, Kullback-Leibler and Itakura-Saito.

    D = sum( v^b / (b (b - 1)) + y^b / b - v y^(b - 1) / (b - 1) )      for 0 < b < 2, b not 1
    D = sum( v / y - log(v / y) - 1 )                                   for b = 0, Itakura-Saito

b is called `power` here (beta in the literature). With b = 2 it is least squares, with b = 1 Kullback-Leibler, which
have modules of their own that are far faster: this one forms Y, a part of the pages at a time, as every entry costs
something, zeros of V too. Small b cares for the ratio of v to y, large b for their difference. Itakura-Saito needs
v > 0 everywhere.

The multiplicative updates decrease D, with an l1 penalty too, if their ratio is raised to the exponent 1 / (2 - b)
where b < 1. For 1 <= b <= 2 the divergence is convex in W and in H, which gives a certificate (see `_gap`).

References
----------
Févotte & Idier, Algorithms for nonnegative matrix factorization with the beta-divergence, Neural Computation 23 (2011)
2421-2456 (updates and their exponent); Tan & Févotte, Automatic relevance determination in nonnegative matrix
factorization with the beta-divergence, IEEE Transactions on Pattern Analysis and Machine Intelligence 35 (2013)
1592-1605 (penalties).
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, pages_of
from nmf_topics.factor.divergence import BlockPass, BoundTerms, Divergence, Pass, multiplied
from nmf_topics.factor.extrapolation import extrapolate
from nmf_topics.factor.page_solver import (
    NO_PENALTY,
    Columns,
    newton,
    relative_to,
    repeat_to_convergence,
)
from nmf_topics.factor.penalties import PenaltyUnits
from nmf_topics.factor.rules import Rule

PAGE_MAX_STEPS = 30  # updates for pages on fixed topics, before Newton's method takes over
DENSE_ENTRIES = 2_000_000  # entries of Y that are formed at a time, 16 MB a thread
FLATTEST = 1e-9  # of the largest y of a page, below which y counts as so large in second derivatives
CHUNKS_AT_ONCE = 8  # parts of the pages whose products are held until they are summed up
ROUNDING = 32.0  # machine epsilons of the size of V by which a divergence may be wrong


def exponent(power: float) -> float:
    """The exponent with which a multiplicative update decreases the divergence; Févotte & Idier (2011), section 4.1.

    Examples
    --------
    >>> exponent(0.0), exponent(1.5)
    (0.5, 1.0)
    """
    return 1 / (2 - power) if power < 1 else 1.0


def pages_at_once(n_terms: int) -> int:
    """Of how many pages Y is formed at a time."""
    return max(1, DENSE_ENTRIES // n_terms)


# ------------------------------------------------------------------------------------------- sizes of V


def _powers(values: Array, power: float) -> Array:
    """v^power in 64 bits, zero where v is zero."""
    values = values.astype(np.float64)
    return np.power(values, power, out=np.zeros_like(values), where=values > 0)


def _sum_of_powers(V: Any, power: float) -> float:
    return float(_powers(V.data if sp.issparse(V) else V, power).sum())


def size(V: PageBlocks, *, power: float) -> float:
    """The sum of v^power over the positive entries of V, in one pass."""
    return sum(part for _, part in V.map(partial(_sum_of_powers, power=power)))


def page_sizes(V: Any, *, power: float) -> Array:
    """The sum of v^power over each column of a matrix, dense or CSC; shape (n,), float64."""
    return _sizes(V, power, axis=0)


def _sizes(V: Any, power: float, *, axis: int) -> Array:
    powers = sp.csc_matrix((_powers(V.data, power), V.indices, V.indptr), V.shape) if sp.issparse(V) else None
    return np.asarray((_powers(V, power) if powers is None else powers).sum(axis=axis)).ravel()


def scale_columns(columns: Array, sizes: Array, *, power: float) -> Array:
    """Factors that give columns (m, k) these sums of powers (k,)."""
    return np.asarray((sizes / page_sizes(columns, power=power)) ** (1 / power))


def penalty_units(scale: float, n_pages: int, *, power: float) -> PenaltyUnits:
    """The units of penalties for a V of that `size`; see `penalties`. Itakura-Saito, without a unit, has none."""
    return PenaltyUnits((scale / n_pages) ** (1 - 0.5 / power) if power > 0 else None, None)


# ------------------------------------------------------------------------------------------- the iteration


class _Terms(NamedTuple):
    """V y^(b - 2), in the form of V; y^(b - 1), dense; and Y itself, dense; all three are zero where Y is."""

    toward_V: Any
    toward_zero: Array
    Y: Array


def _terms(V: Any, W: Array, H: Array, power: float) -> _Terms:
    """The two matrices whose products with W or H are the numerator and the denominator of an update.

    Where y is zero, both are: the update of a weight that is not zero does not depend on such an entry.
    """
    Y = W @ H
    zero = Y <= 0
    np.maximum(Y, np.finfo(Y.dtype).tiny ** 0.47, out=Y)  # y^(b - 2) of smaller numbers could overflow
    toward_zero = Y ** (power - 1)
    if zero.any():
        toward_zero[zero] = 0.0
    if sp.issparse(V):
        column_of = np.repeat(np.arange(V.shape[1]), np.diff(V.indptr))
        quotients = V.data * toward_zero[V.indices, column_of] / Y[V.indices, column_of]
        toward_V: Any = sp.csc_matrix((quotients, V.indices, V.indptr), shape=V.shape)
        toward_V.has_sorted_indices = V.has_sorted_indices
    else:
        toward_V = V * toward_zero / Y
    if zero.any():
        Y[zero] = 0.0
    return _Terms(toward_V, toward_zero, Y)


def _update(V: Any, W: Array, H: Array, l1: float | Array, power: float) -> tuple[Array, Array, Array]:
    """One multiplicative update of H; the new H, the numerator, and the denominator with the penalty, all (r, n)."""
    terms = _terms(V, W, H, power)
    numerator, denominator = kernels.WtV(terms.toward_V, W), W.T @ terms.toward_zero
    denominator += np.asarray(l1, dtype=W.dtype).reshape(-1, 1)
    return multiplied(H, numerator, denominator, exponent(power)), numerator, denominator


class _ChunkPass(NamedTuple):
    """What the update of some pages returns: the new H, the two products for W, the divergence and the gap of H."""

    H: Array
    numerator: Array
    denominator: Array
    divergence: float
    gap: float


def update_block(
    V: Any, H: Array, H_last: Array, W: Array, *, beta: float, certify: bool, l1: float, power: float
) -> BlockPass:
    """One multiplicative update of H of one block; see `divergence.Divergence`."""
    V = V.toarray() if sp.issparse(V) and power == 0 else V  # no entry is zero
    W_norms = _norms(W, power) if certify else None

    def work(first: int, last: int) -> _ChunkPass:
        part, h = pages_of(V, slice(first, last)), H[:, first:last]
        new, numerator, denominator = _update(part, W, h, l1, power)
        gap = 0.0 if W_norms is None else _gap(h, numerator, denominator, page_sizes(part, power=power), W_norms, power)
        terms = _terms(part, W, new, power)
        numerator, denominator = kernels.VHt(terms.toward_V, new), terms.toward_zero @ new.T
        if power == 0:
            cost = _itakura_saito(part, terms.Y).sum()
        else:  # sum(y^b) is <denominator, W>, and sum(v y^(b - 1)) is <numerator, W>
            cost = _sum_of_powers(part, power) / (power * (power - 1))
            cost += kernels.dot(denominator, W) / power - kernels.dot(numerator, W) / (power - 1)
        return _ChunkPass(new, numerator, denominator, float(cost), gap)

    new = np.empty_like(H, order="F")
    numerator, denominator, cost, gap = np.zeros(W.shape), np.zeros(W.shape), 0.0, 0.0
    bounds = _chunk_bounds(V)
    for at in range(0, len(bounds) - 1, CHUNKS_AT_ONCE):
        some = bounds[at : at + CHUNKS_AT_ONCE + 1]
        for (first, last), found in zip(pairwise(some), kernels.parallel_map_dynamic(work, some), strict=True):
            new[:, first:last] = found.H
            numerator += found.numerator
            denominator += found.denominator
            cost += found.divergence
            gap += found.gap
    H_next = extrapolate(new, H_last, beta, keep_positive=True) if beta else None
    bound = BoundTerms(gap, _sizes(V, power, axis=1), _powers(new, power).sum(axis=1)) if certify else None
    H_sums = new.sum(axis=1, dtype=np.float64)
    return BlockPass(new, H_next, numerator.astype(W.dtype), denominator, H_sums, cost, bound)


def _chunk_bounds(V: Any) -> list[int]:
    """Bounds of pages of which Y is formed together; they depend on the shape of V alone."""
    return [*range(0, V.shape[1], pages_at_once(V.shape[0])), V.shape[1]]


def _itakura_saito(V: Array, Y: Array) -> Array:
    """v / y - log(v / y) - 1 of each entry, in 64 bits; infinite where one of the two is zero."""
    positive = (V > 0) & (Y > 0)
    ratio = np.divide(V, Y, out=np.ones(V.shape), where=positive)
    return np.where(positive, ratio - np.log(ratio) - 1, np.inf)


def _norms(X: Array, power: float) -> Array:
    """(sum of x^power)^(1 / power) of each column of X (k, r); shape (r,)."""
    return np.asarray(page_sizes(X, power=power) ** (1 / power))


def _gap(X: Array, numerator: Array, denominator: Array, sizes: Array, norms: Array, power: float) -> float:
    """Bound the remaining decrease of D over X >= 0 for a fixed other factor A, for 1 <= power <= 2.

    D is convex in X, so its decrease is at most <G, X - X*> with the gradient G = denominator - numerator. At the
    minimum <G, X*> = 0, that is sum(y^b) <= sum(v y^(b - 1)), and by Hoelder's inequality ||y||_b <= ||v||_b. All
    entries being non-negative, x*_k a_k <= y, so x*_k <= ||v||_b / ||a_k||_b.

    Parameters
    ----------
    X, numerator, denominator : ndarrays of shape (r, k), of the update of X
    sizes : ndarray of shape (k,), sum(v^b) of each column of V
    norms : ndarray of shape (r,), ||a_k||_b of each column of A
    """
    G = denominator.astype(np.float64) - numerator
    alive = norms > 0
    most = sizes ** (1 / power) / np.where(alive, norms, 1.0)[:, None]
    return float((G * X).sum() + (np.maximum(-G, 0) * most)[alive].sum())


def W_gap(W: Array, W_new: Array, found: Pass, *, power: float) -> float:
    """The gap of W (see `_gap`)."""
    assert found.bound is not None
    norms = found.bound.H_sizes ** (1 / power)
    return _gap(W.T, found.numerator.T, found.denominator.T, found.bound.row_sizes, norms, power)


def divergence(power: float) -> Divergence:
    """The part of `divergence.sweep` for this power."""
    convex = power >= 1
    return Divergence(
        partial(update_block, power=power), partial(W_gap, power=power) if convex else None, exponent(power), ROUNDING
    )


# ------------------------------------------------------------------------------------------- pages on fixed topics


class _Pages:
    """Pages (m, n) on topics W (m, r), with a penalty l1 (r,): a `page_solver.PageProblem`."""

    def __init__(self, V: Any, W: Array, l1: Array, power: float) -> None:
        self.V, self.W, self.l1, self.power = V, W, l1, power

    def select(self, columns: Columns) -> _Pages:
        return _Pages(self.V[:, columns], self.W, self.l1, self.power)

    def derivatives(self, H: Array) -> tuple[Array, Array]:
        b = self.power
        terms = _terms(self.V, self.W, H, b)
        slopes = self.W.T @ terms.toward_zero + self.l1[:, None] - kernels.WtV(terms.toward_V, self.W)
        toward_V = terms.toward_V.toarray() if sp.issparse(terms.toward_V) else terms.toward_V
        # the curvature of a tiny y is so large that a weight which has to grow from there would hardly move
        Y = np.maximum(terms.Y, FLATTEST * terms.Y.max(axis=0) + np.finfo(terms.Y.dtype).tiny)
        curvature = ((2 - b) * toward_V + max(b - 1, 0.0) * terms.toward_zero) / Y
        hessians = np.empty((H.shape[1], len(H), len(H)))
        for k in range(len(H)):
            hessians[:, k] = curvature.T @ (self.W * self.W[:, [k]])
        return slopes, hessians

    def losses(self, H: Array) -> Array:
        return page_divergences(self.V, self.W, H, power=self.power) + self.l1 @ H

    def rounding(self) -> Array:
        return 1e-14 * page_sizes(self.V, power=self.power)


def page_divergences(V: Any, W: Array, H: Array, *, power: float) -> Array:
    """The divergence of each page, shape (n,); for power < 1 infinite for a page with a term that WH lacks.

    Examples
    --------
    >>> page_divergences(np.array([[1.0], [1.0]]), np.array([[1.0], [2.0]]), np.array([[1.0]]), power=0.0).round(4)
    array([0.1931])
    """
    V = V.toarray() if sp.issparse(V) else V
    if power == 0:
        return np.asarray(_itakura_saito(V, W @ H).sum(axis=0))
    terms = _terms(V, W, H, power)
    costs = terms.toward_zero * terms.Y / power - V * terms.toward_zero / (power - 1)
    if power < 1:
        costs[(V > 0) & (terms.Y <= 0)] = np.inf
    return np.asarray(page_sizes(V, power=power) / (power * (power - 1)) + costs.sum(axis=0))


def solve_pages(V: Any, W: Array, *, rule: Rule, penalty: Array = NO_PENALTY, power: float) -> tuple[Array, Array]:
    """H of a block of pages for a fixed W, and the divergence of each page over its size.

    For power < 1 the divergence is not convex, and the weights are those of a local minimum, the same one for a page
    whatever pages come with it.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r), float64
    rule : Rule, not used: there is one update for this divergence
    penalty : ndarray of shape (2, r) or (2, 1), l1 and l2 (zero) of each topic
    power : float, 0 <= power < 2

    Returns
    -------
    H : ndarray of shape (r, n), float64
    errors : ndarray of shape (n,); nan for a page of zeros, and for one whose divergence is infinite
    """
    V = V.astype(W.dtype, copy=False)
    l1 = np.broadcast_to(penalty[0], W.shape[1])

    def step(H: Array, active: Columns) -> Array:
        return _update(V[:, active], W, H, l1, power)[0]

    size = float(W.sum()) or 1.0
    start = np.tile(np.asarray(V.sum(axis=0)).ravel() / size, (W.shape[1], 1))
    H = newton(_Pages(V, W, l1, power), repeat_to_convergence(start, step, PAGE_MAX_STEPS))
    H = _update(V, W, H, l1, power)[0]  # weights too small to matter in a page's divergence follow
    return H, relative_to(page_sizes(V, power=power), page_divergences(V, W, H, power=power))
