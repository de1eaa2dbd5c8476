"""Starts: the W and H from which the updates go down.

`random` is the article's. `nndsvda` is the non-negative double singular value decomposition of Boutsidis & Gallopoulos
with its zeros filled by the mean of V, as zeros would lock the multiplicative updates: it begins near the bottom, and
does not depend on a seed. A start is a function `(V, rank, rng) -> (W, H)`; randomness enters the house here and
nowhere else.

Reference: Boutsidis & Gallopoulos, SVD based initialization: a head start for nonnegative matrix factorization,
Pattern Recognition 41 (2008) 1350-1362.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse.linalg import svds

from nmf_topics.factor.blocks import Array, PageBlocks, as_linear_operator

Start = Callable[[PageBlocks, int, np.random.Generator], tuple[Array, Array]]


def _total(V: Any) -> float:
    return float(V.sum(dtype=np.float64))


def mean_entry(V: PageBlocks) -> float:
    """The mean of all m n entries of V, zeros included, in one pass."""
    return sum(part for _, part in V.map(_total)) / (V.shape[0] * V.shape[1])


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
    rank is at most min(m, n). ARPACK (scipy's svds) from a fixed vector; where it cannot serve (rank = min(m, n)), the
    small matrix is decomposed whole. Signs are fixed: the entry of largest size in each column of U is positive.
    """
    smaller = min(V.shape)
    operator = as_linear_operator(V)
    if rank < smaller:
        U, s, Vt = svds(operator, k=rank, v0=np.ones(smaller) / np.sqrt(smaller), solver="arpack")
        order = np.argsort(-s, kind="stable")
        U, s, Vt = U[:, order], s[order], Vt[order]
    else:
        wide = V.shape[0] < V.shape[1]
        eye = np.eye(smaller, dtype=V.dtype)
        dense = operator.rmatmat(eye).T if wide else operator.matmat(eye)
        U, s, Vt = np.linalg.svd(dense, full_matrices=False)
        U, s, Vt = U[:, :rank], s[:rank], Vt[:rank]
    signs = np.where(np.take_along_axis(U, np.abs(U).argmax(axis=0)[None, :], axis=0)[0] < 0, -1.0, 1.0)
    return U * signs, s, Vt * signs[:, None]


def nndsvda_start(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """NNDSVD with its zeros filled by the mean of V.

    Singular pairs are split into their positive and negative parts, and the larger product of parts is taken. Topics
    beyond min(m, n), which no singular pair can start, start at random.

    Returns
    -------
    W : ndarray of shape (m, rank), positive
    H : ndarray of shape (rank, n), positive
    """
    W, H = random_start(V, rank, rng)
    known = min(rank, *V.shape)
    U, s, Vt = truncated_svd(V, known)
    for k in range(known):
        u, v = U[:, k], Vt[k]
        parts = []
        for up, vp in ((np.maximum(u, 0), np.maximum(v, 0)), (np.maximum(-u, 0), np.maximum(-v, 0))):
            parts.append((np.linalg.norm(up) * np.linalg.norm(vp), up, vp))
        size, up, vp = max(parts, key=lambda part: float(part[0]))
        if s[k] * size <= 0:  # no such singular pair: V has a smaller rank than asked for; keep the random start
            continue
        W[:, k] = np.sqrt(s[k] * size) * up / np.linalg.norm(up)
        H[k] = np.sqrt(s[k] * size) * vp / np.linalg.norm(vp)
    fill = mean_entry(V)
    as_good_as_zero = 1e-3 * fill  # singular vectors hold rounding errors where zeros are meant
    W[as_good_as_zero >= W] = fill
    H[as_good_as_zero >= H] = fill
    return W, H


STARTS: dict[str, Start] = {"random": random_start, "nndsvda": nndsvda_start}


def make_start(V: PageBlocks, rank: int, start: str, seed: int) -> tuple[Array, Array]:
    """W (m, rank) and H (rank, n), both positive, from the start of that name."""
    return STARTS[start](V, rank, np.random.default_rng(seed))
