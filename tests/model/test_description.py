"""Words that describe topics: the formula, where counts are stored, and models without descriptions."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from inputs import tiny_texts, write_faces, write_jsonl, write_texts

from nmf_topics.analysis.stability import fit_runs
from nmf_topics.errors import ModelError
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.matrix.page_counts import PageCounts
from nmf_topics.model import description
from nmf_topics.model.description import FLOOR, LIFT_POWER, MAX_WORDS, describe_topics
from nmf_topics.model.files import load_model, save_model
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES, Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import WordOptions

SUBJECTS = {
    "sport": "team match player goal coach season".split(),
    "music": "song album band guitar singer melody".split(),
    "space": "planet orbit moon rocket star comet".split(),
}


@pytest.fixture
def corpus(tmp_path: Path, rng: np.random.Generator) -> Path:
    """120 pages of three subjects. `record` is on most pages, and most frequent in music; `thing` is everywhere."""
    pages = []
    for i in range(120):
        subject = list(SUBJECTS)[i % 3]
        text = list(rng.choice(SUBJECTS[subject], 12)) + ["thing"] * 3
        text += ["record"] * (12 if subject == "music" else 1 if i % 2 else 0)
        pages.append({"id": f"{i:03}", "title": f"Page {i}", "text": " ".join(text), "label": subject})
    return write_jsonl(tmp_path / "corpus.jsonl", pages)


def data_of(corpus: Path, recipe: Recipe | None = None, **how: Any) -> DataMatrix:
    """V and the counts of a corpus."""
    return prepare(Source(str(corpus)), recipe or Recipe(), **how)


def by_hand(data: DataMatrix, H: Any, k: int) -> list[tuple[float, str]]:
    """Return scores and words of topic k, computed on dense arrays entry by entry."""
    assert data.counts is not None
    C = sp.hstack([block for _, block in data.counts.blocks.map(sp.csc_matrix)]).toarray().astype(float)
    shares = H / H.sum(axis=0)
    main = shares.argmax(axis=0)
    found = []
    for i, word in enumerate(data.counts.surfaces):
        roots = np.sqrt(C[i] / C.sum(axis=0))
        g = float((shares[k] * roots).sum() / shares[k].sum())
        q = float(roots.mean())
        own, others = float((C[i, main == k] > 0).mean()), float((C[i, main != k] > 0).mean())
        if g > q and own >= FLOOR * others:
            found.append((float(f"{g * math.log(g / q) ** LIFT_POWER:.6g}"), word))
    return sorted(found, key=lambda pair: (-pair[0], pair[1]))


# ------------------------------------------------------------------------------------------- the formula


def test_scores_are_the_formula(corpus: Path) -> None:
    """Word by word, with coverage and lift; the words come in the order of the scores."""
    data = data_of(corpus)
    model = fit_topics(data, 3)
    assert data.counts is not None
    C = sp.hstack([block for _, block in data.counts.blocks.map(sp.csc_matrix)]).toarray()
    for k in range(3):
        words = model.words(k + 1, 99)
        expected = by_hand(data, model.H, k)
        assert [word.word for word in words] == [word for _, word in expected]
        assert [word.score for word in words] == pytest.approx([score for score, _ in expected], rel=1e-5)
        own = model.dominant() == k
        for word in words:
            on_page = C[list(data.counts.terms).index(word.term)] > 0
            assert word.coverage == pytest.approx(on_page[own].mean(), rel=1e-5)
            assert word.lift == pytest.approx(math.log2(on_page[own].mean() / on_page.mean()), rel=1e-5)
            assert word.weight == (model.W[word.row, k] if word.row >= 0 else 0)


def test_words_too_common_for_V_describe(corpus: Path) -> None:
    """`record` has no row in V and describes music first; `thing`, as frequent in all topics, describes none."""
    model = fit_topics(data_of(corpus), 3)
    first = {model.terms(k)[0][0]: k for k in (1, 2, 3)}
    assert "record" in first
    word = model.words(first["record"])[0]
    assert (word.row, word.weight, word.coverage) == (-1, 0.0, 1.0)
    shown = {word for k in (1, 2, 3) for word, _ in model.terms(k, 99)}
    assert "thing" not in shown
    assert "record" not in {word for k in (1, 2, 3) for word, _ in model.terms(k, 99, order="weight")}


def test_a_word_must_be_on_more_of_the_own_pages(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The floor decides over `record`, which is on all pages of music and on half of the others."""
    monkeypatch.setattr(description, "FLOOR", 1.9)
    assert "record" in {w for k in (1, 2, 3) for w, _ in fit_topics(data_of(corpus), 3).terms(k, 99)}
    monkeypatch.setattr(description, "FLOOR", 2.1)
    assert "record" not in {w for k in (1, 2, 3) for w, _ in fit_topics(data_of(corpus), 3).terms(k, 99)}


