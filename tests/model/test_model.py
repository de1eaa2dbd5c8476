"""TopicModel and fit_topics: results checked by hand and against V; queries do not change a model."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from losses import LOSSES, relative_loss

from nmf_topics.errors import MatrixError, ModelError
from nmf_topics.factor.init import INITIALIZATIONS
from nmf_topics.factor.objectives import OBJECTIVES, problems_of_names
from nmf_topics.factor.rules import RULES
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.model.page_topics import page_topics
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import WordOptions

RECIPE = Recipe(bounds=Bounds(min_pages=2, max_pages=0.5))
WAYS = [
    (objective, rule, start)
    for objective in OBJECTIVES
    for rule in RULES
    for start in INITIALIZATIONS
    if not list(problems_of_names(objective, rule)) and (start != "nndsvd" or not RULES[rule].multiplicative)
]
WAYS_OF_TEXT = [way for way in WAYS if not OBJECTIVES[way[0]].positive]  # V has zeros


def columns(n: int) -> PageColumns:
    """n pages without metadata."""
    return PageColumns([f"p{j}" for j in range(n)], [f"Page {j}" for j in range(n)], [{}] * n)


def words(*names: str) -> Vocabulary:
    """A vocabulary in which each term is its own word."""
    return Vocabulary(list(names), list(names))


def by_hand(W: Any, H: Any, rows: Any = None, **changes: Any) -> TopicModel:
    """A model of these factors, whose words are a, b, c ..."""
    W, H = np.array(W, dtype=float), np.array(H, dtype=float)
    rows = rows or words(*"abcdefghijklmnopqrstuvwxyz"[: len(W)])
    r, n = H.shape
    settings = {
        "errors": np.linspace(0.1, 0.2, n),
        "trace": np.array([0.5, 0.4]),
        "stopped": "converged",
        "relative_error": 0.4,
        "coherences": np.zeros(r),
        "stabilities": np.full(r, np.nan),
        "rows": rows,
        "columns": columns(n),
        "weighting": None,
        "recipe": {"objective": "frobenius", "solver": "amu", "seed": 0},
    }
    return TopicModel(W, H, **{**settings, **changes})


def matrix(V: Any, rows: Any = None) -> DataMatrix:
    """V with its names, sparse unless rows are pixels."""
    V = np.array(V, dtype=float)
    rows = rows or words(*(f"w{i:02}" for i in range(len(V))))
    return DataMatrix(V if rows.kind == "pixels" else sp.csc_matrix(V), rows, columns(V.shape[1]))


@pytest.fixture
def data(tiny_corpus: Path) -> DataMatrix:
    """V of the tiny corpus."""
    return prepare(Source(str(tiny_corpus)), RECIPE)


@pytest.fixture
def model(data: DataMatrix) -> TopicModel:
    """Three topics of the tiny corpus."""
    return fit_topics(data, 3)


# ---------------------------------------------------------------------------------------------- the fit


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule", "start"), WAYS_OF_TEXT)
def test_columns_sum_to_one_and_topics_fall_in_mass(data: DataMatrix, objective: str, rule: str, start: str) -> None:
    """Whatever the options: columns of W sum to one, and no topic has more mass than the one before it."""
    model = fit_topics(data, 4, objective=objective, solver=rule, start=start)
    np.testing.assert_allclose(model.W.sum(axis=0), 1.0, rtol=1e-12)
    assert model.W.min() >= 0
    assert model.H.min() >= 0
    assert np.all(np.diff(model.H.sum(axis=1)) <= 0)
    np.testing.assert_allclose(model.shares, model.H.sum(axis=1) / model.H.sum(), rtol=1e-12)
    assert [topic.number for topic in model.topics()] == [1, 2, 3, 4]
    assert sum(topic.pages for topic in model.topics()) == 12


def test_fit_finds_the_subjects(model: TopicModel) -> None:
    """The three subjects of the tiny corpus are the three topics, each with its four pages."""
    dominant = model.dominant().reshape(3, 4)  # ids are in the order of the subjects
    assert [len(set(row)) for row in dominant] == [1, 1, 1]
    assert sorted(row[0] for row in dominant) == [0, 1, 2]
    assert [topic.pages for topic in model.topics()] == [4, 4, 4]


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule", "start"), WAYS_OF_TEXT)
def test_errors_against_numpy(data: DataMatrix, objective: str, rule: str, start: str) -> None:
    """Each page's error and that of the whole are what numpy makes of V - WH."""
    model = fit_topics(data, 3, objective=objective, solver=rule, start=start, max_iter=50)
    V, loss = data.V.toarray(), LOSSES[objective]
    pages = loss.of(V, model.W @ model.H).sum(axis=0) / loss.size(V).sum(axis=0)
    np.testing.assert_allclose(model.errors, pages ** (1 / loss.power), rtol=1e-7)
    whole = relative_loss(V, model.W, model.H, objective)
    assert model.relative_error == pytest.approx(whole ** (1 / loss.power), rel=1e-9)


