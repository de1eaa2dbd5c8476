"""Update rules: one step towards  min_{X >= 0} ||B - A X||_F^2.

Each rule sees only the Gram pair AtB = A'B (r, k) and AtA = A'A (r, r), so it serves H (A = W, B = V) and, transposed,
W (A = H', B = V'). Rules know nothing of pages, terms, files or engines. A new rule is one function and one entry in
`RULES`.

References: Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001), theorem 1;
Gillis & Glineur, Accelerated multiplicative updates and hierarchical ALS algorithms for nonnegative matrix
factorization, Neural Computation 24 (2012) 1085-1105 (several steps for one product with V);
Cichocki & Phan, Fast local algorithms for large scale nonnegative matrix and tensor factorizations,
IEICE Trans. Fundamentals E92-A (2009) 708-721 (HALS).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nmf_topics.factor.blocks import Array

Step = Callable[[Array, Array, Array], Array]


def mu(X: Array, AtB: Array, AtA: Array) -> Array:
    """Lee and Seung's multiplicative update  X <- X * (A'B) / (A'A X).

    Parameters
    ----------
    X : ndarray of shape (r, k), non-negative, not modified
    AtB : ndarray of shape (r, k), non-negative
    AtA : ndarray of shape (r, r), non-negative, symmetric

    Returns
    -------
    ndarray of shape (r, k), non-negative; ||B - A X||_F has not grown, and zeros of X are zeros still.

    Notes
    -----
    Cost 2 k r^2 flops. Where the denominator is zero there is nothing to divide: the entry is zero itself or belongs
    to a dead topic, and stays. Entries too small for exact arithmetic are set to the zero they tend to; left alone,
    they would slow the machine down a hundredfold (subnormal numbers) and change nothing else.

    References
    ----------
    Lee & Seung (2001), equation (4).

    Examples
    --------
    >>> W, V = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0], [4.0]])
    >>> mu(np.ones((2, 1)), W.T @ V, W.T @ W)
    array([[3.],
           [2.]])
    """
    denominator = AtA @ X
    moves = denominator > 0
    # X / (A'A X) is at most 1 / diag(A'A); A'B / (A'A X) could overflow where X is small
    result = np.divide(X, denominator, out=np.zeros_like(denominator), where=moves)
    result *= AtB
    np.copyto(result, X, where=~moves)
    result[result < _smallest(result)] = 0.0
    return result


def _smallest(X: Array) -> float:
    """The smallest number whose arithmetic is still exact."""
    limits = np.finfo(X.dtype)
    return float(limits.tiny / limits.eps)


def hals(X: Array, AtB: Array, AtA: Array) -> Array:
    """Hierarchical alternating least squares: each row of X in turn to its exact non-negative minimum.

    Parameters
    ----------
    X : ndarray of shape (r, k), non-negative, not modified
    AtB : ndarray of shape (r, k)
    AtA : ndarray of shape (r, r), symmetric

    Returns
    -------
    ndarray of shape (r, k), non-negative; ||B - A X||_F has not grown. Zeros may become positive again.

    Notes
    -----
    Cost 2 k r^2 flops. The row of a dead topic (AtA[i, i] zero or too small to divide by) is left as it is.

    References
    ----------
    Cichocki & Phan (2009), algorithm FAST-HALS.

    Examples
    --------
    >>> W, V = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0], [4.0]])
    >>> hals(np.ones((2, 1)), W.T @ V, W.T @ W)
    array([[3.],
           [2.]])
    """
    X = np.array(X, order="C")
    smallest = _smallest(X)
    for i in range(len(X)):
        if AtA[i, i] > smallest:
            X[i] += (AtB[i] - AtA[i] @ X) / AtA[i, i]
            np.maximum(X[i], 0.0, out=X[i])
    return X


@dataclass(frozen=True)
class Rule:
    """A step and what it needs, as data.

    Attributes
    ----------
    step : one update of X from the Gram pair
    solve : the step that is repeated for pages on fixed topics, before `finish` takes them to the minimum itself
    inner_steps : steps taken for one product with V, the costly part
    positive_start : whether zeros of the start would stay zeros for ever
    summary : for help texts
    """

    step: Step
    solve: Step
    inner_steps: int
    positive_start: bool
    summary: str

    def update(self, X: Array, AtB: Array, AtA: Array) -> Array:
        """All inner steps, one after another."""
        for _ in range(self.inner_steps):
            X = self.step(X, AtB, AtA)
        return X


RULES: dict[str, Rule] = {
    "mu": Rule(mu, mu, 1, True, "Lee and Seung's multiplicative updates, to the letter"),
    "amu": Rule(mu, hals, 3, True, "the same updates, three for each pass over V"),
    "hals": Rule(hals, hals, 1, False, "hierarchical alternating least squares"),
}


def finish(X: Array, AtB: Array, AtA: Array) -> Array:
    """From near the minimum of ||B - A X||_F over X >= 0 to the minimum itself, each column by itself.

    Parameters
    ----------
    X : ndarray of shape (r, k), non-negative, not modified
    AtB : ndarray of shape (r, k)
    AtA : ndarray of shape (r, r), symmetric, or (k, r, r) where each column has an A of its own

    Returns
    -------
    ndarray of shape (r, k), non-negative; zero for a dead topic (AtA[i, i] == 0).

    Notes
    -----
    An active-set method: the least squares over the weights that are free to be positive, cut short at the first that
    becomes zero, which is then held there; and when none does, the held weight that wants most to grow is set free.
    A column is done when it satisfies the Kuhn-Tucker conditions to rounding, which most do that the steps have brought
    there. Each solve minimises ||B - A X||^2 + RIDGE ||X - X_old||^2, so that topics that repeat each other, whose
    minimum is not the only one, move no further than they must.

    References
    ----------
    Lawson & Hanson, Solving least squares problems (1974), chapter 23.

    Examples
    --------
    >>> W, V = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[3.0], [-1.0]])
    >>> finish(np.ones((2, 1)), W.T @ V, W.T @ W)
    array([[3.],
           [0.]])
    """
    rank = len(X)
    size = np.sqrt(np.diagonal(AtA, axis1=-2, axis2=-1))  # (r,) or (k, r)
    alive = size > 0
    size = np.where(alive, size, 1.0)
    G, B, X = AtA / (size[..., :, None] * size[..., None, :]), AtB.T / size, X.T * size  # topics of length one
    X = np.where((rank * X >= _times(X, G) - B) & alive, X, 0.0)  # zero where a gradient step would cross it
    at_once = max(1, 4_000_000 // rank**2)  # columns, so that their r x r systems stay within some 64 MB
    for first in range(0, len(X), at_once):
        part = slice(first, first + at_once)
        X[part] = _active_set(X[part], B[part], G if G.ndim == 2 else G[part])
    return np.ascontiguousarray((X / size).T)


RIDGE = 1e-10
KKT_TOLERANCE = 1e-13  # of a column's largest A'B


def _times(X: Array, G: Array) -> Array:
    """Each row of X (k, r) times the one G (r, r), or its own (k, r, r)."""
    return X @ G if G.ndim == 2 else (X[:, None, :] @ G)[:, 0, :]


def _active_set(X: Array, B: Array, G: Array) -> Array:
    """The loop of `finish` over the rows of X and B (k, r); the diagonal of G is one, or zero for a dead topic."""
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
        share = np.where(blocked, x / np.where(blocked & (x > z), x - z, 1.0), 1.0)  # of the way, up to zero
        least = share.min(axis=1, keepdims=True)
        held = blocked & (share <= least)
        f = f & ~held
        x = np.where(f, np.maximum(x + least * (z - x), 0.0), 0.0)
        wish = b - _times(x, own)
        going = held.any(axis=1) | (np.abs(np.where(f, wish, 0.0)).max(axis=1) > bound[active])
        outside = np.where(f, -np.inf, wish)
        enters = outside.argmax(axis=1)
        grows = ~going & (outside.max(axis=1) > bound[active])
        f[grows, enters[grows]] = True
        X[active], free[active] = x, f
        active = active[going | grows]
    return X


def kkt_residual(X: Array, AtB: Array, AtA: Array) -> float:
    """How far X is from a minimum of ||B - A X||_F^2 over X >= 0: max |min(X, A'A X - A'B)|, zero at a minimum."""
    return float(np.abs(np.minimum(X, AtA @ X - AtB)).max(initial=0.0))
