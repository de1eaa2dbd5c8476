"""Weightings: each formula compared with a plain implementation, entry by entry."""

from __future__ import annotations

import io
from math import log, sqrt
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nmf_topics.errors import MatrixError
from nmf_topics.matrix.weighting import WEIGHTINGS, FittedWeighting, fit_weighting

NAMES = list(WEIGHTINGS)

# Five terms on six pages: one page is empty, one term is on every other page, one on a single page.
COUNTS = np.array(
    [
        [3, 1, 0, 2, 1, 7],
        [1, 0, 0, 0, 0, 0],
        [0, 2, 0, 2, 0, 1],
        [0, 0, 0, 1, 4, 0],
        [9, 0, 0, 0, 1, 1],
    ]
)


def slowly(counts: np.ndarray, name: str, q: float = 1.0) -> np.ndarray:
    """The formulas of the module's header, one entry after the other, in plain Python."""
    m, n_all = counts.shape
    c = counts.tolist()
    length = [sum(c[i][j] for i in range(m)) for j in range(n_all)]
    n = sum(1 for x in length if x > 0)
    mean = sum(length) / n
    pages = [sum(1 for j in range(n_all) if c[i][j] > 0) for i in range(m)]
    share = [sum(c[i]) / sum(length) for i in range(m)]
    V = np.zeros((m, n_all))
    for i in range(m):
        for j in range(n_all):
            if c[i][j] == 0:
                continue
            idf = (log((1 + n) / (1 + pages[i])) + 1) ** q
            rsj = log(1 + (n - pages[i] + 0.5) / (pages[i] + 0.5)) ** q
            V[i, j] = {
                "frequency": c[i][j] / length[j],
                "tfidf": c[i][j] * idf,
                "log-tfidf": (1 + log(c[i][j])) * idf,
                "bm25": c[i][j] * 2.2 / (c[i][j] + 1.2 * (0.25 + 0.75 * length[j] / mean)) * rsj,
                "chi2": c[i][j] / length[j] / sqrt(share[i]),
                "spmi": max(0.0, log(c[i][j] / (length[j] * share[i]))),
            }[name]
    return V


def weighted(counts: Any, name: str, **options: Any) -> Any:
    """Fit and apply to the same counts."""
    return fit_weighting(counts, name, **options).apply(counts)


def test_every_weighting_is_written_out_here() -> None:
    """A weighting without a formula in this file would be untested."""
    for name in NAMES:
        assert slowly(COUNTS, name).shape == COUNTS.shape


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("q", [1.0, 1.2, 2.0, 0.0])
def test_formulas(name: str, q: float) -> None:
    """Each entry is what the formula says, for textbook and other powers of the idf."""
    V = weighted(sp.csc_matrix(COUNTS), name, unit=False, idf_power=q)
    np.testing.assert_allclose(V.toarray(), slowly(COUNTS, name, q), rtol=1e-12, atol=1e-15)


