"""A mixture of multinomials: every page has one topic, which draws its words.

    log p(page | k) = sum_w c_w log P_wk

where word w is c_w times on the page, and the columns of P (m x r) sum to one.

Expectation-maximization goes back and forth between the posteriors R (r x n), the probability of each topic given the
page, and P, the shares of the words on the pages of each topic. It finds the nearest local maximum, so two things
decide how well it separates: where it begins (here: at the main topic of each page in a factorization), and how soon it
is sure. With the 300 words of a page, posteriors are 0 or 1 after one step, and then nothing moves any more. Therefore
the mixture is annealed: a page counts as if it had no more than so many words. That limit is first lowered ("heating")
until the topics of the pages are about half uncertain, and then raised again ("cooling") until pages count in full.

Choices that keep a few pages from deciding:

* all topics are equally likely beforehand, so that large ones do not swallow small ones;
* each P_k has a tenth of an average topic's words added, spread as the words of all pages are;
* in P, a page counts for no more than twice the words of a median page.

Everything is a sum over pages, so one pass over the counts makes one iteration, wherever they live.

Sources: Nigam, McCallum, Thrun & Mitchell, Text classification from labeled and unlabeled documents using EM, Machine
Learning 39 (2000) 103-134 (the mixture); Rose, Deterministic annealing for clustering, Proceedings of the IEEE 86
(1998) 2210-2239; Ueda & Nakano, Deterministic annealing EM algorithm, Neural Networks 11 (1998) 271-282.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks

HEATING = (20.0, 14.0, 10.0, 7.0, 5.0, 4.0, 3.5, 3.0, 2.5, 2.0)  # words that a page counts for, one stage after another
UNCERTAIN = 0.5  # mean entropy of the posteriors, as a share of the largest, at which heating ends
COOLING = 2.0  # factor of the words from one stage to the next
LAST_LIMIT = 80.0  # words, from which on pages count in full
SMOOTHING = 0.1  # words added to each topic, as a share of the words of an average topic
LONGEST = 2.0  # words for which a page counts in P at most, as a multiple of the median page
HEATED, AT_REST = 0.003, 0.001  # mean change of posteriors at which a stage ends: in heating, and in all others
MAX_PASSES = 150  # of a stage


@dataclass(frozen=True)
class Pass:
    """One iteration of the mixture, as `on_pass` gets it.

    Attributes
    ----------
    number : from 1
    words : limit on the words that a page counts for; infinite where pages count in full
    moved : mean change of a page's posteriors, from 0 to 1
    """

    number: int
    words: float
    moved: float


@dataclass(frozen=True)
class Stage:
    """Iterations with the same limit.

    Attributes
    ----------
    words : limit on the words that a page counts for; infinite where pages count in full
    passes : iterations
    uncertainty : mean entropy of the posteriors where they came to rest, as a share of the largest possible
    """

    words: float
    passes: int
    uncertainty: float


@dataclass(frozen=True, eq=False)
class Mixture:
    """A fitted mixture.

    Attributes
    ----------
    posteriors : ndarray of shape (r, n), columns sum to one; a page without words has the same for all topics. A topic
        that began without a page has none
    stages : in their order
    """

    posteriors: Array
    stages: tuple[Stage, ...]


def fit_mixture(
    counts: PageBlocks,
    topics: NDArray[np.integer[Any]],
    rank: int,
    *,
    rows: NDArray[np.bool_] | None = None,
    on_pass: Callable[[Pass], None] | None = None,
) -> Mixture:
    """Fit a mixture of multinomials to counts of words, beginning with one topic for each page.

    Parameters
    ----------
    counts : PageBlocks of shape (m, n), non-negative: how often each word is on each page
    topics : ndarray of shape (n,), the topic of each page, from 0 to rank - 1; -1 for a page without one
    rank : number of topics r
    rows : ndarray of shape (m,), the words to use; None for all
    on_pass : called after each iteration

    Returns
    -------
    Mixture

    Raises
    ------
    MatrixError
        if fewer than two topics have a page, or no page has one of the words.
    """
    m, n = counts.shape
    alive = np.unique(topics[topics >= 0])
    if len(alive) < 2:
        raise MatrixError(f"a mixture needs pages of at least two topics, not of {len(alive)}")
    used = np.ones(m, bool) if rows is None else rows
    with kernels.one_blas_thread():
        fitting = _Fitting(counts, used, len(alive), on_pass)
        R = np.full((len(alive), n), 1 / len(alive), np.float32, order="F")
        known = np.flatnonzero(topics >= 0)
        R[:, known] = 0
        R[np.searchsorted(alive, topics[known]), known] = 1
        R = fitting.anneal(R)
    posteriors = np.zeros((rank, n), np.float32, order="F")
    posteriors[alive] = R
    return Mixture(posteriors, tuple(fitting.stages))


class _Fitting:
    """The counts with what all iterations need of them, and the stages so far."""

    def __init__(
        self, counts: PageBlocks, used: NDArray[np.bool_], rank: int, on_pass: Callable[[Pass], None] | None
    ) -> None:
        self.counts, self.used, self.rank, self.on_pass = counts, used, rank, on_pass
        self.stages: list[Stage] = []
        self._passes = 0
        n = counts.shape[1]
        self.lengths = np.zeros((1, n), np.float32)
        for columns, part in counts.map(_lengths, shared=(used.astype(np.float32)[:, None],)):
            self.lengths[:, columns] = part
        known = self.lengths[self.lengths > 0]
        self.known, self.most = known.size, float(np.log(rank))  # pages with words; the largest entropy of a page
        if not known.size:
            raise MatrixError("no page has a word that the mixture could use")
        self.weights = 1 / np.maximum(1, self.lengths / np.float32(LONGEST * np.median(known)))
        background = self._sums(self.weights)[:, 0]
        self.background = background / background.sum()
        self.added = SMOOTHING * background.sum() / rank

    def anneal(self, R: Array) -> Array:
        """Heat, cool, and let pages count in full; the posteriors in the end."""
        reached = 0  # how many limits of HEATING leave the topics of pages certain enough
        for words in HEATING:
            heated = self._rest(R, words, HEATED, hottest=UNCERTAIN)
            if self.stages[-1].uncertainty > UNCERTAIN:
                break
            R, reached = heated, reached + 1
        while reached:  # near its limit a mixture melts slowly, so it may do so only when it is left alone for long
            rested = self._rest(R, HEATING[reached - 1], AT_REST, hottest=UNCERTAIN)
            if self.stages[-1].uncertainty <= UNCERTAIN:
                R = rested
                break
            reached -= 1
        limit = HEATING[max(reached - 1, 0)]
        while (limit := limit * COOLING) < LAST_LIMIT:
            R = self._rest(R, limit, AT_REST)
        return self._rest(R, np.inf, AT_REST)

    def _rest(self, R: Array, words: float, tolerance: float, *, hottest: float = 1.0) -> Array:
        """Iterate with one limit until the posteriors hardly move, or their uncertainty is above `hottest`."""
        scale = 1 / np.maximum(1, self.lengths / np.float32(words))
        sums = self._sums(R * self.weights)
        passes, moved, uncertainty = 0, 1.0, 0.0
        while moved >= tolerance and uncertainty <= hottest and passes < MAX_PASSES:
            shared = (self._log_shares(sums),)
            R, before = np.empty_like(R), R
            sums, moved, uncertainty = np.zeros(sums.shape), 0.0, 0.0
            for columns, block in self.counts.map(_iterate, split=(before, scale, self.weights), shared=shared):
                R[:, columns] = block.posteriors
                sums += block.words_of_topics
                moved += block.change / R.shape[1]
                uncertainty += (block.entropy - self._blank(columns)) / self.known / self.most
            passes += 1
            self._passes += 1
            if self.on_pass:
                self.on_pass(Pass(self._passes, words, moved))
        self.stages.append(Stage(words, passes, max(uncertainty, 0.0)))
        return R

    def _sums(self, weights: Array) -> Array:
        """Words of each topic, each page as often as `weights` (r, n) have it; shape (m, r), float64."""
        sums = np.zeros((self.counts.shape[0], len(weights)))
        for _, part in self.counts.map(_words_of_topics, split=(np.asfortranarray(weights),)):
            sums += part
        return sums * self.used[:, None]

    def _log_shares(self, sums: Array) -> Array:
        """log P from the words of each topic; rows of words that are not used are zero, and so count for nothing."""
        P = sums * self.used[:, None] + self.added * self.background[:, None]
        P /= P.sum(axis=0)
        return np.log(P, out=np.zeros_like(P), where=P > 0).astype(np.float32)

    def _blank(self, columns: slice) -> float:
        """Entropy of the pages without words among some: all topics are as likely for them."""
        return int((self.lengths[0, columns] == 0).sum()) * self.most


def _lengths(counts: Any, used: Array) -> Array:
    """How many of the words used are on each page of a block."""
    return kernels.WtV(counts.astype(np.float32), used)


def _words_of_topics(counts: Any, weights: Array) -> Array:
    """Words of each topic on a block of pages."""
    return kernels.VHt(counts.astype(np.float32), weights)


class _BlockPass(NamedTuple):
    """What an iteration makes of a block of pages.

    Attributes
    ----------
    posteriors : of the topics, shape (r, k)
    words_of_topics : words of each topic by them, shape (m, r)
    change : by how much the posteriors moved
    entropy : of the posteriors, summed
    """

    posteriors: Array
    words_of_topics: Array
    change: float
    entropy: float


def _iterate(counts: Any, before: Array, scale: Array, weights: Array, log_shares: Array) -> _BlockPass:
    """One iteration on a block of pages."""
    counts = counts.astype(np.float32)
    logs = kernels.WtV(counts, log_shares)
    logs *= scale
    logs -= logs.max(axis=0)
    R = np.exp(logs)
    sums = R.sum(axis=0)
    R /= sums
    change = 0.5 * float(np.abs(R - before).sum(dtype=np.float64))
    entropy = float(np.log(sums).sum(dtype=np.float64) - np.multiply(R, logs).sum(dtype=np.float64))
    return _BlockPass(R, kernels.VHt(counts, np.asfortranarray(R * weights)), change, entropy)
