"""Convert a token to its term, or to the reason why it is dropped; corpora and new pages use the same code.

A `TermAnalyzer` handles the tokens of one language. `Readers` detects the language of a page and has an analyzer for
each language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from nmf_topics.text.apostrophes import is_attached, split_at_apostrophes, splits_at_apostrophes
from nmf_topics.text.attached import attached_stop_word, has_prefixes, korean_stop_word
from nmf_topics.text.functions import function_of, own_lemma, own_tokens
from nmf_topics.text.language import AUTO, language_of, read_in
from nmf_topics.text.normalize import (
    CASED,
    Normalization,
    Stemmer,
    available,
    is_in_dictionary,
    normalizer,
    without_accents,
)
from nmf_topics.text.orthography import lowercase_for, spelling_folder
from nmf_topics.text.segment import is_function_word
from nmf_topics.text.stopwords import has_stop_words, stop_words, stops_with_inflections
from nmf_topics.text.tokenize import tokens, with_inner_marks, words_of_token


@dataclass(frozen=True)
class WordOptions:
    """Options of the text processing. Together with the text they determine the counts of terms.

    Attributes
    ----------
    language : str, ISO 639-1; AUTO: detect the language of each page
    normalize : "stem", "lemma", "both" or "none", as far as it is available for the language
    stemmer : "snowball" or "porter"
    default_stops : whether to remove the stop words of the language
    stop : additional stop words
    keep : words that are never dropped, even if they are stop words, numbers or single letters
    phrases : whether frequent phrases become terms
    chunk : number of words in the pieces that pages are split into; None: do not split pages
    numbers : whether tokens that begin with a digit are terms
    accents : whether Beyoncé and Beyonce are different words
    boilerplate : whether to remove addresses, markup, e-mail headers and lines that many pages share
    languages : with AUTO, the languages of the corpus, most frequent first; empty before the corpus was read
    tokenizer : name of the user's own function from a text to its tokens (see `text.functions`)
    lemmatizer : name of the user's own function from a token, in lower case, to its normal form; replaces `normalize`
    stop_test : name of the user's own function that tells whether a word is a stop word, in addition to the lists

    Examples
    --------
    >>> options = WordOptions(normalize="both", stop=("tea",))
    >>> [TermAnalyzer(options).read(word) for word in ("Running", "Teas", "the")]
    [('run', 'kept'), (None, 'stop'), (None, 'stop')]
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
    tokenizer: str | None = None
    lemmatizer: str | None = None
    stop_test: str | None = None

    @property
    def own_functions(self) -> dict[str, str]:
        """The user's own functions: option -> name."""
        named = {"tokenizer": self.tokenizer, "lemmatizer": self.lemmatizer, "stop_test": self.stop_test}
        return {option: name for option, name in named.items() if name}

    @classmethod
    def recorded(cls, values: Mapping[str, Any]) -> WordOptions:
        """Return the options from their JSON form; raise TypeError for an unknown option."""
        found: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**found)

    def of_language(self, language: str) -> WordOptions:
        """Return the options for pages of one language; with AUTO, without what is not available for it."""
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


def token_reader(options: WordOptions) -> Callable[[str], list[str]]:
    """Return the function that tokenizes a text: the user's own one, or `tokens`."""
    own = function_of(options.tokenizer, "tokenizer")
    return tokens if own is None else partial(own_tokens, own)


