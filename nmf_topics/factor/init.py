"""Starts: the W and H from which the updates go down.

`random` is the article's. `nndsvd` is the non-negative double singular value decomposition of Boutsidis & Gallopoulos:
it begins near the bottom, and does not depend on a seed where V has singular pairs enough. Its zeros would lock the
multiplicative updates; `nndsvda` fills them with the mean of V, `nndsvdar` with small random numbers. A start is a
function `(V, rank, rng) -> (W, H)`; randomness enters the house here and nowhere else.

References: Boutsidis & Gallopoulos, SVD based initialization: a head start for nonnegative matrix factorization,
Pattern Recognition 41 (2008) 1350-1362; Halko, Martinsson & Tropp, Finding structure with randomness: probabilistic
algorithms for constructing approximate matrix decompositions, SIAM Review 53 (2011) 217-288; Musco & Musco, Randomized
block Krylov methods for stronger and faster approximate singular value decomposition, NIPS 28 (2015).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, as_linear_operator, sum_of_squares, total

SMALL = 50  # pages or terms, up to which V is decomposed whole
EXTRA = 10  # columns of the sketch beyond those wanted
# Passes over V: so many, and for many topics, whose space is large, fewer. With 7 the fits of labelled corpora at up to
# 20 topics end where exact singular vectors let them end, whatever the random columns; fewer ended higher
# (bench/starts.py). At 50 and 100 topics 7 were no better than 5.
PASSES, MANY_TOPICS, PASSES_OF_MANY = 7, 30, 5
FLOOR = 100  # machine epsilons of what a product is long, below which a new direction is rounding

Start = Callable[[PageBlocks, int, np.random.Generator], tuple[Array, Array]]


def mean_entry(V: PageBlocks) -> float:
    """The mean of all m n entries of V, zeros included, in one pass."""
    return total(V) / (V.shape[0] * V.shape[1])


def random_init(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Entries drawn evenly from (0, 2 s], s such that WH has the mean of V; all positive.

    Returns
    -------
    W : ndarray of shape (m, rank)
    H : ndarray of shape (rank, n)
    """
    m, n = V.shape
    scale = 2.0 * np.sqrt(mean_entry(V) / rank)
    W = scale * (1.0 - rng.random((m, rank)))  # 1 - [0, 1) = (0, 1]
    H = np.empty((rank, n), dtype=V.dtype)
    for row in H:  # one by one: in 64 bits all of H may be half as large as V
        row[:] = scale * (1.0 - rng.random(n))
    return W.astype(V.dtype), H


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
        from scipy.sparse.linalg import LinearOperator, eigsh

        # When ARPACK has seen all that its vector can reach, as in a V with equal singular values, it goes on from a
        # random one. Older versions of scipy draw it from a fixed sequence, newer ones want a seed for that.
        fixed = {"rng": 0} if "rng" in inspect.signature(eigsh).parameters else {}
        gram = LinearOperator((smaller, smaller), matvec=lambda x: tall.rmatvec(tall.matvec(x)), dtype=V.dtype)
        first = np.full(smaller, 1.0 / np.sqrt(smaller), dtype=V.dtype)
        with kernels.one_blas_thread():  # also that of scipy, which may have been loaded just now
            _, basis = eigsh(gram, k=rank, v0=first, **fixed)
        basis, _ = np.linalg.qr(basis)
    else:
        basis = np.eye(smaller, dtype=V.dtype)
    U, s, small = np.linalg.svd(tall.matmat(basis), full_matrices=False)  # exact within the space found
    U, s, Vt = U[:, :rank], s[:rank], (small @ basis.T)[:rank]
    if tall is not operator:
        U, Vt = np.ascontiguousarray(Vt.T), np.ascontiguousarray(U.T)
    return _with_signs(U, s, Vt)


def _with_signs(U: Array, s: Array, Vt: Array) -> tuple[Array, Array, Array]:
    """The same triplets, the entry of largest size in each column of U positive."""
    signs = np.where(np.take_along_axis(U, np.abs(U).argmax(axis=0)[None, :], axis=0)[0] < 0, -1.0, 1.0)
    signs = signs.astype(U.dtype)
    return U * signs, s, Vt * signs[:, None]