def test_one_page_does_not_describe_a_topic() -> None:
    """A word that one page repeats a hundred times comes after one that all pages of the topic use."""
    counts = np.zeros((4, 12), dtype=np.int32)
    counts[0, :6], counts[1, 6:] = 3, 3  # one word of each topic, three times a page
    counts[2, 0] = 100
    counts[3] = 5
    data = matrix_of(counts)
    H = np.zeros((2, 12))
    H[0, :6] = H[1, 6:] = 1
    found, _ = describe_topics(data, np.ones((4, 2)), H)
    assert found is not None
    assert [word.word for word in found.topics[0]] == ["w0", "w2"]


def matrix_of(counts: Any) -> DataMatrix:
    """Counts as V and as counts, of words w0, w1 ..."""
    m, n = counts.shape
    names = [f"w{i}" for i in range(m)]
    kept = PageCounts.in_memory(sp.csc_matrix(counts), names, names, np.arange(m))
    columns = PageColumns([f"{j}" for j in range(n)], [f"{j}" for j in range(n)], [{}] * n)
    return DataMatrix(sp.csc_matrix(counts.astype(float)), Vocabulary(names, names), columns, counts=kept)


def test_equal_words_are_in_the_order_of_rows() -> None:
    """The order of words does not depend on rounding errors."""
    rng = np.random.default_rng(0)
    pages = rng.permutation(60)
    counts = np.zeros((30, 60), dtype=np.int32)
    counts[:, pages[:20]] = 1  # all words on the same pages
    counts[29, pages[20:]] = 30
    H = rng.random((2, 60)) + np.array([[2.0], [0.0]]) * (np.isin(np.arange(60), pages[:20]))
    found, _ = describe_topics(matrix_of(counts), np.ones((30, 2)), H)
    assert found is not None
    assert [word.row for word in found.topics[0]] == list(range(29))


# ------------------------------------------------------------------------------------------- where counts lie


def plain(model: TopicModel) -> Any:
    """A description as it is stored."""
    assert model.description is not None
    return model.description.to_meta()


