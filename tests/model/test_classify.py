"""Classifying new pages: fitted pages get the same weights, and unusual and invalid pages have clear statuses."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from PIL import Image

from nmf_topics.errors import ModelError
from nmf_topics.factor.rules import RULES
from nmf_topics.images.pixels import build_image_matrix
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.weighting import WEIGHTINGS
from nmf_topics.model.classify import EXPLAINING_WORDS, Assignment, Classifier, classify_pages, unreadable
from nmf_topics.model.files import load_model, save_model
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES, Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import TermAnalyzer, WordOptions, word_options
from nmf_topics.text.tokenize import tokens

BOUNDS = Bounds(min_pages=2, max_pages=0.5)


def pages_of(path: Path) -> list[tuple[str, str, str]]:
    """(name, title, text) of the pages of a JSONL file, in the order of their ids."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row["id"], row["title"], row["text"]) for row in sorted(rows, key=lambda row: row["id"])]


def fitted(path: Path, recipe: Recipe, rank: int = 3) -> TopicModel:
    """A model of a corpus by a recipe."""
    return fit_topics(prepare(Source(str(path)), recipe), rank, **recipe.factors())


@pytest.fixture
def model(tiny_corpus: Path) -> TopicModel:
    """Three topics of the tiny corpus."""
    return fitted(tiny_corpus, replace(RECIPES["default"], bounds=BOUNDS))


def columns_of(assignments: list[Assignment]) -> np.ndarray:
    """Columns of H, side by side."""
    return np.array([a.h for a in assignments]).T


# ---------------------------------------------------------------------------------------------- fitted pages


@pytest.mark.parametrize("recipe", list(RECIPES))
@pytest.mark.parametrize(("objective", "rule"), [("kl", "mu"), ("kl", "amu"), *(("frobenius", r) for r in RULES)])
def test_fitted_page_gets_its_own_column_back(tiny_corpus: Path, recipe: str, objective: str, rule: str) -> None:
    """A page of the fit gets the same column of H (to 1e-6), topic and error, also from a saved model."""
    chosen = replace(RECIPES[recipe], bounds=BOUNDS, objective=objective, solver=rule, max_iter=40)
    model = fitted(tiny_corpus, chosen)
    Path("stored").mkdir()
    save_model(model, Path("stored"))
    found = classify_pages(load_model("stored"), pages_of(tiny_corpus))
    scale = model.H.max(axis=0)
    assert np.abs((columns_of(found) - model.H) / scale).max() < 1e-6
    assert [a.topics.topic for a in found] == [page.topic for page in model.pages()]
    np.testing.assert_allclose([a.topics.error for a in found], model.errors, atol=1e-6)


@pytest.mark.parametrize("weighting", list(WEIGHTINGS))
@pytest.mark.parametrize("unit", [True, False])
def test_every_weighting_comes_back(tiny_corpus: Path, weighting: str, unit: bool) -> None:
    """New pages are weighted as the corpus was, by each weighting."""
    model = fitted(tiny_corpus, Recipe(bounds=BOUNDS, weighting=weighting, unit=unit))
    found = columns_of(classify_pages(model, pages_of(tiny_corpus)))
    assert np.abs((found - model.H) / np.maximum(model.H.max(axis=0), 1e-300)).max() < 1e-6


@pytest.mark.data
@pytest.mark.parametrize("recipe", list(RECIPES))
def test_real_pages_come_back(data_folder: Path, recipe: str) -> None:
    """Pages of BBC News, with words in many forms, get the same columns of H."""
    path = data_folder / "bbc-news.jsonl.gz"
    model = fitted(path, RECIPES[recipe], 5)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = {str(row["id"]): row for row in map(json.loads, lines)}
    chosen = range(0, len(model.columns), 97)
    pages = [(i, i, rows[i]["text"]) for i in (model.columns.ids[j] for j in chosen)]
    found = columns_of(classify_pages(model, pages))
    expected = model.H[:, list(chosen)]
    assert np.abs(found - expected).max() < 1e-6 * expected.max()


