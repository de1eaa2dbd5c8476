"""The two other factorizations that the article compares: vector quantization and principal components.

Both factor V ~ W H under other constraints. Vector quantization: each column of H is a single 1, so the columns of W
are prototypes, the means of their pages. Principal components: the columns of W are orthonormal and the rows of H
orthogonal, with entries of both signs.

Reference: Lee & Seung, Learning the parts of objects by non-negative matrix factorization, Nature 401 (1999) 788-791.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError, Remedy
from nmf_topics.factor.blocks import Array, as_blocks, sum_of_squares
from nmf_topics.factor.init import truncated_svd
from nmf_topics.factor.kernels import one_blas_thread

DENSE_LIMIT = 2 * 2**30  # bytes; scipy's k-means needs V dense


def vector_quantization(V: Any, rank: int, *, seed: int = 0) -> tuple[Array, Array]:
    """Find prototypes by k-means of the columns of V (scipy's, initialized by k-means++).

    Parameters
    ----------
    V : ndarray or scipy sparse matrix of shape (m, n)
    rank : int from 1 to n, number of prototypes
    seed : int, random seed

    Returns
    -------
    W : ndarray of shape (m, rank), prototypes; zero for a prototype that is nearest to no page
    H : ndarray of shape (rank, n), each column a single 1

    Raises
    ------
    MatrixError
        if V cannot be factored or is too large to be made dense, or the rank is below 1 or above n.

    Examples
    --------
    >>> W, H = vector_quantization(np.array([[1.0, 1.0, 5.0], [0.0, 0.0, 5.0]]), 2)
    >>> np.allclose(W @ H, [[1.0, 1.0, 5.0], [0.0, 0.0, 5.0]])
    True
    """
    from scipy.cluster.vq import kmeans2

    m, n = as_blocks(V).shape
    if not 1 <= rank <= n:
        raise MatrixError(f"{n} pages cannot have {rank} prototypes; choose a rank from 1 to {n}")
    if sp.issparse(V) and 8 * m * n > DENSE_LIMIT:
        raise MatrixError(
            f"vector quantization needs V dense, {8 * m * n / 2**30:.1f} GB for {m} terms x {n} pages",
            remedy=Remedy("use fewer terms with {max_terms}"),
        )
    points = np.ascontiguousarray((V.toarray() if sp.issparse(V) else V).T, dtype=np.float64)
    with one_blas_thread(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One of the clusters is empty")  # its prototype is zero
        _, labels = kmeans2(points, rank, iter=100, minit="++", missing="warn", seed=seed)
    H = np.zeros((rank, n))
    H[labels, np.arange(n)] = 1.0
    sizes = H.sum(axis=1)
    W = np.where(sizes > 0, points.T @ H.T / np.maximum(sizes, 1), 0.0)
    return W, H


def principal_components(V: Any, rank: int) -> tuple[Array, Array]:
    """Compute the truncated SVD of V, the best approximation of this rank without constraints.

    Parameters
    ----------
    V : matrix of shape (m, n); it is not centred, so that the three factorizations answer the same question
    rank : int from 1 to min(m, n)

    Returns
    -------
    W : ndarray of shape (m, rank), orthonormal columns, both signs
    H : ndarray of shape (rank, n), orthogonal rows, both signs

    Raises
    ------
    MatrixError
        if V cannot be factored or has only zeros, or the rank is below 1 or above min(m, n).

    Examples
    --------
    >>> W, H = principal_components(np.array([[3.0, 0.0], [0.0, 1.0]]), 1)
    >>> (W @ H).round(6)
    array([[3., 0.],
           [0., 0.]])
    """
    blocks = as_blocks(V)
    m, n = blocks.shape
    if not 1 <= rank <= min(m, n):
        raise MatrixError(f"V is {m} x {n}: it has from 1 to {min(m, n)} principal components, not {rank}")
    if sum_of_squares(blocks) == 0:
        raise MatrixError("V has only zeros, so it has no principal components")
    with one_blas_thread():
        U, s, Vt = truncated_svd(blocks, rank)
    return U, s[:, None] * Vt


def relative_error(V: Any, W: Array, H: Array) -> float:
    """||V - WH||_F / ||V||_F for any factors; WH is not formed.

    Examples
    --------
    >>> relative_error(np.array([[3.0], [4.0]]), np.array([[1.0], [0.0]]), np.array([[3.0]]))
    0.8
    """
    square = sum_of_squares(as_blocks(V))
    residual = square - 2 * float(np.vdot(np.asarray(V @ H.T), W)) + float(np.vdot(W.T @ W, H @ H.T))
    return float(np.sqrt(max(residual, 0.0) / square))
