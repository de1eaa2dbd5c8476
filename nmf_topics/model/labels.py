"""Labels of topics: two or three words each, no word in the label of two topics.

A word that describes several topics goes to the one in whose description it comes first, and where it is equally early
to the one in which it has the higher score. Words that are forms of one
another (agriculture, agricultural) and abbreviations of one or two small letters (mi, sq) do not help a label.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

LABEL_WORDS = 3
ALIKE = 0.6  # share of the longer of two words that both begin with, from which on they count as forms of one another


def choose_labels(descriptions: Sequence[Sequence[tuple[str, float]]]) -> list[list[str]]:
    """The words of the label of each topic.

    Parameters
    ----------
    descriptions : the words of each topic with their scores, best first

    Returns
    -------
    up to `LABEL_WORDS` words a topic; none for a topic without words. A topic whose words all come earlier in the
    descriptions of others keeps its own first words.

    Examples
    --------
    >>> choose_labels([[("cut", 3), ("tax", 2), ("help", 1)], [("tax", 2), ("taxes", 1), ("budget", 1)], []])
    [['cut', 'help'], ['tax', 'taxes', 'budget'], []]
    """
    owner: dict[str, tuple[int, float, int]] = {}
    for topic, scored in enumerate(descriptions):
        for place, (word, score) in enumerate(scored):
            claim = (place, -score, topic)
            owner[word.lower()] = min(owner.get(word.lower(), claim), claim)
    labels = []
    for topic, scored in enumerate(descriptions):
        words = [word for word, _ in scored]
        own = [word for word in words if owner[word.lower()][2] == topic]
        labels.append(_distinct([word for word in own if not _is_short(word)]) or _distinct(own) or _distinct(words))
    return labels


def _distinct(words: Sequence[str]) -> list[str]:
    """The first words that are not forms of one another."""
    chosen: list[str] = []
    for word in words:
        if not any(_are_alike(word.lower(), other.lower()) for other in chosen):
            chosen.append(word)
        if len(chosen) == LABEL_WORDS:
            break
    return chosen


def _are_alike(one: str, other: str) -> bool:
    """Whether two words are likely to be forms of one another: same or same beginning of at least four letters."""
    shared = sum(1 for _ in takewhile(lambda letters: letters[0] == letters[1], zip(one, other, strict=False)))
    return one == other or (shared >= 4 and shared >= ALIKE * max(len(one), len(other)))


def _is_short(word: str) -> bool:
    """mi, sq, Al; but not US, nor words of scripts whose words are short."""
    return len(word) <= 2 and word.isascii() and not word.isupper()