def test_company_does_not_matter(model: TopicModel, tiny_corpus: Path) -> None:
    """A page gets the same answer alone, with others and on a second call."""
    pages = pages_of(tiny_corpus)
    classifier = Classifier(model)
    together = columns_of(classifier.texts(pages))
    alone = columns_of([classifier.texts([page])[0] for page in pages])
    np.testing.assert_allclose(alone, together, rtol=1e-9, atol=1e-12)
    assert columns_of(classifier.texts(pages)).tobytes() == together.tobytes()


def test_new_page_is_the_minimum(model: TopicModel) -> None:
    """Weights of a new page are scipy's non-negative least squares, its error is that of the residual."""
    from scipy.optimize import nnls

    text = "The cat sang a song to the moon, and the mouse played guitar on a distant planet."
    found = classify_pages(model, [("x", "X", text)])[0]
    reader = Classifier(model)
    v = model.weighting.apply(_counts(reader, text)).toarray().ravel()
    h, residual = nnls(model.W, v)
    np.testing.assert_allclose(found.h, h, atol=1e-8)
    assert found.topics.error == pytest.approx(residual / np.linalg.norm(v), abs=1e-8)
    np.testing.assert_allclose(found.topics.weights, h / h.sum(), atol=1e-7)


def _counts(classifier: Classifier, text: str) -> Any:
    """Counts of the model's terms on a text, by a plain loop."""
    reader = TermAnalyzer(word_options(classifier.model.recipe))
    counts = np.zeros((len(classifier.model.rows), 1), dtype=np.int32)
    rows: Any = classifier.model.rows
    for token in tokens(text):
        term = reader.read(token)[0]
        if term in rows.index:
            counts[rows.index[term], 0] += 1
    return sp.csc_matrix(counts)


def test_model_is_not_changed(model: TopicModel, tiny_corpus: Path) -> None:
    """W, H and the weighting have the same bytes after a classification as before."""
    arrays = {"W": model.W, "H": model.H, **model.weighting.to_arrays()}
    before = {name: array.tobytes() for name, array in arrays.items()}
    found = classify_pages(model, [*pages_of(tiny_corpus), ("x", "X", "unheard zebras")], explain=True)
    for a in found:
        assert a.h is not None
        a.h[...] = 99
    assert {name: array.tobytes() for name, array in arrays.items()} == before
    assert not model.W.flags.writeable


# ---------------------------------------------------------------------------------------------- strange pages


@pytest.mark.parametrize("text", ["", " \n\t ", "the and of", "1984 2001 42", "a b c", "\x00\ufeff", "!?…—"])
def test_page_without_a_word_of_its_own(model: TopicModel, text: str) -> None:
    """A page that is empty, or of stop words, numbers and signs, has no topic, no unknown word and no known share."""
    found = classify_pages(model, [("x", "X", text)], explain=True)[0]
    assert (found.topics.status, found.topics.topic) == ("no-known-words", None)
    assert math.isnan(found.known_words)
    assert math.isnan(found.topics.margin)
    assert list(found.unknown_words) == []
    assert found.explanation == {}
    assert found.topics.weights.tolist() == [0, 0, 0]
    assert found.note == "none of its words is in the model's vocabulary"


def test_page_of_unknown_words(model: TopicModel) -> None:
    """Unknown words are listed by how often they occur, then by the alphabet, in lower case; the share known is 0."""
    found = classify_pages(model, [("x", "X", "Zebra yak zebra okapi Zebra yak okapi and the wombat")])[0]
    assert (found.topics.status, found.topics.topic, found.known_words) == ("no-known-words", None, 0.0)
    assert list(found.unknown_words) == ["zebra", "okapi", "yak", "wombat"]


def test_share_of_known_words(model: TopicModel) -> None:
    """Three of four words that are not stop words are known, and the page has a topic."""
    found = classify_pages(model, [("x", "X", "The cat and the cats, a zebra and the dog in 1984")])[0]
    assert (found.topics.status, found.known_words, found.note) == ("ok", 0.75, "")
    assert list(found.unknown_words) == ["zebra"]


def test_each_occurrence_of_an_unknown_word_counts(model: TopicModel) -> None:
    """Of one known word and another that is there three times a quarter is known."""
    found = classify_pages(model, [("x", "X", "cat zebra zebra zebra")])[0]
    assert (found.topics.status, found.known_words) == ("weak", 0.25)
    assert found.note == "only 1 of its 4 words is known"