def test_error_of_dense_matrix_against_numpy(rng: np.random.Generator) -> None:
    """A dense V, as images have it, gets the same errors."""
    V = rng.random((12, 9))
    model = fit_topics(matrix(V, PixelGrid(3, 4)), 2)
    WH = model.W @ model.H
    np.testing.assert_allclose(model.errors, np.linalg.norm(V - WH, axis=0) / np.linalg.norm(V, axis=0), rtol=1e-7)
    assert model.relative_error == pytest.approx(np.linalg.norm(V - WH) / np.linalg.norm(V), rel=1e-9)


@pytest.mark.parametrize("rule", list(RULES))
def test_H_is_the_minimum_for_its_W(data: DataMatrix, rule: str) -> None:
    """Columns of H are scipy's non-negative least squares for the W of the model, however early the fit stopped."""
    from scipy.optimize import nnls

    model = fit_topics(data, 3, solver=rule, start="random", max_iter=5)
    V = data.V.toarray()
    best = np.array([nnls(model.W, v)[0] for v in V.T]).T
    np.testing.assert_allclose(model.H, best, atol=1e-7)


def test_options_are_recorded(data: DataMatrix) -> None:
    """The recipe of a model names every option of the fit beside those that shaped V."""
    options = {"objective": "kl", "solver": "mu", "start": "random", "seed": 7, "tolerance": 1e-3, "max_iter": 9}
    model = fit_topics(data, 2, **options)  # type: ignore[arg-type]
    assert {name: model.recipe[name] for name in options} == options
    assert model.recipe["rank"] == 2
    assert model.recipe["weighting"] == "bm25"
    assert model.recipe["corpus"]["name"] == "tiny"


def test_iterations_are_reported(data: DataMatrix) -> None:
    """on_iteration hears of each iteration, with the error that the trace has."""
    heard: list[Any] = []
    model = fit_topics(data, 2, tolerance=0, max_iter=7, on_iteration=heard.append)
    assert [it.number for it in heard] == [1, 2, 3, 4, 5, 6, 7]
    assert [it.error for it in heard] == model.trace.tolist()
    assert model.stopped == "max_iter"


def test_same_options_same_bytes(data: DataMatrix) -> None:
    """Two fits with the same seed are equal to the last bit; another seed of a random start is another fit."""
    first, again, other = (fit_topics(data, 3, start="random", seed=seed, refine="none") for seed in (1, 1, 2))
    assert first.W.tobytes() == again.W.tobytes()
    assert first.H.tobytes() == again.H.tobytes()
    assert first.W.tobytes() != other.W.tobytes()


def test_duplicate_pages_get_the_same_weights(data: DataMatrix) -> None:
    """A page that is there twice gets the same column of H twice."""
    V = sp.csc_matrix(sp.hstack([data.V, data.V[:, :3]]))
    model = fit_topics(DataMatrix(V, data.rows, columns(15)), 3)
    np.testing.assert_allclose(model.H[:, 12:], model.H[:, :3], rtol=1e-9, atol=1e-12)


