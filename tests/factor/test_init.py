"""Starts: positive, in proportion to V, deterministic, and no prison; the truncated SVD against numpy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.factor import init
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.init import INITIALIZATIONS, SMALL, initialize, truncated_svd
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.state import State

Array = NDArray[Any]
RNG = np.random.default_rng(5)
POSITIVE = [name for name in INITIALIZATIONS if name != "nndsvd"]
MATRICES: dict[str, Array] = {
    "even": RNG.random((12, 15)),
    "sparse": RNG.random((12, 15)) * (RNG.random((12, 15)) < 0.2),
    "blank page and term": np.pad(RNG.random((11, 14)), ((0, 1), (1, 0))),
    "rank 1": np.outer(RNG.random(12), RNG.random(15)),
    "rank 2": RNG.random((12, 2)) @ RNG.random((2, 15)),
    "constant": np.ones((12, 15)),
    "identity": np.eye(12),
    "equal blocks": np.kron(np.eye(3), np.ones((4, 5))),
    "one page": RNG.random((12, 1)),
    "one term": RNG.random((1, 15)),
    "one entry": np.eye(12, 15) * (np.arange(12) == 3)[:, None],
    "wide": 10.0 ** RNG.uniform(-8, 8, (12, 15)),
    "float32": RNG.random((12, 15)).astype(np.float32),
}


@pytest.mark.parametrize("start", POSITIVE)
@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("rank", [1, 3, 12, 20])
def test_no_start_is_a_prison(start: str, name: str, rank: int) -> None:
    """Every entry is above zero, no two topics are alike, and none is dead after a sweep of mu: they can all move."""
    V = MATRICES[name]
    W, H = initialize(as_blocks(V), rank, start, 0)
    assert (W.shape, H.shape) == ((V.shape[0], rank), (rank, V.shape[1]))
    assert W.dtype == H.dtype == V.dtype
    assert np.isfinite(W).all()
    assert np.isfinite(H).all()
    assert W.min() > 0
    assert H.min() > 0
    if start == "random" or min(V.shape) > 1:  # of one page or term, two topics can differ in size alone
        topics = np.r_[W / W.max(axis=0), H.T / H.max(axis=1)]
        assert len(np.unique(topics.round(12), axis=1).T) == rank
    blocks, goal = as_blocks(V), OBJECTIVES["frobenius"]
    after = goal.sweep(blocks, State(W, H, goal.scale(blocks)), RULES["mu"])
    W, H = after.W, after.H
    assert (W.max(axis=0) > 0).all()
    assert (H.max(axis=1) > 0).all()
    assert (W[V.any(axis=1)] > 0).all()
    assert (H[:, V.any(axis=0)] > 0).all()


@pytest.mark.parametrize("start", INITIALIZATIONS)
@pytest.mark.parametrize("name", MATRICES)
def test_same_seed_same_bytes(start: str, name: str) -> None:
    """A start is the same every time, also where V has equal singular values or none left."""
    first, second = (initialize(as_blocks(MATRICES[name]), 5, start, 7) for _ in range(2))
    assert [array.tobytes() for array in first] == [array.tobytes() for array in second]


def test_seeds() -> None:
    """Another seed is another random start, and the same nndsvda start where V has singular pairs enough."""
    V = as_blocks(MATRICES["even"])
    assert (initialize(V, 3, "random", 1)[0] != initialize(V, 3, "random", 2)[0]).all()
    np.testing.assert_array_equal(initialize(V, 3, "nndsvda", 1)[0], initialize(V, 3, "nndsvda", 2)[0])


def test_random_start_has_the_mean_of_V(rng: np.random.Generator) -> None:
    """WH begins at the height of V, whatever the rank."""
    V = 7.0 * rng.random((200, 300))
    for rank in (1, 4, 30):
        W, H = initialize(as_blocks(V), rank, "random", 0)
        assert (W @ H).mean() == pytest.approx(V.mean(), rel=0.15)
        assert W.max() <= 2 * np.sqrt(V.mean() / rank)


@pytest.mark.parametrize("start", INITIALIZATIONS)
@pytest.mark.parametrize("factor", [4.0**-12, 0.01, 255.0, 4.0**12])
def test_starts_grow_with_V(start: str, factor: float) -> None:
    """W and H of c V are sqrt(c) times those of V: the unit of measurement changes nothing."""
    for name in ("even", "sparse", "rank 2", "blank page and term"):
        for scaled, plain in zip(
            initialize(as_blocks(factor * MATRICES[name]), 4, start, 0),
            initialize(as_blocks(MATRICES[name]), 4, start, 0),
            strict=True,
        ):
            np.testing.assert_allclose(scaled, np.sqrt(factor) * plain, rtol=1e-6)


def slow_nndsvd(V: Array, rank: int) -> tuple[Array, Array]:
    """Boutsidis and Gallopoulos's algorithm, table 1, from numpy's full SVD; zeros are left zeros."""
    U, s, Vt = np.linalg.svd(V)
    W, H = np.zeros((V.shape[0], rank)), np.zeros((rank, V.shape[1]))
    W[:, 0], H[0] = np.sqrt(s[0]) * np.abs(U[:, 0]), np.sqrt(s[0]) * np.abs(Vt[0])
    for k in range(1, rank):
        x, y = U[:, k], Vt[k]
        xp, yp, xn, yn = np.maximum(x, 0), np.maximum(y, 0), np.maximum(-x, 0), np.maximum(-y, 0)
        mp, mn = np.linalg.norm(xp) * np.linalg.norm(yp), np.linalg.norm(xn) * np.linalg.norm(yn)
        u, v, sigma = (xp, yp, mp) if mp > mn else (xn, yn, mn)
        W[:, k] = np.sqrt(s[k] * sigma) * u / np.linalg.norm(u)
        H[k] = np.sqrt(s[k] * sigma) * v / np.linalg.norm(v)
    return W, H


@pytest.mark.parametrize("shape", [(12, 15), (15, 12), (80, 70), (70, 80)])
def test_nndsvda_is_nndsvd_filled(shape: tuple[int, int], rng: np.random.Generator) -> None:
    """Entries are those of the paper's algorithm, and its zeros are one small positive number."""
    V = rng.random(shape)
    V /= np.linalg.norm(V, axis=0)  # in these units the number is the mean of V itself, as the paper has it
    for found, expected in zip(initialize(as_blocks(V), 4, "nndsvda", 0), slow_nndsvd(V, 4), strict=True):
        clear = expected > 2e-3 * V.mean()
        np.testing.assert_allclose(found[clear], expected[clear], rtol=1e-6)
        np.testing.assert_allclose(found[expected < 5e-4 * V.mean()], V.mean(), rtol=1e-12)
        assert 0 < clear.mean() < 1


