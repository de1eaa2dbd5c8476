"""Guides: how they are read, and that the topics they name are found, under their names."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inputs import write_faces
from program import Refused, Run

from nmf_topics.analysis.stability import fit_runs
from nmf_topics.corpus.open import open_corpus, sample_corpus_path
from nmf_topics.errors import GuideError, MatrixError
from nmf_topics.factor.blocks import InMemory, as_blocks
from nmf_topics.factor.engines.disk import to_disk
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.guiding import GuidedBlocks
from nmf_topics.factor.init import initialize
from nmf_topics.factor.objectives import objective_of
from nmf_topics.factor.rules import RULES
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.classify import classify_pages
from nmf_topics.model.files import load_model
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.guide import read_guide, rows_of_guide
from nmf_topics.model.measures import nmi
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.views.report.provenance import command

GUIDE = {"Heavens": ("star", "orbits"), "Kitchen": ("flour", "cooking"), "War": ("battle", "armies")}
ALL = [
    (objective, rule)
    for objective in ("frobenius", "kl", "beta-1.5")
    for rule in RULES
    if objective == "frobenius" or rule == "mu"
]


@pytest.fixture(scope="module")
def sample() -> DataMatrix:
    """V of the sample corpus."""
    return prepare(Source(str(sample_corpus_path())), Recipe())


def on_topic(model: TopicModel, name: str, subject: str) -> float:
    """How much of a topic's pages, and of a subject's, are those of both (F1)."""
    number = next(number for number, given in model.names.items() if given == name)
    mine = model.dominant() == number - 1
    theirs = np.array([label == subject for label in model.columns.labels()])
    return float(2 * (mine & theirs).sum() / (mine.sum() + theirs.sum()))


# ------------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no topic"),
        ("# nothing\n\n", "names no topic"),
        ("Sport match, goal", "line 1 of it"),
        ("A: b\n: match", "line 2 of it"),
        ("A: b\n\nSport:", "line 3 of it"),
        ("Sport: , ,", "line 1 of it"),
        ("A: b\nA: c", "two topics 'A'"),
        ("A : b\n  A: c", "two topics 'A'"),
        ('{"A": ["b"], "A": ["c"]}', "two topics 'A'"),
        ("{}", "names no topic"),
        ('{"A": ["b"', "is not valid JSON"),
        ('{"A": "b"}', "is not NAME"),
        ('{"A": {"b": 1}}', "is not NAME"),
        ('{"A": [1]}', "is not NAME"),
        ('{"A": []}', "is not NAME"),
        ('{"A: B": ["c"]}', "no colon"),
        ("{" * 100_000, "is not valid JSON"),
    ],
)
def test_what_is_no_guide_is_refused(text: str, said: str) -> None:
    """One message, with the line."""
    with pytest.raises(GuideError, match=said):
        read_guide(text, "it")


def test_both_ways_to_write_a_guide() -> None:
    """Text and JSON come to the same; spaces at the edges, empty words and words that are there twice are gone."""
    lines = "# mine\r\n Sport :match,  goal , ,match\nOld  art: oil   painting # or so\n"
    expected = {"Sport": ("match", "goal"), "Old art": ("oil painting",)}
    assert read_guide(lines, "it") == expected
    assert read_guide(' {"Sport": ["match,goal"], "Old art": ["oil painting"]}', "it") == expected


@given(st.text())
def test_any_text_is_a_guide_or_refused(text: str) -> None:
    """Any text gives a valid guide or a GuideError."""
    try:
        guide = read_guide(text, "it")
    except GuideError:
        return
    assert guide
    assert all(name and words and all(words) for name, words in guide.items())


# ------------------------------------------------------------------------------------------------------- words


def test_words_of_a_guide_are_read_like_the_text(sample: DataMatrix) -> None:
    """Any form of a word will do, of several words each where they are no phrase; what is unknown is told."""
    index: dict[str, int] = sample.rows.index  # type: ignore[attr-defined]
    guide = {"a": ("ORBITED", "the", "zebrafinch"), "b": ("orbit planets", "\ud800", "!!")}
    rows, unknown = rows_of_guide(sample, guide)
    assert rows == [[index["orbit"]], sorted([index["orbit"], index["planet"]])]
    assert unknown == ["the (a)", "zebrafinch (a)", "\ud800 (b)", "!! (b)"]


def test_stop_words_of_a_guide_mean_nothing(sample: DataMatrix) -> None:
    """Several words with a stop word among them stand for the others."""
    assert rows_of_guide(sample, {"a": ("the orbit",)}) == rows_of_guide(sample, {"a": ("orbit",)})


def test_a_phrase_of_the_corpus_is_one_term(tmp_path: Path) -> None:
    """Where the corpus has the phrase its words are not meant."""
    pages = [{"id": f"{i}", "text": f"new york city {'harbour' if i % 2 else 'bridge'} {i} " * 4} for i in range(12)]
    path = tmp_path / "york.jsonl"
    path.write_text("\n".join(map(json.dumps, pages)))
    words = WordOptions(phrases=True, default_stops=False)
    data = prepare(Source(str(path)), replace(Recipe(), words=words, bounds=Bounds(min_pages=2, max_pages=1.0)))
    index: dict[str, int] = data.rows.index  # type: ignore[attr-defined]
    phrase = next(term for term in index if " " in term)
    assert rows_of_guide(data, {"a": (phrase.title(),)})[0] == [[index[phrase]]]


def test_a_topic_without_a_known_word_is_refused(sample: DataMatrix) -> None:
    """A topic without known words is refused; the message names it and its words."""
    with pytest.raises(GuideError, match=r"'Birds' .*zebrafinch, the"):
        fit_topics(sample, 5, guide={**GUIDE, "Birds": ("zebrafinch", "the")})


# ------------------------------------------------------------------------------------------------------- topics


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule"), ALL)
@pytest.mark.parametrize("start", ["nndsvda", "random"])
def test_guided_topics_are_found_under_their_names(sample: DataMatrix, objective: str, rule: str, start: str) -> None:
    """With every rule, objective and start: the pages are those of the subject, and the error never grows."""
    model = fit_topics(sample, 10, objective=objective, solver=rule, start=start, guide=GUIDE, max_iter=150)
    assert sorted(model.names.values()) == sorted(GUIDE)
    for name, subject in {"Heavens": "astronomy", "Kitchen": "food", "War": "history"}.items():
        assert on_topic(model, name, subject) > 0.8
    assert (np.diff(model.trace) <= 1e-9).all()
    assert np.isnan(model.certificate)
    number = next(number for number, name in model.names.items() if name == "Kitchen")
    assert model.label(number) == "Kitchen"
    assert {"flour", "cooks"} <= {word for word, _ in model.terms(number, 10)}
    texts = {page.id: page.text for page in open_corpus(sample_corpus_path())}
    h = classify_pages(model, [(sample.columns.ids[3], "", texts[sample.columns.ids[3]])])[0].h
    assert h is not None
    np.testing.assert_allclose(h, model.H[:, 3], rtol=1e-6, atol=1e-9 * model.H.max())


@pytest.mark.parametrize("rule", RULES)
def test_no_other_topic_takes_a_page_of_the_guide(sample: DataMatrix, rule: str) -> None:
    """Zeros of H on the pages of the guide are zeros in the end, whatever moves the others."""
    rows, _ = rows_of_guide(sample, GUIDE)
    V = as_blocks(sample.V)
    blocks = GuidedBlocks(V, rows, "frobenius")
    W, H, topics = blocks.start(*initialize(V, 6, "random", 1))
    result = factorize(blocks, 6, rule=rule, start=(W, H), certify=False, max_iter=40)
    own = result.H[:, V.shape[1] :]
    assert [int(column.argmax()) for column in own.T] == topics
    assert np.count_nonzero(own) == len(topics)


def test_what_is_minimised_is_V_with_the_pages_of_the_guide(sample: DataMatrix) -> None:
    """The factorization is that of the matrix with the columns appended, in memory and in blocks on disk."""
    rows, _ = rows_of_guide(sample, GUIDE)
    V = as_blocks(sample.V.astype(np.float64))
    assert isinstance(V, InMemory)
    blocks = GuidedBlocks(V, rows, "frobenius")
    start = blocks.start(*initialize(V, 5, "random", 0))[:2]
    whole = np.hstack([V.V.toarray(), blocks.pages.toarray()])
    result = factorize(blocks, 5, rule="mu", start=start, certify=False, max_iter=30)
    appended = factorize(whole, 5, rule="mu", start=start, max_iter=30)
    np.testing.assert_allclose(result.trace, appended.trace, rtol=1e-9)
    np.testing.assert_allclose(result.W, appended.W, rtol=1e-6, atol=1e-12)


def test_engines_agree_on_a_guided_fit(sample: DataMatrix, tmp_path: Path) -> None:
    """Blocks on disk come to the topics that memory comes to."""
    in_memory = fit_topics(sample, 6, guide=GUIDE, max_iter=30, tolerance=0)
    on_disk = replace(sample, V=to_disk(sample.V, tmp_path / "V", columns=50))
    other = fit_topics(on_disk, 6, guide=GUIDE, max_iter=30, tolerance=0)
    assert other.names == in_memory.names
    np.testing.assert_allclose(other.W @ other.H, in_memory.W @ in_memory.H, atol=1e-5)


def test_a_word_may_be_of_two_topics(sample: DataMatrix) -> None:
    """Both topics are found under their names."""
    model = fit_topics(sample, 6, guide={"One": ("star", "film"), "Two": ("star", "orbit")})
    assert sorted(model.names.values()) == ["One", "Two"]


def test_runs_of_a_guided_fit(sample: DataMatrix) -> None:
    """The best of several runs has its names, and guided topics come back in all of them."""
    model = fit_runs(sample, 8, 3, guide=GUIDE)
    assert sorted(model.names.values()) == sorted(GUIDE)
    assert min(model.stabilities[number - 1] for number in model.names) > 0.9


@pytest.mark.parametrize(
    ("rows", "rank", "said"),
    [
        ([], 3, "needs rows of V"),
        ([[]], 3, "needs rows of V"),
        ([[-1]], 3, "needs rows of V"),
        ([[9]], 3, "from 0 to 3"),
        ([[3]], 3, "on no page"),
        ([[0], [1], [2]], 2, "more than the rank"),
    ],
)
def test_rows_that_cannot_guide(rows: list[list[int]], rank: int, said: str) -> None:
    """Every invalid combination has its own message."""
    V = as_blocks(np.vstack([np.eye(3), np.zeros(3)]) + np.array([[0.5], [0.5], [0.5], [0]]))
    with pytest.raises(MatrixError, match=said):
        GuidedBlocks(V, rows, "frobenius").start(*initialize(V, rank, "random", 0))


def test_the_zeros_of_a_start_are_still_refused(sample: DataMatrix) -> None:
    """What rules that multiply could not leave is no start for a guide, either."""
    with pytest.raises(MatrixError, match="nndsvd"):
        fit_topics(sample, 5, solver="mu", start="nndsvd", guide=GUIDE)


@pytest.mark.skipif("NMF_TOPICS_DATA" not in os.environ, reason="NMF_TOPICS_DATA does not point to the real corpora")
def test_a_few_words_help_with_real_pages() -> None:
    """Three words for each of five subjects: the news fall into them better than without."""
    data = prepare(Source(f"{os.environ['NMF_TOPICS_DATA']}/bbc-news.jsonl.gz"), Recipe())
    guide = {
        "business": ("shares", "economy", "profits"),
        "entertainment": ("film", "music", "actor"),
        "politics": ("election", "minister", "Labour"),
        "sports": ("match", "coach", "Olympic"),
        "tech": ("software", "computers", "users"),
    }
    labels: list[Any] = data.columns.labels()
    plain, guided = fit_topics(data, 5, refine="none"), fit_topics(data, 5, guide=guide)
    assert nmi(guided.dominant().tolist(), labels) > nmi(plain.dominant().tolist(), labels)
    named = [guided.names[topic + 1] for topic in guided.dominant()]
    assert np.mean([name == label for name, label in zip(named, labels, strict=True)]) > 0.95


# ------------------------------------------------------------------------------------------------------- the program


def test_the_program_is_guided(ok: Run, tmp_path: Path) -> None:
    """By a file and by words of the command line; the names are everywhere, and the report tells how to repeat it."""
    Path("guide.txt").write_text("Heavens: star, orbits\nKitchen: flour, zebrafinch\n", encoding="utf-8")
    asked = ("fit", "--rank", "6", "--no-clouds", "--guide", "guide.txt", "--guide", "War: battle, armies")
    result = ok(*asked, "-o", "one")
    assert "none of the corpus: zebrafinch (Kitchen)" in result.stderr
    assert "Heavens" in result.stdout
    run = json.loads(Path("one/run.json").read_text())
    assert run["options"]["guide"] == {
        "Heavens": ["star", "orbits"],
        "Kitchen": ["flour", "zebrafinch"],
        "War": ["battle", "armies"],
    }
    assert {"Heavens", "Kitchen", "War"} <= {
        line.split(",")[1] for line in Path("one/topics.csv").read_text().split("\n")[1:-1]
    }

    program, fit, _, *again = shlex.split(command(load_model(Path("one"))))
    assert (program, fit) == ("nmf-topics", "fit")
    ok(fit, *again, "--no-clouds", "-o", "two")
    for name in ("model.npz", "topics.csv", "pages.csv"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


@pytest.mark.parametrize(
    ("guide", "said"),
    [
        ("nothing.txt", "there is no file nothing.txt"),
        ("A:", "is not NAME"),
        ("folder", "there is no file folder"),
        ("binary", "cannot be read"),
        ("bad", "line 2 of bad"),
    ],
)
def test_bad_guides_end_before_any_work(refused: Refused, guide: str, said: str) -> None:
    """Invalid options of the command line give one message each."""
    Path("folder").mkdir()
    Path("binary").write_bytes(b"\xff\xfe\x00A")
    Path("bad").write_text("A: b\nno topic\n")
    assert said in refused(2, "fit", "--guide", guide)


def test_guides_that_do_not_fit(refused: Refused, tmp_path: Path) -> None:
    """More topics than the rank, a name twice, unknown words alone, and images."""
    write_faces(Path("faces"))
    assert "raise --rank" in refused(2, "fit", "-r", 1, "--guide", "A: star", "--guide", "B: film")
    assert "two topics 'A'" in refused(2, "fit", "--guide", "A: star", "--guide", "A: film")
    assert "none of the words of the topic 'A'" in refused(1, "fit", "--guide", "A: zebrafinch")
    assert "the rows of V are pixels" in refused(1, "fit", "faces", "-r", 2, "--guide", "A: star")


@pytest.mark.parametrize("objective", ["frobenius", "kl"])
def test_the_pages_of_a_guide_weigh_as_much_as_its_share_of_the_corpus(
    objective: str, rng: np.random.Generator
) -> None:
    """A corpus of the same pages three times has a guide of three times the size, not of the same."""
    V = rng.random((8, 10)) * (rng.random((8, 10)) < 0.6)
    goal = objective_of(objective)
    once, thrice = (GuidedBlocks(as_blocks(np.tile(V, copies)), [[0, 1], [5]], objective) for copies in (1, 3))
    np.testing.assert_allclose(goal.page_sizes(thrice.pages), 3 * goal.page_sizes(once.pages))
