"""Vocabulary limits: which of the counted terms become rows of V."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError, Remedy
from nmf_topics.matrix.weighting import MANY_ENTRIES
from nmf_topics.terms.batches import Batch
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.residual_idf import is_corpus_stop_word
from nmf_topics.terms.term_counts import BatchedCounts, SingleBatch, TermCounts, sums_of_rows

MAX_TERMS_PER_PAGE = 75  # above this, small corpora give topics that are pairs of pages


@dataclass(frozen=True)
class Bounds:
    """Vocabulary limits: which terms are rows of V.

    Attributes
    ----------
    min_pages : a term must be on at least this many pages; a number below 1 is a share of the pages; None: 2 % of the
        pages, but at least 2 and at most 5, and more in small corpora of long pages, where more than
        `MAX_TERMS_PER_PAGE` terms a page would stay
    max_pages : a term must be on at most this many pages; 1.0 or less is a share of the pages, which a min_pages of
        None can only raise; None: 30 % of the pages, and a larger share of fewer than 100 pages
    max_terms : keep only this many terms, the most frequent ones; None: keep all
    corpus_stops : whether to drop frequent terms that are spread evenly over the pages (see `terms.residual_idf`)

    Notes
    -----
    Small corpora need other limits than large ones. The share of pages that have a word varies by chance with
    1/sqrt(n) for n pages, so the default upper limit is at least 3/sqrt(n) of them: half of 36, all of 9. A few long
    pages share thousands of words with just one other page. Such rare words have large weights, and topics become pairs
    of pages; so the lower limit rises, up to 30 % of the pages. docs/recipe.md shows the effect.

    Examples
    --------
    >>> import numpy as np
    >>> Bounds(min_pages=3, max_pages=0.5).limits(100, np.array([1, 20, 80]))
    (3.0, 50.0)
    """

    min_pages: float | None = None
    max_pages: float | None = None
    max_terms: int | None = None
    corpus_stops: bool = False

    def limits(self, n_pages: int, pages: NDArray[np.integer]) -> tuple[float, float]:
        """Return the least and the greatest number of pages of a term.

        Parameters
        ----------
        n_pages : number of pages of the corpus
        pages : ndarray of shape (m,), the number of pages that have each term
        """
        if self.max_pages is None:
            high = max(_share(0.3, n_pages), min(n_pages, round(3 * np.sqrt(n_pages), 6)))
        else:
            high = _share(self.max_pages, n_pages) if self.max_pages <= 1 else float(self.max_pages)
        if self.min_pages is not None:
            return (_share(self.min_pages, n_pages) if self.min_pages < 1 else float(self.min_pages)), high
        low = float(min(5, max(2, round(0.02 * n_pages))))
        if self.max_pages is None or self.max_pages <= 1:
            high = max(high, low)  # else a handful of pages would have no word within both limits
        while low + 1 <= 0.3 * n_pages and ((low <= pages) & (pages <= high)).sum() > MAX_TERMS_PER_PAGE * n_pages:
            low += 1
        return low, high


def _share(share: float, n_pages: int) -> float:
    """Return a share of the pages without rounding errors: 0.07 of 100 is 7, not 7.000000000000001."""
    return round(share * n_pages, 6)


class TermStatus(IntEnum):
    """Whether a term is a row of V, and if not, why."""

    KEPT = 0
    RARE = 1
    COMMON = 2
    CORPUS_STOP = 3
    BEYOND_MAX_TERMS = 4

    @property
    def reason(self) -> str:
        """The reason as the token accounting and words.csv name it."""
        return "beyond max_terms" if self is TermStatus.BEYOND_MAX_TERMS else self.name.lower().replace("_", " ")


def select_terms(
    pages: NDArray[np.integer],
    tokens: NDArray[np.integer],
    n_pages: int,
    bounds: Bounds,
    keep: NDArray[np.bool_] | None = None,
) -> NDArray[np.int8]:
    """Apply the vocabulary limits to all terms.

    Parameters
    ----------
    pages : ndarray of shape (m,), the number of pages that have a term
    tokens : ndarray of shape (m,), the number of its occurrences
    n_pages : number of pages of the corpus
    bounds : Bounds
    keep : ndarray of bool, shape (m,), terms that are never dropped

    Returns
    -------
    ndarray of int8, shape (m,), the `TermStatus` of each term

    Raises
    ------
    MatrixError
        if no term is kept.
    """
    low, high = bounds.limits(n_pages, pages)
    status = np.full(len(pages), TermStatus.KEPT, np.int8)
    status[pages > high] = TermStatus.COMMON
    status[pages < max(low, 1)] = TermStatus.RARE  # a word that occurs only in phrases is on no page
    if bounds.corpus_stops:
        even = is_corpus_stop_word(pages, tokens, n_pages)
        status[(status == TermStatus.KEPT) & even] = TermStatus.CORPUS_STOP
    if keep is not None:
        status[keep] = TermStatus.KEPT
    kept = np.flatnonzero(status == TermStatus.KEPT)
    if bounds.max_terms is not None and len(kept) > bounds.max_terms:
        weight = tokens.astype(np.float64)
        if keep is not None:
            weight[keep] = np.inf
        order = kept[np.argsort(-weight[kept], kind="stable")]  # stable: the first in alphabetical order wins ties
        surplus = order[bounds.max_terms :] if keep is None else [i for i in order[bounds.max_terms :] if not keep[i]]
        status[surplus] = TermStatus.BEYOND_MAX_TERMS
    if not (status == TermStatus.KEPT).any():
        raise MatrixError(
            f"no words are left of {len(pages)} distinct ones on {n_pages} pages: {int((pages < low).sum())} are on "
            f"fewer than {math.ceil(low)} pages, {int(((pages >= low) & (pages > high)).sum())} on more than "
            f"{math.floor(high)}",
            remedy=Remedy("try a lower {min_pages} or a higher {max_pages}"),
        )
    return status


class PhrasesSplit(BatchedCounts):
    """Counts in which some phrases are counted as their words again.

    Parameters
    ----------
    counts : the counts with all phrases
    rows : ndarray of bool, shape (m,), the phrases to split; single words among them stay as they are
    """

    def __init__(self, counts: BatchedCounts, rows: NDArray[np.bool_]) -> None:
        self.info = counts.info
        self._counts = counts
        self._move = _words_of_phrases(counts.vocabulary.terms, counts.phrases, rows)
        self.pages = np.zeros(len(rows), np.int64)
        self.tokens = np.zeros(len(rows), np.int64)
        for batch in self.batches():
            pages, tokens = sums_of_rows(batch.counts)
            self.pages += pages
            self.tokens += tokens

    def batches(self) -> Iterator[Batch]:
        """Yield the batches with these phrases split."""
        for batch in self._counts.batches():
            after = sp.csc_matrix(self._move @ batch.counts)
            after.eliminate_zeros()
            after.sort_indices()
            yield Batch(batch.columns, after)


def _words_of_phrases(terms: Sequence[str], phrases: Phrases, rows: NDArray[np.bool_]) -> Any:
    """Return the CSR matrix of shape (m, m) that moves counts from the phrases among some rows to their words."""
    row_of = {term: row for row, term in enumerate(terms)}
    moves = [
        (row_of[word], row)
        for row in np.flatnonzero(rows).tolist()
        for word in phrases.words.get(terms[row], ())
        if word in row_of
    ]
    stays = np.ones(len(terms), np.int32)
    stays[[row for _, row in moves]] = 0
    to, origin = np.array(moves, np.int64).reshape(-1, 2).T
    move = sp.csr_matrix((np.ones(len(moves), np.int32), (to, origin)), shape=(len(terms), len(terms)))
    return sp.csr_matrix(move + sp.diags(stays, dtype=np.int32))


@dataclass(frozen=True)
class SelectedTerms:
    """The terms that become rows of V, selected before weights are computed.

    Attributes
    ----------
    counts : the counts; phrases outside the limits are counted as their words again
    status : ndarray of int8, shape (m,), the `TermStatus` of each term
    width : ndarray of int64, shape (m,), the number of words of each term: 1, or more for a phrase
    stored : number of entries that V will have
    ledger : token accounting, with the tokens that the limits dropped
    """

    counts: BatchedCounts
    status: NDArray[np.int8]
    width: NDArray[np.int64]
    stored: int
    ledger: Mapping[str, Any]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The terms that are kept."""
        return np.flatnonzero(self.status == TermStatus.KEPT)

    def described(self, bounds: Bounds) -> NDArray[np.int64]:
        """The terms that may describe a topic: those that bounds keep, and those too common for V.

        Frequent words separate pages badly and describe topics well. Where `max_pages` was chosen by the user, words
        beyond it are unwanted and stay out.
        """
        wanted = self.status == TermStatus.KEPT
        if bounds.max_pages is None:
            wanted |= self.status == TermStatus.COMMON
        return np.flatnonzero(wanted)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of V's entries on disk, the same as in memory."""
        return np.dtype(np.float32 if self.stored >= MANY_ENTRIES else np.float64)