def test_nndsvda_begins_lower(rng: np.random.Generator) -> None:
    """It is a head start: after one sweep it is below what the random start has."""
    V = rng.random((30, 4)) ** 4 @ rng.random((4, 40)) ** 4 + 0.01 * rng.random((30, 40))
    begun = {start: factorize(V, 4, start=start, rule="hals", max_iter=1).error for start in INITIALIZATIONS}
    assert all(begun[start] < begun["random"] for start in INITIALIZATIONS if start != "random")


@pytest.mark.slow
def test_topics_beyond_the_rank_of_V_are_of_use() -> None:
    """A matrix of rank 3 may need 5 topics; those that no singular pair starts take part, and V can be exact.

    V holds the distances of the corners of a regular hexagon from its sides: rank 3, non-negative rank 5.
    """
    corners = np.array([(np.cos(a), np.sin(a)) for a in np.arange(6) * np.pi / 3])
    normals = np.array([(np.cos(a), np.sin(a)) for a in (np.arange(6) + 0.5) * np.pi / 3])
    V = np.maximum((np.cos(np.pi / 6) - normals @ corners.T).round(12), 0.0)
    assert np.linalg.matrix_rank(V, tol=1e-9) == 3
    three = factorize(V, 3, rule="hals", tolerance=0, max_iter=5_000).error
    assert three > 0.15
    noise = np.random.default_rng(0)  # two singular values are equal: where the start lies is up to rounding
    tilted = [V * (1 + 1e-9 * noise.random(V.shape)) for _ in range(8)]
    five = [factorize(V, 5, rule="hals", tolerance=0, max_iter=5_000).error for V in tilted]
    assert max(five) < three / 2
    assert min(five) < 1e-3


# ------------------------------------------------------------------------------------------------ truncated SVD


@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize("shape", [(20, 30), (30, 20), (90, 140), (140, 90), (1, 9), (9, 1), (60, 60)])
def test_truncated_svd_is_numpys(
    form: Callable[[Array], Any], shape: tuple[int, int], rng: np.random.Generator
) -> None:
    """Values, orthonormal vectors and the best approximation of that rank, for every rank up to min(m, n)."""
    V = rng.random(shape)
    U_all, s_all, Vt_all = np.linalg.svd(V, full_matrices=False)
    for rank in {1, 2, 5, SMALL, SMALL + 5, min(shape) - 1, min(shape)} & set(range(1, min(shape) + 1)):
        U, s, Vt = truncated_svd(as_blocks(form(V)), rank)
        assert (U.shape, s.shape, Vt.shape) == ((shape[0], rank), (rank,), (rank, shape[1]))
        np.testing.assert_allclose(s, s_all[:rank], rtol=1e-9)
        np.testing.assert_allclose(U.T @ U, np.eye(rank), atol=1e-9)
        np.testing.assert_allclose(Vt @ Vt.T, np.eye(rank), atol=1e-9)
        best = U_all[:, :rank] * s_all[:rank] @ Vt_all[:rank]
        np.testing.assert_allclose(U * s @ Vt, best, atol=1e-7)


