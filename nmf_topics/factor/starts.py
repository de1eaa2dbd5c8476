"""Starts: the W and H from which the updates go down.

`random` is the article's. `nndsvda` is the non-negative double singular value decomposition of Boutsidis & Gallopoulos
with its zeros filled by the mean of V, as zeros would lock the multiplicative updates: it begins near the bottom, and
does not depend on a seed where V has singular pairs enough. A start is a function `(V, rank, rng) -> (W, H)`;
randomness enters the house here and nowhere else.

Reference: Boutsidis & Gallopoulos, SVD based initialization: a head start for nonnegative matrix factorization,
Pattern Recognition 41 (2008) 1350-1362.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from nmf_topics.factor.blocks import Array, PageBlocks, as_linear_operator, sum_of_squares, total

SMALL = 50  # pages or terms, up to which V is decomposed whole

# When ARPACK has seen all that its vector can reach, as in a V with equal singular values, it goes on from a random
# one. Older versions of scipy draw it from a fixed sequence, newer ones want a seed for that.
ARPACK_SEED = {"rng": 0} if "rng" in inspect.signature(eigsh).parameters else {}

Start = Callable[[PageBlocks, int, np.random.Generator], tuple[Array, Array]]


def mean_entry(V: PageBlocks) -> float:
    """The mean of all m n entries of V, zeros included, in one pass."""
    return total(V) / (V.shape[0] * V.shape[1])


def random_start(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Entries drawn evenly from (0, 2 s], s such that WH has the mean of V; all positive.

    Returns
    -------
    W : ndarray of shape (m, rank)
    H : ndarray of shape (rank, n)
    """
    m, n = V.shape
    scale = 2.0 * np.sqrt(mean_entry(V) / rank)
    W = scale * (1.0 - rng.random((m, rank)))  # 1 - [0, 1) = (0, 1]
    H = scale * (1.0 - rng.random((rank, n)))
    return W.astype(V.dtype), H.astype(V.dtype)


def truncated_svd(V: PageBlocks, rank: int) -> tuple[Array, Array, Array]:
    """The `rank` largest singular triplets of V, largest first, through the seam.

    Returns
    -------
    U : ndarray of shape (m, rank), orthonormal columns
    s : ndarray of shape (rank,), falling
    Vt : ndarray of shape (rank, n), orthonormal rows

    Notes
    -----
    rank is at most min(m, n). ARPACK finds the eigenvectors of V'V or VV', whichever is smaller, from a fixed vector;
    a small matrix, or one of which all is wanted, is decomposed whole. Signs are fixed: the entry of largest size in
    each column of U is positive.
    """
    smaller = min(V.shape)
    operator = as_linear_operator(V)
    tall = operator.T if V.shape[0] < V.shape[1] else operator
    if rank < smaller and smaller > SMALL:
        gram = LinearOperator((smaller, smaller), matvec=lambda x: tall.rmatvec(tall.matvec(x)), dtype=V.dtype)
        first = np.full(smaller, 1.0 / np.sqrt(smaller), dtype=V.dtype)
        _, basis = eigsh(gram, k=rank, v0=first, **ARPACK_SEED)
        basis, _ = np.linalg.qr(basis)
    else:
        basis = np.eye(smaller, dtype=V.dtype)
    U, s, small = np.linalg.svd(tall.matmat(basis), full_matrices=False)  # exact within the space found
    U, s, Vt = U[:, :rank], s[:rank], (small @ basis.T)[:rank]
    if tall is not operator:
        U, Vt = np.ascontiguousarray(Vt.T), np.ascontiguousarray(U.T)
    signs = np.where(np.take_along_axis(U, np.abs(U).argmax(axis=0)[None, :], axis=0)[0] < 0, -1.0, 1.0)
    signs = signs.astype(V.dtype)
    return U * signs, s, Vt * signs[:, None]


def nndsvda_start(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """NNDSVD with its zeros filled by the mean of V.

    Singular pairs are split into their positive and negative parts, and the larger product of parts is taken. Topics
    beyond the rank of V, which no singular pair can start, start at random: alike, they would stay alike for ever.

    Returns
    -------
    W : ndarray of shape (m, rank), positive
    H : ndarray of shape (rank, n), positive

    Notes
    -----
    The mean is that of V in units in which its columns have the mean square length 1. W and H grow as the square root
    of V, so a mean in V's own units would drown them where V is large and lock them where it is small.
    """
    W, H = random_start(V, rank, rng)
    known = min(rank, *V.shape)
    U, s, Vt = truncated_svd(V, known)
    noise = np.sqrt(np.finfo(V.dtype).eps) * s[0]  # of singular values by way of V'V
    for k in range(known):
        u, v = U[:, k], Vt[k]
        parts = []
        for up, vp in ((np.maximum(u, 0), np.maximum(v, 0)), (np.maximum(-u, 0), np.maximum(-v, 0))):
            parts.append((np.linalg.norm(up) * np.linalg.norm(vp), up, vp))
        size, up, vp = max(parts, key=lambda part: float(part[0]))
        if s[k] <= noise:  # no such singular pair: V has a smaller rank than asked for; keep the random start
            break
        W[:, k] = np.sqrt(s[k] * size) * up / np.linalg.norm(up)
        H[k] = np.sqrt(s[k] * size) * vp / np.linalg.norm(vp)
    unit = np.sqrt(sum_of_squares(V) / V.shape[1])
    fill = mean_entry(V) / np.sqrt(unit)
    as_good_as_zero = 1e-3 * fill  # singular vectors hold rounding errors where zeros are meant
    W[as_good_as_zero >= W] = fill
    H[as_good_as_zero >= H] = fill
    return W, H


STARTS: dict[str, Start] = {"random": random_start, "nndsvda": nndsvda_start}


def make_start(V: PageBlocks, rank: int, start: str, seed: int) -> tuple[Array, Array]:
    """W (m, rank) and H (rank, n), both positive, from the start of that name."""
    return STARTS[start](V, rank, np.random.default_rng(seed))
