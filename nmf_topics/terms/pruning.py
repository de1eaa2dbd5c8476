"""Bounds on the vocabulary: which of the terms that were counted become rows of V."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.matrix.weighting import MANY_ENTRIES
from nmf_topics.terms.batches import Batch
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.residual_idf import is_corpus_stop_word
from nmf_topics.terms.surface_forms import Forms
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import Readers, WordOptions

MAX_TERMS_PER_PAGE = 75  # terms a page: more than that, and few pages cannot tell what they are good for


@dataclass(frozen=True)
class Bounds:
    """Which terms are rows of V.

    Attributes
    ----------
    min_pages : a term must be on at least this many pages; a number below 1 is a share of the pages; None: 2 % of the
        pages, but at least 2 and at most 5, and more in small corpora of long pages, where more than
        `MAX_TERMS_PER_PAGE` terms a page would stay
    max_pages : and on no more than so many; 1.0 and below is a share of the pages, which a min_pages of None can only
        raise; None: 30 % of the pages, and more of fewer than 100 pages
    max_terms : of those that remain, the most frequent ones; None: all
    corpus_stops : whether terms go that are on many pages as by chance (see `terms.residual_idf`)

    Notes
    -----
    Few pages want other bounds than many. The share of the pages that a word is on scatters with their number n as
    1/sqrt(n), so it may be 3/sqrt(n) of them: half of 36, all of 9. And a few long pages have words by the thousand
    that just two of them share. Those are rare, so they weigh much, and topics become pairs of pages; a word must then
    be on more pages, though never on more than 30 % of them. What this is worth: docs/recipe.md.
    """

    min_pages: float | None = None
    max_pages: float | None = None
    max_terms: int | None = None
    corpus_stops: bool = False

    def limits(self, n_pages: int, pages: NDArray[np.integer]) -> tuple[float, float]:
        """Smallest and largest number of pages that a term may be on.

        Parameters
        ----------
        n_pages : of the corpus
        pages : ndarray of shape (m,), the number of pages that each term is on
        """
        if self.max_pages is None:
            high = max(_share(0.3, n_pages), min(n_pages, round(3 * np.sqrt(n_pages), 6)))
        else:
            high = _share(self.max_pages, n_pages) if self.max_pages <= 1 else float(self.max_pages)
        if self.min_pages is not None:
            return (_share(self.min_pages, n_pages) if self.min_pages < 1 else float(self.min_pages)), high
        low = float(min(5, max(2, round(0.02 * n_pages))))
        if self.max_pages is None or self.max_pages <= 1:
            high = max(high, low)  # of a handful of pages no word could be on two and on few enough
        while low + 1 <= 0.3 * n_pages and ((low <= pages) & (pages <= high)).sum() > MAX_TERMS_PER_PAGE * n_pages:
            low += 1
        return low, high


def _share(share: float, n_pages: int) -> float:
    """So many pages; 0.07 of 100 are 7, not the 7.000000000000001 of the machine."""
    return round(share * n_pages, 6)


CORPUS_STOP = "corpus stop"
VERDICTS = ("kept", "rare", "common", CORPUS_STOP, "beyond max_terms")  # what becomes of a term, and why


def select_terms(
    pages: NDArray[np.integer],
    tokens: NDArray[np.integer],
    n_pages: int,
    bounds: Bounds,
    keep: NDArray[np.bool_] | None = None,
) -> NDArray[np.int8]:
    """What bounds make of each term.

    Parameters
    ----------
    pages : ndarray of shape (m,), pages that have a term
    tokens : ndarray of shape (m,), how often it occurs in all
    n_pages : pages of the corpus
    bounds : Bounds
    keep : ndarray of shape (m,), terms that no bound drops

    Returns
    -------
    ndarray of shape (m,), the place in VERDICTS of what becomes of a term.

    Raises
    ------
    MatrixError
        if no term is kept.
    """
    low, high = bounds.limits(n_pages, pages)
    verdict = np.zeros(len(pages), np.int8)
    verdict[pages > high] = VERDICTS.index("common")
    verdict[pages < max(low, 1)] = VERDICTS.index("rare")  # a word may be on no page but in phrases
    if bounds.corpus_stops:
        verdict[(verdict == 0) & is_corpus_stop_word(pages, tokens, n_pages)] = VERDICTS.index(CORPUS_STOP)
    if keep is not None:
        verdict[keep] = 0
    kept = np.flatnonzero(verdict == 0)
    if bounds.max_terms is not None and len(kept) > bounds.max_terms:
        weight = tokens.astype(np.float64)
        if keep is not None:
            weight[keep] = np.inf
        order = kept[np.argsort(-weight[kept], kind="stable")]  # terms are sorted: the earlier one among equals
        surplus = order[bounds.max_terms :] if keep is None else [i for i in order[bounds.max_terms :] if not keep[i]]
        verdict[surplus] = VERDICTS.index("beyond max_terms")
    if not (verdict == 0).any():
        raise MatrixError(
            f"no words are left of {len(pages)} distinct ones on {n_pages} pages: {int((pages < low).sum())} are on "
            f"fewer than {low:g} pages, {int(((pages >= low) & (pages > high)).sum())} on more than {high:g}; try a "
            f"lower --min-pages or a higher --max-pages"
        )
    return verdict


class BatchedCounts(Protocol):
    """Counts in batches, as `terms.counts_builder.CountsBuilder` has them."""

    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def columns(self) -> PageColumns: ...
    @property
    def options(self) -> WordOptions: ...
    @property
    def ledger(self) -> Mapping[str, Any]: ...
    @property
    def languages(self) -> Iterable[str]: ...
    @property
    def phrases(self) -> Phrases: ...
    @property
    def shared_lines(self) -> Mapping[str, int]: ...
    @property
    def forms(self) -> Forms: ...
    @property
    def pages(self) -> NDArray[np.int64]: ...
    @property
    def tokens(self) -> NDArray[np.int64]: ...
    def batches(self) -> Iterator[Batch]: ...


class SingleBatch:
    """Counts that are in memory as one matrix, for those who want batches."""

    def __init__(self, counts: TermCounts) -> None:
        self.counts = counts.counts
        self.vocabulary, self.columns, self.options = counts.vocabulary, counts.columns, counts.options
        self.ledger, self.languages, self.phrases = counts.ledger, counts.languages, counts.phrases
        self.shared_lines, self.forms = counts.shared_lines, counts.forms

    @cached_property
    def pages(self) -> NDArray[np.int64]:
        """Pages that have a term; shape (m,)."""
        return np.bincount(self.counts.indices, minlength=len(self.vocabulary))

    @cached_property
    def tokens(self) -> NDArray[np.int64]:
        """How often a term occurs in all; shape (m,)."""
        found = np.bincount(self.counts.indices, weights=self.counts.data, minlength=len(self.vocabulary))
        return found.astype(np.int64)

    def batches(self) -> Iterator[Batch]:
        """All of it."""
        yield Batch(np.arange(len(self.columns)), self.counts)


class PhrasesSplit:
    """Counts in which some phrases are counted as their words again.

    Parameters
    ----------
    counts : the counts as they were
    rows : ndarray of shape (m,), which terms are to be dissolved; those that are no phrases stay
    """

    def __init__(self, counts: BatchedCounts, rows: NDArray[np.bool_]) -> None:
        self._counts = counts
        self.vocabulary, self.columns, self.options = counts.vocabulary, counts.columns, counts.options
        self.ledger, self.languages, self.phrases = counts.ledger, counts.languages, counts.phrases
        self.shared_lines, self.forms = counts.shared_lines, counts.forms
        self._move = _words_of_phrases(counts.vocabulary.terms, counts.phrases, rows)
        self.pages = np.zeros(len(rows), np.int64)
        self.tokens = np.zeros(len(rows), np.int64)
        for batch in self.batches():
            one = SingleBatch(TermCounts(batch.counts, counts.vocabulary, counts.columns, counts.options))
            self.pages += one.pages
            self.tokens += one.tokens

    def batches(self) -> Iterator[Batch]:
        """The batches, phrases dissolved."""
        for batch in self._counts.batches():
            after = sp.csc_matrix(self._move @ batch.counts)
            after.eliminate_zeros()
            after.sort_indices()
            yield Batch(batch.columns, after)


def _words_of_phrases(terms: Sequence[str], phrases: Phrases, rows: NDArray[np.bool_]) -> Any:
    """What makes words of the phrases among some rows: CSR of shape (m, m), to be multiplied by counts."""
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
    """Which terms are rows of V, known before any weight is made.

    Attributes
    ----------
    counts : the counts, phrases that are out of bounds counted as their words again
    verdict : ndarray of int8, shape (m,), the place in VERDICTS of what becomes of each term
    width : ndarray of int64, shape (m,), words of each term: one, but of a phrase
    stored : entries that V will have
    ledger : of the counts, with what the bounds dropped
    """

    counts: BatchedCounts
    verdict: NDArray[np.int8]
    width: NDArray[np.int64]
    stored: int
    ledger: Mapping[str, Any]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The terms that bounds keep."""
        return np.flatnonzero(self.verdict == 0)

    def described(self, bounds: Bounds) -> NDArray[np.int64]:
        """The terms that may describe a topic: those that bounds keep, and those too common for V.

        Frequent words separate pages badly and describe topics well. Where `max_pages` was chosen by the user, words
        beyond it are unwanted and stay out.
        """
        wanted = self.verdict == 0
        if bounds.max_pages is None:
            wanted |= self.verdict == VERDICTS.index("common")
        return np.flatnonzero(wanted)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the entries of V on disk: that in which it would be factored in memory."""
        return np.dtype(np.float32 if self.stored >= MANY_ENTRIES else np.float64)


def terms_within(counts: BatchedCounts, bounds: Bounds) -> SelectedTerms:
    """Judge all terms; the words of a phrase that is out of bounds stand for themselves.

    Raises
    ------
    MatrixError
        if no term is within bounds.
    """
    n_pages, terms, phrases = len(counts.columns), counts.vocabulary.terms, counts.phrases
    keep = rows_to_keep(counts.vocabulary, counts.options, counts.languages)
    width = np.ones(len(terms), np.int64)
    if phrases:
        width = np.array([len(phrases.words.get(term, " ")) for term in terms], np.int64)
        low, high = bounds.limits(n_pages, counts.pages)
        outside = (width > 1) & ((counts.pages < low) | (counts.pages > high))
        counts = _dissolved(counts, outside if keep is None else outside & ~keep)
    verdict = select_terms(counts.pages, counts.tokens, n_pages, bounds, keep)
    if phrases:
        counts = _dissolved(counts, (width > 1) & (verdict == VERDICTS.index("beyond max_terms")))
    tokens = counts.tokens * width
    dropped = dict(counts.ledger.get("dropped", {}))
    for number, reason in enumerate(VERDICTS[1:], 1):
        dropped[reason] = dropped.get(reason, 0) + int(tokens[verdict == number].sum())
    lost = counts.ledger.get("kept", 0) - int(tokens.sum())  # stop words that opened a phrase: New, of New York
    dropped["stop"] = dropped.get("stop", 0) + max(lost, 0)
    kept = verdict == 0
    ledger = {**counts.ledger, "kept": int(tokens[kept].sum()), "dropped": dropped}
    return SelectedTerms(counts, verdict, width, int(counts.pages[kept].sum()), ledger)


def _dissolved(counts: BatchedCounts, rows: NDArray[np.bool_]) -> BatchedCounts:
    return PhrasesSplit(counts, rows) if rows.any() else counts


def bound_terms(counts: TermCounts, bounds: Bounds) -> TermCounts:
    """Counts of the terms within bounds only; the ledger says how many tokens fell to which bound.

    The words of a phrase that is out of bounds stand for themselves.

    Raises
    ------
    MatrixError
        if no term is left.
    """
    within = terms_within(SingleBatch(counts), bounds)
    (batch,) = within.counts.batches()
    return replace(
        counts,
        counts=sp.csc_matrix(batch.counts.tocsr()[within.rows]),
        vocabulary=counts.vocabulary.take(within.rows),
        ledger=within.ledger,
    )


def rows_to_keep(vocabulary: Vocabulary, options: WordOptions, languages: Iterable[str]) -> NDArray[np.bool_] | None:
    """Which terms the user wants kept, as a mask of shape (m,); None where there is no such wish."""
    if not options.keep:
        return None
    readers = Readers(options)
    wanted: set[str] = set().union(*(readers.reader(language).terms_to_keep for language in languages))
    return np.array([term in wanted for term in vocabulary.terms], bool)
