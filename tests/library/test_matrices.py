"""One's own matrix: sparse and dense, in both orientations, with names; and new pages for its model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from nmf_topics import NmfTopicsError, classify, fit_topics, load_model, save_model

TEXTS = [
    "green tea and black tea",
    "a goal in the cup final",
    "tea leaves and a pot of tea",
    "the final goal of the match",
    "black tea with milk",
    "the match ended with a goal",
]
VECTORIZER = CountVectorizer(stop_words="english")
X = VECTORIZER.fit_transform(TEXTS)  # pages x terms
TERMS = VECTORIZER.get_feature_names_out()


def alternates(topics: np.ndarray) -> bool:
    """Whether pages 0, 2, 4 have one topic, and 1, 3, 5 the other."""
    return len(set(topics[::2])) == len(set(topics[1::2])) == 1 and topics[0] != topics[1]


@pytest.mark.parametrize(
    ("matrix", "pages_in"),
    [
        (X, "rows"),
        (sp.csr_array(X), "rows"),
        (sp.coo_matrix(X), "rows"),
        (X.toarray(), "rows"),
        (X.toarray().astype(bool), "rows"),
        (X.toarray().astype(np.float32), "rows"),
        (np.asfortranarray(X.toarray()), "rows"),
        (X.T, "columns"),
        (X.T.tocsc(), None),
        (X.toarray().T, None),
    ],
)
def test_a_matrix_of_any_kind_is_v(matrix: Any, pages_in: Any) -> None:
    """V is the matrix with terms in rows, as it is; the model names its terms and pages."""
    model = fit_topics(matrix, 2, terms=TERMS, pages_in=pages_in, ids=list("abcdef"))
    assert model.W.shape == (len(TERMS), 2)
    assert alternates(model.dominant())
    assert list(model.rows.terms) == list(TERMS)
    assert list(model.columns.ids) == list("abcdef")
    assert model.weighting is None
    dense = (matrix.toarray() if sp.issparse(matrix) else np.asarray(matrix)).astype(float)
    V = dense if pages_in != "rows" else dense.T
    error = np.linalg.norm(V - model.W @ model.H) / np.linalg.norm(V)
    assert error == pytest.approx(model.relative_error, abs=1e-6)


def test_terms_as_scikit_learn_has_them() -> None:
    """The `vocabulary_` of a vectorizer names terms as well as its list of names does."""
    named, placed = (fit_topics(X, 2, terms=terms, pages_in="rows") for terms in (TERMS, VECTORIZER.vocabulary_))
    assert list(named.rows.terms) == list(placed.rows.terms)
    assert np.array_equal(named.W, placed.W)


def test_counts_can_be_weighted() -> None:
    """With a weighting the matrix is counts, which new pages are weighted like."""
    model = fit_topics(X, 2, terms=TERMS, pages_in="rows", weighting="tfidf", unit=True, idf_power=1.0)
    expected = TfidfVectorizer(stop_words="english").fit_transform(TEXTS).T
    assert np.allclose(model.weighting.apply(sp.csc_matrix(X.T)).toarray(), expected.toarray())
    assert model.recipe["weighting"] == "tfidf"
    again = classify(model, X, pages_in="rows")
    assert np.allclose(again.weights.T * model.H.sum(axis=0), model.H, atol=1e-6)


def test_a_data_frame_of_numbers() -> None:
    """Columns name the terms and the index the pages, or the other way round; sparse columns stay sparse."""
    index = pd.Index([60, 50, 40, 30, 20, 10])
    frame = pd.DataFrame(X.toarray(), index=index, columns=TERMS)
    model = fit_topics(frame, 2, pages_in="rows")
    assert alternates(model.dominant())
    assert model.pages_frame().index.equals(index)
    assert list(model.words_frame().index) == list(TERMS)
    assert np.array_equal(fit_topics(frame.T, 2, pages_in="columns").H, model.H)
    sparse = frame.astype(pd.SparseDtype("int64", 0))
    assert np.allclose(fit_topics(sparse, 2, pages_in="rows").H, model.H)
    assert classify(model, frame.iloc[::-1], pages_in="rows").topics == [t + 1 for t in model.dominant()[::-1]]


def test_new_pages_by_the_names_of_their_terms() -> None:
    """Terms in another order are put right, unknown ones are left out, and missing ones are zero."""
    model = fit_topics(X, 2, terms=TERMS, pages_in="rows")
    order = np.random.default_rng(0).permutation(len(TERMS))
    mixed = sp.hstack([X[:, order], np.ones((6, 1))]).tocsr()
    names = [*TERMS[order], "unheard"]
    for matrix in (mixed, mixed.toarray()):
        found = classify(model, matrix, terms=names, pages_in="rows")
        assert np.allclose(found.weights, classify(model, X, pages_in="rows").weights)
    few = classify(model, sp.csr_matrix([[2.0]]), terms=["tea"], pages_in="rows", ids=["x"])
    assert few.topics == [int(model.dominant()[0]) + 1]
    assert few[0].name == "x"


def test_a_model_of_a_matrix_is_saved_and_reads_no_text(tmp_path: Any) -> None:
    """It comes back as it was; how text becomes terms it does not know, and it says so."""
    model = fit_topics(X, 2, terms=TERMS, pages_in="rows", metadata={"label": list("ababab")})
    save_model(model, tmp_path / "m")
    again = load_model(tmp_path / "m")
    assert again.pages_frame().equals(model.pages_frame())
    assert repr(again) == repr(model)
    assert np.array_equal(classify(again, X, pages_in="rows").weights, classify(model, X, pages_in="rows").weights)
    with pytest.raises(
        ValueError, match=r"fitted to a matrix, so it does not know how text becomes terms; pass .*terms="
    ):
        classify(again, ["green tea"])


@pytest.mark.parametrize(
    ("matrix", "options", "message"),
    [
        (X, {"terms": TERMS}, rf"terms has {len(TERMS)} names, but the matrix is 6 x {len(TERMS)}; .* pages_in='rows'"),
        (X.T, {"terms": TERMS, "pages_in": "rows"}, "if its columns are pages, pass pages_in='columns'"),
        (
            X,
            {"terms": TERMS[:3], "pages_in": "rows"},
            r"terms has 3 names, but the matrix is 6 x \d+, with pages in its rows",
        ),
        (X, {"pages_in": "rows"}, "terms is missing: a matrix needs the name of each term"),
        (X, {"terms": TERMS, "pages_in": "row"}, "pages_in must be 'rows' or 'columns', not 'row'"),
        (X, {"terms": [*TERMS[1:], TERMS[1]], "pages_in": "rows"}, "terms: '.*' is there twice"),
        (X, {"terms": [*TERMS[1:], None], "pages_in": "rows"}, "terms: the name of term .* is missing"),
        (X, {"terms": {"tea": 1}, "pages_in": "rows"}, "a dictionary must give each term its place"),
        (X, {"terms": "tea", "pages_in": "rows"}, "terms must be a list of one name for each term"),
        (X, {"terms": TERMS, "pages_in": "rows", "ids": [1]}, "ids must have one value for each page: it has 1"),
        (
            X,
            {"terms": TERMS, "pages_in": "rows", "language": "de"},
            "language: without effect on a matrix; leave it out",
        ),
        (X, {"terms": TERMS, "pages_in": "rows", "stop_words": ["a"]}, "stop_words: without effect on a matrix"),
        (X, {"terms": TERMS, "pages_in": "rows", "text_column": "a"}, "text_column: without effect on a matrix"),
        (X, {"terms": TERMS, "pages_in": "rows", "unit": True}, "unit: a matrix is used as it is unless weighting"),
        (-X, {"terms": TERMS, "pages_in": "rows"}, "negative"),
        (X * np.nan, {"terms": TERMS, "pages_in": "rows"}, "NaN|finite"),
        (X * 0, {"terms": TERMS, "pages_in": "rows"}, "none of the 6 pages has an entry in V"),
        (pd.DataFrame({"a": [1], "b": ["x"]}), {"pages_in": "rows"}, "pages_in: without effect on texts"),
    ],
)
def test_what_does_not_fit_is_said(matrix: Any, options: dict[str, Any], message: str) -> None:
    """One sentence that names the parameter, and the value that would do."""
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        fit_topics(matrix, 2, **options)
    assert isinstance(caught.value, NmfTopicsError)


def test_new_pages_that_do_not_fit() -> None:
    """A matrix of another size, and one of which the model knows no term."""
    model = fit_topics(X, 2, terms=TERMS, pages_in="rows")
    with pytest.raises(ValueError, match=rf"the model has {len(TERMS)} terms, and the matrix is .* pages_in='rows'"):
        classify(model, X)
    with pytest.raises(ValueError, match="none of the terms of the matrix is one of the model"):
        classify(model, sp.csr_matrix([[1.0]]), terms=["unheard"], pages_in="rows")
    assert classify(model, X[:0], pages_in="rows").to_frame().empty
