"""Word forms: the form of a term that readers see, and all its forms with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LISTED = 10  # forms of a word that are listed
MAX_DROPPED_WORDS = 100_000  # dropped words to list; the most frequent ones


@dataclass(frozen=True)
class DroppedWord:
    """A word that was dropped before the vocabulary was limited: a stop word, a number, a single letter.

    Attributes
    ----------
    word : its most frequent form
    reason : why it was dropped, in the words of the token accounting
    pages, count : number of pages that have it, and of its occurrences outside phrases
    forms : see `format_forms`
    """

    word: str
    reason: str
    pages: int
    count: int
    forms: str


@dataclass(frozen=True)
class Forms:
    """The word forms of a corpus.

    Attributes
    ----------
    of_terms : the forms of each term (see `format_forms`); empty if the surface form is the only one
    others : the dropped words, most frequent first, at most `MAX_DROPPED_WORDS`
    """

    of_terms: Sequence[str] = ()
    others: Sequence[DroppedWord] = ()


def format_forms(forms: Sequence[tuple[str, int]]) -> str:
    """Return the forms of a word with their counts as text, most frequent first.

    Examples
    --------
    >>> format_forms([("ran", 2), ("run", 7), ("Run", 2)])
    'run 7, Run 2, ran 2'
    """
    ranked = sorted(_merge(forms).items(), key=_most_first)
    more = [f"{len(ranked) - LISTED} more"] if len(ranked) > LISTED else []
    return ", ".join([*(f"{form} {count}" for form, count in ranked[:LISTED]), *more])


def _most_first(form: tuple[str, int]) -> tuple[int, str]:
    return -form[1], form[0]


def _merge(forms: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return the count of each form; the same token can come from several languages."""
    counts = dict(forms)
    if len(counts) < len(forms):
        counts = dict.fromkeys(counts, 0)
        for form, count in forms:
            counts[form] += count
    return counts


def surface_of(forms: Sequence[tuple[str, int]]) -> str:
    """Return the most frequent word of some tokens in its most frequent spelling; lower case wins ties."""
    if len(forms) == 1:
        return forms[0][0]
    spellings = _merge(forms)
    words: dict[str, int] = {}
    for token, count in spellings.items():
        word = token.lower()
        words[word] = words.get(word, 0) + count
    common = min(words, key=lambda w: (-words[w], w)) if len(words) > 1 else next(iter(words))
    return min((t for t in spellings if t.lower() == common), key=lambda t: (-spellings[t], t.swapcase(), t))
