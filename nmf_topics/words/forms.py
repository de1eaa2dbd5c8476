"""How words are written in a corpus: what readers see of a term, and all its forms with their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAMED = 10  # forms of a word that are named
MOST = 100_000  # words that are no terms and are known one by one; of more, the most frequent


@dataclass(frozen=True)
class OtherWord:
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
    of_terms : as `told` has them, one str a term; empty where what readers see is the only form
    others : words that are no terms, the most frequent first, MOST of them at most
    """

    of_terms: Sequence[str] = ()
    others: Sequence[OtherWord] = ()


def told(forms: Iterable[tuple[str, int]]) -> str:
    """The forms of a word with their counts, the most frequent first.

    Examples
    --------
    >>> told([("ran", 2), ("run", 7), ("Run", 2)])
    'run 7, Run 2, ran 2'
    """
    counts: Counter[str] = Counter()  # a token can come from several languages
    for form, count in forms:
        counts[form] += count
    named = sorted(counts, key=lambda form: (-counts[form], form))
    more = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    return ", ".join([*(f"{form} {counts[form]}" for form in named[:NAMED]), *more])


def surface_of(forms: Sequence[tuple[str, int]]) -> str:
    """The commonest word of some tokens, in its commonest spelling; lower case wins among equals."""
    if len(forms) == 1:
        return forms[0][0]
    words: Counter[str] = Counter()
    spellings: Counter[str] = Counter()
    for token, count in forms:
        words[token.lower()] += count
        spellings[token] += count
    word = min(words, key=lambda w: (-words[w], w))
    return min((t for t in spellings if t.lower() == word), key=lambda t: (-spellings[t], t.swapcase(), t))
