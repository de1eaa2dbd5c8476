"""Several ranks: figures against numpy, bounds that hold for every rank, and a range that holds the planted one."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from PIL import Image

from nmf_topics.analysis.ranks import RankRow, singular_values, suggest, try_ranks
from nmf_topics.corpus.open import sample_corpus_path
from nmf_topics.errors import MatrixError
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES, Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.terms.vocabulary import Vocabulary

RECIPE = Recipe(bounds=Bounds(min_pages=2, max_pages=0.5))


def matrix(V: Any) -> DataMatrix:
    """V with its names, sparse."""
    m, n = V.shape
    names = [f"w{i:03}" for i in range(m)]
    pages = [f"p{j:03}" for j in range(n)]
    return DataMatrix(sp.csc_matrix(V), Vocabulary(names, names), PageColumns(pages, pages, [{}] * n))


def planted(rng: np.random.Generator, rank: int) -> DataMatrix:
    """Pages of `rank` topics with words of their own, a little of another topic and some noise."""
    W = np.kron(np.eye(rank), np.ones((8, 1))) * rng.uniform(0.5, 1.5, (8 * rank, rank))
    H = np.kron(np.eye(rank), np.ones((1, 12))) + 0.1 * rng.random((rank, 12 * rank))
    noise = 0.15 * rng.random((8 * rank, 12 * rank)) * (rng.random((8 * rank, 12 * rank)) < 0.2)
    return matrix(np.where(W @ H > 0.3, W @ H, 0.0) + noise)


@pytest.fixture
def data(tiny_corpus: Path) -> DataMatrix:
    """V of the tiny corpus."""
    return prepare(Source(str(tiny_corpus)), RECIPE)


@pytest.mark.parametrize("recipe", list(RECIPES))
def test_rows_against_numpy(data: DataMatrix, recipe: str) -> None:
    """Singular values and the error that no factorization can beat are numpy's, the fit is 1 - error^2."""
    V = data.V.toarray()
    s = np.linalg.svd(V, compute_uv=False)
    ranks = [1, 2, 3, 5, 8]
    rows = list(try_ranks(data, ranks, RECIPES[recipe]))
    assert [row.rank for row in rows] == ranks
    for row in rows:
        assert row.singular_value == pytest.approx(s[row.rank - 1], rel=1e-9)
        best = np.sqrt(np.square(s[row.rank :]).sum() / np.square(s).sum())
        assert row.svd_error == pytest.approx(best, rel=1e-7)
        assert row.svd_error <= row.error + 1e-12
        assert row.fit == pytest.approx(1 - row.error**2)


def test_rows_say_what_the_models_say(data: DataMatrix) -> None:
    """Each row is that of the model which `fit_topics` makes with the recipe's options, and that model is shown."""
    recipe = replace(RECIPE, solver="mu", start="random", tolerance=1e-4, max_iter=77)
    models: list[TopicModel] = []
    rows = list(try_ranks(data, [2, 4], recipe, seed=5, on_model=models.append))
    for row, model in zip(rows, models, strict=True):
        again = fit_topics(data, row.rank, solver="mu", start="random", tolerance=1e-4, max_iter=77, seed=5)
        assert model.W.tobytes() == again.W.tobytes()
        assert (row.error, row.iterations) == (model.relative_error, len(model.trace))
        assert row.coherence == pytest.approx(float(np.mean(model.coherences)))
        assert row.smallest == min(topic.pages for topic in model.topics()) / 12


def test_objective_is_always_least_squares(data: DataMatrix) -> None:
    """A recipe of another objective is tried by least squares, so that its errors can be compared with the SVD's."""
    kl, frobenius = (
        list(try_ranks(data, [2], replace(RECIPE, objective=objective))) for objective in ("kl", "frobenius")
    )
    assert kl == frobenius


def test_rows_come_as_soon_as_they_are_fitted(data: DataMatrix) -> None:
    """A row can be kept before the next rank is begun, and the ranks that are left give the rows they would have."""
    begun: list[int] = []
    rows = try_ranks(data, [2, 3, 4], RECIPE, on_model=lambda model: begun.append(model.rank))
    kept = next(rows)
    assert (kept.rank, begun) == (2, [2])
    assert [kept, *try_ranks(data, [3, 4], RECIPE)] == list(try_ranks(data, [2, 3, 4], RECIPE))