def test_page_of_two_halves_has_no_margin() -> None:
    """A page made of two topics in equal parts has a margin below 0.1; pages of one topic have one above 0.9."""
    one, two = [4, 3, 2, 1, 0, 0, 0, 0], [0, 0, 0, 0, 4, 3, 2, 1]
    pages = [one, one, one, two, two, two, (np.array(one) + two) / 2]
    model = fit_topics(matrix(np.transpose(pages)), 2)
    margins = [page.margin for page in model.pages()]
    assert min(margins[:6]) > 0.9
    assert margins[6] < 0.1


# ---------------------------------------------------------------------------------------------- what does not fit


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule", "start"), WAYS)
def test_rank_too_large_for_identical_pages_is_reported(objective: str, rule: str, start: str) -> None:
    """Pages that are all alike fill one topic: the others are reported dead, and no number is nan."""
    model = fit_topics(matrix([[3] * 6, [2] * 6, [1] * 6]), 3, objective=objective, solver=rule, start=start)
    assert model.dead_topics == [topic.number for topic in model.topics() if topic.pages == 0]
    assert len(model.dead_topics) == 2
    assert np.isfinite(model.W).all()
    assert np.isfinite(model.H).all()
    assert np.isfinite(model.shares).all()


def test_topic_without_weight_is_dead() -> None:
    """A topic that no page uses and that has no word is dead, has share 0 and no words, and breaks nothing."""
    model = by_hand([[0.5, 0], [0.5, 0]], [[1, 2], [0, 0]], coherences=np.array([0.1, np.nan]))
    assert model.dead_topics == [2]
    assert model.topics()[1].share == 0
    assert model.label(2) == "(no words)"
    assert model.top_pages(2) == []
    for order in ("frequency", "relevance", "exclusive"):
        assert model.terms(2, order=order) == []


def test_topic_that_no_page_uses_may_have_words() -> None:
    """Words of a topic without mass are ranked without a division by zero, in every order."""
    model = by_hand([[1, 0], [0, 0.75], [0, 0.25]], [[1, 2], [0, 0]])
    for order in ("frequency", "relevance", "exclusive"):
        assert model.terms(2, order=order) == [("b", 0.75), ("c", 0.25)]


@pytest.mark.parametrize(
    ("rank", "message"),
    [
        (0, "rank must be at least 1"),
        (-2, "rank must be at least 1"),
        (7, r"rank 7 is larger than the number of pages with entries in V \(of 8\), 6; try rank=2"),
        (9, r"rank 9 is larger .* 6"),
    ],
)
def test_rank_that_pages_cannot_fill(rank: int, message: str) -> None:
    """A rank below one, or above the number of pages with words, is refused with the number that would do."""
    V = np.eye(12, 8)
    V[:, 6:] = 0
    with pytest.raises(MatrixError, match=message):
        fit_topics(matrix(V), rank)


def test_rank_above_the_number_of_words(rng: np.random.Generator) -> None:
    """A rank above the number of terms is refused, and the largest possible one is not."""
    data = matrix(rng.random((4, 9)))
    with pytest.raises(MatrixError, match="rank 5 is larger than the number of terms, 4"):
        fit_topics(data, 5)
    assert fit_topics(data, 4).rank == 4


def test_nothing_on_any_page_is_said_so() -> None:
    """Black images are named as the fault, and no rank is advised that would fail as well."""
    with pytest.raises(MatrixError, match="none of the 3 images has an entry in V") as caught:
        fit_topics(matrix(np.zeros((4, 3)), PixelGrid(2, 2)), 1)
    assert caught.value.remedy is None


def test_page_of_zeros_has_no_topic(data: DataMatrix) -> None:
    """A page without a known word gets no topic, no error and weights of zero, and is counted nowhere."""
    V = sp.csc_matrix(sp.hstack([data.V, sp.csc_matrix((data.V.shape[0], 1))]))
    model = fit_topics(DataMatrix(V, data.rows, columns(13)), 3)
    page = model.pages()[12]
    assert (page.status, page.topic) == ("no-known-words", None)
    assert page.weights.tolist() == [0, 0, 0]
    assert all(math.isnan(value) for value in (page.weight, page.margin, page.error))
    assert model.dominant()[12] == -1
    assert sum(topic.pages for topic in model.topics()) == 12
    assert math.isfinite(model.relative_error)


# ---------------------------------------------------------------------------------------------- pages


