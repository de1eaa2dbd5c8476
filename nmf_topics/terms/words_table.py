"""The table of words.csv: what happened to each word of a corpus.

A row holds a term as readers see it, the word forms that were counted as this term with their frequencies, the number
of pages that have it, its frequency, and "yes" if it is a row of V or else the reason why it was dropped, in the
words of the token accounting. Word forms are counted everywhere; the term itself is counted only outside phrases. A
phrase has a row of its own, which counts its occurrences; the token accounting counts the words in it. The residual
idf (`terms.residual_idf`) tells whether a word is spread over the pages as evenly as by chance.

Every row of V has a row here, and so have the LINES most frequent words that were dropped. The remaining words are
summed up in one row for each reason, as is the text that was removed before tokenization; so all counts add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmf_topics.terms.pruning import SelectedTerms, TermStatus
from nmf_topics.terms.residual_idf import BOUND, SHARE, residual_idf

LINES = 100_000
REST = "(words without a row of their own)"
KEPT = "yes"
IN_PHRASES = "only in phrases"


Line = tuple[str, str, int | None, int, str, float | None]  # term, forms, pages, count, kept, residual idf


def word_table(within: SelectedTerms) -> list[Line]:
    """Return the table, most frequent words first; ties are in the order of terms.

    Parameters
    ----------
    within : the selected terms of a corpus
    """
    tokens, width, others = within.counts.tokens, within.width, within.counts.forms.others
    dropped = np.flatnonzero((within.status > 0) & ((width == 1) | (tokens > 0)))  # not phrases that were split
    rows = np.concatenate([within.rows, dropped])
    words = np.append(tokens[rows] * width[rows], np.array([other.count for other in others], np.int64))
    order = np.argsort(-words, kind="stable")
    kept = order < len(rows) - len(dropped)
    order = order[kept | (np.cumsum(~kept) <= LINES)]

    columns = (np.append(of_rows, _objects(of_others)) for of_rows, of_others in _columns(within, rows))
    lines: list[Line] = list(zip(*(column[order].tolist() for column in columns), strict=True))
    said: Counter[str] = Counter()
    for line, of_ledger in zip(lines, words[order].tolist(), strict=True):
        said[line[4]] += of_ledger
    total = {KEPT: within.ledger.get("kept", 0), **within.ledger.get("dropped", {})}
    rest = {reason: count - said[reason] for reason, count in sorted(total.items())}
    return lines + [(REST, "", None, count, reason, None) for reason, count in rest.items() if count > 0]


def spread_as_by_chance(lines: Iterable[Sequence[Any]], n_pages: int) -> list[str]:
    """Return the corpus stop words, whether they were dropped or not; the most evenly spread one first."""
    found = [
        (evenness, term)
        for term, _, pages, _, kept, evenness in lines
        if kept in (KEPT, TermStatus.CORPUS_STOP.reason)
        and evenness is not None
        and evenness < BOUND
        and pages >= SHARE * n_pages
    ]
    return [term for _, term in sorted(found)]


def _columns(within: SelectedTerms, rows: NDArray[np.int64]) -> Iterator[tuple[Any, list[Any]]]:
    """Yield the columns of the table: the values of some terms, and of the dropped words."""
    counts, others = within.counts, within.counts.forms.others
    surfaces, tokens = _objects(counts.vocabulary.surfaces)[rows], counts.tokens[rows].astype(object)
    forms = _objects(counts.forms.of_terms or [""] * len(counts.vocabulary))[rows]
    alone = forms == ""
    forms[alone] = surfaces[alone] + " " + tokens[alone].astype(str)
    reasons = _objects([KEPT, *(status.reason for status in TermStatus if status is not TermStatus.KEPT)])[
        within.status[rows]
    ]
    reasons[(tokens == 0) & (reasons != KEPT)] = IN_PHRASES
    other_pages, other_counts = [other.pages for other in others], [other.count for other in others]
    yield surfaces, [other.word for other in others]
    yield forms, [other.forms for other in others]
    yield counts.pages[rows].astype(object), other_pages
    yield tokens, other_counts
    yield reasons, [other.reason for other in others]
    n_pages = len(counts.columns)
    evenness = residual_idf(counts.pages[rows], counts.tokens[rows], n_pages)
    of_others = residual_idf(np.array(other_pages, np.int64), np.array(other_counts, np.int64), n_pages)
    yield _rounded(evenness), _rounded(of_others).tolist()


def _rounded(values: NDArray[np.float64]) -> NDArray[Any]:
    """Round to two decimals; negative values become 0 (they mean chance as well), NaN becomes None."""
    found = np.maximum(values.round(2), 0.0).astype(object)
    found[np.isnan(values)] = None
    return found


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    array = np.empty(len(values), object)
    array[:] = values
    return array
