"""NMF, vector quantization and PCA side by side: each keeps its constraint, and figures say what the article says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from nmf_topics.analysis.method_comparison import FIGURES, Factors, compare_factorizations, describe
from nmf_topics.errors import MatrixError
from nmf_topics.factor import baselines
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.model.fit import fit_topics
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds

SIDE = 6
BARS = 2 * SIDE


def bars(rng: np.random.Generator, n: int = 120) -> DataMatrix:
    """Images of 6 x 6 pixels, each of some of the six rows and six columns, of some brightness: sums of parts."""
    parts = np.zeros((BARS, SIDE, SIDE))
    for k in range(SIDE):
        parts[k, k, :] = 1
        parts[SIDE + k, :, k] = 1
    H = rng.uniform(0.2, 0.5, (BARS, n)) * (rng.random((BARS, n)) < 0.25)
    H[rng.integers(BARS, size=n), np.arange(n)] = 0.5  # no image is black
    names = [f"{j:03}.png" for j in range(n)]
    return DataMatrix(
        parts.reshape(BARS, -1).T @ H, PixelGrid(SIDE, SIDE), PageColumns(names, names, [{}] * n), recipe={}
    )


@pytest.fixture(scope="module")
def images() -> tuple[DataMatrix, dict[str, Factors]]:
    """The bars, and the three factorizations of rank 12."""
    data = bars(np.random.default_rng(20261124))
    model = fit_topics(data, BARS, tolerance=1e-8, max_iter=4000)
    return data, {result.method: result for result in compare_factorizations(data, model)}


@pytest.fixture
def texts(tiny_corpus: Path) -> tuple[DataMatrix, dict[str, Factors]]:
    """The tiny corpus with pages of two subjects, and the three factorizations of rank 3."""
    pages = [json.loads(line)["text"] for line in tiny_corpus.read_text(encoding="utf-8").splitlines()]
    with tiny_corpus.open("a", encoding="utf-8") as file:
        for i in range(12):
            file.write(json.dumps({"id": f"x{i}", "title": f"X {i}", "text": pages[i] + pages[(i + 5) % 12]}) + "\n")
    data = prepare(Source(str(tiny_corpus)), Recipe(bounds=Bounds(min_pages=2, max_pages=0.5)))
    return data, {result.method: result for result in compare_factorizations(data, fit_topics(data, 3))}


@pytest.fixture(params=["images", "texts"])
def three(request: pytest.FixtureRequest) -> tuple[DataMatrix, dict[str, Factors]]:
    """Both, one after the other."""
    found: tuple[DataMatrix, dict[str, Factors]] = request.getfixturevalue(request.param)
    return found


def test_constraints(three: tuple[DataMatrix, dict[str, Factors]]) -> None:
    """VQ is unary with prototypes that are means, PCA orthonormal and of both signs, NMF non-negative."""
    data, results = three
    V = data.V.toarray() if sp.issparse(data.V) else data.V
    assert list(results) == ["NMF", "VQ", "PCA"]

    nmf = results["NMF"]
    assert nmf.W.min() >= 0
    assert nmf.H.min() >= 0

    vq = results["VQ"]
    assert set(np.unique(vq.H)) == {0.0, 1.0}
    assert vq.H.sum(axis=0).tolist() == [1.0] * V.shape[1]
    for k in np.flatnonzero(vq.H.any(axis=1)):
        np.testing.assert_allclose(vq.W[:, k], V[:, vq.H[k] > 0].mean(axis=1), atol=1e-12)

    pca = results["PCA"]
    np.testing.assert_allclose(pca.W.T @ pca.W, np.eye(pca.W.shape[1]), atol=1e-9)
    products = pca.H @ pca.H.T
    np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-9 * products.max())
    for factor in (pca.W, pca.H):
        assert factor.min() < -0.1 * factor.max() < 0


def test_figures_of_the_constraints(three: tuple[DataMatrix, dict[str, Factors]]) -> None:
    """What the article says of the three, as numbers: signs, units, orthogonality, and PCA's smallest error."""
    _, results = three
    nmf, vq, pca = results["NMF"], results["VQ"], results["PCA"]
    rank = nmf.W.shape[1]
    assert nmf.negative_W == nmf.negative_H == vq.negative_W == vq.negative_H == 0
    assert 0.2 < pca.negative_W < 0.8
    assert 0.2 < pca.negative_H < 0.8
    assert vq.active == 1
    assert vq.zeros_H == pytest.approx(1 - 1 / rank)
    assert vq.sparseness_H == pytest.approx(1)
    assert 1 < nmf.active < rank
    assert pca.active > nmf.active
    assert pca.orthonormal < 1e-9
    assert nmf.sparseness_W > pca.sparseness_W
    assert pca.relative_error <= nmf.relative_error + 1e-9 < vq.relative_error