def sketched_svd(V: PageBlocks, rank: int, *, passes: int | None = None, seed: int = 0) -> tuple[Array, Array, Array]:
    """Nearly the `rank` largest singular triplets of V, in `passes` + 1 passes over it; as `truncated_svd` otherwise.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    rank : at most min(m, n)
    passes : that make the space larger, each a product with V and one with V'; None: as many as measured best
    seed : of the random columns

    Returns
    -------
    U, s, Vt : as of `truncated_svd`, of fewer triplets where V has a smaller rank

    Notes
    -----
    U is sought in the block Krylov space [Y, VV'Y, (VV')^2 Y, ...] of random columns Y, which for the same passes holds
    far better vectors than its last block alone. Each new block is made orthogonal to all before, so that the products
    VV'Y at hand are all that the small eigenvalue problem needs. The columns are the same for every start: what a seed
    is for are starts that differ. Of a V with few pages or terms the whole space is searched, and nothing is left out.
    """
    m, n = V.shape
    if min(m, n) <= SMALL:
        return truncated_svd(V, rank)
    passes = passes or (PASSES if rank <= MANY_TOPICS else PASSES_OF_MANY)
    Y = _orthonormal(np.random.default_rng(seed).standard_normal((m, rank + EXTRA)).astype(V.dtype), 0.0)
    basis, found = Y[:, :0], np.zeros((0, 0))
    enough = passes * (rank + EXTRA)
    while Y.shape[1] and (len(found) < enough or min(m, n) <= 2 * enough):
        product = np.zeros_like(Y)
        for _, part in V.map(_there_and_back, shared=(Y,)):
            product += part
        basis = np.hstack([basis, Y])
        inner = basis.T @ product
        old = len(found)
        found = np.pad(found, (0, Y.shape[1]))
        found[:, old:], found[old:, :old] = inner, inner[:old].T
        floor = (FLOOR * np.finfo(V.dtype).eps) ** 2 * float(np.square(product, dtype=np.float64).sum(axis=0).max())
        Y = product - basis @ inner
        Y = _orthonormal(Y - basis @ (basis.T @ Y), floor)  # the second time mends what rounding left of the first
    _, Q = np.linalg.eigh(found)
    U = np.ascontiguousarray(basis @ Q[:, ::-1][:, : rank + EXTRA].astype(V.dtype))
    B = np.empty((U.shape[1], n), dtype=V.dtype, order="F")
    for columns, part in V.map(kernels.WtV, shared=(U,)):
        B[:, columns] = part
    squares, Q = np.linalg.eigh(kernels.gram(B))
    largest = np.argsort(-squares, kind="stable")[: min(rank, U.shape[1])]
    s = np.sqrt(np.maximum(squares[largest], np.finfo(float).tiny))
    Q = Q[:, largest]
    return _with_signs(U @ Q.astype(V.dtype), s.astype(V.dtype), (Q / s).T.astype(V.dtype) @ B)


def _there_and_back(V: Any, Y: Array) -> Array:
    """V V' Y, of one block."""
    return kernels.VHt(V, kernels.WtV(V, Y))


def _orthonormal(Y: Array, floor: float) -> Array:
    """Orthonormal columns that span those of Y, but for directions whose square is `floor` or less, or all rounding.

    By the eigenvectors of Y'Y, in 64 bits, twice: the second time mends what the first lost to the spread of lengths.
    """
    for _ in range(2):
        if not Y.shape[1]:
            break
        squares, Q = np.linalg.eigh(kernels.gram(Y.T))
        known = squares > max(1e-12 * squares[-1], floor, np.finfo(float).tiny)
        Y = np.ascontiguousarray(Y @ (Q[:, known] / np.sqrt(squares[known])).astype(Y.dtype))
        floor = 0.0
    return Y


ZERO = 1e-3  # of the fill: singular vectors hold rounding errors where zeros are meant


def nndsvd_init(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """NNDSVD: zeros stay zeros.

    Singular pairs are split into their positive and negative parts, and the larger product of parts is taken. Topics
    beyond the rank of V, which no singular pair can start, start at random: alike, they would stay alike for ever.

    Returns
    -------
    W : ndarray of shape (m, rank), non-negative
    H : ndarray of shape (rank, n), non-negative
    """
    W, H, _ = _nndsvd(V, rank, rng)
    return W, H


def _nndsvd(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array, float]:
    """W and H of `nndsvd_init`, and what may take the place of their zeros.

    That is the mean of V in units in which its columns have the mean square length 1: W and H grow as the square root
    of V, so a mean in V's own units would drown them where V is large and lock them where it is small.
    """
    W, H = random_init(V, rank, rng)
    U, s, Vt = sketched_svd(V, min(rank, *V.shape))
    noise = np.sqrt(np.finfo(V.dtype).eps) * s[0]  # of singular values by way of V'V
    for k in range(len(s)):
        u, v = U[:, k], Vt[k]
        parts = []
        for up, vp in ((np.maximum(u, 0), np.maximum(v, 0)), (np.maximum(-u, 0), np.maximum(-v, 0))):
            parts.append((np.linalg.norm(up) * np.linalg.norm(vp), up, vp))
        size, up, vp = max(parts, key=lambda part: float(part[0]))
        if s[k] <= noise:  # no such singular pair: V has a smaller rank than asked for; keep the random start
            break
        W[:, k] = np.sqrt(s[k] * size) * up / np.linalg.norm(up)
        H[k] = np.sqrt(s[k] * size) * vp / np.linalg.norm(vp)
    fill = mean_entry(V) / float(np.sqrt(np.sqrt(sum_of_squares(V) / V.shape[1])))
    for X in (W, H):
        X[ZERO * fill >= X] = 0.0
    return W, H, fill


def nndsvda_init(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """NNDSVD with its zeros filled by the mean of V; all positive."""
    W, H, fill = _nndsvd(V, rank, rng)
    W[W == 0] = H[H == 0] = fill
    return W, H


def nndsvdar_init(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """NNDSVD with its zeros filled by random numbers up to a hundredth of the mean of V; all positive."""
    W, H, fill = _nndsvd(V, rank, rng)
    for X in (W, H):
        zeros = X == 0
        X[zeros] = 0.01 * fill * (1.0 - rng.random(np.count_nonzero(zeros)))
    return W, H


INITIALIZATIONS: dict[str, Start] = {
    "random": random_init,
    "nndsvd": nndsvd_init,
    "nndsvda": nndsvda_init,
    "nndsvdar": nndsvdar_init,
}


def initialize(V: PageBlocks, rank: int, start: str, seed: int) -> tuple[Array, Array]:
    """W (m, rank) and H (rank, n), from the start of that name; positive but for "nndsvd"."""
    return INITIALIZATIONS[start](V, rank, np.random.default_rng(seed))
