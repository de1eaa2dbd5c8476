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
    ratio = np.divide(AtB, denominator, out=np.ones_like(denominator), where=denominator > 0)
    ratio *= X
    smallest = np.finfo(ratio.dtype)
    ratio[ratio < smallest.tiny / smallest.eps] = 0.0
    return ratio


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
    Cost 2 k r^2 flops. The row of a dead topic (AtA[i, i] == 0) is left as it is.

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
    for i in range(len(X)):
        if AtA[i, i] > 0:
            X[i] += (AtB[i] - AtA[i] @ X) / AtA[i, i]
            np.maximum(X[i], 0.0, out=X[i])
    return X


@dataclass(frozen=True)
class Rule:
    """A step and what it needs, as data.

    Attributes
    ----------
    step : one update of X from the Gram pair
    solve : the step that is repeated to convergence for pages on fixed topics; any rule ends at the same minimum, which
        is the only one, and HALS gets there soonest
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


def kkt_residual(X: Array, AtB: Array, AtA: Array) -> float:
    """How far X is from a minimum of ||B - A X||_F^2 over X >= 0: max |min(X, A'A X - A'B)|, zero at a minimum."""
    return float(np.abs(np.minimum(X, AtA @ X - AtB)).max(initial=0.0))
