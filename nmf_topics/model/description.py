"""Choose the words that describe each topic, from the counts of its pages.

The weights of W are made to separate pages: rare words have large weights, and words on many pages have no row in V.
So the words with the largest weights name details (UEFA, scorer) rather than the subject (team, Cup). Therefore topics
are described from the unweighted counts once H is known. With f_ij the relative frequency of word i on page j and s_kj
the share of topic k in page j,

    g_ik = sum_j s_kj sqrt(f_ij) / sum_j s_kj          use of a word on the pages of a topic
    q_i  = the same over all pages
    score_ik = g_ik log(g_ik / q_i)^LIFT_POWER

The square root reduces the effect of a word that one page repeats often. With a power of 1 the score would be the
word's part of the relative entropy between topic and corpus, which is large for words that are both frequent in the
topic and specific to it; a larger power favours specific words. In addition, the share of the topic's own pages (those
whose main topic it is) that have the word must be at least `FLOOR` times that of the other pages.

    coverage = share of the topic's own pages that have the word
    lift     = log2(coverage / share of all pages that have the word)

docs/recipe.md compares other scores; the table is made by bench/words.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.factor.blocks import Array, PageBlocks, as_blocks, pages_of
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.rows import largest
from nmf_topics.model.measures import NEGLIGIBLE, coherence_of

MAX_WORDS = 100  # most words of a description
FLOOR = 4 / 3
LIFT_POWER = 1.25
CHUNK_ENTRIES = 2_000_000  # entries of a block that are processed at once
DIGITS = 6  # significant digits of scores; words with equal rounded scores are in the order of rows

TopicWords = Literal["typical", "weight"]
TOPIC_WORDS: dict[TopicWords, str] = {
    "typical": "words typical of the pages of a topic",
    "weight": "words of the largest weights in W",
}


@dataclass(frozen=True)
class DescribingWord:
    """One of the words that describe a topic.

    Attributes
    ----------
    term : normal form
    word : the word as shown to readers
    row : row of W; -1 for a word that is on too many pages to be a row of V
    score : score that orders the description, largest first
    coverage : share of the topic's own pages that have the word; NaN if it is the main topic of no page
    lift : log2 of coverage / share of all pages that have the word
    """

    term: str
    word: str
    row: int
    score: float
    coverage: float
    lift: float


@dataclass(frozen=True)
class Description:
    """The words that describe the topics of a model.

    Attributes
    ----------
    chosen : how words were chosen, a key of `TOPIC_WORDS`
    topics : the words of each topic, best first, at most `MAX_WORDS`
    """

    chosen: TopicWords
    topics: Sequence[Sequence[DescribingWord]]

    def to_meta(self) -> dict[str, Any]:
        """Return the description as JSON."""
        return {
            "chosen": self.chosen,
            "topics": [
                [[w.term, w.word, w.row, w.score, _or_none(w.coverage), _or_none(w.lift)] for w in words]
                for words in self.topics
            ],
        }

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Description:
        """Return the description from its JSON form, which `model.schema` has checked."""
        return cls(meta["chosen"], [[_word_from_meta(entry) for entry in words] for words in meta["topics"]])


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _word_from_meta(entry: Sequence[Any]) -> DescribingWord:
    term, word, row, *numbers = entry
    return DescribingWord(term, word, row, *(math.nan if value is None else float(value) for value in numbers))


def describe_topics(
    data: DataMatrix, W: Array, H: Array, chosen: TopicWords = "typical", *, top: int = 10
) -> tuple[Description | None, Array]:
    """Choose the words that describe each topic in one pass over the counts.

    Parameters
    ----------
    data : DataMatrix of text with counts; without counts, words are chosen by their weights in W
    W : ndarray of shape (m, r)
    H : ndarray of shape (r, n), weights of the columns of V
    chosen : how to choose the words, a key of `TOPIC_WORDS`
    top : number of words of a topic for its coherence

    Returns
    -------
    description : None if rows are not words
    coherences : ndarray of shape (r,), `measures.npmi` of the `top` words of each topic; NaN if rows are not words
    """
    if not data.kind.reads_texts:
        return None, np.full(W.shape[1], np.nan)
    counted = _Counted.of(data)
    sums = _sums(counted.blocks, H, weighted=chosen == "typical" and data.counts is not None and len(H) > 1)
    topics, rows = [], []
    for k in range(len(H)):
        scores = sums.scores(k) if sums.use is not None else np.zeros(0)
        if not scores.any():  # no counts, a single topic, or a topic without pages
            scores = counted.weights(W[:, k])
        best = _best(scores, MAX_WORDS)
        topics.append([counted.word(i, scores[i], *sums.coverage_and_lift(i, k)) for i in best])
        rows.append(best[:top])
    chosen = "typical" if sums.use is not None else "weight"
    return Description(chosen, topics), coherence_of(counted.blocks, rows)


@dataclass(frozen=True)
class _Counted:
    """The words that may describe a topic, with their counts (or V if there are no counts)."""

    blocks: PageBlocks
    terms: Sequence[str]
    words: Sequence[str]
    row: NDArray[np.int64]

    @classmethod
    def of(cls, data: DataMatrix) -> _Counted:
        if data.counts:
            return cls(data.counts.blocks, data.counts.terms, data.counts.surfaces, data.counts.row)
        return cls(as_blocks(data.V), data.rows.names, data.rows.shown, np.arange(len(data.rows)))

    def weights(self, w: Array) -> Array:
        """Return the weights of the words in W; 0 for words without a row in V, and for negligible weights."""
        return np.where((self.row >= 0) & (w[self.row] > NEGLIGIBLE * w.max()), w[self.row], 0.0)

    def word(self, i: int, score: float, coverage: float, lift: float) -> DescribingWord:
        return DescribingWord(
            self.terms[i], self.words[i], int(self.row[i]), _rounded(score), _rounded(coverage), _rounded(lift)
        )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _best(scores: Array, k: int) -> list[int]:
    """Return the positions of the k largest positive scores; equal rounded scores are in the order of rows."""
    some = np.flatnonzero(scores > 0)
    some = some[largest(scores[some], 2 * k)]
    return sorted(some.tolist(), key=lambda i: (-_rounded(float(scores[i])), i))[:k]


@dataclass(frozen=True)
class _Sums:
    """The sums from a pass over the counts of m' words on n pages.

    Attributes
    ----------
    use : ndarray of shape (m', r), sum over pages of s_kj sqrt(f_ij), or None
    mass : ndarray of shape (r,), sum over pages of s_kj
    own : ndarray of shape (m', r), number of each topic's own pages that have a word
    own_pages : ndarray of shape (r,), number of each topic's own pages
    pages : ndarray of shape (m',), number of pages that have a word
    n_pages : number of pages, n
    """

    use: Array | None
    mass: Array
    own: Array
    own_pages: NDArray[np.int64]
    pages: Array
    n_pages: int

    @cached_property
    def overall(self) -> Array:
        """Return q_i; shape (m',)."""
        assert self.use is not None
        return np.asarray(self.use.sum(axis=1) / self.mass.sum())

    def scores(self, k: int) -> Array:
        """Return score_ik of all words for one topic; 0 for words that cannot describe it."""
        assert self.use is not None
        if not self.mass[k] > 0:
            return np.zeros(len(self.use))
        g, q = self.use[:, k] / self.mass[k], self.overall
        special = g > q
        if self.own_pages[k]:
            others = (self.pages - self.own[:, k]) / max(self.n_pages - self.own_pages[k], 1)
            special &= self.own[:, k] / self.own_pages[k] >= FLOOR * others
        scores = np.zeros(len(g))
        scores[special] = g[special] * np.log(g[special] / q[special]) ** LIFT_POWER
        return scores

    def coverage_and_lift(self, i: int, k: int) -> tuple[float, float]:
        """Return coverage and lift of a word in a topic; NaN without own pages, or (lift) if none of them has it."""
        if not self.own_pages[k]:
            return math.nan, math.nan
        coverage = float(self.own[i, k] / self.own_pages[k])
        return coverage, math.log2(coverage * self.n_pages / self.pages[i]) if coverage else math.nan


def _sums(blocks: PageBlocks, H: Array, *, weighted: bool) -> _Sums:
    """Compute the sums in one pass over the blocks."""
    (m, n), r = blocks.shape, len(H)
    total = H.sum(axis=0)
    shares = np.asfortranarray(H / np.where(total > 0, total, 1.0))
    main = np.where(total > 0, H.argmax(axis=0), r)  # pages without topics get the index r
    use, own = np.zeros((m, r)) if weighted else None, np.zeros((m, r + 1))
    for _, (used, found) in blocks.map(_block_sums, split=(shares, main), shared=(np.array(weighted),)):
        own += found
        if use is not None:
            use += used
    return _Sums(
        use, shares.sum(axis=1), own[:, :r], np.bincount(main, minlength=r)[:r].astype(np.int64), own.sum(axis=1), n
    )


def _block_sums(block: Any, shares: Array, main: NDArray[np.int64], weighted: Any) -> tuple[Any, Array]:
    """Return the sums `use` and `own` of a block of pages; the last column of `own` is for pages without topics."""
    block = sp.csc_matrix(block)
    m, r = block.shape[0], len(shares)
    use, own = np.zeros((m, r)) if weighted else None, np.zeros(m * (r + 1))
    for columns in _runs(block.indptr):
        part = pages_of(block, columns)
        page = np.repeat(np.arange(part.shape[1]), np.diff(part.indptr))
        there = part.data > 0
        own += np.bincount((part.indices * np.int64(r + 1) + main[columns][page])[there], minlength=len(own))
        if use is not None:
            counts = part.data.astype(np.float64)
            lengths = np.bincount(page, weights=counts, minlength=part.shape[1])
            roots = np.sqrt(counts / np.where(lengths > 0, lengths, 1.0)[page])
            use += sp.csc_matrix((roots, part.indices, part.indptr), shape=part.shape) @ shares[:, columns].T
    return use, own.reshape(m, r + 1)


def _runs(indptr: Any) -> Iterator[slice]:
    """Yield runs of columns of at most CHUNK_ENTRIES entries, or a single column that has more."""
    first, n = 0, len(indptr) - 1
    while first < n:
        last = int(np.searchsorted(indptr, indptr[first] + CHUNK_ENTRIES, side="right")) - 1
        last = min(max(last, first + 1), n)
        yield slice(first, last)
        first = last
