"""Stability: topics are matched rightly, and a topic that is there comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import current_thread
from typing import Any

import numpy as np
import pytest

from nmf_topics.analysis.stability import _best, fit_runs, match_topics, stability
from nmf_topics.corpus.open import sample_corpus_path
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.factorize import Iteration
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds


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


class Elsewhere:
    """V that is not in memory, as far as anybody can tell."""

    def __init__(self, V: Any) -> None:
        self._blocks = as_blocks(V)
        self.shape, self.dtype, self.map = self._blocks.shape, self._blocks.dtype, self._blocks.map


@pytest.fixture(scope="module")
def sample() -> DataMatrix:
    """V of the sample corpus."""
    return prepare(Source(str(sample_corpus_path())), Recipe())


@pytest.mark.slow
@pytest.mark.parametrize("which", ["compiled", "reference"])
def test_runs_beside_each_other_are_those_in_turn(sample: DataMatrix, which: str) -> None:
    """Two threads come to the bytes that one comes to, with the kernels of who called."""

    def fit(threads: int) -> tuple[list[bytes], Any]:
        used: set[str] = set()
        with kernels.using(which, threads=threads):
            model = fit_runs(sample, 6, 5, max_iter=30, on_iteration=lambda it: used.add(kernels.backend_name()))
            assert used == {kernels.backend_name()}
        arrays = (model.W, model.H, model.trace, model.stabilities)
        return [array.tobytes() for array in arrays], model.recipe

    in_turn = fit(1)
    assert fit(2) == fit(3) == in_turn


@pytest.mark.slow
@pytest.mark.parametrize("place", [as_blocks, Elsewhere])
def test_runs_keep_the_processors_busy(sample: DataMatrix, place: Callable[[Any], Any]) -> None:
    """The fits are beside each other where V is in memory, and one after another where it is elsewhere."""
    names: set[str] = set()
    with kernels.using(threads=2):
        elsewhere = replace(sample, V=place(sample.V))
        fit_runs(elsewhere, 4, 4, max_iter=25, on_iteration=lambda it: names.add(current_thread().name))
    if place is Elsewhere:
        assert names == {current_thread().name}
    else:
        assert len(names) == 2


@pytest.mark.parametrize("threads", [1, 2])
def test_what_goes_wrong_in_one_run_ends_all(sample: DataMatrix, threads: int) -> None:
    """An error, or Ctrl-C, is told at once; the runs that go on end with their iteration."""
    calls = []

    def stop(iteration: Iteration) -> None:
        calls.append(iteration.number)
        if len(calls) == 5:
            raise KeyboardInterrupt

    with kernels.using(threads=threads), pytest.raises(KeyboardInterrupt):
        fit_runs(sample, 6, 50, tolerance=0, max_iter=10_000, on_iteration=stop)
    assert len(calls) < 1000  # of half a million


def test_one_run_has_no_stability(tiny_corpus: Path) -> None:
    """Fewer than two runs is refused."""
    data = prepare(Source(str(tiny_corpus)), replace(Recipe(), bounds=Bounds(min_pages=2, max_pages=0.5)))
    with pytest.raises(ValueError, match="two runs"):
        fit_runs(data, 3, 1)


def test_the_best_run_is_that_with_the_least_error_and_penalties(model: TopicModel) -> None:
    """With penalties the last of the trace decides, which has them; without, the error."""

    def run(error: float, minimised: float, l1: float) -> TopicModel:
        penalties = np.array([[l1], [0.0]])
        return replace(model, relative_error=error, trace=np.array([1.0, minimised]), penalties=penalties)

    for l1, error in ((0.1, 0.4), (0.0, 0.3)):
        runs = [run(0.3, 0.9, l1), run(0.4, 0.8, l1)]
        assert _best(enumerate(runs), 0, 2).relative_error == error
        assert _best(reversed(list(enumerate(runs))), 0, 2).relative_error == error
