"""Vector quantization and principal components: their constraints, their optimality, and what they refuse."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError
from nmf_topics.factor.baselines import principal_components, relative_error, vector_quantization
from nmf_topics.factor.factorize import factorize

Array = NDArray[Any]
FORMS = pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix, sp.csr_array])


def assert_quantized(V: Array, W: Array, H: Array, rank: int) -> None:
    """H is unary, and each prototype is the mean of its pages, or zero when it has none."""
    assert (W.shape, H.shape) == ((V.shape[0], rank), (rank, V.shape[1]))
    assert set(np.unique(H)) <= {0.0, 1.0}
    np.testing.assert_array_equal(H.sum(axis=0), 1.0)
    for k in range(rank):
        pages = [V[:, j] for j in range(V.shape[1]) if H[k, j] == 1.0]
        np.testing.assert_allclose(W[:, k], sum(pages) / len(pages) if pages else 0.0, rtol=1e-12, atol=1e-15)


@FORMS
@pytest.mark.parametrize("rank", [1, 3, 20])
def test_vector_quantization(form: Callable[[Array], Any], rank: int, rng: np.random.Generator) -> None:
    """Every page is written as one prototype, the one nearest to it, and prototypes are means."""
    V = rng.random((8, 20)) * (rng.random((8, 20)) < 0.6)
    W, H = vector_quantization(form(V), rank)
    assert_quantized(V, W, H, rank)
    distances = np.square(V[:, None, :] - W[:, :, None]).sum(axis=0)
    np.testing.assert_allclose((distances * H).sum(axis=0), distances.min(axis=0), atol=1e-12)


def test_groups_are_found(rng: np.random.Generator) -> None:
    """Three far groups of pages are three prototypes, from any seed."""
    centres = np.array([[9.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]])
    groups = rng.integers(0, 3, 40)
    V = centres[:, groups] + rng.random((3, 40))
    for seed in range(5):
        W, H = vector_quantization(V, 3, seed=seed)
        assert len({(int(g), int(k)) for g, k in zip(groups, H.argmax(axis=0), strict=True)}) == 3
        np.testing.assert_allclose(np.sort(W.max(axis=0)), [9.5, 9.5, 9.5], atol=0.3)


def test_vector_quantization_is_deterministic(rng: np.random.Generator) -> None:
    """The same seed gives the same bytes, and numpy's global random state is neither used nor moved."""
    V = rng.random((10, 60))
    runs = []
    for legacy in (1, 2):
        np.random.seed(legacy)  # noqa: NPY002  the state that must not matter
        before = np.random.get_state()[1].tobytes()  # noqa: NPY002
        runs.append([a.tobytes() for a in vector_quantization(V, 6, seed=4)])
        assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002
    assert runs[0] == runs[1]
    others = {vector_quantization(V, 6, seed=seed)[1].tobytes() for seed in range(8)}
    assert len(others) > 1