def terms_within(counts: BatchedCounts, bounds: Bounds) -> SelectedTerms:
    """Select the terms within the vocabulary limits; a phrase outside them is counted as its words.

    Raises
    ------
    MatrixError
        if no term is within the limits.
    """
    n_pages, terms, phrases, keep = len(counts.columns), counts.vocabulary.terms, counts.phrases, counts.info.keep
    width = np.ones(len(terms), np.int64)
    if phrases:
        width = np.array([len(phrases.words.get(term, " ")) for term in terms], np.int64)
        low, high = bounds.limits(n_pages, counts.pages)
        outside = (width > 1) & ((counts.pages < low) | (counts.pages > high))
        counts = _split(counts, outside if keep is None else outside & ~keep)
    status = select_terms(counts.pages, counts.tokens, n_pages, bounds, keep)
    if phrases:
        counts = _split(counts, (width > 1) & (status == TermStatus.BEYOND_MAX_TERMS))
    tokens = counts.tokens * width
    dropped = dict(counts.ledger.get("dropped", {}))
    for dropped_as in TermStatus:
        if dropped_as is not TermStatus.KEPT:
            count = int(tokens[status == dropped_as].sum())
            dropped[dropped_as.reason] = dropped.get(dropped_as.reason, 0) + count
    lost = counts.ledger.get("kept", 0) - int(tokens.sum())  # stop words at the start of a phrase: New of New York
    dropped["stop"] = dropped.get("stop", 0) + max(lost, 0)
    kept = status == TermStatus.KEPT
    ledger = {**counts.ledger, "kept": int(tokens[kept].sum()), "dropped": dropped}
    return SelectedTerms(counts, status, width, int(counts.pages[kept].sum()), ledger)


def _split(counts: BatchedCounts, rows: NDArray[np.bool_]) -> BatchedCounts:
    return PhrasesSplit(counts, rows) if rows.any() else counts


def bound_terms(counts: TermCounts, bounds: Bounds) -> TermCounts:
    """Return the counts of the terms within the limits; their ledger has the tokens that each limit dropped.

    A phrase outside the limits is counted as its words.

    Raises
    ------
    MatrixError
        if no term is left.
    """
    within = terms_within(SingleBatch(counts), bounds)
    (batch,) = within.counts.batches()
    rows = within.rows
    info = replace(
        counts.info,
        vocabulary=counts.vocabulary.take(rows),
        ledger=within.ledger,
        keep=None if counts.info.keep is None else counts.info.keep[rows],
    )
    return TermCounts(sp.csc_matrix(batch.counts.tocsr()[rows]), info)
