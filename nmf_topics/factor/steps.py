"""Update steps: compiled where possible, otherwise by `kernels.reference`.

As in `kernels.products`, rows are split between threads, and each is computed alone and in one order. X is (r, k); a
column is a page, or for W' a term.

References
----------
Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001); Cichocki & Phan, Fast local algorithms
for large scale nonnegative matrix and tensor factorizations, IEICE Trans. Fundamentals E92-A (2009) 708-721.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor import kernels
from nmf_topics.factor.kernels import Array, reference


def _step(name: str, X: Array, AtB: Array, AtA: Array, l1: float, steps: int) -> Array:
    """A step for least squares on the rows of X', which do not depend on each other."""
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
    """Lee and Seung's multiplicative update  X <- X * (A'B) / (A'A X + l1).

    Parameters
    ----------
    X : ndarray of shape (r, k), non-negative, not modified
    AtB : ndarray of shape (r, k), non-negative
    AtA : ndarray of shape (r, r), non-negative, symmetric
    l1 : float >= 0, the weight of sum(X) in 1/2 ||B - A X||_F^2 + l1 sum(X), which is minimised
    steps : int, how many updates to make one after another

    Returns
    -------
    ndarray of shape (r, k), non-negative; the minimised function has not grown, and zeros of X have stayed zeros

    Notes
    -----
    2 k r^2 flops. Where the denominator is zero, the entry is zero itself or belongs to a dead topic, and stays.
    Entries too small for full precision are set to the zero that they tend to: subnormal numbers would slow the
    processor down a hundredfold and change nothing else.

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
    return _step("mu", X, AtB, AtA, l1, steps)


def hals(X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0, steps: int = 1) -> Array:
    """Hierarchical alternating least squares: take each row of X in turn to its non-negative minimum.

    Parameters
    ----------
    X : ndarray of shape (r, k), non-negative, not modified
    AtB : ndarray of shape (r, k)
    AtA : ndarray of shape (r, r), symmetric
    l1, steps : as for `mu`

    Returns
    -------
    ndarray of shape (r, k), non-negative; the minimised function has not grown. Zeros may become positive again

    Notes
    -----
    2 k r^2 flops. The row of a dead topic (AtA[i, i] is zero or too small to divide by) stays as it is.

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
    return _step("hals", X, AtB, AtA, l1, steps)


def kl(V: Any, W: Array, H: Array, *, l1: float | Array = 0.0) -> tuple[Array, Any, float]:
    """One multiplicative update of H for the Kullback-Leibler divergence, and what the update of W needs.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r)
    H : ndarray of shape (r, n)
    l1 : float >= 0, the penalty on the sum of H, or ndarray of shape (r,) with one for each topic

    Returns
    -------
    H : ndarray of shape (r, n), the updated weights
    R : V / WH with the new H where V is not zero; sparse if V is
    cost : float, sum(V log(V / WH) - V) with the new H

    References
    ----------
    Lee & Seung (2001), equation (5).

    Examples
    --------
    >>> H, R, cost = kl(np.array([[4.0], [8.0]]), np.ones((2, 1)), np.ones((1, 1)))
    >>> H, R.ravel()
    (array([[6.]]), array([0.66666667, 1.33333333]))
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
    """V / WH where V and WH are not zero, otherwise zero; sparse if V is.

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
    """A matrix with these entries in the places of V's."""
    R = sp.csc_matrix((entries, V.indices, V.indptr), shape=V.shape)
    R.has_sorted_indices = V.has_sorted_indices  # known already: no need to check again
    return R
