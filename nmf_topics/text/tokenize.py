"""Text to tokens.

A token is a run of letters, combining marks and digits that begins with a letter or digit, with apostrophes allowed
inside: "don't", "O'Brien" and "café" stay whole, "well-known" is two tokens. The invisible joiners that Persian and
Indian scripts write inside words are allowed there, too. Text is brought to Unicode's composed form (NFC), the
typographic apostrophe to the plain one, and soft hyphens are taken out. Case is kept here, for the eyes of readers;
terms are told apart without it, later.

Chinese, Japanese and Thai, which write no spaces, are cut into words besides (`segment`). `tokens` says what a token
is; `words/chunks.py` counts them an order of magnitude faster for whole corpora.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from nmf_topics.text.segment import EXTRAS, is_apart, segment

if TYPE_CHECKING:
    import regex


@cache
def _pattern() -> regex.Pattern[str]:
    import regex

    # A mark needs a letter to stand on: emoji carry marks of their own, and "=" with a stroke is a sign, not a word.
    # Possessive repeats (*+) keep no way back, which would fill memory in a word of a million apostrophes.
    run = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*+"
    return regex.compile(rf"{run}(?:['\u2019\u200c\u200d]{run})*+")


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order, as they are written there.

    Examples
    --------
    >>> tokens("Don’t forget O'Brien's café: 3 well-known R&B songs.")
    ["Don't", 'forget', "O'Brien's", 'café', '3', 'well', 'known', 'R', 'B', 'songs']
    """
    found: list[str] = _pattern().findall(unicodedata.normalize("NFC", text.replace("\u00ad", "")))
    return [token.replace("\u2019", "'") for token in found]


def words_of_token(token: str, language: str) -> list[str]:
    """The words of a token: itself, but in a language that is written without spaces.

    A Chinese name on an English page stays whole: what English terms are should not depend on Chinese dictionaries.
    The words may depend on the token and the language only, as each distinct token is asked about once.

    Parameters
    ----------
    token : str, one of `tokens`
    language : str, ISO 639-1, of the page
    """
    return segment(token, language) if language in EXTRAS and not is_apart(token) else [token]
