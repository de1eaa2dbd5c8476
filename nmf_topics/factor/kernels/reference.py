"""The kernels in numpy and scipy: what they compute, in a few lines, and what runs where there is no compiled kernel.

These functions have the names, arguments and, to rounding, results of those in `products` and `steps`. H, and every X
that a rule updates, is (r, k): one column for each page.

References: Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001); Cichocki & Phan, Fast local
algorithms for large scale nonnegative matrix and tensor factorizations, IEICE Trans. Fundamentals E92-A (2009) 708-721.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

GATHERED = 4_000_000  # numbers that are gathered at a time, to bound their memory by some 64 MB


def WtV(V: Any, W: Array) -> Array:
    """W'V, shape (r, n)."""
    return np.asarray(V.T @ W).T


def VHt(V: Any, H: Array) -> Array:
    """V H', shape (m, r)."""
    return np.asarray(V @ H.T)


def smallest(dtype: Any) -> float:
    """The smallest number of a type with which arithmetic still has full precision."""
    limits = np.finfo(dtype)
    return float(limits.tiny / limits.eps)


def mu(X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0, steps: int = 1) -> Array:
    """`steps` times  X <- X * (A'B) / (A'A X + l1)."""
    for _ in range(steps):
        denominator = AtA @ X + X.dtype.type(l1)
        moves = denominator > 0
        # X / (A'A X) is at most 1 / diag(A'A); A'B / (A'A X) could overflow where X is small
        result = np.divide(X, denominator, out=np.zeros_like(denominator), where=moves)
        result *= AtB
        np.copyto(result, X, where=~moves)
        result[result < smallest(result.dtype)] = 0.0
        X = result
    return X


def hals(X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0, steps: int = 1) -> Array:
    """`steps` times, row by row,  X_i <- max(0, X_i + (A'B - l1 - A'A X)_i / (A'A)_ii)."""
    X, AtB = np.array(X, order="C"), np.ascontiguousarray(AtB)
    small = smallest(X.dtype)
    for _ in range(steps):
        for i in range(len(X)):
            if AtA[i, i] > small:
                X[i] += (AtB[i] - X.dtype.type(l1) - AtA[i] @ X) / AtA[i, i]
                np.maximum(X[i], 0.0, out=X[i])
    return X


def dot(A: Array, B: Array) -> float:
    """sum(A * B), in 64 bits."""
    return float(np.vdot(A.astype(np.float64, copy=False), B.astype(np.float64, copy=False)))


def ratio(V: Any, W: Array, H: Array) -> Any:
    """V / WH where V > 0 and WH > 0, else zero; sparse where V is."""
    if not sp.issparse(V):
        WH = W @ H
        return np.divide(V, WH, out=np.zeros_like(WH), where=(V > 0) & (WH > 0))
    V = V.tocsc()
    data = np.empty(V.nnz, dtype=H.dtype)
    Ht = np.ascontiguousarray(H.T)
    at_once = max(1, GATHERED // len(H))
    column_of = np.repeat(np.arange(V.shape[1]), np.diff(V.indptr))
    for first in range(0, V.nnz, at_once):
        part = slice(first, first + at_once)
        WH = np.einsum("ij,ij->i", W[V.indices[part]], Ht[column_of[part]])
        data[part] = np.divide(V.data[part], WH, out=np.zeros_like(WH), where=WH > 0)
    return sp.csc_matrix((data, V.indices, V.indptr), shape=V.shape)


def kl_step(V: Any, W: Array, H: Array, *, l1: float | Array = 0.0) -> Array:
    """H * (W' (V / WH)) / (W' 1 + l1); the weights of a topic without terms stay."""
    sums = (W.sum(axis=0) + np.asarray(l1, dtype=W.dtype))[:, None]
    return H * np.divide(WtV(ratio(V, W, H), W), sums, out=np.ones_like(H), where=sums > 0)


def kl(V: Any, W: Array, H: Array, *, l1: float | Array = 0.0) -> tuple[Array, Any, float]:
    """One `kl_step`; the new H, V / WH with it, and sum(V log(V / WH) - V)."""
    H = kl_step(V, W, H, l1=l1)
    R = ratio(V, W, H)
    v, r = (V.data, R.data) if sp.issparse(V) else (V.ravel(), R.ravel())
    seen = (v > 0) & (r > 0)
    cost = float(np.dot(v[seen].astype(np.float64), np.log(r[seen].astype(np.float64)))) - float(
        v.sum(dtype=np.float64)
    )
    return H, R, cost
