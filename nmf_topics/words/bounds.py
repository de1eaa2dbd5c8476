"""Bounds on the vocabulary: which of the terms that were counted become rows of V."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError
from nmf_topics.words.gathered import TermCounts
from nmf_topics.words.phrases import Phrases
from nmf_topics.words.reading import Readers, WordOptions
from nmf_topics.words.vocabulary import Vocabulary

CROWD = 75  # terms a page: more than that, and few pages cannot tell what they are good for


@dataclass(frozen=True)
class Bounds:
    """Which terms are rows of V.

    Attributes
    ----------
    min_pages : a term must be on so many pages; a number below 1 is a share of the pages; None: 2 % of the pages, but
        at least 2 and at most 5, and on more where few pages are so long that more than `CROWD` terms a page would stay
    max_pages : and on no more than so many; 1.0 and below is a share of the pages, which a min_pages of None can only
        raise; None: 30 % of the pages, and more of fewer than 100 pages
    max_terms : of those that remain, the most frequent ones; None: all

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
        while low + 1 <= 0.3 * n_pages and ((low <= pages) & (pages <= high)).sum() > CROWD * n_pages:
            low += 1
        return low, high


def _share(share: float, n_pages: int) -> float:
    """So many pages; 0.07 of 100 are 7, not the 7.000000000000001 of the machine."""
    return round(share * n_pages, 6)


VERDICTS = ("kept", "rare", "common", "beyond max_terms")  # what becomes of a term, and why


def judge(
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


def bound_terms(counts: TermCounts, bounds: Bounds) -> TermCounts:
    """Counts of the terms within bounds only; the ledger says how many tokens fell to which bound.

    The words of a phrase that is out of bounds stand for themselves.

    Raises
    ------
    MatrixError
        if no term is left.
    """
    by_row = counts.counts.tocsr()
    n_pages = len(counts.columns)
    terms = counts.vocabulary.terms
    keep = rows_to_keep(counts.vocabulary, counts.options, counts.languages)
    if counts.phrases:
        pages = np.diff(by_row.indptr)
        low, high = bounds.limits(n_pages, pages)
        outside = np.array([term in counts.phrases.words for term in terms]) & ((pages < low) | (pages > high))
        by_row = dissolved(by_row, terms, counts.phrases, outside if keep is None else outside & ~keep)
    tokens = np.asarray(by_row.sum(axis=1), dtype=np.int64).ravel()
    verdict = judge(np.diff(by_row.indptr), tokens, n_pages, bounds, keep)
    if counts.phrases:
        by_row = dissolved(by_row, terms, counts.phrases, verdict == VERDICTS.index("beyond max_terms"))
        width = np.array([len(counts.phrases.words.get(term, " ")) for term in terms])
        tokens = np.asarray(by_row.sum(axis=1), dtype=np.int64).ravel() * width
    dropped = dict(counts.ledger.get("dropped", {}))
    for number, reason in enumerate(VERDICTS[1:], 1):
        dropped[reason] = dropped.get(reason, 0) + int(tokens[verdict == number].sum())
    lost = counts.ledger.get("kept", 0) - int(tokens.sum())  # words of phrases that earlier bounds had dropped
    dropped["rare"] += max(lost, 0)
    rows = np.flatnonzero(verdict == 0)
    ledger = {**counts.ledger, "kept": int(tokens[rows].sum()), "dropped": dropped}
    return replace(counts, counts=sp.csc_matrix(by_row[rows]), vocabulary=counts.vocabulary.take(rows), ledger=ledger)


def dissolved(by_row: Any, terms: Sequence[str], phrases: Phrases, rows: NDArray[np.bool_]) -> Any:
    """Counts, CSR of shape (m, n), in which the phrases among some rows are counted as their words again."""
    row_of = {term: row for row, term in enumerate(terms)}
    moves = [
        (row_of[word], row)
        for row in np.flatnonzero(rows).tolist()
        for word in phrases.words.get(terms[row], ())
        if word in row_of
    ]
    if not moves:
        return by_row
    stays = np.ones(len(terms), np.int32)
    stays[[row for _, row in moves]] = 0
    to, origin = np.array(moves).T
    move = sp.csr_matrix((np.ones(len(moves), np.int32), (to, origin)), shape=(len(terms), len(terms)))
    after = sp.csr_matrix((move + sp.diags(stays, dtype=np.int32)) @ by_row)
    after.eliminate_zeros()
    return after


def rows_to_keep(vocabulary: Vocabulary, options: WordOptions, languages: Iterable[str]) -> NDArray[np.bool_] | None:
    """Which terms the user wants kept, as a mask of shape (m,); None where there is no such wish."""
    if not options.keep:
        return None
    readers = Readers(options)
    wanted: set[str] = set().union(*(readers.reader(language).terms_to_keep for language in languages))
    return np.array([term in wanted for term in vocabulary.terms], bool)
