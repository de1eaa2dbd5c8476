"""Two models compared: nothing changes in itself, and what was done to a model is what is said."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from nmf_topics.analysis.model_diff import RELATED, SAME, Change, changes_between, compare_models
from nmf_topics.errors import ModelError
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.model import TopicModel
from nmf_topics.terms.vocabulary import Vocabulary


def made(W: np.ndarray, H: np.ndarray, like: TopicModel, ids: list[str] | None = None) -> TopicModel:
    """A model with these factors; its words are letters."""
    m, r = W.shape
    n = H.shape[1]
    ids = ids or [f"p{j}" for j in range(n)]
    words = [chr(97 + i) for i in range(m)]
    return replace(
        like,
        W=W / np.where(W.sum(axis=0) > 0, W.sum(axis=0), 1),
        H=H,
        rows=Vocabulary(words, words),
        columns=PageColumns(ids, ids, [{}] * n),
        errors=np.zeros(n),
        coherences=np.full(r, np.nan),
        stabilities=np.full(r, np.nan),
        names={},
        hidden=(),
    )


def blocks(*groups: list[int], m: int = 12) -> np.ndarray:
    """A topic for each group of rows, even over them."""
    W = np.zeros((m, len(groups)))
    for k, rows in enumerate(groups):
        W[rows, k] = 1.0
    return W


def one_hot(topics: list[int], r: int) -> np.ndarray:
    """H of pages with one topic each."""
    return np.eye(r)[:, topics]


def kinds(changes: list[Change]) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """Changes without their similarities."""
    return [(change.kind, change.before, change.after) for change in changes]


def test_a_model_and_itself(model: TopicModel) -> None:
    """Compared with itself all topics are the same, with similarity 1; the pages stay, and no option differs."""
    found = compare_models(model, model)
    assert kinds(list(found.changes)) == [("same", (k,), (k,)) for k in (1, 2, 3)]
    assert [change.similarities for change in found.changes] == [(pytest.approx(1),)] * 3
    assert found.partner == {1: 1, 2: 2, 3: 3}
    assert found.pages == 11  # one has no topic
    assert np.count_nonzero(found.flow - np.diag(np.diag(found.flow))) == 0
    assert found.agreement == 1
    assert found.options == {}
    assert found.shared_terms == len(model.rows)


def test_topics_in_another_order(model: TopicModel) -> None:
    """The order of topics means nothing."""
    order = [2, 0, 1]
    other = replace(model, W=model.W[:, order].copy(), H=model.H[order].copy())
    found = compare_models(model, other)
    assert found.partner == {1: 2, 2: 3, 3: 1}
    assert {change.kind for change in found.changes} == {"same"}
    assert found.agreement == 1


def test_what_happened_to_topics(model: TopicModel) -> None:
    """A topic that is cut in two split, two that became one merged, one that went is gone, one that came is new."""
    first = made(blocks([0, 1, 2, 3], [4, 5], [6, 7], [8, 9]), one_hot([0, 0, 1, 2, 3, 3], 4), model)
    second = made(blocks([0, 1], [2, 3], [4, 5, 6, 7], [10, 11]), one_hot([0, 1, 2, 2, 3, 3], 4), model)
    found = compare_models(first, second)
    assert kinds(list(found.changes)) == [
        ("split", (1,), (1, 2)),
        ("merged", (2, 3), (3,)),
        ("gone", (4,), ()),
        ("new", (), (4,)),
    ]
    assert found.changes[0].similarities == (pytest.approx(math.sqrt(0.5)),) * 2
    assert found.flow.tolist() == [[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 2]]
    back = compare_models(second, first)
    assert kinds(list(back.changes)) == [
        ("merged", (1, 2), (1,)),
        ("split", (3,), (2, 3)),
        ("gone", (4,), ()),
        ("new", (), (4,)),
    ]


@pytest.mark.parametrize(
    ("near", "kind"), [(1.0, "same"), (SAME, "same"), (SAME - 0.01, "changed"), (RELATED, "changed")]
)
def test_how_near_is_the_same(near: float, kind: str) -> None:
    """From SAME on a topic is the same, from RELATED on it changed, below that it is gone and another is new."""
    assert kinds(changes_between(np.array([[near]]), {1: 1})) == [(kind, (1,), (1,))]
    far = np.array([[RELATED - 0.01]])
    assert kinds(changes_between(far, {1: 1})) == [("gone", (1,), ()), ("new", (), (1,))]


def test_every_topic_is_told_once(rng: np.random.Generator) -> None:
    """Whatever the similarities, each topic of both models is in one change."""
    for _ in range(200):
        r, s = rng.integers(1, 7, 2)
        similarity = rng.random((r, s)) ** rng.choice([0.3, 1, 3])
        partner = {a + 1: a + 1 for a in range(min(r, s))}
        changes = changes_between(similarity, partner)
        assert sorted(a for change in changes for a in change.before) == list(range(1, r + 1))
        assert sorted(b for change in changes for b in change.after) == list(range(1, s + 1))
        for change in changes:
            several = max(len(change.before), len(change.after))
            assert len(change.similarities) == (several if change.before and change.after else 0)


def test_pages_and_words_that_only_one_has(model: TopicModel) -> None:
    """Pages are matched by id, words by name; words of the one alone make topics less similar."""
    first = made(blocks([0, 1], m=2), one_hot([0, 0, 0], 1), model, ["a", "b", "c"])
    second = made(blocks([0, 1, 2, 3], m=4), one_hot([0, 0], 1), model, ["c", "d"])
    found = compare_models(first, second)
    assert (found.shared_terms, found.pages) == (2, 1)
    assert found.similarity.tolist() == [[pytest.approx(math.sqrt(0.5))]]
    apart = compare_models(first, replace(second, columns=PageColumns(["x", "y"], ["x", "y"], [{}, {}])))
    assert apart.pages == 0
    assert math.isnan(apart.agreement)


def test_models_of_other_normal_forms(model: TopicModel) -> None:
    """Where words became terms in another way, they are known by what readers see."""
    rows = Vocabulary([f"{i}x" for i in range(len(model.rows))], [word.upper() for word in model.rows.surfaces])  # type: ignore[attr-defined]
    words = {**model.recipe["words"], "normalize": "stem"}
    other = replace(model, rows=rows, recipe={**model.recipe, "words": words, "seed": 5})
    found = compare_models(model, other)
    assert found.shared_terms == len(model.rows)
    assert {change.kind for change in found.changes} == {"same"}
    assert found.options == {"normalize": (model.recipe["words"]["normalize"], "stem"), "seed": (0, 5)}
    with pytest.raises(ModelError, match="no word in common"):
        compare_models(model, replace(model, rows=rows))


def test_dead_topics(model: TopicModel) -> None:
    """A topic without words is like no other: gone in the one, new in the other."""
    first = made(np.concatenate([blocks([0, 1]), np.zeros((12, 1))], axis=1), one_hot([0], 2), model)
    second = made(blocks([0, 1]), one_hot([0], 1), model)
    assert kinds(list(compare_models(first, second).changes)) == [("same", (1,), (1,)), ("gone", (2,), ())]
    assert kinds(list(compare_models(second, first).changes)) == [("same", (1,), (1,)), ("new", (), (2,))]


def test_images(model: TopicModel) -> None:
    """Parts of images of one size are compared pixel by pixel; other sizes, and words, are refused."""
    m = len(model.rows)
    images = replace(model, rows=PixelGrid(1, m))
    assert {change.kind for change in compare_models(images, images).changes} == {"same"}
    with pytest.raises(ModelError, match="a model of pixels cannot be compared with a model of terms"):
        compare_models(images, model)
    with pytest.raises(ModelError, match="different size"):
        compare_models(images, replace(model, rows=PixelGrid(m, 1)))
