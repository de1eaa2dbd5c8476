"""Refined topics: the error of V ~ W H is correct, and they separate pages better."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from inputs import write_faces
from program import Refuse, Run

from nmf_topics.analysis.stability import fit_runs, stability
from nmf_topics.corpus.open import sample_corpus_path
from nmf_topics.errors import OptionError
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.factorize import factorize
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.classify import Classifier
from nmf_topics.model.files import load_model
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.measures import nmi
from nmf_topics.model.model import TopicModel
from nmf_topics.model.refine import main_topics, refine_by_mixture, refinement_of
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES, Recipe
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.views.report.provenance import provenance


@pytest.fixture(scope="module")
def sample() -> DataMatrix:
    """V of the corpus that comes with the program: 180 pages in ten subjects."""
    return prepare(Source(str(sample_corpus_path())), Recipe())


@pytest.fixture(scope="module")
def refined(sample: DataMatrix) -> TopicModel:
    """Its ten topics, refined."""
    return fit_topics(sample, 10)


def agreement(model: TopicModel) -> float:
    """NMI of the main topics with the labels."""
    found = [(t, label) for t, label in zip(model.dominant(), model.columns.labels(), strict=True) if label and t >= 0]
    return nmi([int(topic) for topic, _ in found], [label for _, label in found])


def test_text_is_refined_by_default(sample: DataMatrix, refined: TopicModel) -> None:
    """The trace is that of the factorization; the recipe says what was done after it."""
    plain = fit_topics(sample, 10, refine="none")
    assert (refined.recipe["refine"], plain.recipe["refine"]) == ("auto", "none")
    assert "refinement" not in plain.recipe
    assert refined.trace.tobytes() == plain.trace.tobytes()
    record = refined.recipe["refinement"]
    assert record["iterations"] == sum(stage["iterations"] for stage in record["stages"])
    assert record["stages"][-1]["words"] is None
    json.dumps(record, allow_nan=False)


def test_the_error_is_that_of_the_factors(sample: DataMatrix, refined: TopicModel) -> None:
    """||V - WH|| / ||V|| of the refined W and H is stated, and is above that of the factorization."""
    V = sample.V.toarray()
    assert refined.relative_error == pytest.approx(np.linalg.norm(V - refined.W @ refined.H) / np.linalg.norm(V))
    assert refined.trace[-1] < refined.relative_error < 1.05 * refined.trace[-1]
    np.testing.assert_allclose(refined.W.sum(axis=0), 1)


def test_topics_are_means_of_pages(sample: DataMatrix, refined: TopicModel) -> None:
    """Each column of W is a non-negative combination of V's columns: nothing is left when they are regressed on V."""
    from scipy.optimize import nnls

    V = sample.V.toarray()
    for k in range(refined.rank):
        assert nnls(V, refined.W[:, k])[1] < 1e-6 * np.linalg.norm(refined.W[:, k])


def test_pages_of_the_fit_get_their_own_weights(refined: TopicModel) -> None:
    """Classifying the corpus gives H back."""
    from nmf_topics.corpus.open import open_corpus

    classifier = Classifier(refined)
    pages = list(open_corpus(str(sample_corpus_path()), warn=lambda message: None))[:12]
    for page, found in zip(pages, classifier.texts([(p.id, p.title, p.text) for p in pages]), strict=True):
        j = list(refined.columns.ids).index(page.id)
        np.testing.assert_allclose(found.topics.weights, refined.H[:, j] / refined.H[:, j].sum(), atol=1e-9)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"l1_words": 1e-4, "l1_pages": 1e-4}, "it would undo the penalties on W and H; use refine='none'"),
        ({"guide": {"Space": ["planet", "star"]}}, "it would undo the guide; use refine='none'"),
    ],
)
def test_what_a_mixture_would_undo(sample: DataMatrix, options: dict[str, Any], said: str) -> None:
    """With penalties or a guide the factors stay as they are; a mixture that is asked for is refused."""
    assert "refinement" not in fit_topics(sample, 5, **options).recipe
    with pytest.raises(OptionError, match=said):
        fit_topics(sample, 5, refine="mixture", **options)


