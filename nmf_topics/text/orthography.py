"""Spelling variants: words that a script writes in several ways become one term.

    Arabic script   no vowel signs or tatweel; one alef for the forms with hamza, madda and wasla; yeh and kaf in the
                    encoding of the page's language (Arabic and Persian keyboards differ)
    Hebrew          no points
    Greek           no accents or breathings, because capitals have none
    Hindi, Marathi  no nukta, which is optional in loan words; chandrabindu as anusvara
    Turkish, Azeri  dotless I and dotted İ each with its own lower-case letter
    Chinese         simplified characters (see `chinese`)
    Catalan         the letter ŀ as l and a middle dot
    others          lower case

Readers see words as they were written; only the comparison of terms uses these spellings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from nmf_topics.text.chinese import simplified

_ARABIC_MARKS = re.compile("[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
_ARABIC_LETTERS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا"})
_ARABIC_YEH = str.maketrans({"\u06cc": "\u064a", "\u06a9": "\u0643"})  # Persian yeh and kaf in Arabic text
_PERSIAN_YEH = str.maketrans({"\u064a": "\u06cc", "\u0649": "\u06cc", "\u0643": "\u06a9", "\u0629": "\u0647"})
_HEBREW_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]")
_GREEK_MARKS = re.compile("[\u0300\u0301\u0313\u0314\u0342\u0345]")
_INDIC = str.maketrans({"\u093c": None, "\u0901": "\u0902"})  # nukta, chandrabindu
_TURKISH = str.maketrans({"I": "ı", "İ": "i"})
_CATALAN = str.maketrans({"\u0140": "l\u00b7", "\u2027": "\u00b7", "\u2219": "\u00b7"})  # col·lecció


def _arabic(word: str) -> str:
    return _ARABIC_MARKS.sub("", word).translate(_ARABIC_LETTERS).translate(_ARABIC_YEH)


def _persian(word: str) -> str:
    return _ARABIC_MARKS.sub("", word).translate(_PERSIAN_YEH)


def _hebrew(word: str) -> str:
    return _HEBREW_POINTS.sub("", word)


def _greek(word: str) -> str:
    apart = unicodedata.normalize("NFD", word.lower())
    return unicodedata.normalize("NFC", _GREEK_MARKS.sub("", apart))


def _hindi(word: str) -> str:
    return unicodedata.normalize("NFD", word).translate(_INDIC)


def _turkish(word: str) -> str:
    return word.translate(_TURKISH).lower()


def _chinese(word: str) -> str:
    return word.lower() if word.isascii() else simplified(word).lower()


def _catalan(word: str) -> str:
    return word.lower().translate(_CATALAN)


_ACCENTED = {"el"}  # languages whose dictionaries and stemmers need the accents that `spelling_folder` removes

_SPELLINGS: dict[str, Callable[[str], str]] = {
    "ar": _arabic,
    "fa": _persian,
    "ur": _persian,
    "he": _hebrew,
    "yi": _hebrew,
    "el": _greek,
    "hi": _hindi,
    "mr": _hindi,
    "ne": _hindi,
    "tr": _turkish,
    "az": _turkish,
    "zh": _chinese,
    "ca": _catalan,
}


def spelling_folder(language: str) -> Callable[[str], str]:
    """Return the function that converts a word to its common spelling, in lower case.

    Parameters
    ----------
    language : str, ISO 639-1

    Examples
    --------
    >>> fold = spelling_folder("tr")
    >>> fold("ISPARTA"), fold("İstanbul")
    ('ısparta', 'istanbul')
    >>> spelling_folder("ar")("الإِسْلَامـــ")
    'الاسلام'
    """
    return _SPELLINGS.get(language, str.lower)


def lowercase_for(language: str) -> Callable[[str], str]:
    """Return the function that converts a word to the spelling that dictionaries and stemmers expect.

    Parameters
    ----------
    language : str, ISO 639-1
    """
    return str.lower if language in _ACCENTED else spelling_folder(language)
