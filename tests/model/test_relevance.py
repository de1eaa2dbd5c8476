"""The order of a topic's words between weight and lift."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel
from nmf_topics.model.relevance import CANDIDATES, LAMBDAS, by_relevance, relevance


@pytest.fixture
def model(fitted: Path) -> TopicModel:
    """The model of the tiny corpus."""
    return load_model(fitted)


def test_by_hand() -> None:
    """lambda log w + (1 - lambda) log(w / p)."""
    w, overall = np.array([0.5, 0.25, 0.25]), np.array([0.5, 0.5, 0.125])
    assert relevance(w, overall, 1.0) == pytest.approx(np.log(w))
    assert relevance(w, overall, 0.0) == pytest.approx([0.0, -np.log(2), np.log(2)])
    assert relevance(w, overall, 0.6) == pytest.approx(0.6 * np.log(w) + 0.4 * np.log(w / overall))
    assert by_relevance(w, overall, 1.0, 3) == [0, 1, 2]
    assert by_relevance(w, overall, 0.0, 2) == [2, 0]


def test_words_and_topics_of_no_weight() -> None:
    """A word of no weight is last whatever lambda is; where a topic has no mass every lift counts as 1."""
    w = np.array([0.75, 0.25, 0.0])
    for lam in (0.0, 0.5, 1.0):
        assert relevance(w, np.array([0.5, 0.5, 0.5]), lam)[2] == -np.inf
        assert relevance(w, np.zeros(3), lam)[:2] == pytest.approx(lam * np.log(w[:2]))


def test_candidates_are_the_heaviest_words(model: TopicModel) -> None:
    """Falling weights, the words of `terms`, the weight over all topics by their shares; hidden ones out."""
    for number in range(1, model.rank + 1):
        found = model.candidates(number)
        assert [(c.term, c.weight) for c in found] == model.terms(number, CANDIDATES, order="weight")
        for c in found:
            assert c.weight == model.W[c.row, number - 1]
            assert c.overall == pytest.approx(sum(model.W[c.row] * model.shares))
        hidden = replace(model, hidden=(found[0].term,))
        assert [c.term for c in hidden.candidates(number)] == [c.term for c in found[1:]]


@pytest.mark.parametrize("order", LAMBDAS)
def test_orders_of_a_topic_are_points_of_one_scale(model: TopicModel, order: str) -> None:
    """What a slider makes of the candidates is what `terms` gives at 1, 0.6 and 0."""
    lam = LAMBDAS[order]
    for number in range(1, model.rank + 1):
        scored = [(-round(lam * np.log(c.weight) + (1 - lam) * np.log(c.weight / c.overall), 9), i, c.term)
                  for i, c in enumerate(model.candidates(number))]  # fmt: skip
        assert [term for *_, term in sorted(scored)][:5] == [term for term, _ in model.terms(number, 5, order=order)]