def test_error_falls_with_rank(rng: np.random.Generator) -> None:
    """On planted topics each rank up to the planted one has a smaller error, and the SVD's bound falls throughout."""
    rows = list(try_ranks(planted(rng, 6), range(1, 12), Recipe()))
    errors = [row.error for row in rows]
    assert np.all(np.diff(errors[:6]) < 0)
    assert max(errors[6:]) <= errors[5] + 1e-6
    assert np.all(np.diff([row.svd_error for row in rows]) <= 0)
    assert all(row.svd_error <= row.error for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [3, 5, 8])
def test_planted_rank_is_suggested(rng: np.random.Generator, rank: int) -> None:
    """The range holds the number of topics that were planted, is not all that was tried, and has its reasons."""
    rows = list(try_ranks(planted(rng, rank), range(1, 14), Recipe()))
    low, high, reasons = suggest(rows)
    assert low <= rank <= high
    assert (low, high) != (1, 13)
    assert f"bends most at rank {rank}" in reasons[0]
    assert reasons[1].startswith("coherence (NPMI) is highest at rank")


def test_largest_rank_of_all(rng: np.random.Generator) -> None:
    """The rank min(m, n) leaves the SVD no error."""
    row = next(try_ranks(matrix(rng.random((5, 9))), [5], Recipe()))
    assert row.svd_error < 1e-7


def test_rank_that_does_not_fit_is_refused_before_any_work(data: DataMatrix) -> None:
    """The largest rank is checked before the first is fitted."""
    fitted: list[TopicModel] = []
    rows = try_ranks(data, [2, 13], RECIPE, on_model=fitted.append)
    with pytest.raises(MatrixError, match="rank 13 is larger than the number of pages, 12"):
        next(rows)
    assert fitted == []


def test_dead_topics_do_not_hide_the_coherence(rng: np.random.Generator) -> None:
    """At a rank that the pages cannot fill, the coherence is that of the topics that have one."""
    V = np.zeros((6, 9))
    V[:3, :4], V[3:, 4:] = 1.0, 1.0
    row = next(try_ranks(matrix(V), [4], Recipe()))
    assert row.smallest == 0
    assert math.isfinite(row.coherence)


def test_images_have_no_coherence(rng: np.random.Generator) -> None:
    """Rows of images have nan for what only words have, and a bend is suggested still."""
    names = [str(j) for j in range(10)]
    images = DataMatrix(rng.random((12, 10)), PixelGrid(3, 4), PageColumns(names, names, [{}] * 10))
    rows = list(try_ranks(images, [1, 2, 4, 8], Recipe()))
    assert all(math.isnan(row.coherence) and math.isnan(row.diversity) for row in rows)
    low, high, reasons = suggest(rows)
    assert low == high
    assert len(reasons) == 1
    assert "bends" in reasons[0]


@pytest.mark.parametrize("k", [1, 4, 11, 12, 50])
def test_singular_values_against_numpy(data: DataMatrix, k: int) -> None:
    """The k largest, falling; all there are where k is beyond them."""
    want = np.linalg.svd(data.V.toarray(), compute_uv=False)[:k]
    got = singular_values(data, k)
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
    assert np.all(np.diff(got) <= 0)


@pytest.mark.data
def test_singular_values_of_real_pages(data_folder: Path) -> None:
    """On BBC News, too large to be decomposed whole in passing, the first ten are those of numpy's dense SVD."""
    data = prepare(Source(str(data_folder / "bbc-news.jsonl.gz")), Recipe(bounds=Bounds(max_pages=0.3, max_terms=900)))
    want = np.linalg.svd(data.V.toarray(), compute_uv=False)[:10]
    np.testing.assert_allclose(singular_values(data, 10), want, rtol=1e-8)


# ---------------------------------------------------------------------------------------------- what is suggested


def row(rank: int, error: float, coherence: float = float("nan")) -> RankRow:
    """A row of which only three figures matter."""
    return RankRow(rank, 1.0, error, error, 1 - error**2, coherence, 1.0, 0.1, 10)