def test_dominant_topic_margin_and_error_by_hand() -> None:
    """Shares of a page's column of H, the largest of them, and what it has before the second."""
    model = by_hand(
        np.full((2, 3), 0.5), [[3, 1, 0, 0], [1, 1, 0, 5], [0, 2, 0, 0]], errors=np.array([0.5, 0.6, np.nan, 0.7])
    )
    pages = model.pages()
    assert [page.topic for page in pages] == [1, 3, None, 2]
    assert [page.weight for page in pages if page.topic] == [0.75, 0.5, 1.0]
    assert [page.margin for page in pages if page.topic] == [0.5, 0.25, 1.0]
    assert [page.error for page in pages if page.topic] == [0.5, 0.6, 0.7]
    assert pages[1].weights.tolist() == [0.25, 0.25, 0.5]
    assert model.dominant().tolist() == [0, 2, -1, 1]
    assert [topic.pages for topic in model.topics()] == [1, 1, 1]


def test_single_topic_has_the_whole_page() -> None:
    """With one topic every page is all of it, with a margin of one."""
    pages = by_hand([[1.0]], [[0.3, 2.0]]).pages()
    assert [(page.topic, page.weight, page.margin) for page in pages] == [(1, 1.0, 1.0)] * 2


def test_unreadable_page_keeps_its_status() -> None:
    """A page that could not be read has no topic, whatever its column of H says."""
    page = page_topics(np.array([1.0, 2.0]), 0.1, "unreadable")
    assert (page.status, page.topic, page.weights.tolist()) == ("unreadable", None, [0.0, 0.0])


weights = arrays(np.float64, st.integers(1, 6), elements=st.floats(0, 1e6, allow_subnormal=False))


@settings(deadline=None, max_examples=150)
@given(weights)
def test_weights_are_shares(h: np.ndarray) -> None:
    """For any column of H: weights are shares, and topic, weight and margin follow from them as `dominant` has them."""
    page = page_topics(h, 0.5)
    if not h.any():
        assert (page.status, page.topic) == ("no-known-words", None)
        return
    assert page.status == "ok"
    assert page.weights.sum() == pytest.approx(1)
    assert page.topic == by_hand(np.full((1, len(h)), 1.0), h[:, None]).dominant()[0] + 1
    assert page.weight == page.weights[page.topic - 1] == page.weights.max()
    assert page.margin == page.weight - max([*page.weights[: page.topic - 1], *page.weights[page.topic :], 0.0])
    assert 0 <= page.margin <= 1


def test_two_weights_that_differ_by_less_than_their_shares() -> None:
    """The larger of two weights wins even where their shares are the same number."""
    h = np.array([1.8631789223498867, 1.863178922349887, 0.54])
    shares = h / h.sum()
    assert h[0] < h[1]
    assert shares[0] == shares[1]
    assert page_topics(h, 0.0).topic == 2 == by_hand([[1.0, 1.0, 1.0]], h[:, None]).dominant()[0] + 1


def test_top_pages_only_of_dominated_pages() -> None:
    """Pages with another main topic are not shown, however much of a topic they have; the largest share is first."""
    H = [[5, 9, 1, 0, 2], [9, 1, 0, 0, 1]]
    model = by_hand([[0.5, 0.5], [0.5, 0.5]], H)
    assert model.top_pages(1) == [(2, 1.0), (1, 0.9), (4, pytest.approx(2 / 3))]
    assert model.top_pages(2) == [(0, pytest.approx(9 / 14))]
    assert model.top_pages(1, 1) == [(2, 1.0)]
    assert model.top_pages(1, 0) == []


def test_top_pages_of_a_topic_that_is_no_main_one() -> None:
    """A topic that is the main one of no page has the pages with the largest shares of it."""
    model = by_hand([[0.5, 0.5], [0.5, 0.5]], [[9, 6, 1, 0], [1, 4, 0, 0]])
    assert model.top_pages(2) == [(1, 0.4), (0, 0.1)]


# ---------------------------------------------------------------------------------------------- words


