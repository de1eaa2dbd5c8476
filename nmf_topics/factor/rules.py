"""Update rules: one step towards  min_{X >= 0} ||B - A X||_F^2.

Each rule sees only the Gram pair AtB = A'B (r, k) and AtA = A'A (r, r), so it serves H (A = W, B = V) and, transposed,
W (A = H', B = V'). Rules know nothing of pages, terms, files or engines. A new rule is one function and one entry in
`RULES`.

References: Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001), theorem 1;
Gillis & Glineur, Accelerated multiplicative updates and hierarchical ALS algorithms for nonnegative matrix
factorization, Neural Computation 24 (2012) 1085-1105 (several steps for one product with V);
Cichocki & Phan, Fast local algorithms for large scale nonnegative matrix and tensor factorizations,
IEICE Trans. Fundamentals E92-A (2009) 708-721 (HALS);
Ang & Gillis, Accelerating nonnegative matrix factorization algorithms using extrapolation, Neural Computation 31 (2019)
417-439 (between the steps, in `leastsquares`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nmf_topics.factor import steps as update_steps
from nmf_topics.factor.blocks import Array

Step = Callable[..., Array]


def mu(X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0, steps: int = 1) -> Array:
    """Lee and Seung's multiplicative update  X <- X * (A'B) / (A'A X).

    Parameters
    ----------
    X : ndarray of shape (r, k), non-negative, not modified
    AtB : ndarray of shape (r, k), non-negative
    AtA : ndarray of shape (r, r), non-negative, symmetric
    l1 : float >= 0, weight of the sum of X in what is minimised, 1/2 ||B - A X||_F^2 + l1 sum(X)
    steps : int, so many updates one after another

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
    return update_steps.mu(X, AtB, AtA, l1=l1, steps=steps)


def hals(X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0, steps: int = 1) -> Array:
    """Hierarchical alternating least squares: each row of X in turn to its exact non-negative minimum.

    Parameters
    ----------
    X : ndarray of shape (r, k), non-negative, not modified
    AtB : ndarray of shape (r, k)
    AtA : ndarray of shape (r, r), symmetric
    l1, steps : as for `mu`

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
    return update_steps.hals(X, AtB, AtA, l1=l1, steps=steps)


@dataclass(frozen=True)
class Rule:
    """A step and what it needs, as data.

    Attributes
    ----------
    step : one update of X from the Gram pair
    solve : the step that is repeated for pages on fixed topics, before `solve_nnls` takes them to the minimum itself
    inner_steps : steps taken for one product with V, the costly part (for the divergence always one, which needs V)
    multiplicative : whether zeros of the start would stay zeros for ever
    extrapolated : whether iterations begin further on the way that the last ones went
    summary : for help texts
    """

    step: Step
    solve: Step
    inner_steps: int
    multiplicative: bool
    extrapolated: bool
    summary: str

    def update(self, X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0) -> Array:
        """All inner steps, one after another."""
        return self.step(X, AtB, AtA, l1=l1, steps=self.inner_steps)


RULES: dict[str, Rule] = {
    "mu": Rule(mu, mu, 1, True, False, "Lee and Seung's multiplicative updates, to the letter"),
    "amu": Rule(mu, hals, 3, True, False, "the same updates, three for each pass over V"),
    "hals": Rule(hals, hals, 1, False, False, "hierarchical alternating least squares"),
    "emu": Rule(mu, hals, 3, True, True, "amu with extrapolation, taken back where the error would grow"),
    "ehals": Rule(hals, hals, 1, False, True, "hals with extrapolation, in the same way"),
}


def kkt_residual(X: Array, AtB: Array, AtA: Array) -> float:
    """How far X is from a minimum of ||B - A X||_F^2 over X >= 0: max |min(X, A'A X - A'B)|, zero at a minimum."""
    return float(np.abs(np.minimum(X, AtA @ X - AtB)).max(initial=0.0))