def test_engines_describe_alike(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Descriptions are the same in memory, on disk and from the cache, for any chunk size."""
    expected = plain(fit_topics(data_of(corpus), 3))
    for _ in range(2):
        data = data_of(corpus, cache=tmp_path / "cache", engine=EngineOptions("disk"))
        assert plain(fit_topics(data, 3)) == expected
    monkeypatch.setattr(description, "CHUNK_ENTRIES", 50)
    assert plain(fit_topics(data_of(corpus), 3)) == expected


def test_best_of_several_runs_is_described(corpus: Path) -> None:
    """The best of several runs has the description of a single fit from the same start."""
    found = fit_runs(data_of(corpus), 3, 2)
    assert {word for k in (1, 2, 3) for word, _ in found.terms(k, 3)} == {
        word for k in (1, 2, 3) for word, _ in fit_topics(data_of(corpus), 3).terms(k, 3)
    }


def test_topics_of_chunks_are_described_by_chunks(tmp_path: Path, rng: np.random.Generator) -> None:
    """Three subjects on every page, in chunks of their own: no topic is the main one of more than its chunks."""
    pages = [
        " ".join(" ".join(rng.choice(SUBJECTS[subject], 20)) for subject in rng.permutation(list(SUBJECTS)))
        for _ in range(30)
    ]
    recipe = Recipe(words=WordOptions(chunk=20), bounds=Bounds(max_pages=0.6))
    model = fit_topics(data_of(write_texts(tmp_path / "texts", pages), recipe), 3)
    found = [{word.term for word in model.words(k, 6)} for k in (1, 2, 3)]
    assert sorted(map(len, found)) == [6, 6, 6]
    assert not found[0] & found[1]
    assert all(word.coverage > 0.8 and word.lift > 1 for k in (1, 2, 3) for word in model.words(k, 3))


def test_phrases_and_languages(tmp_path: Path) -> None:
    """Phrases describe as one word, and stop words of the language never do."""
    texts = ["the prime minister of the party spoke"] * 12 + ["die Musik und das Lied der Band im Radio"] * 12
    recipe = Recipe(words=WordOptions(phrases=True, language="auto"))
    model = fit_topics(data_of(write_texts(tmp_path / "texts", texts), recipe), 2)
    words = {word for k in (1, 2) for word, _ in model.terms(k, 99)}
    assert {"prime minister", "Musik"} <= words
    assert not words & {"the", "of", "die", "und", "das"}


@pytest.mark.parametrize(
    "options", [{"objective": "kl"}, {"guide": {"Tunes": ("song", "guitar")}}, {"l1_pages": 0.01, "l1_words": 0.01}]
)
def test_other_fits_are_described(corpus: Path, options: dict[str, Any]) -> None:
    """Descriptions are made for every objective and solver."""
    model = fit_topics(data_of(corpus), 3, **options)
    tops = [{word for word, _ in model.terms(k, 7)} - {"record"} for k in (1, 2, 3)]
    assert sorted(sorted(top) for top in tops) == sorted(sorted(words) for words in SUBJECTS.values())


# ------------------------------------------------------------------------------------------- without counts


def test_words_by_weight_on_demand(corpus: Path) -> None:
    """topic_words="weight" shows W; recipe `article` does by itself; coverage and lift are known all the same."""
    article = replace(RECIPES["article"], bounds=Bounds())
    for recipe in (Recipe(topic_words="weight"), article):
        model = fit_topics(data_of(corpus, recipe), 3, **recipe.factors())
        assert model.recipe["topic_words"] == "weight"
        for k in (1, 2, 3):
            assert [word for word, _ in model.terms(k)] == [word for word, _ in model.terms(k, order="weight")]
            assert all(0 < word.coverage <= 1 and word.lift > 0 for word in model.words(k, 3))


def test_article_factors_are_those_of_before(corpus: Path) -> None:
    """How words are shown changes no number of the factorization."""
    article = RECIPES["article"]
    recipe = replace(article, bounds=Bounds())
    one = fit_topics(data_of(corpus, recipe), 3, **recipe.factors())
    other = fit_topics(data_of(corpus, recipe), 3, **replace(recipe, topic_words="typical").factors())
    assert one.W.tobytes() == other.W.tobytes()
    assert one.H.tobytes() == other.H.tobytes()


def test_own_matrix(corpus: Path) -> None:
    """A matrix without counts has words by weight, covered where V has entries."""
    data = data_of(corpus)
    model = fit_topics(replace(data, counts=None), 3)
    assert plain(model)["chosen"] == "weight"
    on_page = data.V.toarray() > 0
    for k in (1, 2, 3):
        assert [w for w, _ in model.terms(k)] == [w for w, _ in model.terms(k, order="weight")]
        for word in model.words(k, 5):
            assert word.coverage == pytest.approx(on_page[word.row, model.dominant() == k - 1].mean(), rel=1e-5)


def test_a_single_topic_has_its_heaviest_words(corpus: Path) -> None:
    """A single topic has no typical words."""
    model = fit_topics(data_of(corpus), 1)
    assert plain(model)["chosen"] == "weight"
    assert [word for word, _ in model.terms(1)] == [word for word, _ in model.terms(1, order="weight")] != []


def test_images_have_no_description(tmp_path: Path) -> None:
    """Models of images have no description."""
    model = fit_topics(prepare(Source(str(write_faces(tmp_path / "faces"))), Recipe()), 3)
    assert model.description is None
    assert np.isnan(model.coherences).all()


def test_unknown_choice_is_refused(corpus: Path) -> None:
    """An unknown option is refused before anything is computed."""
    with pytest.raises(ValueError, match="topic_words must be one of typical, weight"):
        fit_topics(data_of(corpus), 3, topic_words="best")  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------- in models


@pytest.fixture
def saved(corpus: Path, tmp_path: Path) -> tuple[TopicModel, Path]:
    """A model, and the folder that it is saved in."""
    model = fit_topics(data_of(corpus), 3)
    (tmp_path / "model").mkdir()
    save_model(model, tmp_path / "model")
    return model, tmp_path / "model"


def test_saved_and_loaded(saved: tuple[TopicModel, Path]) -> None:
    """A loaded model shows the same words without the texts."""
    model, folder = saved
    again = load_model(folder)
    assert plain(again) == plain(model)
    assert [again.words(k, 99) for k in (1, 2, 3)] == [model.words(k, 99) for k in (1, 2, 3)]
    assert [topic.label for topic in again.topics()] == [topic.label for topic in model.topics()]


def edited(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    change(document)
    del document["file_sha256"]
    (folder / "model.json").write_text(json.dumps(document), encoding="utf-8")


def test_models_of_earlier_versions(saved: tuple[TopicModel, Path]) -> None:
    """Models of earlier versions have no description and show words by weight."""
    model, folder = saved
    edited(folder, lambda document: document.pop("description"))
    old = load_model(folder)
    assert old.description is None
    for k in (1, 2, 3):
        assert old.terms(k) == model.terms(k, order="weight")
        assert all(math.isnan(word.coverage) for word in old.words(k))
    labels = [word for topic in old.topics() for word in topic.label.split(", ")]
    assert len(labels) == len(set(labels)) == 9


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d["description"].update(chosen="best"),
        lambda d: d["description"]["topics"].pop(),
        lambda d: d["description"]["topics"][0][0].pop(),
        lambda d: d["description"]["topics"][0][0].__setitem__(2, 10**6),
        lambda d: d["description"]["topics"][0][0].__setitem__(3, "much"),
        lambda d: d["description"]["topics"][0][0].__setitem__(1, 7),
        lambda d: d.update(description=[]),
    ],
)
def test_damaged_descriptions_are_refused(saved: tuple[TopicModel, Path], damage: Callable[[Any], Any]) -> None:
    """A damaged description is refused with one message."""
    _, folder = saved
    edited(folder, damage)
    with pytest.raises(ModelError, match=r"damaged: model.json: description|description is of other"):
        load_model(folder)


def test_hiding_a_word_that_is_no_row(saved: tuple[TopicModel, Path]) -> None:
    """Common words are hidden like others, and the next words come up in their place."""
    model, _ = saved
    (number,) = (k for k in (1, 2, 3) if model.terms(k)[0][0] == "record")
    hidden = model.renamed({}, ["Records"])
    assert hidden.terms(number) == model.terms(number, 11)[1:]
    assert "record" not in hidden.label(number)
    assert hidden.hidden_rows == []
    assert hidden.renamed({}, (), ["record"]).terms(number) == model.terms(number)


def test_no_more_words_than_are_kept(saved: tuple[TopicModel, Path]) -> None:
    """Asking for more words than there are returns all of them."""
    model, _ = saved
    assert 0 < len(model.words(1, 10**6)) <= MAX_WORDS


def test_the_same_corpus_in_another_order(tmp_path: Path) -> None:
    """Refitting gives the same description."""
    found = []
    for name, step in (("a", 1), ("b", -1)):
        pages = [{"id": f"{i:02}", "text": text} for i, text in enumerate(tiny_texts())]
        found.append(plain(fit_topics(data_of(write_jsonl(tmp_path / f"{name}.jsonl", pages[::step])), 3)))
    assert found[0] == found[1]
