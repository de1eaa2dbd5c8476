"""Split text into tokens.

A token is a run of letters, combining marks and digits that begins with a letter or digit. Apostrophes are allowed
inside: "don't", "O'Brien" and "café" are one token each, "well-known" is two. Also allowed inside are the invisible
joiners of Persian and Indian scripts, the marks of Hebrew abbreviations (צה״ל) and the middle dot of Catalan
(col·lecció). Text is converted to Unicode's composed form (NFC), typographic apostrophes to plain ones, and soft
hyphens are removed. Case is kept, because readers see these tokens; terms ignore it later.

Chinese, Japanese and Thai are written without spaces; `segment` splits their tokens into words. `apostrophes` splits
l'art and Türkiye'nin. `tokens` is the definition of a token. `terms.token_counter` counts the tokens of whole corpora
and is an order of magnitude faster.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from nmf_topics.text.apostrophes import split_at_apostrophes, splits_at_apostrophes
from nmf_topics.text.segment import EXTRAS, is_apart, segment

if TYPE_CHECKING:
    import regex


@cache
def _pattern() -> regex.Pattern[str]:
    import regex

    # A mark must follow a letter or digit: emoji have marks of their own, and "=" with a stroke is a sign, not a word.
    # Possessive repeats (*+) store no positions to backtrack to; those of a million apostrophes would fill the memory.
    run = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*+"
    inside = r"['\u2019\u200c\u200d\u05f3\u05f4]|(?<=[lL])[\u00b7\u2027\u2219](?=[lL])"
    return regex.compile(rf"{run}(?:(?:{inside}){run})*+")


@cache
def _hebrew_abbreviation() -> re.Pattern[str]:
    return re.compile('(?<=[\u05d0-\u05ea])"(?=[\u05d0-\u05ea])')


def with_inner_marks(text: str, language: str) -> str:
    """Return a text in which no character inside a word can be mistaken for punctuation.

    Keyboards have a quotation mark for the mark of Hebrew abbreviations: צה"ל is one word.

    Parameters
    ----------
    text : str
    language : str, ISO 639-1
    """
    return _hebrew_abbreviation().sub("\u05f4", text) if language in ("he", "yi") and '"' in text else text


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, in order and as they are written.

    Examples
    --------
    >>> tokens("Don’t forget O'Brien's café: 3 well-known R&B songs.")
    ["Don't", 'forget', "O'Brien's", 'café', '3', 'well', 'known', 'R', 'B', 'songs']
    """
    found: list[str] = _pattern().findall(unicodedata.normalize("NFC", text.replace("\u00ad", "")))
    return [token.replace("\u2019", "'") for token in found]


def words_of_token(token: str, language: str) -> list[str]:
    """Return the words of a token: the token itself, except in languages without spaces, or with words such as l'art.

    A Chinese name on an English page is not split: English terms should not depend on Chinese dictionaries.
    The result depends on the token and the language only, because each distinct token is looked up once.

    Parameters
    ----------
    token : str, one of `tokens`
    language : str, ISO 639-1, of the page
    """
    if language in EXTRAS:
        return segment(token, language) if not is_apart(token) else [token]
    if "'" in token and splits_at_apostrophes(language):
        return split_at_apostrophes(token, language)
    return [token]
