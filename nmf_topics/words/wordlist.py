"""What became of each word of a corpus: the table of words.csv.

A line has a normal form by the word that readers see, the forms that led to it with how often each occurs, the pages
that have it, how often it occurs, and "yes" or the reason why it is no row of V, as the ledger names it. A form is
counted wherever it stands, the normal form only where it is not part of a phrase: that has a line of its own, and
counts one for each occurrence, where the ledger counts its words.

Every row of V has a line, and of what is none the LINES most frequent words. The rest stands in one line a reason, as
does what was taken out of texts before their words were told apart; so that counts add up to the ledger's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nmf_topics.words.bounds import VERDICTS, TermsWithin

LINES = 100_000
REST = "(words without a line of their own)"
KEPT = "yes"
IN_PHRASES = "only in phrases"


class WordLine(NamedTuple):
    """A line of the table; `pages` is None where it is of many words."""

    term: str
    forms: str
    pages: int | None
    occurrences: int
    kept: str


def word_table(within: TermsWithin) -> list[WordLine]:
    """The table: words from the most frequent one to the rarest, then the rest of each reason.

    Parameters
    ----------
    within : the terms of a corpus, judged
    """
    lines = sorted(_kept(within), key=_order), sorted(_dropped(within), key=_order)[:LINES]
    said: Counter[str] = Counter()
    for line, words in (*lines[0], *lines[1]):
        said[line.kept] += words
    rest = {KEPT: within.ledger.get("kept", 0), **within.ledger.get("dropped", {})}
    rest = {reason: count - said[reason] for reason, count in rest.items() if count > said[reason]}
    named = [line for line, _ in sorted((*lines[0], *lines[1]), key=_order)]
    return named + [WordLine(REST, "", None, count, reason) for reason, count in sorted(rest.items())]


def _order(found: tuple[WordLine, int]) -> tuple[int, str, str]:
    line, words = found
    return -words, line.term, line.kept


def _kept(within: TermsWithin) -> Iterator[tuple[WordLine, int]]:
    """A line for each row of V, with what it is in words of the ledger."""
    return ((_line(within, row, KEPT), _words(within, row)) for row in within.rows.tolist())


def _dropped(within: TermsWithin) -> Iterator[tuple[WordLine, int]]:
    """Lines of words that are no rows of V, with what they are in words of the ledger."""
    tokens, single = within.counts.tokens, within.width == 1
    rows = np.flatnonzero((within.verdict > 0) & (single | (tokens > 0)))  # phrases out of bounds are words again
    for row in rows[np.argsort(-tokens[rows], kind="stable")[:LINES]].tolist():
        reason = VERDICTS[within.verdict[row]] if tokens[row] else IN_PHRASES
        yield _line(within, row, reason), _words(within, row)
    for other in within.counts.forms.others:
        yield WordLine(other.word, other.forms, other.pages, other.count, other.reason), other.count


def _line(within: TermsWithin, row: int, kept: str) -> WordLine:
    counts = within.counts
    surface, count = counts.vocabulary.surfaces[row], int(counts.tokens[row])
    forms = counts.forms.of_terms[row] if counts.forms.of_terms else ""
    return WordLine(surface, forms or f"{surface} {count}", int(counts.pages[row]), count, kept)


def _words(within: TermsWithin, row: int) -> int:
    return int(within.counts.tokens[row] * within.width[row])