def test_suggestion_by_hand() -> None:
    """The bend is farthest below the line from (2, 0.9) to (10, 0.5); with the best coherence it spans the range."""
    rows = [row(2, 0.9, 0.1), row(4, 0.6, 0.2), row(6, 0.55, 0.4), row(8, 0.52, 0.3), row(10, 0.5, 0.1)]
    assert suggest(rows)[:2] == (4, 6)
    only_errors = [replace(one, coherence=float("nan")) for one in rows]
    assert suggest(only_errors)[:2] == (4, 4)


def test_suggestion_where_ranks_are_unevenly_spaced() -> None:
    """The bend is found on the scale of the ranks, not on that of their places in the table."""
    rows = [row(1, 1.0), row(2, 0.6), row(3, 0.5), row(100, 0.0)]
    assert suggest(rows)[:2] == (3, 3)


@pytest.mark.parametrize("rows", [[row(3, 0.5)], [row(3, 0.5), row(5, 0.4)], [row(2, 0.5), row(3, 0.5), row(4, 0.5)]])
def test_no_curve_no_choice(rows: list[RankRow]) -> None:
    """One rank, two, or a flat curve: all that was tried is the range, and it is said why."""
    assert suggest(rows) == (rows[0].rank, rows[-1].rank, ["no curve singles out a rank"])


def test_coherence_alone_may_choose() -> None:
    """Where two ranks have no bend between them, the better coherence is the answer; nan is no coherence."""
    assert suggest([row(3, 0.5, 0.1), row(5, 0.4, 0.3), row(7, 0.4)][:2])[:2] == (5, 5)
    assert suggest([row(3, 0.5), row(5, 0.5, 0.3), row(7, 0.5)])[:2] == (5, 5)


def test_singular_values_say_where_they_flatten() -> None:
    """Ten values above the noise, the first far above: the suggestion is ten, whatever noise follows."""
    noise = [1.3 * 0.985**k for k in range(20)]
    singular = [3.0, *(2.0 - 0.05 * k for k in range(9)), *noise]
    rows = [row(rank, 0.9) for rank in range(2, 31, 2)]
    assert suggest(rows, singular) == (10, 10, ["the singular values flatten after number 10"])


@pytest.mark.parametrize("singular", [[], [2.0, 1.0], [1.0] * 20, [0.0] * 20])
def test_singular_values_that_say_nothing(singular: list[float]) -> None:
    """Too few values, even ones, or none above zero single out no rank."""
    assert suggest([row(2, 0.5), row(4, 0.5)], singular)[2] == ["no curve singles out a rank"]


def test_singular_values_of_the_sample_flatten_after_its_subjects() -> None:
    """The sample has ten subjects, and its singular values say so."""
    data = prepare(Source(str(sample_corpus_path())), Recipe())
    low, high, reasons = suggest([row(2, 0.5), row(30, 0.5)], singular_values(data, 30).tolist())
    assert (low, high) == (10, 10), reasons


# ---------------------------------------------------------------------------------------------- the command goes on


def test_interrupted_command_goes_on_where_it_was(tiny_corpus: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranks that an interrupted run has kept are not fitted again, and the rows are those of a run in one go."""
    arguments = ["ranks", tiny_corpus, "--from", 1, "--to", 4, "--step", 1, "--max-pages", 0.5, "-q"]
    assert run(*arguments, "-o", "whole").exit_code == 0

    from nmf_topics.analysis import ranks

    fitted: list[int] = []

    def counting(data: DataMatrix, rank: int, **options: Any) -> TopicModel:
        if rank == 3 and not fitted.count(-1):
            fitted.append(-1)
            raise KeyboardInterrupt
        fitted.append(rank)
        return fit_topics(data, rank, **options)

    monkeypatch.setattr(ranks, "fit_topics", counting)
    assert run(*arguments, "-o", "parts").exit_code != 0
    assert not Path("parts/ranks.csv").exists()
    assert run(*arguments, "-o", "parts").exit_code == 0
    assert fitted == [1, 2, -1, 3, 4]
    assert Path("parts/ranks.csv").read_bytes() == Path("whole/ranks.csv").read_bytes()
    with Image.open("parts/ranks.png") as picture:
        assert picture.width > 1000