def slow_order(model: TopicModel, number: int, score: Callable[[float, float], float]) -> list[str]:
    """Words of a topic by a score of (own weight, weight over all topics), entry by entry."""
    scored = []
    for i, word in enumerate(model.rows.surfaces):  # type: ignore[attr-defined]
        own = float(model.W[i, number - 1])
        overall = sum(float(model.W[i, k]) * float(model.shares[k]) for k in range(model.rank))
        if own > 1e-6 * model.W[:, number - 1].max():
            scored.append((-round(score(own, overall), 9), -own, i, word))
    return [word for *_, word in sorted(scored)]


def test_three_orders_of_words_by_hand() -> None:
    """a, b, c weigh 0.5, 0.3, 0.2 in the topic and 0.55, 0.325, 0.1 over both: each order is another."""
    model = by_hand([[0.5, 0.6], [0.3, 0.35], [0.2, 0], [0, 0.05]], [[1, 1], [1, 1]])
    assert [word for word, _ in model.terms(1, order="frequency")] == ["a", "b", "c"]
    assert [word for word, _ in model.terms(1, order="exclusive")] == ["c", "b", "a"]
    assert [word for word, _ in model.terms(1, order="relevance")] == ["a", "c", "b"]
    assert model.terms(1, order="relevance") == [("a", 0.5), ("c", 0.2), ("b", 0.3)]


FORMULAS: dict[Any, Callable[[float, float], float]] = {
    "frequency": lambda own, overall: own,
    "relevance": lambda own, overall: 0.6 * math.log(own) + 0.4 * math.log(own / overall),
    "exclusive": lambda own, overall: own / overall,
}


@pytest.mark.parametrize("order", list(FORMULAS))
def test_orders_of_words_against_formulas(model: TopicModel, rng: np.random.Generator, order: Any) -> None:
    """Each order is that of its formula, worked out word by word, on the tiny corpus and on weights at random."""
    W = rng.random((20, 3)) ** 3
    for asked in (model, by_hand(W / W.sum(axis=0), rng.random((3, 5)))):
        for number in (1, 2, 3):
            got = [word for word, _ in asked.terms(number, 6, order=order)]
            assert got == slow_order(asked, number, FORMULAS[order])[:6]


def test_equally_exclusive_words_are_in_the_order_of_their_weights() -> None:
    """Rounding errors do not decide which of the words that a topic has to itself comes first."""
    W = np.array([[0.1, 0], [0.7, 0], [0.2, 0], [0, 0.3], [0, 0.7]])
    model = by_hand(W, [[1 / 3], [1 / 7]])
    assert [word for word, _ in model.terms(1, order="exclusive")] == ["b", "c", "a"]


def test_exclusive_words_are_sought_among_the_heaviest() -> None:
    """A word of almost no weight is not shown as exclusive: only the 100 heaviest are looked at."""
    W = np.zeros((102, 2))
    W[:101, 0], W[101, 0] = 1.0, 1e-3
    W[:101, 1] = 0.5
    model = by_hand(W / W.sum(axis=0), [[1], [1]], words(*(f"w{i}" for i in range(102))))
    assert "w101" not in [word for word, _ in model.terms(1, 102, order="exclusive")]


@pytest.mark.parametrize("order", ["frequency", "relevance", "exclusive"])
def test_number_of_words(order: Any) -> None:
    """No word for k = 0, and no more than have a weight for a k beyond the axis."""
    model = by_hand([[0.5, 0], [0.5, 0], [0, 1]], [[1], [1]])
    assert model.terms(1, 0, order=order) == []
    assert model.terms(1, 99, order=order) == [("a", 0.5), ("b", 0.5)]


def test_words_as_good_as_without_weight_are_none_of_the_topic() -> None:
    """What multiplicative updates leave where zeros are meant is not shown, in no order; a small weight is."""
    W = np.array([[0.9, 1e-16], [0.1, 0.2], [1e-5, 0], [1e-7, 0.8]])
    model = by_hand(W / W.sum(axis=0), [[1], [1]])
    for order in ("frequency", "relevance", "exclusive"):
        assert {word for word, _ in model.terms(1, order=order)} == {"a", "b", "c"}
        assert {word for word, _ in model.terms(2, order=order)} == {"b", "d"}


