"""The mixture of multinomials: what it finds, and that no answer depends on how the counts are cut into blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError
from nmf_topics.factor.blocks import InMemory
from nmf_topics.factor.engines.disk import to_disk
from nmf_topics.factor.mixture import LONGEST, SMOOTHING, Mixture, Pass, fit_mixture

Topics = NDArray[np.int64]


def planted(rng: np.random.Generator, *, words: int = 40, topics: int = 3, pages: int = 300) -> tuple[Any, Topics]:
    """Counts of pages that each have one topic, and that topic; topics share most of their words."""
    truth = rng.integers(topics, size=pages)
    shares = rng.dirichlet(np.full(200, 0.3), size=topics) + 1.5 * rng.dirichlet(np.full(200, 0.3))
    shares /= shares.sum(axis=1, keepdims=True)
    dense = np.array([rng.multinomial(rng.integers(words // 2, 2 * words), shares[k]) for k in truth]).T
    return sp.csc_matrix(dense.astype(np.int32)), truth


def confused(rng: np.random.Generator, truth: Topics, share: float) -> Topics:
    """Topics of which that share is drawn anew."""
    return np.where(rng.random(len(truth)) < share, rng.integers(truth.max() + 1, size=len(truth)), truth)


def agreement(mixture: Mixture, truth: Topics) -> float:
    """Share of pages whose likeliest topic is the true one."""
    return float((mixture.posteriors.argmax(axis=0) == truth).mean())


def one_step(counts: Any, R: Any) -> Any:
    """Posteriors after one iteration from R in which pages count in full, in float64 by the book."""
    C = counts.toarray().astype(float)
    lengths = C.sum(axis=0)
    weights = 1 / np.maximum(1, lengths / (LONGEST * np.median(lengths[lengths > 0])))
    background = C @ weights
    P = (C * weights) @ R.T + SMOOTHING * background.sum() / len(R) * (background / background.sum())[:, None]
    P /= P.sum(axis=0)
    log_likelihood = np.log(np.where(P > 0, P, 1)).T @ C
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=0))
    return likelihood / likelihood.sum(axis=0)


def test_finds_planted_topics(rng: np.random.Generator) -> None:
    """From a start in which two of three pages have a random topic, nearly every page ends in its own."""
    counts, truth = planted(rng)
    start = confused(rng, truth, 2 / 3)
    assert (start == truth).mean() < 0.65
    assert agreement(fit_mixture(InMemory(counts), start, 3), truth) > 0.97


def test_comes_to_rest(rng: np.random.Generator) -> None:
    """Where it ends, one more iteration by the book changes next to nothing, and probabilities sum to one."""
    counts, truth = planted(rng, words=12)
    R = fit_mixture(InMemory(counts), confused(rng, truth, 0.3), 3).posteriors.astype(float)
    np.testing.assert_allclose(R.sum(axis=0), 1, atol=1e-5)
    assert 0.5 * np.abs(one_step(counts, R) - R).sum(axis=0).mean() < 2e-3
    assert ((R > 0.01) & (R < 0.99)).any()  # posteriors, not a hard choice


@pytest.mark.slow
@pytest.mark.parametrize("columns", [1, 37, 300])
def test_blocks_do_not_matter(rng: np.random.Generator, tmp_path: Any, columns: int) -> None:
    """Counts on disk give what counts in memory give."""
    counts, truth = planted(rng, words=20)
    start = confused(rng, truth, 0.5)
    whole = fit_mixture(InMemory(counts), start, 3)
    cut = fit_mixture(to_disk(counts, tmp_path / "counts", columns=columns), start, 3)
    np.testing.assert_allclose(cut.posteriors, whole.posteriors, atol=1e-4)
    assert [stage.words for stage in cut.stages] == [stage.words for stage in whole.stages]


def test_same_start_same_bytes(rng: np.random.Generator) -> None:
    """Nothing is drawn."""
    counts, truth = planted(rng)
    start = confused(rng, truth, 0.5)
    first, again = (fit_mixture(InMemory(counts), start, 3).posteriors for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_rows_that_are_not_used_do_not_count(rng: np.random.Generator) -> None:
    """Counts with further words give the same, where those are not to be used."""
    counts, truth = planted(rng)
    start = confused(rng, truth, 0.5)
    noise = sp.csc_matrix(rng.poisson(3, size=(7, len(truth))).astype(np.int32))
    more = sp.vstack([noise, counts], format="csc")
    used = np.arange(more.shape[0]) >= 7
    expected = fit_mixture(InMemory(counts), start, 3).posteriors
    np.testing.assert_allclose(fit_mixture(InMemory(more), start, 3, rows=used).posteriors, expected, atol=1e-4)


def test_pages_without_words_and_topics_without_pages(rng: np.random.Generator) -> None:
    """A page without words is as likely of any topic, whatever it began with; a topic without a page stays away."""
    counts, truth = planted(rng)
    start = np.where(truth == 2, 3, truth)  # nobody has topic 2
    blank = sp.csc_matrix((counts.shape[0], 2), dtype=np.int32)
    counts = sp.hstack([counts, blank], format="csc")
    R = fit_mixture(InMemory(counts), np.append(start, [-1, 0]), 4).posteriors
    np.testing.assert_array_equal(R[2], 0)
    np.testing.assert_allclose(R[[0, 1, 3], -2:], 1 / 3, atol=1e-6)
    assert (R[:, :-2].argmax(axis=0) == start).mean() > 0.97


def test_one_very_long_page_does_not_take_a_topic(rng: np.random.Generator) -> None:
    """A page of 200,000 words of its own leaves the other pages of its topic where they are."""
    counts, truth = planted(rng)
    odd = np.zeros((counts.shape[0] + 30, 1), np.int32)
    odd[-30:] = 200_000 // 30
    counts = sp.hstack([sp.vstack([counts, sp.csc_matrix((30, len(truth)), dtype=np.int32)]), odd], format="csc")
    R = fit_mixture(InMemory(counts), np.append(truth, 0), 3).posteriors
    assert (R[:, :-1].argmax(axis=0) == truth).mean() > 0.97


def test_passes_are_reported(rng: np.random.Generator) -> None:
    """on_pass hears of each iteration; limits fall, rise, and end with pages that count in full."""
    counts, truth = planted(rng)
    heard: list[Pass] = []
    mixture = fit_mixture(InMemory(counts), confused(rng, truth, 0.5), 3, on_pass=heard.append)
    assert [it.number for it in heard] == list(range(1, sum(stage.passes for stage in mixture.stages) + 1))
    words = [stage.words for stage in mixture.stages]
    lowest = int(np.argmin(words))
    assert words[: lowest + 1] == sorted(words[: lowest + 1], reverse=True)
    assert words[lowest:] == sorted(words[lowest:])
    assert words[-1] == np.inf
    assert all(0 <= stage.uncertainty <= 1 for stage in mixture.stages)


def test_refusals() -> None:
    """One topic, and no words, are told."""
    counts = InMemory(sp.csc_matrix(np.eye(3, dtype=np.int32)))
    with pytest.raises(MatrixError, match="at least two topics, not of 1"):
        fit_mixture(counts, np.array([0, 0, -1]), 2)
    with pytest.raises(MatrixError, match="no page has a word"):
        fit_mixture(counts, np.array([0, 1, 1]), 2, rows=np.zeros(3, bool))


def test_pages_without_words_do_not_count_for_the_uncertainty(rng: np.random.Generator) -> None:
    """A corpus with as many blank pages again is heated and cooled as it is without them."""
    counts, truth = planted(rng, pages=100)
    blank = sp.csc_matrix(counts.shape, dtype=np.int32)
    alone = fit_mixture(InMemory(counts), truth, 3)
    among = fit_mixture(InMemory(sp.hstack([counts, blank], format="csc")), np.append(truth, np.full(100, -1)), 3)
    assert [stage.words for stage in among.stages] == [stage.words for stage in alone.stages]
    for one, other in zip(among.stages, alone.stages, strict=True):
        assert one.uncertainty == pytest.approx(other.uncertainty, abs=0.05)
