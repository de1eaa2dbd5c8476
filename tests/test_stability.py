"""Stability: topics are matched rightly, and a topic that is there comes back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nmf_topics.topics.prepare import Source, prepare
from nmf_topics.topics.recipes import Recipe
from nmf_topics.topics.stability import fit_runs, match_topics, stability
from nmf_topics.words.bounds import Bounds


def test_topics_are_matched_through_order_and_scale(rng: np.random.Generator) -> None:
    """Columns that were permuted and scaled find each other, with similarity 1."""
    W = rng.random((30, 6))
    order = rng.permutation(6)
    partner, similarity = match_topics(W, W[:, order] * rng.uniform(1, 9, 6))
    assert order[partner].tolist() == list(range(6))
    assert similarity == pytest.approx(np.ones(6))


def test_a_matching_is_one_to_one(rng: np.random.Generator) -> None:
    """Two equal topics cannot both claim the same partner."""
    W = rng.random((20, 1)) @ np.ones((1, 3))
    other = np.column_stack([W[:, 0], rng.random((20, 2))])
    partner, similarity = match_topics(W, other)
    assert sorted(partner) == [0, 1, 2]
    assert similarity.max() == pytest.approx(1)
    assert np.sort(similarity)[:2].max() < 1


def test_dead_topics_are_like_nothing() -> None:
    """A column of zeros has similarity 0, not nan."""
    W = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert match_topics(W, np.eye(2))[1].tolist() == [1.0, 0.0]


def test_stability_is_a_mean_over_runs() -> None:
    """A topic found in one of two other runs is half as stable as one found in both."""
    first, second, third = np.eye(3)
    W = np.column_stack([first, second])
    others = [np.column_stack([second, first]), np.column_stack([first, third])]
    assert stability(W, others).tolist() == [1.0, 0.5]


def test_the_best_of_several_runs_is_kept(tiny_corpus: Path) -> None:
    """Three clear subjects come back in every run; the error is the least of all runs."""
    recipe = replace(Recipe(), bounds=Bounds(min_pages=2, max_pages=0.5))
    data = prepare(Source(str(tiny_corpus)), recipe)
    model = fit_runs(data, 3, 4)
    assert model.stabilities.shape == (3,)
    assert model.stabilities.min() > 0.95
    assert model.relative_error <= min(fit_runs(data, 3, 2, seed=seed).relative_error for seed in (0, 1)) + 1e-12


def test_one_run_has_no_stability(tiny_corpus: Path) -> None:
    """Fewer than two runs is refused."""
    data = prepare(Source(str(tiny_corpus)), replace(Recipe(), bounds=Bounds(min_pages=2, max_pages=0.5)))
    with pytest.raises(ValueError, match="two runs"):
        fit_runs(data, 3, 1)