def test_subjects_are_kept_apart(model: TopicModel) -> None:
    """Subjects that share no word share none in their topics either."""
    listed = [{word for word, _ in model.terms(k, 99)} for k in (1, 2, 3)]
    assert not listed[0] & listed[1] | listed[0] & listed[2] | listed[1] & listed[2]


def test_labels_are_distinct_words_of_the_corpus(model: TopicModel) -> None:
    """A label is three different words of the corpus, and no two topics have the same."""
    text = (Path("tiny.jsonl")).read_text(encoding="utf-8").lower()
    labels = [topic.label for topic in model.topics()]
    assert len(set(labels)) == 3
    for label in labels:
        parts = label.split(", ")
        assert len(set(parts)) == 3
        assert all(part.lower() in text for part in parts)


def test_given_names_win(model: TopicModel) -> None:
    """A given name is shown instead of the words; an empty one takes it away; the first model is as it was."""
    before = model.label(2)
    named = model.renamed({2: "Music"})
    assert (named.label(2), named.topics()[1].label) == ("Music", "Music")
    assert named.label(1) == model.label(1)
    assert named.renamed({3: "Space"}).names == {2: "Music", 3: "Space"}
    assert named.renamed({2: ""}).label(2) == before
    assert model.label(2) == before
    assert model.names == {}


@pytest.mark.parametrize("number", [0, -1, 4])
def test_topic_that_is_not_there(model: TopicModel, number: int) -> None:
    """Queries about an unknown topic list the valid numbers."""
    for ask in (model.label, model.terms, model.top_pages, lambda k: model.renamed({k: "x"})):
        with pytest.raises(ModelError, match=f"no topic {number}; topics are numbered from 1 to 3"):
            ask(number)


def test_images_are_labelled_by_number() -> None:
    """Parts of images have no words."""
    model = by_hand(np.full((4, 2), 0.25), [[1], [2]], PixelGrid(2, 2), coherences=np.full(2, np.nan))
    assert [topic.label for topic in model.topics()] == ["part 1", "part 2"]
    assert model.renamed({1: "Nose"}).label(1) == "Nose"
    with pytest.raises(ModelError, match="only words can be hidden, and the rows of this model are pixels"):
        model.renamed({}, ["r1c1"])


def shown(model: TopicModel) -> set[str]:
    """All words that a model shows, whatever it is asked, in lower case."""
    orders: list[Any] = ["frequency", "relevance", "exclusive"]
    listed = {word for k in range(model.rank) for order in orders for word, _ in model.terms(k + 1, 999, order=order)}
    return {word.lower() for word in listed | {part for t in model.topics() for part in t.label.split(", ")}}


@pytest.mark.parametrize("word", ["mouse", "Mouse", "MICE", "mice", "mouse\u2019s"])
@pytest.mark.parametrize("normalize", ["lemma", "both"])
def test_hidden_words_vanish_in_every_spelling(tiny_corpus: Path, normalize: Any, word: str) -> None:
    """A word hidden by any spelling is not shown anywhere."""
    recipe = replace(RECIPE, words=WordOptions(normalize=normalize))
    model = fit_topics(prepare(Source(str(tiny_corpus)), recipe), 3)
    assert shown(model) & {"mouse", "mice"}
    hidden = model.renamed({}, [word])
    assert not shown(hidden) & {"mouse", "mice"}
    assert shown(hidden) == shown(model) - {"mouse", "mice"}


@pytest.mark.parametrize("word", ["song", "SONGS", "songs"])
@pytest.mark.parametrize("normalize", ["none", "stem"])
def test_hidden_words_as_far_as_terms_reach(tiny_corpus: Path, normalize: Any, word: str) -> None:
    """Without dictionary forms a hidden word takes along what shares its term, and nothing else."""
    recipe = replace(RECIPE, words=WordOptions(normalize=normalize))
    model = fit_topics(prepare(Source(str(tiny_corpus)), recipe), 3)
    before, after = shown(model), shown(model.renamed({}, [word]))
    gone = {"song", "songs"} if normalize == "stem" else {word.lower()}
    assert after == before - gone
    assert after != before