class TermAnalyzer:
    """Converts tokens of one language to terms.

    A token is dropped if it begins with a digit ("number"), is a single letter but not a word ("short") or is a stop
    word ("stop"). Inflected forms of the language's stop words are dropped too if they have the same lemma; stems are
    too coarse for this ("ore" has the Porter stem of "or", "news" that of "new"). The user's own stop words, and the
    words to keep, apply to all words with the same normal form.
    """

    def __init__(self, options: WordOptions) -> None:
        self._plain = without_accents if not options.accents else str
        self._numbers, self._language = options.numbers, options.language
        self._small, self._spell = lowercase_for(options.language), spelling_folder(options.language)
        self._tokens_of = token_reader(options)
        self._splits = splits_at_apostrophes(options.language) and not options.tokenizer
        self._stop_test = function_of(options.stop_test, "stop_words")
        if lemmatizer := function_of(options.lemmatizer, "lemmatizer"):
            self._normal = self._base = own_lemma(lemmatizer)
        else:
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
        self._romans = options.language in _ROMAN_CENTURIES
        self._function_word = _function_words(options.language, listed) if options.default_stops else _no_word
        self._cache: dict[str, tuple[str | None, str]] = {}

    def _spelled(self, words: tuple[str, ...]) -> set[str]:
        """Return a user's list of words as lower-case tokens, tokenized like the text: e-mail is two tokens."""
        found = {self._spell(self._plain(token)) for word in words for token in self._tokens_of(word)} - {""}
        if not self._splits:
            return found
        parts = {part for token in found for part in split_at_apostrophes(token, self._language)}
        return {part for part in parts if not is_attached(part)}

    def _terms_of(self, words: set[str]) -> set[str]:
        return {self._spell(self._normal(spelling)) for word in words for spelling in (word, word.capitalize())}

    def read(self, token: str) -> tuple[str | None, str]:
        """Return (term, "kept") or (None, reason)."""
        word = self._plain(token if self._cased else self._small(token))
        answer = self._cache.get(word)
        if answer is None:
            answer = self._cache[word] = self._read(word)
        return answer

    def _read(self, word: str) -> tuple[str | None, str]:
        if not word:  # only marks that the spelling ignores
            return None, "short"
        spelled = self._spell(word)
        if self._keep and (spelled in self._keep or self._spell(self._normal(word)) in self._keep):
            return self._spell(self._normal(word)) or spelled, "kept"
        if not self._numbers and (_is_number(word) or (self._romans and _ROMAN.fullmatch(word))):
            return None, "number"
        if len(word) == 1 and word.isascii():
            return None, "short"
        if spelled in self._stops or (self._splits and is_attached(word)) or self._function_word(spelled):
            return None, "stop"
        if len(word) == 1 and _is_abbreviation(word, self._language):
            return None, "short"
        base = self._spell(self._base(word))
        if base in self._stop_bases:
            return None, "stop"
        term = base if self._base is self._normal else self._spell(self._normal(word))
        if term in self._stop_terms or not term or (self._stop_test is not None and self._stop_test(word)):
            return None, "stop"
        return term, "kept"


def _is_abbreviation(letter: str, language: str) -> bool:
    """Return whether a single letter is not a word but an initial or an ending (1990-х).

    Chinese characters and Korean syllables are words. Greek letters outside Greek text, and accented letters in
    English, are abbreviations and not words.
    """
    if letter.isascii() or "\u0e00" <= letter <= "\u0e7f":
        return True
    if language == "en":
        return False
    name = unicodedata.name(letter, "")
    return not name.startswith(("CJK", "HANGUL", "HIRAGANA", "KATAKANA")) and (
        language == "el" or not name.startswith("GREEK")
    )


# Languages that number centuries in Roman numerals, and numerals that are no words or initials: XIX, in French XIXe
_ROMAN_CENTURIES = frozenset("bg ca es fr gl it pl pt ro ru uk".split())
_ROMAN = re.compile("(?=.{3}|ii|xx|xv)(?:x{0,3}(?:ix|iv|v?i{0,3})|x{1,3}(?:ix|iv|v?i{0,3})e)", re.IGNORECASE)


def _is_number(word: str) -> bool:
    """Return whether a word begins with a digit, or is a number or year in Chinese characters (一九九五年)."""
    if not word[0].isalpha():
        return word[0].isnumeric()
    return len(word) > 1 and word[0].isnumeric() and word.rstrip("年月日").isnumeric()


def _no_word(word: str) -> bool:
    return False


def _function_words(language: str, listed: frozenset[str]) -> Callable[[str], bool]:
    """Return the test for stop words that a list cannot hold: those with prefixes or particles, parts of speech."""
    if has_prefixes(language):
        return attached_stop_word(language, listed, partial(is_in_dictionary, language=language))
    if language == "ko":
        return korean_stop_word(listed)
    return partial(is_function_word, language=language) if language == "ja" else _no_word


def _without_possessive(word: str) -> str:
    return word.lower().removesuffix("'s")


class Readers:
    """Detects the language of a page and has an analyzer for each language, created when it is first needed."""

    def __init__(self, options: WordOptions) -> None:
        self.options = options
        self._readers: dict[str, TermAnalyzer] = {}

    def tokens_of(self, text: str, language: str) -> list[str]:
        """Return the tokens of a text; in languages written without spaces these are its words."""
        if self.options.tokenizer:
            return token_reader(self.options)(text)
        return [word for token in tokens(with_inner_marks(text, language)) for word in words_of_token(token, language)]

    def language_of(self, text: str) -> str:
        """Return the language to read a page in; the main language of the corpus if the page has another one."""
        if self.options.language != AUTO:
            return self.options.language
        return read_in(language_of(text), self.options.languages)

    def reader(self, language: str) -> TermAnalyzer:
        """Return the analyzer of a language."""
        if language not in self._readers:
            self._readers[language] = TermAnalyzer(self.options.of_language(language))
        return self._readers[language]
