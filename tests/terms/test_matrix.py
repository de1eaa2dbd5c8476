"""From counts to V: the bounds, the weighting, and the record of both."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nmf_topics.corpus.open import open_corpus
from nmf_topics.errors import MatrixError
from nmf_topics.matrix.weighting import WEIGHTINGS, fit_weighting
from nmf_topics.terms.count import count_terms
from nmf_topics.terms.matrix import build_term_matrix
from nmf_topics.terms.pruning import Bounds, bound_terms
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.text.analyzer import WordOptions


@pytest.fixture
def counts(tiny_corpus: Path) -> TermCounts:
    """Counts of the 12 pages."""
    return count_terms(open_corpus(str(tiny_corpus)), WordOptions())


def test_rows_and_columns(counts: TermCounts) -> None:
    """V has a row a term within the default bounds and a column a page, in the order of ids."""
    data = build_term_matrix(counts)
    bounded = bound_terms(counts, Bounds())
    assert data.V.shape == (len(data.rows), 12)
    assert data.rows == bounded.vocabulary
    assert data.columns == counts.columns
    assert list(data.columns.ids) == sorted(data.columns.ids)
    assert data.ledger == bounded.ledger
    assert {"cat", "mouse", "song", "planet"} <= set(bounded.vocabulary.terms)


@pytest.mark.parametrize("weighting", list(WEIGHTINGS))
@pytest.mark.parametrize("unit", [True, False])
def test_weights_are_those_of_the_bounded_counts(counts: TermCounts, weighting: str, unit: bool) -> None:
    """The weighting is fitted to what is within bounds, not to words that were left out."""
    bounds = Bounds(min_pages=3, max_pages=6, max_terms=8)
    data = build_term_matrix(counts, bounds=bounds, weighting=weighting, unit=unit, idf_power=1.3)
    bounded = bound_terms(counts, bounds)
    expected = fit_weighting(bounded.counts, weighting, unit=unit, idf_power=1.3).apply(bounded.counts)
    assert data.V.shape == (8, 12)
    assert (expected != data.V).nnz == 0


def test_v_is_what_a_factorization_needs(counts: TermCounts) -> None:
    """CSC of float64, sorted, finite and not negative."""
    V = build_term_matrix(counts).V
    assert (V.format, V.dtype, V.has_canonical_format) == ("csc", np.float64, True)
    assert np.isfinite(V.data).all()
    assert V.data.min() >= 0


def test_a_page_without_known_words_is_a_column_of_zeros(counts: TermCounts) -> None:
    """Pages never leave V: the columns stay those of the corpus."""
    data = build_term_matrix(counts, bounds=Bounds(max_terms=1))
    sums = np.asarray(data.V.sum(axis=0)).ravel()
    assert data.V.shape == (1, 12)
    assert 0 < (sums == 0).sum() < 12


def test_the_recipe_records_every_option(counts: TermCounts) -> None:
    """What shaped V, and what was known before, can be read from it as JSON."""
    data = build_term_matrix(
        counts,
        bounds=Bounds(min_pages=2, max_pages=0.75, max_terms=9),
        weighting="tfidf",
        unit=False,
        idf_power=1.5,
        recipe={"corpus": {"name": "tiny"}},
    )
    assert json.loads(json.dumps(data.recipe)) == {
        "corpus": {"name": "tiny"},
        "words": {
            "language": "en",
            "languages": [],
            "tokenizer": None,
            "lemmatizer": None,
            "stop_test": None,
            "normalize": "lemma",
            "stemmer": "snowball",
            "default_stops": True,
            "stop": [],
            "keep": [],
            "phrases": False,
            "chunk": None,
            "numbers": False,
            "accents": True,
            "boilerplate": False,
        },
        "bounds": {"min_pages": 2, "max_pages": 0.75, "max_terms": 9, "corpus_stops": False},
        "weighting": "tfidf",
        "unit": False,
        "idf_power": 1.5,
    }


def test_the_counts_stay_as_they_were(counts: TermCounts) -> None:
    """Another weighting of the same counts can follow: V shares nothing that may be written to."""
    before = counts.counts.copy()
    V = build_term_matrix(counts, bounds=Bounds(1, 1.0)).V
    V.data[:] = -1
    V.indices[:] = 0
    V.indptr[:] = 0
    assert (counts.counts != before).nnz == 0


def test_no_word_left_is_an_error(counts: TermCounts) -> None:
    """Bounds that nothing meets are the user's to loosen."""
    with pytest.raises(MatrixError, match="no words are left"):
        build_term_matrix(counts, bounds=Bounds(min_pages=13))


def test_an_unknown_weighting_names_the_known(counts: TermCounts) -> None:
    """The message lists what there is."""
    with pytest.raises(MatrixError, match="unknown weighting 'tf'; the weightings are frequency, tfidf"):
        build_term_matrix(counts, weighting="tf")
