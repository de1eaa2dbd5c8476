"""The products that take nearly all the time of a factorization, compiled where possible.

Every row of a result is computed alone and in one order, and sums over all rows in tiles of fixed size: neither the
number of threads nor how rows were split can be seen in the bytes. Where a matrix has no compiled kernel, the function
of the same name in `reference` does the work.

H, and every X that a rule updates, is (r, k) and lies in memory page by page (Fortran order), so that the weights of a
page, and blocks of pages, are contiguous; W is (m, r) in C order, and W.T is such an X.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nmf_topics.factor.kernels import reference
from nmf_topics.factor.kernels.library import TYPES, Array, compiled, kernel_of, supported
from nmf_topics.factor.kernels.threads import even_bounds, parallel_map, part_count

TILE = 4096  # columns of a factor whose sums are taken at once


class Entries:
    """The arrays of V' in compressed rows, as the kernels take them."""

    def __init__(self, V: Any) -> None:
        self.indptr = np.ascontiguousarray(V.indptr, dtype=np.int64)
        self.indices, self.data = np.ascontiguousarray(V.indices), np.ascontiguousarray(V.data)
        self.pointers = (self.indptr.ctypes.data, self.indices.ctypes.data, self.data.ctypes.data)
        self.V = V

    def pages(self, parts: int) -> list[int]:
        """Bounds that split the pages into that many parts with equally many entries."""
        n, nnz = len(self.indptr) - 1, int(self.indptr[-1])
        inner = [int(np.searchsorted(self.indptr, nnz * i // parts)) for i in range(1, parts)]
        return [0, *inner, n]

    def terms(self, parts: int) -> list[int]:
        """Bounds that split the terms into that many parts with about equally many entries, estimated on a sample."""
        m, nnz = self.V.shape[0], len(self.indices)
        if parts == 1 or not self.V.has_sorted_indices:
            return [0, m]
        sample = np.sort(self.indices[:: max(1, nnz // 8192)])
        inner = [int(sample[len(sample) * i // parts]) + 1 for i in range(1, parts)]
        return [0, *inner, m]


def WtV(V: Any, W: Array) -> Array:
    """W'V, which says how well each topic fits each page; 2 nnz(V) r flops.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r)

    Returns
    -------
    ndarray of shape (r, n), in Fortran order

    Examples
    --------
    >>> WtV(np.array([[3.0], [4.0]]), np.array([[1.0, 0.0], [0.0, 2.0]]))
    array([[3.],
           [8.]])
    """
    if not supported(V, W):
        return np.ascontiguousarray(reference.WtV(V, W).T).T
    W, r = np.ascontiguousarray(W), W.shape[1]
    entries, result = Entries(V), np.empty((V.shape[1], r), dtype=V.dtype)
    kernel = kernel_of("gather", V.dtype)

    def work(first: int, last: int) -> None:
        kernel(first, last, *entries.pointers, W.ctypes.data, r, result.ctypes.data)

    parallel_map(work, entries.pages(part_count(V.nnz * r)))
    return result.T


def VHt(V: Any, H: Array) -> Array:
    """V H', from the same copy of V: the weights of each page are added to the rows of its terms; 2 nnz(V) r flops.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    H : ndarray of shape (r, n)

    Returns
    -------
    ndarray of shape (m, r), in C order

    Examples
    --------
    >>> VHt(np.array([[3.0, 1.0]]), np.array([[1.0, 2.0]]))
    array([[5.]])
    """
    if not supported(V, H):
        return np.ascontiguousarray(reference.VHt(V, H))
    Ht, r = np.ascontiguousarray(H.T), len(H)
    entries, result = Entries(V), np.zeros((V.shape[0], r), dtype=V.dtype)
    kernel = kernel_of("scatter", V.dtype)
    n = V.shape[1]

    def work(low: int, high: int) -> None:
        kernel(0, n, low, high, *entries.pointers, Ht.ctypes.data, r, result.ctypes.data)

    parallel_map(work, entries.terms(part_count(V.nnz * r)))
    return result


def gram(X: Array) -> Array:
    """X X' in 64 bits, as sums over tiles of columns that are added in order.

    Parameters
    ----------
    X : ndarray of shape (r, k)

    Returns
    -------
    ndarray of shape (r, r), float64

    Examples
    --------
    >>> gram(np.array([[1.0, 2.0], [0.0, 3.0]]))
    array([[5., 6.],
           [6., 9.]])
    """
    Xt = np.ascontiguousarray(X.T)
    tiles = [Xt[first : first + TILE] for first in range(0, len(Xt), TILE)]
    parts = part_count(Xt.size * len(X))

    def work(first: int, last: int) -> list[Array]:
        return [tile.T @ tile for tile in tiles[first:last]]

    total = np.zeros((len(X), len(X)))
    for products in parallel_map(work, even_bounds(len(tiles), min(parts, max(1, len(tiles))))):
        for product in products:
            total += product
    return total


def dot(A: Array, B: Array) -> float:
    """sum(A * B) in 64 bits, for two arrays of one shape and order.

    Examples
    --------
    >>> dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    fortran = A.flags.f_contiguous and not A.flags.c_contiguous
    a, b = (np.ascontiguousarray(x.T if fortran else x).reshape(-1) for x in (A, B))
    if not compiled() or a.dtype not in TYPES or b.dtype != a.dtype:
        return reference.dot(a, b)
    return sum_in_tiles(kernel_of("dot", a.dtype), a, b)


def sum_in_tiles(kernel: Callable[..., float], a: Array, b: Array) -> float:
    """The sum of `kernel(n, a, b)` over tiles of fixed size of two flat arrays, added in order."""
    size, step = a.itemsize, 16 * TILE

    def work(first: int, last: int) -> list[float]:
        return [
            kernel(min(step, a.size - at), a.ctypes.data + at * size, b.ctypes.data + at * size)
            for at in range(first * step, min(last * step, a.size), step)
        ]

    tiles = -(-a.size // step)
    parts = parallel_map(work, even_bounds(tiles, min(part_count(a.size), max(1, tiles))))
    return float(sum(found for part in parts for found in part))
