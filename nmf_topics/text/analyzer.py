"""From a token to its term, or to the reason why it has none: the same for a corpus and for a new page.

A `TermAnalyzer` reads the tokens of one language. `Readers` finds the language of a page and has an analyzer for each.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from nmf_topics.text.language import AUTO, language_of, read_in
from nmf_topics.text.normalize import CASED, Normalization, Stemmer, available, normalizer, without_accents
from nmf_topics.text.orthography import lowercase_for, spelling_folder
from nmf_topics.text.stopwords import has_stop_words, stop_words, stops_with_inflections
from nmf_topics.text.tokenize import tokens


@dataclass(frozen=True)
class WordOptions:
    """How text becomes terms: all that counts depend on, but the text.

    Attributes
    ----------
    language : str, ISO 639-1; AUTO: found out page by page
    normalize : "stem", "lemma", "both" or "none", as far as a language has these forms
    stemmer : "snowball" or "porter"
    default_stops : whether the language's stop list is applied
    stop : further stop words
    keep : words that are terms whatever else is said of them: stop words, numbers, single letters
    phrases : whether words that go together become one term
    chunk : words of the pieces that pages are cut into; None: pages stay whole
    numbers : whether tokens that begin with a digit are terms
    accents : whether Beyoncé and Beyonce are two words
    boilerplate : whether addresses, markup, the furniture of e-mail and lines that many pages share are taken out
    languages : with AUTO, those that pages are read in, the commonest first; empty until a corpus has been looked at
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
    languages: tuple[str, ...] = ()

    @classmethod
    def recorded(cls, values: Mapping[str, Any]) -> WordOptions:
        """Options as they were written as JSON; a TypeError for one that this version does not have."""
        found: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**found)

    def of_language(self, language: str) -> WordOptions:
        """The same for pages of one language, which with AUTO need not have all that is asked for."""
        if self.language != AUTO:
            return replace(self, language=language)
        return replace(
            self,
            language=language,
            stemmer=self.stemmer if language == "en" else "snowball",
            default_stops=self.default_stops and has_stop_words(language),
        )


def word_options(recipe: Mapping[str, Any]) -> WordOptions:
    """Return the word options that a recipe records under "words"; options of later versions are ignored."""
    known = {f.name for f in fields(WordOptions)}
    return WordOptions.recorded({k: value for k, value in recipe.get("words", {}).items() if k in known})


class TermAnalyzer:
    """From a token of one language to its term.

    A token is dropped if it begins with a digit ("number"), is a single letter that is no word ("short") or a stop word
    ("stop"). Words of the language's list are also dropped in their other spellings, as far as dictionary forms tell:
    a stem is too coarse for that ("ore" has Porter's stem of "or", "news" that of "new"). The user's own stop words
    are dropped, and the words to keep are kept, with all that shares their normal form.
    """

    def __init__(self, options: WordOptions) -> None:
        self._plain = without_accents if not options.accents else str
        self._numbers, self._language = options.numbers, options.language
        self._small, self._spell = lowercase_for(options.language), spelling_folder(options.language)
        normalize = available(options.normalize, options.language)
        self._normal = normalizer(normalize, language=options.language, stemmer=options.stemmer)
        by_lemma = normalize in ("lemma", "both")
        base = normalizer("lemma", language=options.language) if by_lemma else _without_possessive
        self._base = self._normal if normalize == "lemma" else base
        listed = stop_words(options.language) if options.default_stops else frozenset()
        listed = frozenset(self._spell(self._plain(word)) for word in listed) - {""}
        own = self._spelled(options.stop)
        self._stops = listed | own
        spread = stops_with_inflections(listed)
        self._stop_bases = spread | {self._spell(self._base(word)) for word in spread}
        self._stop_terms = own | self._terms_of(own)
        keep = self._spelled(options.keep)
        self.terms_to_keep = self._terms_of(keep)
        self._keep = keep | self.terms_to_keep
        self._cased = options.language in CASED
        self._cache: dict[str, tuple[str | None, str]] = {}

    def _spelled(self, words: tuple[str, ...]) -> set[str]:
        """A list of the user's as tokens in lower case, as the text itself is read: e-mail is two of them."""
        return {self._spell(self._plain(token)) for word in words for token in tokens(word)} - {""}

    def _terms_of(self, words: set[str]) -> set[str]:
        return {self._spell(self._normal(spelling)) for word in words for spelling in (word, word.capitalize())}

    def read(self, token: str) -> tuple[str | None, str]:
        """(term, "kept") or (None, reason)."""
        word = self._plain(token if self._cased else self._small(token))
        answer = self._cache.get(word)
        if answer is None:
            answer = self._cache[word] = self._read(word)
        return answer

    def _read(self, word: str) -> tuple[str | None, str]:
        if not word:  # marks that are not part of the spelling, without a letter
            return None, "short"
        spelled = self._spell(word)
        if self._keep and (spelled in self._keep or self._spell(self._normal(word)) in self._keep):
            return self._spell(self._normal(word)) or spelled, "kept"
        if not self._numbers and word[0].isnumeric() and not word[0].isalpha():  # the Chinese numerals are letters, too
            return None, "number"
        if len(word) == 1 and word.isascii():
            return None, "short"
        if spelled in self._stops:
            return None, "stop"
        if len(word) == 1 and _is_no_word(word, self._language):
            return None, "short"
        base = self._spell(self._base(word))
        if base in self._stop_bases:
            return None, "stop"
        term = base if self._base is self._normal else self._spell(self._normal(word))
        if term in self._stop_terms or not term:
            return None, "stop"
        return term, "kept"


def _is_no_word(letter: str, language: str) -> bool:
    """Whether a single letter is a piece of a word, an initial or an ending (1990-х): Chinese characters are words, and
    so are syllables of Korean; Greek letters on pages that are not Greek are names of things, as accented ones are in
    English."""
    if letter.isascii() or "\u0e00" <= letter <= "\u0e7f":
        return True
    if language == "en":
        return False
    name = unicodedata.name(letter, "")
    return not name.startswith(("CJK", "HANGUL", "HIRAGANA", "KATAKANA")) and (
        language == "el" or not name.startswith("GREEK")
    )


def _without_possessive(word: str) -> str:
    return word.lower().removesuffix("'s")


class Readers:
    """The language of a page, and the reader of each language, made when a page first needs it."""

    def __init__(self, options: WordOptions) -> None:
        self.options = options
        self._readers: dict[str, TermAnalyzer] = {}

    def language_of(self, text: str) -> str:
        """The language that a page is read in; the corpus's first one where it is in none of the corpus's."""
        if self.options.language != AUTO:
            return self.options.language
        return read_in(language_of(text), self.options.languages)

    def reader(self, language: str) -> TermAnalyzer:
        """The reader of a language."""
        if language not in self._readers:
            self._readers[language] = TermAnalyzer(self.options.of_language(language))
        return self._readers[language]
