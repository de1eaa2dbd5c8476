"""Long texts cut into pieces of about the same number of words, at ends of paragraphs or sentences.

A text of n words becomes round(n / size) pieces, at least one, so that none is left over that is much shorter than the
others. Each cut is looked for around its place in even parts, within a third of a piece on either side: the nearest end
of a paragraph, else of a sentence, else the nearest space, else the start of a word. The pieces put together are the
text.

Without spaces, two Chinese or Japanese characters, or five of Thai, Lao, Khmer or Burmese, count as a word.
"""

from __future__ import annotations

import bisect
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import regex

REACH = 3  # a cut is looked for within 1 / REACH of a piece from where even parts would have it


class Piece(NamedTuple):
    """A part of a text, and how many words it has."""

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

    # the full stops of Latin, Arabic, Devanagari, Armenian, Ethiopic, Chinese; those of the first need a space
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
    """Cut a text into pieces of about `size` words.

    Parameters
    ----------
    text : str
    size : words of a piece, at least 1

    Returns
    -------
    list of Piece, at least one; their texts joined are `text`

    Examples
    --------
    >>> cut_text("One two three. Four five! Six seven eight nine.", 4)
    [Piece(text='One two three. Four five! ', words=5), Piece(text='Six seven eight nine.', words=4)]
    """
    if size < 1:
        raise ValueError("a piece has at least one word")
    starts = [match.start() for match in _word().finditer(text)]
    count = max(1, round(len(starts) / size))
    if count == 1:
        return [Piece(text, len(starts))]
    length = len(starts) / count  # words of a piece, were all alike
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
    """Where to cut between low and high: after a paragraph, sentence or space near the middle, else before a word."""
    for end in (_paragraph_end(), _sentence_end(), _space()):
        found = [match.end() for match in end.finditer(text, low, high) if match.end() < len(text)]
        if found:
            return min(found, key=lambda cut: (abs(cut - middle), cut))
    return middle