@pytest.mark.parametrize("V", [np.ones((3, 6)), np.repeat(np.eye(3, 2), 4, axis=1), np.zeros((3, 6))])
def test_empty_prototypes(V: Array) -> None:
    """Fewer different pages than prototypes: those without a page are zero, and no warning comes out."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        W, H = vector_quantization(V, 5)
    assert not caught
    assert_quantized(V, W, H, 5)
    assert np.isfinite(W).all()
    assert (H.sum(axis=1) == 0).any()
    np.testing.assert_allclose(W @ H, V, atol=1e-15)


@pytest.mark.parametrize("rank", [0, -1, 7])
def test_ranks_that_quantization_refuses(rank: int) -> None:
    """There is at least one prototype, and at most one a page."""
    with pytest.raises(MatrixError, match=f"6 pages cannot have {rank} prototypes; choose a rank from 1 to 6"):
        vector_quantization(np.ones((3, 6)), rank)


def test_quantization_refuses_what_is_too_large_to_be_dense() -> None:
    """A sparse V that would fill the memory is refused before it does."""
    V = sp.csc_matrix(([1.0], ([0], [0])), shape=(200_000, 100_000))
    with pytest.raises(MatrixError, match=r"149\.0 GB for 200000 terms x 100000 pages"):
        vector_quantization(V, 2)


@FORMS
@pytest.mark.parametrize("rank", [1, 3, 8])
def test_principal_components(form: Callable[[Array], Any], rank: int, rng: np.random.Generator) -> None:
    """Columns of W are orthonormal, rows of H orthogonal and falling in size, and the error is the least there is."""
    V = rng.random((8, 20)) * (rng.random((8, 20)) < 0.6)
    W, H = principal_components(form(V), rank)
    np.testing.assert_allclose(W.T @ W, np.eye(rank), atol=1e-10)
    sizes = np.diag(H @ H.T)
    np.testing.assert_allclose(H @ H.T, np.diag(sizes), atol=1e-10)
    assert (np.diff(sizes) <= 1e-12).all()
    left = np.linalg.svd(V, compute_uv=False)[rank:]
    assert np.linalg.norm(V - W @ H) == pytest.approx(np.linalg.norm(left), abs=1e-10)
    assert rank == 1 or (W < 0).any()


@pytest.mark.parametrize("rank", [1, 2, 5, 9])
def test_order_of_the_three(rank: int, rng: np.random.Generator) -> None:
    """With fewer constraints the error is less: PCA, then NMF, then vector quantization."""
    V = rng.random((12, 3)) @ rng.random((3, 30)) + rng.random((12, 30))
    nmf = factorize(V, rank, rule="hals", tolerance=1e-7, max_iter=5_000)
    pca, vq = (relative_error(V, *f(V, rank)) for f in (principal_components, vector_quantization))
    assert pca <= nmf.error + 1e-9
    assert nmf.error <= vq


def test_principal_components_of_a_large_matrix(rng: np.random.Generator) -> None:
    """Beyond the size that is decomposed whole, the same holds."""
    V = sp.random(300, 200, density=0.05, random_state=rng, format="csc")
    W, H = principal_components(V, 10)
    np.testing.assert_allclose(W.T @ W, np.eye(10), atol=1e-10)
    left = np.linalg.svd(V.toarray(), compute_uv=False)[10:]
    assert np.linalg.norm(V - W @ H) == pytest.approx(np.linalg.norm(left), rel=1e-9)


@pytest.mark.parametrize("rank", [0, 4])
def test_ranks_that_components_refuse(rank: int) -> None:
    """There are from one to min(m, n) components."""
    with pytest.raises(MatrixError, match=f"from 1 to 3 principal components, not {rank}"):
        principal_components(np.ones((3, 6)), rank)


@pytest.mark.parametrize("shape", [(3, 6), (70, 80)])
def test_components_of_nothing(shape: tuple[int, int]) -> None:
    """A V of zeros has none."""
    with pytest.raises(MatrixError, match="only zeros"):
        principal_components(np.zeros(shape), 2)


@pytest.mark.parametrize("baseline", [vector_quantization, principal_components])
@pytest.mark.parametrize("V", [np.array([[1.0, np.nan]]), np.array([[1.0, -1.0]]), np.ones(3), [[1.0, 2.0]]])
def test_baselines_refuse_what_cannot_be_factored(baseline: Callable[..., Any], V: Any) -> None:
    """They take what `factorize` takes, and say what is wrong with the rest."""
    with pytest.raises(MatrixError):
        baseline(V, 1)


@FORMS
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_relative_error(form: Callable[[Array], Any], dtype: type, rng: np.random.Generator) -> None:
    """It is ||V - WH|| / ||V||, of any factors, also where squares would not fit the type of V."""
    V = (255 * rng.random((6, 9))).astype(dtype)
    W, H = rng.normal(size=(6, 2)), rng.normal(size=(2, 9))
    expected = np.linalg.norm(V.astype(float) - W @ H) / np.linalg.norm(V.astype(float))
    assert relative_error(form(V), W, H) == pytest.approx(expected, rel=1e-9)
    assert relative_error(form(V), W, np.zeros_like(H)) == pytest.approx(1.0, rel=1e-12)


def test_relative_error_of_exact_factors() -> None:
    """Rounding leaves no more than 1e-7 where there is no error."""
    W, H = np.array([[1.0, 0.0], [2.0, 1.0]]), np.array([[1.0, 0.0, 3.0], [0.5, 0.1, 0.0]])
    assert relative_error(W @ H, W, H) < 1e-7
