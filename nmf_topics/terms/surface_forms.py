"""How words are written in a corpus: what readers see of a term, and all its forms with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NAMED = 10  # forms of a word that are named
MOST = 100_000  # words that are no terms and are known one by one; of more, the most frequent


@dataclass(frozen=True)
class DroppedWord:
    """A word that is no term whatever the bounds are.

    Attributes
    ----------
    word : as it is mostly written
    reason : why, as the ledger names it
    pages, count : pages that have it, and how often it occurs, phrases left out
    forms : as `told` has them
    """

    word: str
    reason: str
    pages: int
    count: int
    forms: str


@dataclass(frozen=True)
class Forms:
    """The forms of all words of a corpus.

    Attributes
    ----------
    of_terms : as `told` has them, one str a term; empty where what readers see is all there is
    others : words that are no terms, the most frequent first, MOST of them at most
    """

    of_terms: Sequence[str] = ()
    others: Sequence[DroppedWord] = ()


def told(forms: Sequence[tuple[str, int]]) -> str:
    """The forms of a word with their counts, the most frequent first.

    Examples
    --------
    >>> told([("ran", 2), ("run", 7), ("Run", 2)])
    'run 7, Run 2, ran 2'
    """
    named = sorted(_together(forms).items(), key=_most_first)
    more = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    return ", ".join([*(f"{form} {count}" for form, count in named[:NAMED]), *more])


def _most_first(form: tuple[str, int]) -> tuple[int, str]:
    return -form[1], form[0]


def _together(forms: Sequence[tuple[str, int]]) -> dict[str, int]:
    """The count of each form; a token can come from several languages."""
    counts = dict(forms)
    if len(counts) < len(forms):
        counts = dict.fromkeys(counts, 0)
        for form, count in forms:
            counts[form] += count
    return counts


def surface_of(forms: Sequence[tuple[str, int]]) -> str:
    """The commonest word of some tokens, in its commonest spelling; lower case wins among equals."""
    if len(forms) == 1:
        return forms[0][0]
    spellings = _together(forms)
    words: dict[str, int] = {}
    for token, count in spellings.items():
        word = token.lower()
        words[word] = words.get(word, 0) + count
    common = min(words, key=lambda w: (-words[w], w)) if len(words) > 1 else next(iter(words))
    return min((t for t in spellings if t.lower() == common), key=lambda t: (-spellings[t], t.swapcase(), t))