def test_hidden_words_add_up_and_leave_weights_alone(model: TopicModel) -> None:
    """Hiding goes on from what is hidden; pages and shares are not affected, and unknown words that are hidden stay."""
    once = replace(model, hidden=("nonsense", "")).renamed({}, ["cat"])
    twice = once.renamed({1: "One"}, ["dog", "cat"])
    assert twice.hidden == ("nonsense", "", "cat", "dog")
    assert not shown(twice) & {"cat", "cats", "dog", "dogs"}
    assert shown(model) & {"cat", "cats"}
    assert twice.shares.tolist() == model.shares.tolist()
    assert twice.W is model.W
    for word in ("nonsense", ""):
        with pytest.raises(ModelError, match=f"no word '{word}', so there is nothing to hide"):
            model.renamed({}, [word])


def test_all_words_hidden(model: TopicModel) -> None:
    """With every word hidden a topic has no words, and says so."""
    bare = model.renamed({}, model.rows.surfaces)  # type: ignore[attr-defined]
    assert shown(bare) == {"(no words)"}


# ---------------------------------------------------------------------------------------------- nothing changes


def test_arrays_are_read_only(model: TopicModel) -> None:
    """No array of a model can be written to."""
    for array in (model.W, model.H, model.errors, model.trace, model.coherences, model.stabilities):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError):
        model.W = model.W  # type: ignore[misc]


def digest(model: TopicModel) -> str:
    """A hash of the arrays and the names of a model."""
    state = hashlib.sha256()
    for array in (model.W, model.H, model.errors, model.trace, model.coherences, model.stabilities):
        state.update(array.tobytes())
    state.update(json.dumps([dict(model.names), list(model.hidden), dict(model.recipe)]).encode())
    return state.hexdigest()


ORDERS: list[Any] = ["typical", "weight", "relevance", "exclusive"]
QUESTIONS: dict[str, Callable[[TopicModel], Any]] = {
    "kind": lambda model: model.kind,
    "rank": lambda model: model.rank,
    "error_name": lambda model: model.error_name,
    "shares": lambda model: model.shares,
    "dead_topics": lambda model: model.dead_topics,
    "weak_pages": lambda model: model.weak_pages(),
    "repeated_pages": lambda model: model.repeated_pages(),
    "hidden_rows": lambda model: model.hidden_rows,
    "pages": lambda model: model.pages(),
    "dominant": lambda model: model.dominant(),
    "topics": lambda model: model.topics(),
    "label": lambda model: [model.label(k) for k in (1, 2, 3)],
    "terms": lambda model: [model.terms(k, 99, order=order) for k in (1, 2, 3) for order in ORDERS],
    "words": lambda model: [model.words(k, 99, order=order) for k in (1, 2, 3) for order in ORDERS],
    "candidates": lambda model: [model.candidates(k) for k in (1, 2, 3)],
    "top_pages": lambda model: [model.top_pages(k, 99) for k in (1, 2, 3)],
    "project": lambda model: model.project(model.W)[0],
    "topics_frame": lambda model: model.topics_frame(),
    "pages_frame": lambda model: model.pages_frame(),
    "words_frame": lambda model: model.words_frame(),
    "has_word": lambda model: [model.has_word(word) for word in ("Cats", "zebra")],
    "renamed": lambda model: model.renamed({1: "x"}, ["cat"]).topics(),
}


def test_questions_are_all_there() -> None:
    """The table below names every public attribute of a model that works something out."""
    public = {name for name in vars(TopicModel) if not name.startswith("_")}
    assert public - set(TopicModel.__dataclass_fields__) == set(QUESTIONS)


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_questions_change_nothing(model: TopicModel, question: str) -> None:
    """The hash of a model is the same before and after each question; answers that are changed do not change it."""
    model = model.renamed({}, ["dog"])
    before = digest(model)
    answer = QUESTIONS[question](model)
    if isinstance(answer, np.ndarray):
        answer[...] = 0
    elif question == "pages":
        for page in answer:
            page.weights[...] = 0
    assert digest(model) == before
    assert str(QUESTIONS[question](model)) == str(QUESTIONS[question](model))
