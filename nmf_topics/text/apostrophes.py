"""Split words that an apostrophe attaches to another word: l'art, dell'arte, veure'l, Türkiye'nin.

    French, Italian   an article, pronoun or conjunction before a vowel: l'art, qu'il, jusqu'au, dell'arte, un'altra
    Catalan           the same, and pronouns after a verb: l'art, veure'l, anar-se'n
    Turkish, Azeri    case endings of names: Türkiye'nin, İstanbul'da

The attached part keeps its apostrophe (l', 'nin), which no other token begins or ends with; `is_attached` recognizes
it by that. The rest is the word that readers see. Words that only look like this stay whole: aujourd'hui, N'Djamena,
Kur'an, the Italian names D'Annunzio and D'Alema; and so do fixed expressions without a meaning of their own, which are
stop words (s'agit, d'abord).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

# Words that lose their vowel before another word.
ELIDED = {
    "fr": frozenset("l d j m n s t c qu jusqu lorsqu puisqu quoiqu".split()),
    "it": frozenset(
        """l d c m n s t v un all dall dell nell sull coll gl agl dagl degl negl sugl quell quest bell anch dov cos com
        nessun alcun ciascun senz""".split()
    ),
    "ca": frozenset("l d m n s t".split()),
}
# Expressions of two words that are function words only together; they are not split.
EXPRESSIONS = {
    "fr": frozenset(
        """s'agit s'agissait s'agissant s'agira s'agirait s'agisse d'abord d'accord d'emblée d'ores d'habitude
        n'importe l'instar l'insu l'encontre""".split()
    ),
    "it": frozenset("d'accordo d'altronde d'ora".split()),
    "ca": frozenset("d'acord d'altra d'altres".split()),
}
# What follows a word: Catalan pronouns, Turkish endings (up to three of them in a row).
_ENDINGS = {
    "ca": r"(?:l|ls|m|n|ns|s|t|us)",
    "tr": r"(?:l[ae]r|l[ıiuü]k?|s[ıiuü]|n?[ıiuü]n|[yn]?[ıiuüae]|n?[dt][ae](?:n|ki)?|y?l[ae]|c[ae]|ç[ae]|ki|"
    r"[dt][ıiuü]r|s[ıiuü]z|[cç][ıiuü]){1,3}",
    "az": r"(?:l[aə]r|l[ıiuü]k?|s[ıiuü]|n?[ıiuü]n|[yn]?[ıiuüaə]|n?d[aə](?:n|k[ıi])?|d[ıiuü]r|s[ıiuü]z){1,3}",
}
_VOWELS = frozenset("aeiouyhœæəıø")
_KEEP_CAPITAL_D = ("it",)  # languages with surnames such as D'Annunzio


@cache
def _ending(language: str) -> regex.Pattern[str] | None:
    import regex

    return regex.compile(_ENDINGS[language]) if language in _ENDINGS else None


def splits_at_apostrophes(language: str) -> bool:
    """Return whether a language has words that an apostrophe attaches to others."""
    return language in ELIDED or language in _ENDINGS


def is_attached(token: str) -> bool:
    """Return whether a part from `split_at_apostrophes` is an attached one: l', 'nin."""
    return token.startswith("'") or token.endswith("'")


def split_at_apostrophes(token: str, language: str) -> list[str]:
    """Split a token into the words that it consists of.

    Parameters
    ----------
    token : str with plain apostrophes
    language : str, ISO 639-1

    Returns
    -------
    list of str; joined they are the token

    Examples
    --------
    >>> split_at_apostrophes("qu'aujourd'hui", "fr"), split_at_apostrophes("İstanbul'da", "tr")
    (["qu'", "aujourd'hui"], ['İstanbul', "'da"])
    """
    parts = list(_without_elided(token, language)) if language in ELIDED else [token]
    ending = _ending(language)
    if ending is not None:
        word, apostrophe, rest = parts[-1].rpartition("'")
        if word and ending.fullmatch(rest):
            parts[-1:] = [word, apostrophe + rest]
    return parts


def _without_elided(token: str, language: str) -> Iterator[str]:
    """Yield the elided words at the beginning of a token, and the rest."""
    rest = token
    while rest.lower() not in EXPRESSIONS[language]:
        first, apostrophe, after = rest.partition("'")
        if not after or first.lower() not in ELIDED[language] or not _follows_elision(after):
            break
        if first == "D" and after[0].isupper() and language in _KEEP_CAPITAL_D:
            break
        yield first + apostrophe
        rest = after
    yield rest


def _follows_elision(word: str) -> bool:
    """Return whether a vowel is lost before a word: one with a vowel or h, a number, or an abbreviation (FBI)."""
    first = unicodedata.normalize("NFD", word[0].lower())[0]
    return first in _VOWELS or first.isnumeric() or (len(word) > 1 and word.isupper())