def test_a_matrix_without_counts(sample: DataMatrix) -> None:
    """Weights alone are factored and left; a mixture of them is refused, and so is a name that nobody knows."""
    bare = replace(sample, counts=None)
    assert "refinement" not in fit_topics(bare, 5).recipe
    with pytest.raises(OptionError, match="it needs counts of words; use refine='none'"):
        fit_topics(bare, 5, refine="mixture")
    with pytest.raises(OptionError, match="unknown refinement 'more'; the refinements are auto, mixture, none"):
        fit_topics(bare, 5, refine="more")  # type: ignore[arg-type]


@pytest.mark.parametrize("rank", [1, 2])
def test_few_topics(sample: DataMatrix, rank: int) -> None:
    """One topic has nothing to share out and stays that of the factorization; two are refined."""
    model, plain = fit_topics(sample, rank), fit_topics(sample, rank, refine="none")
    assert (model.W.tobytes() == plain.W.tobytes()) == (rank == 1)
    assert ("refinement" in model.recipe) == (rank == 2)


def test_few_pages(sample: DataMatrix) -> None:
    """With fewer than ten pages a topic nothing is refined, unless it is asked for."""
    found = [fit_topics(sample, rank, refine=how) for rank, how in ((18, "auto"), (19, "auto"), (19, "mixture"))]
    assert ["refinement" in model.recipe for model in found] == [True, False, True]


def test_best_of_runs(sample: DataMatrix) -> None:
    """Runs are compared by the error of their factorizations, and stability is that of refined topics."""
    options: dict[str, Any] = {"start": "random", "seed": 3, "max_iter": 30}
    best = fit_runs(sample, 4, 3, **options)
    runs = [fit_topics(sample, 4, start="random", seed=3 + run, max_iter=30) for run in range(3)]
    first = min(runs, key=lambda model: model.trace[-1])
    assert best.W.tobytes() == first.W.tobytes()
    others = [model.W for model in runs if model is not first]
    np.testing.assert_allclose(best.stabilities, stability(first.W, others))


@pytest.mark.parametrize("engine", ["disk", pytest.param("dask", marks=pytest.mark.loopback)])
def test_engines(ok: Run, engine: str) -> None:
    """On disk and on a cluster the topics are those in memory, and so is what was done."""
    ok("fit", sample_corpus_path(), "-r", 5, "--no-report", "--no-clouds", "-o", "memory", "--engine", "memory")
    ok("fit", sample_corpus_path(), "-r", 5, "--no-report", "--no-clouds", "-o", engine, "--engine", engine)
    memory, other = load_model("memory"), load_model(engine)
    np.testing.assert_allclose(other.W @ other.H, memory.W @ memory.H, atol=1e-5)
    np.testing.assert_array_equal(other.dominant(), memory.dominant())
    assert other.recipe["refinement"]["pages_moved"] == memory.recipe["refinement"]["pages_moved"]


def test_divergence(sample: DataMatrix) -> None:
    """A factorization by another loss is refined alike, and H minimises that loss."""
    plain, model = (fit_topics(sample, 10, objective="kl", max_iter=100, refine=how) for how in ("none", "mixture"))
    H, _ = model.project(sample.V)
    np.testing.assert_allclose(H, model.H, atol=1e-8)
    assert agreement(model) == pytest.approx(agreement(plain), abs=0.05)


def test_chunks(refined: TopicModel) -> None:
    """With pages in pieces it is the pieces that a mixture gives to topics; pages are sums of them."""
    pieces = prepare(Source(str(sample_corpus_path())), Recipe(words=WordOptions(chunk=40)))
    model = fit_topics(pieces, 10)
    assert model.recipe["refinement"]["pages"] > 180
    assert len(model.columns) == 180
    assert agreement(model) > 0.8


def test_earlier_runs_are_repeated_without() -> None:
    """A run that was recorded before there was a mixture had none; the article's recipe has none, either."""
    assert Recipe.recorded({"objective": "frobenius"}).refine == "none"
    assert Recipe.recorded({"refine": "mixture"}).refine == "mixture"
    assert (RECIPES["default"].refine, RECIPES["article"].refine) == ("auto", "none")


# ------------------------------------------------------------------------------------------------------- the program