def test_known_words_without_weight(model: TopicModel) -> None:
    """A page whose known words weigh nothing in any topic has no topic, and the note does not call them unknown."""
    rows: Any = model.rows
    W = model.W.copy()
    W[rows.index["cat"]] = 0
    found = classify_pages(replace(model, W=W), [("x", "X", "cat cat")], explain=True)[0]
    assert (found.topics.status, found.topics.topic, found.known_words) == ("no-known-words", None, 1.0)
    assert found.note == "its known words have no weight in any topic"
    assert found.explanation == {}


def test_names_and_order_are_kept(model: TopicModel) -> None:
    """One assignment a page, in the order given, under its own name; from an iterator, and for no page at all."""
    pages = [("b", "B", "cat"), ("a", "A", ""), ("b", "B again", "moon")]
    found = classify_pages(model, iter(pages))
    assert [(a.name, a.title) for a in found] == [("b", "B"), ("a", "A"), ("b", "B again")]
    assert [a.topics.status for a in found] == ["weak", "no-known-words", "weak"]
    assert classify_pages(model, []) == []


def test_unreadable_page() -> None:
    """A page that could not be read has the reason, no topic, and zeros for weights."""
    found = unreadable("x.txt", "x.txt is binary", 4)
    assert (found.name, found.note, found.topics.status) == ("x.txt", "x.txt is binary", "unreadable")
    assert found.topics.topic is None
    assert found.topics.weights.tolist() == [0, 0, 0, 0]


# ---------------------------------------------------------------------------------------------- explanations


def test_explanation_is_the_whole_where_all_words_are_listed(model: TopicModel) -> None:
    """With fewer words than are listed, the parts sum to one; the topic that weighs most comes first."""
    text = "The cat watched the moon, and the singer sang."
    found = classify_pages(model, [("x", "X", text)], explain=True)[0]
    assert found.explanation is not None
    sums = {k: sum(part for _, part in words) for k, words in found.explanation.items()}
    assert sum(sums.values()) == pytest.approx(1, abs=1e-9)
    assert list(sums.values()) == sorted(sums.values(), reverse=True)
    for words in found.explanation.values():
        assert [part for _, part in words] == sorted((part for _, part in words), reverse=True)
        assert all(part > 0 for _, part in words)


def test_explanation_against_a_loop(model: TopicModel) -> None:
    """Each part is W_ik h_k over the sum of all on the page, entry by entry."""
    text = "The cat watched the moon, and the singer sang to a dog."
    found = classify_pages(model, [("x", "X", text)], explain=True)[0]
    assert found.h is not None
    rows: Any = model.rows
    on_page = np.flatnonzero(_counts(Classifier(model), text).toarray().ravel())
    total = sum(model.W[i, k] * found.h[k] for i in on_page for k in range(3))
    for k, words in (found.explanation or {}).items():
        for word, part in words:
            i = list(rows.surfaces).index(word)
            assert i in on_page
            assert part == pytest.approx(model.W[i, k - 1] * found.h[k - 1] / total)


def test_long_page_is_explained_in_part(tiny_corpus: Path) -> None:
    """A page of more words than are listed has the heaviest, and parts that sum to less than one."""
    model = fitted(tiny_corpus, Recipe(bounds=Bounds(min_pages=1, max_pages=0.5)))
    text = " ".join(text for _, _, text in pages_of(tiny_corpus))
    found = classify_pages(model, [("x", "X", text)], explain=True)[0]
    parts = [part for words in (found.explanation or {}).values() for _, part in words]
    assert max(len(words) for words in (found.explanation or {}).values()) == EXPLAINING_WORDS
    assert 0.5 < sum(parts) < 1


def test_no_explanation_unless_asked(model: TopicModel) -> None:
    """Without `explain` there is none."""
    assert classify_pages(model, [("x", "X", "cat")])[0].explanation is None


def test_hidden_words_do_not_explain(model: TopicModel) -> None:
    """A hidden word is not named among those that carried a topic, but the parts of the others stay what they were."""
    page = ("x", "X", "The cat watched the moon, and the singer sang.")
    full = classify_pages(model, [page], explain=True)[0].explanation or {}
    less = classify_pages(model.renamed({}, ["cats"]), [page], explain=True)[0].explanation or {}
    everything = {(k, word, part) for k, words in full.items() for word, part in words}
    named = {(k, word, part) for k, words in less.items() for word, part in words}
    assert {word.lower() for _, word, _ in everything - named} == {"cat"}
    assert named < everything


