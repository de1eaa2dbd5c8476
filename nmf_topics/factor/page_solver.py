"""Solving for the weights of pages on fixed topics: the parts that all losses share.

An update rule brings every page near its minimum; from there `newton` takes those of a divergence to the minimum itself
(for least squares `solve_nnls` does). Pages do not depend on each other, so each one stops when it has converged.

A loss adds only its own mathematics: see `leastsquares.solve_pages`, `kullback_leibler.solve_pages` and
`beta_divergence.solve_pages`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.factor.blocks import Array
from nmf_topics.factor.nnls import solve_nnls

# A page has converged when no weight moves by more than this share of the page's largest weight.
PAGE_TOLERANCE = 1e-10
CHECK_EVERY = 10
NEWTON_STEPS = 50
SUFFICIENT_DECREASE = 1e-4  # of the decrease that the slope promises, as in Armijo's rule
NO_PENALTY = np.zeros((2, 1))

Columns = NDArray[np.integer[Any]]  # positions of pages


def repeat_to_convergence(H: Array, step: Callable[[Array, Columns], Array], max_steps: int) -> Array:
    """Repeat `step(H[:, active], active)` for each page until its own weights no longer move.

    Parameters
    ----------
    H : ndarray of shape (r, n), where to begin; it is modified. Pages of zeros stay zero
    step : returns the next weights of the given pages
    max_steps : int, steps at most

    Returns
    -------
    ndarray of shape (r, n), the same array
    """
    active = np.flatnonzero(H.any(axis=0))
    for _ in range(max_steps // CHECK_EVERY):
        if not active.size:
            break
        old = current = H[:, active]
        for _ in range(CHECK_EVERY):
            old, current = current, step(current, active)
        H[:, active] = current
        moved = np.abs(current - old).max(axis=0) > PAGE_TOLERANCE * current.max(axis=0)
        active = active[moved]
    return H


class PageProblem(Protocol):
    """Some pages on fixed topics, with the loss (and l1 penalty) of each as a function of its weights h (r,)."""

    def select(self, columns: Columns) -> PageProblem:
        """The problem of some of these pages."""

    def derivatives(self, H: Array) -> tuple[Array, Array]:
        """The slopes (r, n) and Hessians (n, r, r) at H; where a loss is not convex, a positive part of the Hessian."""

    def losses(self, H: Array) -> Array:
        """The loss of each page, shape (n,)."""

    def rounding(self) -> Array:
        """By how much the loss of each page may be wrong, shape (n,)."""


def newton(problem: PageProblem, H: Array) -> Array:
    """From near each page's minimum over h >= 0 to the minimum itself, by projected Newton steps.

    Each step goes to the minimum over h >= 0 of the second-order model, or as far in that direction as the loss
    decreases enough.

    Parameters
    ----------
    problem : PageProblem of n pages
    H : ndarray of shape (r, n), non-negative, not modified

    Returns
    -------
    ndarray of shape (r, n), non-negative

    References
    ----------
    Bertsekas, Projected Newton methods for optimization problems with simple constraints, SIAM Journal on Control and
    Optimization 20 (1982) 221-246.
    """
    H = H.copy()
    active = np.flatnonzero(H.any(axis=0))
    for _ in range(NEWTON_STEPS):
        if not active.size:
            break
        pages, h = problem.select(active), H[:, active]
        slopes, hessians = pages.derivatives(h)
        direction = solve_nnls(h, (hessians @ h.T[:, :, None])[:, :, 0].T - slopes, hessians) - h
        promised = SUFFICIENT_DECREASE * (slopes * direction).sum(axis=0)
        before, rounding = pages.losses(h), pages.rounding()
        share = np.ones(len(active))
        for _ in range(NEWTON_STEPS):
            too_high = pages.losses(h + share * direction) > before + share * promised + rounding
            if not too_high.any():
                break
            share[too_high] /= 2
        H[:, active] = h + share * direction
        active = active[np.abs(share * direction).max(axis=0) > PAGE_TOLERANCE * h.max(axis=0)]
    return H


def weighted_grams(C: Any, W: Array) -> Array:
    """W' diag(c) W for each column c of C.

    Parameters
    ----------
    C : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r)

    Returns
    -------
    ndarray of shape (n, r, r)
    """
    result = np.empty((C.shape[1], W.shape[1], W.shape[1]))
    for j in range(C.shape[1]):
        if sp.issparse(C):
            entries = slice(C.indptr[j], C.indptr[j + 1])
            rows, c = W[C.indices[entries]], C.data[entries]
        else:
            rows, c = W, C[:, j]
        result[j] = (rows * c[:, None]).T @ rows
    return result


def relative_to(sizes: Array, losses: Array) -> Array:
    """The loss of each page over its size; nan for a page of size zero and where the loss is infinite."""
    known = (sizes > 0) & np.isfinite(losses)
    errors = np.full(len(sizes), np.nan)
    errors[known] = np.maximum(losses[known], 0.0) / sizes[known]
    return errors