def test_the_program_says_what_it_did(ok: Run, tiny_corpus: Path) -> None:
    """One sentence on stderr, the stages in run.json, the method in the report; --refine none has none of it."""
    said = ok("fit", tiny_corpus, "-r", 3, "--max-pages", 0.5, "-o", "a", "--refine", "mixture").stderr
    assert "refined by a mixture model: " in said
    run = json.loads(Path("a/run.json").read_text(encoding="utf-8"))
    assert run["refinement"]["stages"]
    assert run["options"]["refine"] == "mixture"
    assert "--refine mixture" in run["repeat"]
    assert any("mixture of multinomials" in step for step in provenance(load_model("a"), {})["method"])
    assert "refined" not in ok("fit", tiny_corpus, "-r", 3, "--max-pages", 0.5, "-o", "b", "--refine", "none").stderr
    run = json.loads(Path("b/run.json").read_text(encoding="utf-8"))
    assert run["refinement"] is None
    assert "--refine none" in run["repeat"]
    assert not any("mixture of multinomials" in step for step in provenance(load_model("b"), {})["method"])


def test_images_are_not_refined(ok: Run, refuse: Refuse, tmp_path: Path) -> None:
    """Models of images are not refined."""
    faces = write_faces(tmp_path / "faces")
    assert "refined by" not in ok("fit", faces, "-r", 2, "-o", "model").stderr
    said = "it needs counts of words, and the rows of V are pixels; use --refine none"
    assert said in refuse("fit", faces, "-r", 2, "--refine", "mixture")


# --------------------------------------------------------------------------------------------------------- real pages

ASKED = {
    "bbc-news": (5, 0.89),
    "20newsgroups-train": (20, 0.69),
    "wikipedia-popular": (12, 0.59),
    "ag-news-short": (4, 0.58),
    "m10-titles": (10, 0.47),
    "search-snippets": (8, 0.63),
}


@pytest.mark.skipif("NMF_TOPICS_DATA" not in os.environ, reason="NMF_TOPICS_DATA does not point to the real corpora")
@pytest.mark.parametrize("name", ASKED)
def test_labelled_pages(name: str) -> None:
    """Main topics agree with labels as well as docs/recipe.md has it, better than unrefined; no topic is tiny."""
    rank, least = ASKED[name]
    data = prepare(Source(f"{os.environ['NMF_TOPICS_DATA']}/{name}.jsonl.gz"), Recipe())
    plain, model = (fit_topics(data, rank, refine=how) for how in ("none", "auto"))
    assert agreement(model) > max(least, agreement(plain))
    sizes = np.bincount(model.dominant()[model.dominant() >= 0], minlength=rank)
    assert sizes.min() > 0.005 * sizes.sum()
    assert sp.issparse(data.V)


def test_when_topics_are_refined(sample: DataMatrix) -> None:
    """From ten pages a topic on, and if there are no penalties; one of them is enough to leave topics alone."""
    for rank, expected in ((17, "mixture"), (18, "mixture"), (19, "none")):
        assert refinement_of("auto", sample, rank, penalties={"l1_words": 0.0}, guided=False) == expected
    assert refinement_of("mixture", sample, 19, penalties={}, guided=False) == "mixture"
    assert refinement_of("auto", sample, 5, penalties={"l1_words": 0.1, "l2_words": 0.0}, guided=False) == "none"


def test_main_topics_have_the_scale_of_W() -> None:
    """The larger weight is that of the topic whose column of W is small; a page without weights has no topic."""
    result = factorize(np.eye(2, 3) + 0.1, 2, max_iter=1)
    W, H = np.array([[2.0, 0.0], [2.0, 1.0]]), np.array([[0.3, 0.0, 0.1], [0.9, 0.0, 0.9]])
    assert main_topics(replace(result, W=W, H=H)).tolist() == [0, -1, 1]


def test_a_topic_without_a_page_keeps_its_words(sample: DataMatrix) -> None:
    """The mixture gives it no page, so the words of the factorization stay."""
    result = factorize(sample.V, 3, max_iter=5)
    H = result.H.copy()
    H[2] = 0.0
    after, _ = refine_by_mixture(sample, as_blocks(sample.V), replace(result, H=H))
    np.testing.assert_array_equal(after.W[:, 2], result.W[:, 2])
    assert not np.allclose(after.W[:, 0], result.W[:, 0])