def test_nmf_finds_the_parts(images: tuple[DataMatrix, dict[str, Factors]]) -> None:
    """On sums of bars the basis images of NMF are the bars; those of PCA and VQ are not."""
    _, results = images
    parts = np.zeros((BARS, SIDE, SIDE))
    for k in range(SIDE):
        parts[k, k, :] = 1
        parts[SIDE + k, :, k] = 1
    truth = parts.reshape(BARS, -1).T / np.sqrt(SIDE)

    def found(W: np.ndarray) -> int:
        """Bars that some column of W points to with a cosine of more than 0.98."""
        cosines = truth.T @ (W / np.maximum(np.linalg.norm(W, axis=0), 1e-300))
        return int((cosines.max(axis=1) > 0.98).sum())

    assert found(results["NMF"].W) == BARS
    assert found(results["PCA"].W) == 0
    assert found(results["VQ"].W) < BARS / 2
    assert results["NMF"].zeros_W > 0.5 > results["PCA"].zeros_W


def test_figures_by_hand() -> None:
    """Every figure of a factorization small enough to work out on paper."""
    W = np.array([[3.0, 0.0], [-4.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    H = np.array([[1.0, 0.0, 2.0], [-0.02, 0.001, 0.0]])
    V = np.array([[3.0, 0, 6], [0, 0, 0], [0, 0.002, 0], [1, 0, 0]])
    result = describe("X", sp.csc_matrix(V), W, H)
    assert result.method == "X"
    assert result.relative_error == pytest.approx(np.sqrt((16 + 0.04**2 + 64 + 1) / (9 + 36 + 0.002**2 + 1)))
    assert result.sparseness_W == pytest.approx(((2 - 7 / 5) + 1) / 2)
    root = math.sqrt(2)
    assert result.sparseness_H == pytest.approx(((root - 1.02 / math.sqrt(1.0004)) / (root - 1) + 1 + 1) / 3)
    assert result.negative_W == 1 / 8
    assert result.negative_H == 1 / 6
    assert result.zeros_W == 5 / 8
    assert result.zeros_H == 2 / 6
    assert result.orthonormal == pytest.approx(0, abs=1e-15)
    assert result.active == 1  # the 0.02 is multiplied with a shorter column: 0.04 is less than 1 % of 5
    assert describe("X", V, W[:, ::-1], H).active == (2 + 1 + 1) / 3
    leaning = describe("X", V, np.array([[3.0, 1], [4, 0], [0, 0], [0, 0]]), H)
    assert leaning.orthonormal == pytest.approx(3 / 5)


def test_figures_are_named() -> None:
    """The list of figures is all of them, in the order of the fields."""
    assert tuple(Factors.__dataclass_fields__) == ("method", "W", "H", *FIGURES)


def test_scale_of_the_factors_does_not_matter(images: tuple[DataMatrix, dict[str, Factors]]) -> None:
    """W times c and H over c have the same figures."""
    data, results = images
    nmf = results["NMF"]
    scaled = describe("NMF", data.V, nmf.W * 1000, nmf.H / 1000)
    for name in FIGURES:
        assert getattr(scaled, name) == pytest.approx(getattr(nmf, name), abs=1e-7), name


def test_same_seed_same_factors(images: tuple[DataMatrix, dict[str, Factors]]) -> None:
    """k-means starts from the seed; NMF and PCA do not depend on it."""
    data, results = images
    model = fit_topics(data, BARS, tolerance=1e-8, max_iter=4000)
    again = {result.method: result for result in compare_factorizations(data, model)}
    assert {method: (r.W.tobytes(), r.H.tobytes()) for method, r in results.items()} == {
        method: (r.W.tobytes(), r.H.tobytes()) for method, r in again.items()
    }


def test_model_is_not_changed(images: tuple[DataMatrix, dict[str, Factors]]) -> None:
    """V and the model are the same bytes after the comparison as before."""
    data, _ = images
    model = fit_topics(data, 3)
    before = (data.V.tobytes(), model.W.tobytes(), model.H.tobytes())
    compare_factorizations(data, model)
    assert (data.V.tobytes(), model.W.tobytes(), model.H.tobytes()) == before


@pytest.mark.parametrize("rank", [1, 4])
def test_smallest_and_largest_rank(rng: np.random.Generator, rank: int) -> None:
    """With one column of each, and with as many as there are images, every figure but those of one row is a number."""
    data = bars(rng, 4)
    results = compare_factorizations(data, fit_topics(data, rank))
    for result in results:
        values = {name: getattr(result, name) for name in FIGURES}
        if rank == 1:
            assert math.isnan(values.pop("sparseness_H"))
        assert all(math.isfinite(value) for value in values.values()), values
    if rank == 4:
        assert results[2].relative_error < 1e-7


def test_what_is_too_large_for_one_of_them(
    texts: tuple[DataMatrix, dict[str, Factors]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vector quantization wants V dense; where that is too large, it is said which of the three cannot be made."""
    data, _ = texts
    monkeypatch.setattr(baselines, "DENSE_LIMIT", 100)
    with pytest.raises(MatrixError, match="vector quantization needs V dense"):
        compare_factorizations(data, fit_topics(data, 2))
