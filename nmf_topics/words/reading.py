"""From a token to its term, or to the reason why it has none: the same for a corpus and for a new page.

A `TermReader` reads the tokens of one language; `Readers` says which language a page is in and has the reader of each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nmf_topics.words.normalize import CASED, Normalization, Stemmer, normalizer, without_accents
from nmf_topics.words.stops import spreading, stop_words
from nmf_topics.words.tokens import tokens


@dataclass(frozen=True)
class WordOptions:
    """How text becomes terms: all that counts depend on, but the text.

    Attributes
    ----------
    language : str, ISO 639-1
    normalize : "stem", "lemma", "both" or "none"
    stemmer : "snowball" or "porter"
    default_stops : whether the language's stop list is applied
    stop : further stop words
    keep : words that are terms whatever else is said of them: stop words, numbers, single letters
    phrases : whether words that go together become one term
    chunk : words of the pieces that pages are cut into; None: pages stay whole
    numbers : whether tokens that begin with a digit are terms
    accents : whether Beyoncé and Beyonce are two words
    boilerplate : whether addresses, markup, the furniture of e-mail and lines that many pages share are taken out
    """

    language: str = "en"
    normalize: Normalization = "lemma"
    stemmer: Stemmer = "snowball"
    default_stops: bool = True
    stop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    phrases: bool = False
    chunk: int | None = None
    numbers: bool = False
    accents: bool = True
    boilerplate: bool = False


class TermReader:
    """From a token of one language to its term.

    A token is dropped if it begins with a digit ("number"), is a single letter of ASCII ("short") or a stop word
    ("stop"). Words of the language's list are also dropped in their other spellings, as far as dictionary forms tell:
    a stem is too coarse for that ("ore" has Porter's stem of "or", "news" that of "new"). The user's own stop words
    are dropped, and the words to keep are kept, with all that shares their normal form.
    """

    def __init__(self, options: WordOptions) -> None:
        self._plain = without_accents if not options.accents else str
        self._numbers = options.numbers
        self._normal = normalizer(options.normalize, language=options.language, stemmer=options.stemmer)
        by_lemma = options.normalize in ("lemma", "both")
        base = normalizer("lemma", language=options.language) if by_lemma else _without_possessive
        self._base = self._normal if options.normalize == "lemma" else base
        listed = stop_words(options.language) if options.default_stops else frozenset()
        listed = frozenset(map(self._plain, listed))
        own = self._spelled(options.stop)
        self._stops = listed | own
        spread = spreading(listed)
        self._stop_bases = spread | {self._base(word) for word in spread}
        self._stop_terms = own | self._terms_of(own)
        keep = self._spelled(options.keep)
        self.terms_to_keep = self._terms_of(keep)
        self._keep = keep | self.terms_to_keep
        self._cased = options.language in CASED
        self._cache: dict[str, tuple[str | None, str]] = {}

    def _spelled(self, words: tuple[str, ...]) -> set[str]:
        """A list of the user's as tokens in lower case, as the text itself is read: e-mail is two of them."""
        return {self._plain(token).lower() for word in words for token in tokens(word)}

    def _terms_of(self, words: set[str]) -> set[str]:
        return {self._normal(spelling) for word in words for spelling in (word, word.capitalize())}

    def read(self, token: str) -> tuple[str | None, str]:
        """(term, "kept") or (None, reason)."""
        word = self._plain(token if self._cased else token.lower())
        answer = self._cache.get(word)
        if answer is None:
            answer = self._cache[word] = self._read(word)
        return answer

    def _read(self, word: str) -> tuple[str | None, str]:
        if self._keep and (word.lower() in self._keep or self._normal(word) in self._keep):
            return self._normal(word) or word.lower(), "kept"
        if not self._numbers and word[0].isnumeric() and not word[0].isalpha():  # the Chinese numerals are letters, too
            return None, "number"
        if len(word) == 1 and word.isascii():
            return None, "short"
        if word.lower() in self._stops:
            return None, "stop"
        base = self._base(word)
        if base in self._stop_bases:
            return None, "stop"
        term = base if self._base is self._normal else self._normal(word)
        if term in self._stop_terms or not term:
            return None, "stop"
        return term, "kept"


def _without_possessive(word: str) -> str:
    return word.lower().removesuffix("'s")


class Readers:
    """The language of a page, and the reader of each language, made when a page first needs it."""

    def __init__(self, options: WordOptions) -> None:
        self.options = options
        self.language_of: Callable[[str], str] = lambda text: options.language
        self._readers: dict[str, TermReader] = {}

    def reader(self, language: str) -> TermReader:
        """The reader of a language."""
        if language not in self._readers:
            self._readers[language] = TermReader(replace(self.options, language=language))
        return self._readers[language]
