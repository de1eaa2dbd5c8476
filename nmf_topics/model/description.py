"""What a topic is about, in words chosen from the counts of its pages.

The weights of W are made to separate pages: rare words weigh much, and words on many pages have no row in V at all.
Read as a description they name details (UEFA, scorer) rather than the subject (team, Cup). So once H is known, topics
are described from plain counts. With f_ij the relative frequency of word i on page j and s_kj the share of topic k in
page j,

    g_ik = sum_j s_kj sqrt(f_ij) / sum_j s_kj          how much the pages of a topic use a word
    q_i  = the same over all pages
    score_ik = g_ik log(g_ik / q_i)^LIFT_POWER

The square root keeps a word that one page repeats from describing a whole topic. With a power of 1 the score would be
the word's part of the relative entropy between topic and corpus, which is large for words that are both frequent in the
topic and special to it; a power above 1 favours the special ones a little. A word must also be on at least `FLOOR`
times as large a share of the topic's own pages (those it is the main topic of) as of the other pages.

    coverage = share of the topic's own pages that have the word
    lift     = log2 of coverage over the share of all pages that have it

What other scores gave: docs/recipe.md, made by bench/words.py.
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

MAX_WORDS = 100  # kept for each topic
FLOOR = 4 / 3
LIFT_POWER = 1.25
AT_ONCE = 2_000_000  # entries of a block that are worked on together
DIGITS = 6  # significant digits of scores: words that differ less are equal, and come in the order of rows

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
    word : as readers see it
    row : of W; -1 for a word that is on too many pages to be a row of V
    score : the larger, the earlier in the description
    coverage : share of the topic's own pages that have the word; nan where it is the main topic of no page
    lift : log2 of coverage over the share of all pages that have the word
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
    chosen : how words were chosen, a key of TOPIC_WORDS
    topics : the words of each topic, best first, at most `MAX_WORDS`
    """

    chosen: TopicWords
    topics: Sequence[Sequence[DescribingWord]]

    def to_meta(self) -> dict[str, Any]:
        """As JSON."""
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
    """Choose the words that describe each topic, in one pass over the counts.

    Parameters
    ----------
    data : DataMatrix of text with counts; without counts words are chosen by their weights in W
    W : ndarray of shape (m, r)
    H : ndarray of shape (r, n), weights of the columns of V (with chunks, of those)
    chosen : how words are chosen
    top : words of a topic whose coherence is measured

    Returns
    -------
    description : None where rows are not words
    coherences : ndarray of shape (r,), `measures.npmi` of the `top` words of each topic; nan where rows are not words
    """
    if not data.kind.reads_texts:
        return None, np.full(W.shape[1], np.nan)
    counted = _Counted.of(data)
    sums = _sums(counted.blocks, H, weighted=chosen == "typical" and data.counts is not None and len(H) > 1)
    topics, rows = [], []
    for k in range(len(H)):
        scores = sums.scores(k) if sums.use is not None else np.zeros(0)
        if not scores.any():  # no counts, a single topic, or one without pages: nothing is typical of it
            scores = counted.weights(W[:, k])
        best = _best(scores, MAX_WORDS)
        topics.append([counted.word(i, scores[i], *sums.coverage_and_lift(i, k)) for i in best])
        rows.append(best[:top])
    chosen = "typical" if sums.use is not None else "weight"
    return Description(chosen, topics), coherence_of(counted.blocks, rows)


@dataclass(frozen=True)
class _Counted:
    """The words that may describe a topic, and where they are counted: the counts, or V itself."""

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
        """Weights in W of the words; 0 for those without a row in V, and for negligible ones."""
        return np.where((self.row >= 0) & (w[self.row] > NEGLIGIBLE * w.max()), w[self.row], 0.0)

    def word(self, i: int, score: float, coverage: float, lift: float) -> DescribingWord:
        return DescribingWord(
            self.terms[i], self.words[i], int(self.row[i]), _rounded(score), _rounded(coverage), _rounded(lift)
        )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _best(scores: Array, k: int) -> list[int]:
    """Positions of the k largest positive scores, the earlier row first among those that are equal when rounded."""
    some = np.flatnonzero(scores > 0)
    some = some[largest(scores[some], 2 * k)]
    return sorted(some.tolist(), key=lambda i: (-_rounded(float(scores[i])), i))[:k]


@dataclass(frozen=True)
class _Sums:
    """What a pass over the counts of m' words on n pages gives.

    Attributes
    ----------
    use : ndarray of shape (m', r), sum over pages of s_kj sqrt(f_ij); None where it was not asked for
    mass : ndarray of shape (r,), sum over pages of s_kj
    own : ndarray of shape (m', r), how many of each topic's own pages have a word
    own_pages : ndarray of shape (r,)
    pages : ndarray of shape (m',), pages that have a word
    n_pages : n
    """

    use: Array | None
    mass: Array
    own: Array
    own_pages: NDArray[np.int64]
    pages: Array
    n_pages: int

    @cached_property
    def overall(self) -> Array:
        """q_i; shape (m',)."""
        assert self.use is not None
        return np.asarray(self.use.sum(axis=1) / self.mass.sum())

    def scores(self, k: int) -> Array:
        """score_ik of all words for one topic; 0 for words that do not describe it."""
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
        """Of a word in a topic; nan for a topic without own pages, and no lift for words that none of them has."""
        if not self.own_pages[k]:
            return math.nan, math.nan
        coverage = float(self.own[i, k] / self.own_pages[k])
        return coverage, math.log2(coverage * self.n_pages / self.pages[i]) if coverage else math.nan


def _sums(blocks: PageBlocks, H: Array, *, weighted: bool) -> _Sums:
    """One pass over the blocks."""
    (m, n), r = blocks.shape, len(H)
    total = H.sum(axis=0)
    shares = np.asfortranarray(H / np.where(total > 0, total, 1.0))
    main = np.where(total > 0, H.argmax(axis=0), r)  # of a page without topics: the one after the last
    use, own = np.zeros((m, r)) if weighted else None, np.zeros((m, r + 1))
    for _, (used, found) in blocks.map(_block_sums, split=(shares, main), shared=(np.array(weighted),)):
        own += found
        if use is not None:
            use += used
    return _Sums(
        use, shares.sum(axis=1), own[:, :r], np.bincount(main, minlength=r)[:r].astype(np.int64), own.sum(axis=1), n
    )


def _block_sums(block: Any, shares: Array, main: NDArray[np.int64], weighted: Any) -> tuple[Any, Array]:
    """The sums `use` and `own` of a block of pages; the last column of `own` has the pages without topics."""
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
    """Runs of columns of at most AT_ONCE entries, or a single one that has more."""
    first, n = 0, len(indptr) - 1
    while first < n:
        last = int(np.searchsorted(indptr, indptr[first] + AT_ONCE, side="right")) - 1
        last = min(max(last, first + 1), n)
        yield slice(first, last)
        first = last
