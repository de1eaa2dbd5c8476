"""Measures of a model: those of its topics, of all of it, and what cannot be known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from inputs import tiny_texts

from nmf_topics.analysis.coherence import count_cooccurrence, umass, window_npmi
from nmf_topics.analysis.evaluate import evaluate_topics, exclusivity
from nmf_topics.corpus.page import Page
from nmf_topics.errors import ModelError
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.model import TopicModel
from nmf_topics.text.analyzer import TermAnalyzer, word_options
from nmf_topics.text.tokenize import tokens


def pages_of(texts: Sequence[str]) -> list[Page]:
    """Texts as pages."""
    return [Page(str(i), str(i), text) for i, text in enumerate(texts)]


def test_words_that_stand_together_are_coherent(model: TopicModel) -> None:
    """In the texts of the fit topics are coherent; where the words are shuffled over the pages they are not."""
    own = evaluate_topics(model, pages_of(tiny_texts()), top=4)
    assert own.overall["c_npmi"] > 0.2
    assert all(topic.c_v > 0.5 for topic in own.topics)
    words = " ".join(tiny_texts()).split()
    mixed = [" ".join(words[i::12]) for i in range(12)]
    other = evaluate_topics(model, pages_of(mixed), top=4)
    assert other.overall["c_npmi"] < own.overall["c_npmi"] - 0.2
    assert other.overall["umass"] < own.overall["umass"]
    assert other.overall["coherence"] == own.overall["coherence"]  # that of the fit


def test_windows_run_over_words_that_are_no_stop_words(model: TopicModel) -> None:
    """The tokens of windows are the terms of a page, those outside the vocabulary, too, but no stop words."""
    texts = ["The cat, of a zebra and the mouse!", "Dogs and 7 of the cats", "the guitar in the song"]
    found = evaluate_topics(model, pages_of(texts), top=3)
    reader = TermAnalyzer(word_options(model.recipe))
    kept = [[term for token in tokens(text) if (term := reader.read(token)[0])] for text in texts]
    assert "zebra" in kept[0]
    for k, scores in enumerate(found.topics):
        words = [word.term for word in model.words(k + 1, 3)]
        numbered = [np.array([words.index(t) if t in words else -1 for t in page]) for page in kept]
        near, whole = count_cooccurrence(numbered, 3, [10, None])
        assert scores.c_npmi == pytest.approx(window_npmi(near, [0, 1, 2]))
        assert scores.umass == pytest.approx(umass(whole, [0, 1, 2]), nan_ok=True)


def test_without_texts_and_labels(model: TopicModel) -> None:
    """What needs texts or labels is nan without them; the rest is there."""
    bare = replace(model, columns=PageColumns(model.columns.ids, model.columns.titles, [{}] * 12))
    found = evaluate_topics(bare)
    unknown = {name for name, value in found.overall.items() if math.isnan(value)}
    assert unknown == {"c_npmi", "c_v", "umass", "stability", "nmi", "purity"}
    assert found.labelled == 0
    assert {topic.commonest for topic in found.topics} == {""}


def test_labels(model: TopicModel) -> None:
    """NMI and purity are of the pages with a topic and a label; a page without either does not count."""
    found = evaluate_topics(model)
    assert found.labelled == 11  # one page has no topic
    assert (found.overall["nmi"], found.overall["purity"]) == (1, 1)
    assert {topic.commonest for topic in found.topics} == {"animals", "music", "space"}
    meta = [{"label": "x"} if j else {"label": ""} for j in range(12)]
    alike = evaluate_topics(replace(model, columns=PageColumns(model.columns.ids, model.columns.titles, meta)))
    assert alike.labelled == 10
    assert math.isnan(alike.overall["nmi"])
    assert all(math.isnan(topic.purity) and topic.commonest == "" for topic in alike.topics)
    mixed = [{"label": "b" if j % 2 else "a"} for j in range(12)]
    found = evaluate_topics(replace(model, columns=PageColumns(model.columns.ids, model.columns.titles, mixed)))
    assert [topic.commonest for topic in found.topics if topic.pages == 4] == ["a", "a"]  # the first among equals
    assert found.overall["purity"] == pytest.approx(6 / 11)


def test_exclusivity_by_hand() -> None:
    """The topic's part of its words' weights: all of one, a quarter of the other."""
    W = np.array([[0.5, 0.0], [0.5, 1.5]])
    assert exclusivity(W, 0, [0, 1]) == pytest.approx((1 + 0.25) / 2)
    assert math.isnan(exclusivity(W, 0, []))


def test_dead_topics_and_images(model: TopicModel) -> None:
    """A topic without words has no measures and spoils no mean; parts of images have those that need no words."""
    W = np.concatenate([model.W, np.zeros((len(model.rows), 1))], axis=1)
    H = np.concatenate([model.H, np.zeros((1, 12))])
    nan4 = np.append(model.coherences, np.nan)
    dead = replace(model, W=W, H=H, coherences=nan4, stabilities=np.full(4, np.nan))
    found = evaluate_topics(dead, pages_of(tiny_texts()))
    last = found.topics[3]
    for value in (last.c_npmi, last.c_v, last.umass, last.exclusivity, last.sparseness, last.purity):
        assert math.isnan(value)
    assert found.overall["c_v"] == pytest.approx(evaluate_topics(model, pages_of(tiny_texts())).overall["c_v"])
    images = replace(model, rows=PixelGrid(1, len(model.rows)), coherences=np.full(3, np.nan))
    found = evaluate_topics(images)
    assert math.isnan(found.overall["diversity"])
    assert found.overall["sparseness"] > 0
    with pytest.raises(ModelError, match="not words"):
        evaluate_topics(images, pages_of(tiny_texts()))


def test_texts_of_something_else(model: TopicModel) -> None:
    """Texts without the topics' words are refused: numbers made of nothing would look like a verdict."""
    with pytest.raises(ModelError, match="two of the topics' words"):
        evaluate_topics(model, pages_of(["Ganz andere Wörter stehen hier", ""]))
