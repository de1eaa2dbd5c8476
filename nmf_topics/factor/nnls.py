"""Non-negative least squares for pages on fixed topics: from near the minimum to the minimum itself.

The steps of an update rule come near a minimum and never quite reach it; the few weights that are still between zero
and their value are solved for here. V is not needed: the Gram pair is enough, as for the rules.

Reference: Lawson & Hanson, Solving least squares problems (1974), chapter 23.
"""

from __future__ import annotations

import numpy as np

from nmf_topics.factor.blocks import Array

RIDGE = 1e-10
KKT_TOLERANCE = 1e-13  # of a column's largest A'B


def solve_nnls(X: Array, AtB: Array, AtA: Array) -> Array:
    """Solve min ||B - A X||_F over X >= 0 exactly, each column by itself, from near its minimum.

    Parameters
    ----------
    X : ndarray of shape (r, k), non-negative, where to begin; not modified
    AtB : ndarray of shape (r, k)
    AtA : ndarray of shape (r, r), symmetric, or (k, r, r) where each column has its own A

    Returns
    -------
    ndarray of shape (r, k), non-negative; zero for a dead topic (AtA[i, i] == 0)

    Notes
    -----
    An active-set method. It solves the least squares over the weights that are free to be positive, and goes there as
    far as no weight becomes negative; a weight that reaches zero is held there. When none does, the held weight with
    the steepest slope is set free. A column is done when it satisfies the Kuhn-Tucker conditions to rounding, as most
    columns do at once after the steps of a rule. Each solve minimises ||B - A X||^2 + RIDGE ||X - X_old||^2, so that
    topics that repeat each other, for which the minimum is not unique, move no further than they must.

    References
    ----------
    Lawson & Hanson, Solving least squares problems (1974), chapter 23.

    Examples
    --------
    >>> W, V = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[3.0], [-1.0]])
    >>> solve_nnls(np.ones((2, 1)), W.T @ V, W.T @ W)
    array([[3.],
           [0.]])
    """
    rank = len(X)
    size = np.sqrt(np.diagonal(AtA, axis1=-2, axis2=-1))  # (r,) or (k, r)
    alive = size > 0
    size = np.where(alive, size, 1.0)
    # scaled to topics of length one
    G, B, X = AtA / (size[..., :, None] * size[..., None, :]), AtB.T / size, X.T * size
    X = np.where((rank * X >= _times(X, G) - B) & alive, X, 0.0)  # zero where a gradient step would cross zero
    at_once = max(1, 4_000_000 // rank**2)  # columns at a time: their r x r systems take some 64 MB
    for first in range(0, len(X), at_once):
        part = slice(first, first + at_once)
        X[part] = _active_set(X[part], B[part], G if G.ndim == 2 else G[part])
    return np.ascontiguousarray((X / size).T)


def _times(X: Array, G: Array) -> Array:
    """Each row of X (k, r) times G (r, r), or times its own (k, r, r)."""
    return X @ G if G.ndim == 2 else (X[:, None, :] @ G)[:, 0, :]


def _active_set(X: Array, B: Array, G: Array) -> Array:
    """The loop of `solve_nnls`, for X and B of shape (k, r); the diagonal of G is one, or zero for a dead topic."""
    X = X.copy()
    free = X > 0
    eye = np.eye(X.shape[1])
    bound = KKT_TOLERANCE * np.abs(B).max(axis=1)
    active = np.flatnonzero(np.abs(np.minimum(X, _times(X, G) - B)).max(axis=1) > bound)
    for _ in range(10 + 4 * X.shape[1]):
        if not active.size:
            break
        x, b, f, own = X[active], B[active], free[active], G if G.ndim == 2 else G[active]
        systems = np.where(f[:, :, None] & f[:, None, :], own, 0.0) + np.where(f, RIDGE, 1.0)[:, :, None] * eye
        z = x + np.linalg.solve(systems, np.where(f, b - _times(x, own), 0.0)[:, :, None])[:, :, 0]
        blocked = f & (z <= 0)
        share = np.where(blocked, x / np.where(blocked & (x > z), x - z, 1.0), 1.0)  # how far until a weight is zero
        least = share.min(axis=1, keepdims=True)
        held = blocked & (share <= least)
        f = f & ~held
        x = np.where(f, np.maximum(x + least * (z - x), 0.0), 0.0)
        slope = b - _times(x, own)
        going = held.any(axis=1) | (np.abs(np.where(f, slope, 0.0)).max(axis=1) > bound[active])
        outside = np.where(f, -np.inf, slope)
        enters = outside.argmax(axis=1)
        grows = ~going & (outside.max(axis=1) > bound[active])
        f[grows, enters[grows]] = True
        X[active], free[active] = x, f
        active = active[going | grows]
    return X
