"""Choose labels for topics: two or three words each, and no word in two labels.

A word that describes several topics is assigned to the one in whose description it comes first, and among equals to the
one in which it has the highest score. Further forms of a word (agriculture, agricultural) and abbreviations of one or
two lower-case letters (mi, sq) are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

LABEL_WORDS = 3
MIN_COMMON = 0.6  # two words are forms of one word if their common beginning has this share of the longer one


def choose_labels(descriptions: Sequence[Sequence[tuple[str, float]]]) -> list[list[str]]:
    """Return the words of the label of each topic.

    Parameters
    ----------
    descriptions : the words of each topic with their scores, best first

    Returns
    -------
    up to `LABEL_WORDS` words per topic; none for a topic without words. A topic whose words all come earlier in other
    descriptions keeps its own first words.

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
    """Return the first words that are not forms of each other."""
    chosen: list[str] = []
    for word in words:
        if not any(_are_alike(word.lower(), other.lower()) for other in chosen):
            chosen.append(word)
        if len(chosen) == LABEL_WORDS:
            break
    return chosen


def _are_alike(one: str, other: str) -> bool:
    """Return whether two words are likely forms of one word: equal, or with a common beginning of 4 letters or more."""
    shared = sum(1 for _ in takewhile(lambda letters: letters[0] == letters[1], zip(one, other, strict=False)))
    return one == other or (shared >= 4 and shared >= MIN_COMMON * max(len(one), len(other)))


def _is_short(word: str) -> bool:
    """Return whether a word is a short abbreviation: mi, sq, Al, but not US or words of scripts with short words."""
    return len(word) <= 2 and word.isascii() and not word.isupper()