@pytest.mark.parametrize("name", MATRICES)
def test_truncated_svd_of_odd_matrices(name: str) -> None:
    """Values are numpy's and vectors orthonormal where ranks are deficient, too."""
    V = MATRICES[name].astype(np.float64)
    rank = min(5, *V.shape)
    U, s, Vt = truncated_svd(as_blocks(V), rank)
    expected = np.linalg.svd(V, compute_uv=False)[:rank]
    np.testing.assert_allclose(s, expected, atol=1e-7 * expected[0])
    np.testing.assert_allclose(U.T @ U, np.eye(rank), atol=1e-9)
    np.testing.assert_allclose(Vt @ Vt.T, np.eye(rank), atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_signs_and_types(dtype: type, rng: np.random.Generator) -> None:
    """The entry of largest size in each column of U is positive, and the type is that of V."""
    for shape in ((20, 30), (90, 70)):
        U, s, Vt = truncated_svd(as_blocks(rng.random(shape).astype(dtype)), 6)
        assert (U[np.abs(U).argmax(axis=0), np.arange(6)] > 0).all()
        assert U.dtype == s.dtype == Vt.dtype == dtype


@pytest.mark.parametrize(
    "V",
    [np.eye(90), np.ones((80, 90)), np.kron(np.eye(5), np.ones((20, 15))), np.repeat(np.eye(70), 3, axis=1)],
    ids=["identity", "constant", "equal blocks", "equal pages"],
)
def test_equal_singular_values_give_the_same_bytes(V: Array) -> None:
    """Where any basis of a space would do, and ARPACK needs chance to go on, it is the same basis each time."""
    first, second = (truncated_svd(as_blocks(V), 4) for _ in range(2))
    assert [array.tobytes() for array in first] == [array.tobytes() for array in second]
    np.testing.assert_allclose(first[1], np.linalg.svd(V, compute_uv=False)[:4], atol=1e-9)
    starts = [initialize(as_blocks(V), 4, "nndsvda", 0) for _ in range(2)]
    assert starts[0][0].tobytes() == starts[1][0].tobytes()


@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sketch_is_nearly_the_svd(
    form: Callable[[Array], Any], dtype: type, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where V is large the triplets are those of a sketch: right to 1e-3, orthonormal, and the same each time."""
    V = (rng.random((300, 8)) ** 4 @ rng.random((8, 400)) ** 4 + 0.3 * (rng.random((300, 400)) < 0.1)).astype(dtype)
    U, s, Vt = init.sketched_svd(as_blocks(form(V)), 6)
    assert U.dtype == s.dtype == Vt.dtype == dtype
    exact_U, exact, exact_Vt = truncated_svd(as_blocks(V), 6)
    np.testing.assert_allclose(s, exact, rtol=1e-3)
    np.testing.assert_allclose(U.T @ U, np.eye(6), atol=1e-4)
    np.testing.assert_allclose(np.abs((U * exact_U).sum(axis=0)), 1.0, atol=1e-3)
    assert ((Vt * exact_Vt).sum(axis=1) > 0).all()  # and so the signs are the same
    again = init.sketched_svd(as_blocks(form(V)), 6)
    assert [a.tobytes() for a in again] == [a.tobytes() for a in (U, s, Vt)]


def test_sketch_of_less_rank_than_asked(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a V of rank 2 no more than its own topics are made, the others begin at random, and all are finite."""
    V = rng.random((80, 2)) @ rng.random((2, 90))
    for start in INITIALIZATIONS:
        W, H = initialize(as_blocks(V), 5, start, 0)
        assert np.isfinite(W).all()
        assert np.isfinite(H).all()
        assert (W.max(axis=0) > 0).all()
        assert (H.max(axis=1) > 0).all()


def test_nndsvdar_fills_with_a_hundredth_of_the_mean(rng: np.random.Generator) -> None:
    """Its zeros become random numbers up to a hundredth of the mean, in a unit in which pages have length one."""
    V = rng.random((30, 40)) * (rng.random((30, 40)) < 0.5)
    V *= 7.0
    mean = V.mean() / np.sqrt(np.sqrt(np.square(V).sum() / V.shape[1]))
    plain, filled = (initialize(as_blocks(V), 4, start, seed=0) for start in ("nndsvd", "nndsvdar"))
    values = np.concatenate([after[before == 0] for before, after in zip(plain, filled, strict=True)])
    assert len(values) > 50
    assert values.min() > 0
    assert 0.008 * mean < values.max() <= 0.01 * mean