@settings(deadline=None, max_examples=60)
@given(arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 9)), st.data())
def test_formulas_on_any_counts(counts: np.ndarray, data: st.DataObject) -> None:
    """The formulas hold for any counts with at least one word, with empty rows and columns anywhere."""
    name = data.draw(st.sampled_from(NAMES))
    if counts.sum() == 0:
        with pytest.raises(MatrixError):
            fit_weighting(sp.csc_matrix(counts), name)
        return
    counts = counts[counts.sum(axis=1) > 0]  # a vocabulary has no term without a page
    V = weighted(sp.csc_matrix(counts), name, unit=False).toarray()
    np.testing.assert_allclose(V, slowly(counts, name), rtol=1e-12, atol=1e-15)
    assert (V >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_unit_columns(name: str) -> None:
    """Columns have length one and the direction of the formula; the empty page stays zero."""
    V = weighted(sp.csc_matrix(COUNTS), name).toarray()
    expected = slowly(COUNTS, name)
    norms = np.linalg.norm(expected, axis=0)
    np.testing.assert_allclose(np.linalg.norm(V, axis=0), norms > 0, rtol=1e-12)
    np.testing.assert_allclose(V, expected / np.where(norms > 0, norms, 1), rtol=1e-12, atol=1e-15)
    assert (V[:, 2] == 0).all()


def test_a_page_whose_weights_are_all_zero_is_no_division_by_zero() -> None:
    """With spmi a page may have words and no weight: it stays zero, not NaN."""
    V = weighted(sp.csc_matrix(np.array([[4, 4], [4, 4]])), "spmi")
    assert V.toarray().tolist() == [[0, 0], [0, 0]]


def test_the_columns_of_the_article_sum_to_one() -> None:
    """Frequencies are shares of the words of a page."""
    sums = np.asarray(weighted(sp.csc_matrix(COUNTS), "frequency", unit=False).sum(axis=0)).ravel()
    np.testing.assert_allclose(sums, [1, 1, 0, 1, 1, 1], rtol=1e-15)


@pytest.mark.parametrize(("name", "sublinear"), [("tfidf", False), ("log-tfidf", True)])
def test_tfidf_is_that_of_scikit_learn(name: str, sublinear: bool) -> None:
    """The same idf, the same logarithm of counts, the same unit length."""
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = np.delete(COUNTS, 2, axis=1)  # scikit-learn counts empty pages among the pages
    expected = TfidfTransformer(sublinear_tf=sublinear).fit_transform(sp.csr_matrix(counts.T)).toarray().T
    np.testing.assert_allclose(weighted(sp.csc_matrix(counts), name).toarray(), expected, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_empty_pages_say_nothing(name: str) -> None:
    """Adding empty pages to a corpus changes no weight of the others."""
    with_empty = weighted(sp.csc_matrix(COUNTS), name, unit=False).toarray()
    without = weighted(sp.csc_matrix(np.delete(COUNTS, 2, axis=1)), name, unit=False).toarray()
    np.testing.assert_array_equal(np.delete(with_empty, 2, axis=1), without)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", [True, False])
def test_new_pages_are_weighted_as_the_corpus_was(name: str, unit: bool) -> None:
    """A page of the corpus that comes back alone, or in another order, gets its own column back to the bit."""
    fitted = fit_weighting(sp.csc_matrix(COUNTS), name, unit=unit)
    V = fitted.apply(sp.csc_matrix(COUNTS)).toarray()
    for j in range(COUNTS.shape[1]):
        np.testing.assert_array_equal(fitted.apply(sp.csc_matrix(COUNTS[:, [j]])).toarray()[:, 0], V[:, j])
    order = [5, 0, 2, 2, 1]
    np.testing.assert_array_equal(fitted.apply(sp.csc_matrix(COUNTS[:, order])).toarray(), V[:, order])


@pytest.mark.parametrize("name", NAMES)
def test_no_new_pages(name: str) -> None:
    """Nothing to weight is an empty matrix, and a blank page a column of zeros."""
    fitted = fit_weighting(sp.csc_matrix(COUNTS), name)
    assert fitted.apply(sp.csc_matrix((5, 0))).shape == (5, 0)
    assert fitted.apply(sp.csc_matrix((5, 1))).toarray().tolist() == [[0]] * 5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", [True, False])
def test_round_trip_through_a_model_file(name: str, unit: bool) -> None:
    """From the arrays of an .npz without pickle comes the same weighting, to the bit."""
    fitted = fit_weighting(sp.csc_matrix(COUNTS), name, unit=unit, idf_power=1.2)
    file = io.BytesIO()
    np.savez(file, **fitted.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as saved:
        again = FittedWeighting.from_arrays(name, unit, saved)
    assert (again.name, again.unit, again.idf_power) == (name, unit, 1.2)
    assert (again.statistics.n_pages, again.statistics.mean_length) == (5, fitted.statistics.mean_length)
    np.testing.assert_array_equal(
        again.apply(sp.csc_matrix(COUNTS)).toarray(), fitted.apply(sp.csc_matrix(COUNTS)).toarray()
    )


def test_statistics() -> None:
    """Statistics of a corpus: pages with words, their mean length, pages and share of each term."""
    s = fit_weighting(sp.csc_matrix(COUNTS), "bm25").statistics
    assert (s.n_pages, s.mean_length) == (5, 36 / 5)
    assert s.pages.tolist() == [5, 1, 3, 2, 3]
    np.testing.assert_allclose(s.share, [14 / 36, 1 / 36, 5 / 36, 5 / 36, 11 / 36])
    assert s.share.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", [True, False])
def test_counts_are_neither_changed_nor_shared(name: str, unit: bool) -> None:
    """V can be written to, and the counts weighted otherwise afterwards."""
    counts = sp.csc_matrix(COUNTS.astype(np.float64))
    V = weighted(counts, name, unit=unit)
    assert (V.dtype, V.format, V.shape) == (np.float64, "csc", counts.shape)
    for array in (V.data, V.indices, V.indptr):
        array[:] = 0
    np.testing.assert_array_equal(counts.toarray(), COUNTS)


@pytest.mark.parametrize("convert", [sp.csr_matrix, sp.coo_matrix, sp.csc_array, np.array])
def test_other_kinds_of_matrix(convert: Any) -> None:
    """The weights do not depend on the type of the counts."""
    V = weighted(convert(COUNTS), "bm25")
    np.testing.assert_array_equal(V.toarray(), weighted(sp.csc_matrix(COUNTS), "bm25").toarray())


def test_an_unknown_name_lists_the_known() -> None:
    """The message lists the weightings."""
    with pytest.raises(MatrixError, match="unknown weighting 'tf-idf'; the weightings are " + ", ".join(NAMES)):
        fit_weighting(sp.csc_matrix(COUNTS), "tf-idf")


@pytest.mark.parametrize("shape", [(3, 2), (0, 2), (3, 0)])
def test_counts_without_a_word_are_refused(shape: tuple[int, int]) -> None:
    """Counts without a word are refused."""
    with pytest.raises(MatrixError, match="no page contains a word"):
        fit_weighting(sp.csc_matrix(shape), "bm25")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pieces_do_not_show(dtype: type, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    """The chunk size does not change the bytes, and float32 is the rounded float64."""
    counts = sp.csc_matrix(rng.poisson(0.3, (30, 50)).astype(np.int32))
    fitted = fit_weighting(counts, "bm25", idf_power=1.2)
    whole = fitted.apply(counts, dtype)
    monkeypatch.setattr("nmf_topics.matrix.weighting.CHUNK_ENTRIES", 7)
    pieces = fitted.apply(counts, dtype)
    assert whole.dtype == dtype
    assert whole.data.tobytes() == pieces.data.tobytes()
    np.testing.assert_array_equal(whole.data, fitted.apply(counts).data.astype(dtype))
