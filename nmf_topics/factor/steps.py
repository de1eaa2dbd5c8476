"""Steps of rules: compiled where that could be done, else `reference`.

As in `kernels`, rows are shared out between threads and each is computed alone and in one order. X is (r, k), a column
a page (or, of W', a term).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor import kernels
from nmf_topics.factor.kernels import Array, reference


def _step(name: str, X: Array, AtB: Array, AtA: Array, l1: float, steps: int) -> Array:
    """A rule of least squares on the rows of X', which do not know of each other."""
    fall_back = getattr(reference, name)
    if not kernels.compiled() or X.dtype not in kernels.TYPES or AtB.dtype != X.dtype or not X.size:
        return np.asarray(fall_back(X, AtB, AtA.astype(X.dtype, copy=False), l1=l1, steps=steps))
    Xt, P, G = np.ascontiguousarray(X.T), np.ascontiguousarray(AtB.T), np.ascontiguousarray(AtA, dtype=X.dtype)
    rows, r = Xt.shape
    result, kernel, small = np.empty_like(Xt), kernels.kernel_of(name, X.dtype), reference.smallest(X.dtype)

    def work(first: int, last: int) -> int:
        at = first * r * Xt.itemsize
        start, products, out = (array.ctypes.data + at for array in (Xt, P, result))
        return int(kernel(last - first, r, start, products, G.ctypes.data, l1, steps, small, out))

    if any(kernels.parallel_map(work, kernels.even_bounds(rows, kernels.part_count(rows * r * r * steps)))):
        raise MemoryError("no memory for a tile of a factor")
    return result.T


def mu(X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0, steps: int = 1) -> Array:
    """`steps` multiplicative updates  X <- X * (A'B) / (A'A X + l1); see `rules.mu`."""
    return _step("mu", X, AtB, AtA, l1, steps)


def hals(X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0, steps: int = 1) -> Array:
    """`steps` times each topic in turn to its non-negative minimum; see `rules.hals`."""
    return _step("hals", X, AtB, AtA, l1, steps)


def kl(V: Any, W: Array, H: Array, *, l1: float | Array = 0.0) -> tuple[Array, Any, float]:
    """One multiplicative step on H for the Kullback-Leibler divergence, and what W needs of it.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r)
    H : ndarray of shape (r, n)
    l1 : float >= 0, weight of the sum of H beside the divergence, or ndarray of shape (r,), of each topic's

    Returns
    -------
    H : ndarray of shape (r, n), Lee and Seung's (2001) equation (5)
    R : V / WH with the new H, where V is not zero; sparse where V is
    cost : sum(V log(V / WH) - V) with the new H
    """
    if not kernels.supported(V, W, H):
        H, R, cost = reference.kl(V, W, H, l1=l1)
        return np.asfortranarray(H), R, cost
    W, Ht, r, n = np.ascontiguousarray(W), np.ascontiguousarray(H.T), len(H), V.shape[1]
    entries, fresh = kernels.Entries(V), np.empty((n, r), dtype=V.dtype)
    quotients, sums = np.empty(V.nnz, dtype=V.dtype), W.sum(axis=0) + np.asarray(l1, dtype=W.dtype)
    kernel = kernels.kernel_of("kl", V.dtype)

    def work(first: int, last: int) -> None:
        arrays = (sums, Ht, fresh, quotients)
        kernel(first, last, *entries.pointers, W.ctypes.data, r, *(array.ctypes.data for array in arrays))

    kernels.parallel_map(work, entries.pages(kernels.part_count(4 * V.nnz * r)))
    R = _like(V, quotients)
    return fresh.T, R, kernels.sum_in_tiles(kernels.kernel_of("cost", V.dtype), entries.data, quotients)


def ratio(V: Any, W: Array, H: Array) -> Any:
    """V / WH where V and WH are not zero, else zero; sparse where V is.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r)
    H : ndarray of shape (r, n)
    """
    if not kernels.supported(V, W, H):
        return reference.ratio(V, W, H)
    W, Ht, r = np.ascontiguousarray(W), np.ascontiguousarray(H.T), len(H)
    entries, quotients = kernels.Entries(V), np.empty(V.nnz, dtype=V.dtype)
    kernel = kernels.kernel_of("ratio", V.dtype)

    def work(first: int, last: int) -> None:
        kernel(first, last, *entries.pointers, W.ctypes.data, r, Ht.ctypes.data, quotients.ctypes.data)

    kernels.parallel_map(work, entries.pages(kernels.part_count(V.nnz * r)))
    return _like(V, quotients)


def _like(V: Any, entries: Array) -> Any:
    """A matrix with these entries where V has its own."""
    R = sp.csc_matrix((entries, V.indices, V.indptr), shape=V.shape)
    R.has_sorted_indices = V.has_sorted_indices  # known already, and not looked up again
    return R
