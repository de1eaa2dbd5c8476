"""Initialization: the W and H from which the updates begin.

`random` is the article's. `nndsvd` is the non-negative double singular value decomposition of Boutsidis & Gallopoulos:
it begins close to a minimum, and does not depend on a seed unless V has fewer singular pairs than topics are wanted.
Multiplicative updates could not leave its zeros; `nndsvda` fills them with the mean of V, `nndsvdar` with small random
numbers. An initialization is a function `(V, rank, rng) -> (W, H)`; nothing else in a factorization is random.

References
----------
Boutsidis & Gallopoulos, SVD based initialization: a head start for nonnegative matrix factorization,
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

SMALL = 50  # pages or terms, up to which V is decomposed exactly
EXTRA = 10  # columns of the sketch beyond the wanted ones
# Passes over V up to MANY_TOPICS topics, and above. With 7, fits of labelled corpora with up to 20 topics end as low as
# from exact singular vectors, whatever the random columns; with fewer they ended higher (bench/starts.py). With 50 and
# 100 topics, whose space is large, 7 passes were no better than 5.
PASSES, MANY_TOPICS, PASSES_OF_MANY = 7, 30, 5
FLOOR = 100  # machine epsilons, relative to the length of a product, below which a new direction is only rounding

Initializer = Callable[[PageBlocks, int, np.random.Generator], tuple[Array, Array]]


def mean_entry(V: PageBlocks) -> float:
    """The mean of all m n entries of V, zeros included, in one pass."""
    return total(V) / (V.shape[0] * V.shape[1])


def random_init(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw entries uniformly from (0, 2 s], where s gives WH the mean of V.

    Returns
    -------
    W : ndarray of shape (m, rank), positive
    H : ndarray of shape (rank, n), positive
    """
    m, n = V.shape
    scale = 2.0 * np.sqrt(mean_entry(V) / rank)
    W = scale * (1.0 - rng.random((m, rank)))  # 1 - [0, 1) = (0, 1]
    H = np.empty((rank, n), dtype=V.dtype)
    for row in H:  # one by one, as in 64 bits all of H may be half as large as V
        row[:] = scale * (1.0 - rng.random(n))
    return W.astype(V.dtype), H


def truncated_svd(V: PageBlocks, rank: int) -> tuple[Array, Array, Array]:
    """The `rank` largest singular triplets of V, largest first.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    rank : int from 1 to min(m, n)

    Returns
    -------
    U : ndarray of shape (m, rank), orthonormal columns
    s : ndarray of shape (rank,), in falling order
    Vt : ndarray of shape (rank, n), orthonormal rows

    Notes
    -----
    ARPACK finds the eigenvectors of V'V or VV', whichever is smaller, from a fixed vector; a small matrix, or one of
    which all triplets are wanted, is decomposed directly. Signs are fixed: the entry of largest absolute value in each
    column of U is positive.
    """
    smaller = min(V.shape)
    operator = as_linear_operator(V)
    tall = operator.T if V.shape[0] < V.shape[1] else operator
    if rank < smaller and smaller > SMALL:
        from scipy.sparse.linalg import LinearOperator, eigsh

        # When ARPACK has exhausted what its vector can reach, as with equal singular values, it goes on from a random
        # one. Older versions of scipy draw it from a fixed sequence, newer ones take a seed for that.
        fixed = {"rng": 0} if "rng" in inspect.signature(eigsh).parameters else {}
        gram = LinearOperator((smaller, smaller), matvec=lambda x: tall.rmatvec(tall.matvec(x)), dtype=V.dtype)
        first = np.full(smaller, 1.0 / np.sqrt(smaller), dtype=V.dtype)
        with kernels.one_blas_thread():  # also the BLAS of scipy, which may have been loaded just now
            _, basis = eigsh(gram, k=rank, v0=first, **fixed)
        basis, _ = np.linalg.qr(basis)
    else:
        basis = np.eye(smaller, dtype=V.dtype)
    U, s, small = np.linalg.svd(tall.matmat(basis), full_matrices=False)  # exact within this space
    U, s, Vt = U[:, :rank], s[:rank], (small @ basis.T)[:rank]
    if tall is not operator:
        U, Vt = np.ascontiguousarray(Vt.T), np.ascontiguousarray(U.T)
    return _with_signs(U, s, Vt)


def _with_signs(U: Array, s: Array, Vt: Array) -> tuple[Array, Array, Array]:
    """The same triplets with signs such that the entry of largest absolute value in each column of U is positive."""
    signs = np.where(np.take_along_axis(U, np.abs(U).argmax(axis=0)[None, :], axis=0)[0] < 0, -1.0, 1.0)
    signs = signs.astype(U.dtype)
    return U * signs, s, Vt * signs[:, None]


