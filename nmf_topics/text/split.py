"""Split long texts into pieces of about the same number of words, at ends of paragraphs or sentences.

A text of n words becomes round(n / size) pieces, at least one, so that no piece is much shorter than the others. Each
cut lies within a third of a piece of its place in an even split: at the nearest end of a paragraph, else of a sentence,
else at the nearest space, else at the start of a word. The pieces joined are the text.

In scripts without spaces, two Chinese or Japanese characters, or five of Thai, Lao, Khmer or Burmese, count as a word.
"""

from __future__ import annotations

import bisect
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import regex

REACH = 3  # a cut is at most 1 / REACH of a piece away from its place in an even split


class Piece(NamedTuple):
    """A part of a text with its number of words."""

    text: str
    words: int


@cache
def _word() -> regex.Pattern[str]:
    import regex

    chinese = r"[\p{Han}\p{Hiragana}\p{Katakana}]{1,2}"
    thai = r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]{1,5}"
    return regex.compile(rf"{chinese}|{thai}|[\p{{L}}\p{{N}}][\p{{L}}\p{{M}}\p{{N}}'’\u00ad\u200c\u200d]*+")


@cache
def _sentence_end() -> regex.Pattern[str]:
    import regex

    # the full stops of Latin, Arabic, Devanagari, Armenian, Ethiopic and Chinese; only the first group needs a space
    return regex.compile(r"""[.!?؟۔։…][)\]"'’”»]*+\s+|[।॥።。！？][」』）”’]*+\s*+""")


@cache
def _paragraph_end() -> regex.Pattern[str]:
    import regex

    return regex.compile(r"[^\S\n]*+\n\s*+")


@cache
def _space() -> regex.Pattern[str]:
    import regex

    return regex.compile(r"\s++")


def cut_text(text: str, size: int) -> list[Piece]:
    """Split a text into pieces of about `size` words.

    Parameters
    ----------
    text : str
    size : number of words in a piece, at least 1

    Returns
    -------
    list of Piece, at least one; their texts joined are `text`

    Examples
    --------
    >>> cut_text("One two three. Four five! Six seven eight nine.", 4)
    [Piece(text='One two three. Four five! ', words=5), Piece(text='Six seven eight nine.', words=4)]
    """
    if size < 1:
        raise ValueError(f"size must be at least 1, not {size}")
    starts = [match.start() for match in _word().finditer(text)]
    count = max(1, round(len(starts) / size))
    if count == 1:
        return [Piece(text, len(starts))]
    length = len(starts) / count  # words of a piece in an even split
    cuts = [0]
    for number in range(1, count):
        middle = number * length
        low = starts[max(round(middle - length / REACH), 1)]
        high = starts[min(round(middle + length / REACH), len(starts) - 1)]
        cuts.append(_cut(text, low, starts[round(middle)], high))
    cuts.append(len(text))
    cuts = sorted(set(cuts))
    words = [bisect.bisect_left(starts, cut) for cut in cuts]
    return [Piece(text[cuts[i] : cuts[i + 1]], words[i + 1] - words[i]) for i in range(len(cuts) - 1)]


def _cut(text: str, low: int, middle: int, high: int) -> int:
    """Return the place to cut between low and high: after a paragraph, sentence or space, else before a word."""
    for end in (_paragraph_end(), _sentence_end(), _space()):
        found = [match.end() for match in end.finditer(text, low, high) if match.end() < len(text)]
        if found:
            return min(found, key=lambda cut: (abs(cut - middle), cut))
    return middle