# ---------------------------------------------------------------------------------------------- how words are read


def test_words_are_read_as_in_the_fit(tiny_corpus: Path) -> None:
    """Stop words of the user and the normal forms of the fit hold for new pages, also after loading."""
    words = WordOptions(normalize="none", stop=("mouse", "guitar"))
    model = fitted(tiny_corpus, Recipe(words=words, bounds=BOUNDS))
    Path("stored").mkdir()
    save_model(model, Path("stored"))
    for one in (model, load_model("stored")):
        assert word_options(one.recipe) == words
        found = classify_pages(one, [("x", "X", "mouse guitar Mouse cats zebra")])[0]
        assert "mouse" not in found.unknown_words
        assert "zebra" in found.unknown_words


def test_word_options_of_a_later_recipe() -> None:
    """Known word options of a recipe are used, and missing ones have their defaults."""
    assert word_options({"words": {"language": "de", "sparkle": 3, "stop": ["x"]}}) == WordOptions("de", stop=("x",))
    assert word_options({}) == WordOptions()


def test_model_without_weighting(model: TopicModel) -> None:
    """A model that does not say how words were weighted cannot classify text, and says so."""
    with pytest.raises(ModelError, match="does not say how its words were weighted"):
        classify_pages(replace(model, weighting=None), [("x", "X", "cat")])


# ---------------------------------------------------------------------------------------------- images


def image(path: Path, pixels: Any) -> Path:
    """Grey values from 0 to 1 as a PNG."""
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.round(np.array(pixels) * 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def parts(rng: np.random.Generator) -> tuple[DataMatrix, TopicModel]:
    """Sixteen images of 4 x 4 pixels, and a model of four parts."""
    for i in range(16):
        image(Path("images") / f"{i:02}.png", rng.random((4, 4)))
    data = build_image_matrix(Path("images"))
    return data, fit_topics(data, 4)


def test_fitted_images_come_back(parts: tuple[DataMatrix, TopicModel]) -> None:
    """An image of the fit gets its own column of H back, and its pixels with it."""
    data, model = parts
    paths = [Path("images") / name for name in data.columns.ids]
    found, V = Classifier(model).images(paths)
    np.testing.assert_allclose(columns_of(found), model.H, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(V, data.V)
    assert [a.name for a in found] == [str(path) for path in paths]
    assert {a.note for a in found} == {""}


def test_images_that_cannot_be_used(parts: tuple[DataMatrix, TopicModel]) -> None:
    """An image of another size, a broken file and one that is not there are unreadable; the next is classified."""
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    paths = [image(Path("other/small.png"), np.ones((3, 3))), Path("broken.png"), Path("none.png")]
    paths.append(Path("images/00.png"))
    found, V = Classifier(parts[1]).images(paths)
    assert [a.topics.status for a in found] == ["unreadable"] * 3 + ["ok"]
    assert [a.topics.topic for a in found[:3]] == [None] * 3
    assert "3 x 3 pixels, the model's images are 4 x 4" in found[0].note
    assert all(str(path) in a.note for path, a in zip(paths[:3], found, strict=False))
    assert not V[:, :3].any()


def test_black_image(parts: tuple[DataMatrix, TopicModel]) -> None:
    """A black image has no topic, and a note says why."""
    found, _ = Classifier(parts[1]).images([image(Path("other/black.png"), np.zeros((4, 4)))])
    assert found[0].topics.topic is None
    assert found[0].note == "nothing in it is in any part of the model"


def test_kinds_are_not_mixed(model: TopicModel, parts: tuple[DataMatrix, TopicModel]) -> None:
    """A model of images refuses text and a model of text refuses images; the messages name the kind of the model."""
    with pytest.raises(ModelError, match="rows are pixels, not words"):
        Classifier(parts[1]).texts([("x", "X", "cat")])
    with pytest.raises(ModelError, match="rows are terms, not pixels"):
        Classifier(model).images([Path("images/00.png")])
    assert Classifier(parts[1]).images([])[0] == []