def sketched_svd(V: PageBlocks, rank: int, *, passes: int | None = None, seed: int = 0) -> tuple[Array, Array, Array]:
    """Approximate the `rank` largest singular triplets of V in `passes` + 1 passes over it.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    rank : int from 1 to min(m, n)
    passes : int >= 1, passes that enlarge the space, each a product with V and one with V'; None: PASSES or
        PASSES_OF_MANY
    seed : int, random seed for the columns from which the space grows; a fixed one, so that "nndsvd" does not depend on
        the seed of a fit

    Returns
    -------
    U, s, Vt : as from `truncated_svd`; fewer triplets if V has a smaller rank

    Notes
    -----
    U is sought in the block Krylov space [Y, VV'Y, (VV')^2 Y, ...] of random columns Y, which for the same number of
    passes holds far better vectors than its last block alone. Each new block is made orthogonal to all earlier ones, so
    the small eigenvalue problem needs only the products VV'Y that are already known. If V has few pages or terms, the
    space is everything and the result exact.
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
        for _, part in V.map(_gram_product, shared=(Y,)):
            product += part
        basis = np.hstack([basis, Y])
        inner = basis.T @ product
        old = len(found)
        found = np.pad(found, (0, Y.shape[1]))
        found[:, old:], found[old:, :old] = inner, inner[:old].T
        floor = (FLOOR * np.finfo(V.dtype).eps) ** 2 * float(np.square(product, dtype=np.float64).sum(axis=0).max())
        Y = product - basis @ inner
        Y = _orthonormal(Y - basis @ (basis.T @ Y), floor)  # a second time, against rounding
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


def _gram_product(V: Any, Y: Array) -> Array:
    """V V' Y for one block."""
    return kernels.VHt(V, kernels.WtV(V, Y))


def _orthonormal(Y: Array, floor: float) -> Array:
    """Orthonormal columns that span those of Y, without directions whose square is at most `floor` or only rounding.

    They come from the eigenvectors of Y'Y, in 64 bits; a second time, as the first loses digits where lengths differ.
    """
    for _ in range(2):
        if not Y.shape[1]:
            break
        squares, Q = np.linalg.eigh(kernels.gram(Y.T))
        known = squares > max(1e-12 * squares[-1], floor, np.finfo(float).tiny)
        Y = np.ascontiguousarray(Y @ (Q[:, known] / np.sqrt(squares[known])).astype(Y.dtype))
        floor = 0.0
    return Y


ZERO = 1e-3  # relative to the fill: smaller entries are rounding errors of singular vectors, and set to zero


def nndsvd_init(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """NNDSVD, with its zeros.

    Each singular pair is split into positive and negative parts, and the parts with the larger product are taken.
    Topics beyond the rank of V, for which there is no singular pair, are random: equal ones would stay equal.

    Returns
    -------
    W : ndarray of shape (m, rank), non-negative
    H : ndarray of shape (rank, n), non-negative
    """
    W, H, _ = _nndsvd(V, rank, rng)
    return W, H


def _nndsvd(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array, float]:
    """W and H of `nndsvd_init`, and a fill for their zeros.

    The fill is the mean of V in a unit in which its columns have the mean square length 1. W and H grow with the square
    root of V, so the mean in V's own unit would be far too large for a large V, and far too small for a small one.
    """
    W, H = random_init(V, rank, rng)
    U, s, Vt = sketched_svd(V, min(rank, *V.shape))
    noise = np.sqrt(np.finfo(V.dtype).eps) * s[0]  # of singular values computed from V'V
    for k in range(len(s)):
        u, v = U[:, k], Vt[k]
        parts = []
        for up, vp in ((np.maximum(u, 0), np.maximum(v, 0)), (np.maximum(-u, 0), np.maximum(-v, 0))):
            parts.append((np.linalg.norm(up) * np.linalg.norm(vp), up, vp))
        size, up, vp = max(parts, key=lambda part: float(part[0]))
        if s[k] <= noise:  # no such singular pair: the rank of V is smaller; keep the random entries
            break
        W[:, k] = np.sqrt(s[k] * size) * up / np.linalg.norm(up)
        H[k] = np.sqrt(s[k] * size) * vp / np.linalg.norm(vp)
    fill = mean_entry(V) / float(np.sqrt(np.sqrt(sum_of_squares(V) / V.shape[1])))
    for X in (W, H):
        X[ZERO * fill >= X] = 0.0
    return W, H, fill


def nndsvda_init(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """NNDSVD with its zeros replaced by the mean of V (see `_nndsvd`); all positive."""
    W, H, fill = _nndsvd(V, rank, rng)
    W[W == 0] = H[H == 0] = fill
    return W, H


def nndsvdar_init(V: PageBlocks, rank: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """NNDSVD with its zeros replaced by random numbers up to a hundredth of that mean; all positive."""
    W, H, fill = _nndsvd(V, rank, rng)
    for X in (W, H):
        zeros = X == 0
        X[zeros] = 0.01 * fill * (1.0 - rng.random(np.count_nonzero(zeros)))
    return W, H


INITIALIZATIONS: dict[str, Initializer] = {
    "random": random_init,
    "nndsvd": nndsvd_init,
    "nndsvda": nndsvda_init,
    "nndsvdar": nndsvdar_init,
}


def initialize(V: PageBlocks, rank: int, start: str, seed: int) -> tuple[Array, Array]:
    """Make W and H by the initialization of that name.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    rank : int >= 1
    start : a name in `INITIALIZATIONS`
    seed : int >= 0, random seed

    Returns
    -------
    W : ndarray of shape (m, rank), non-negative; positive except for "nndsvd"
    H : ndarray of shape (rank, n), likewise

    Examples
    --------
    >>> from nmf_topics.factor.blocks import as_blocks
    >>> W, H = initialize(as_blocks(np.eye(3)), 2, "random", seed=0)
    >>> W.shape, H.shape
    ((3, 2), (2, 3))
    """
    return INITIALIZATIONS[start](V, rank, np.random.default_rng(seed))
