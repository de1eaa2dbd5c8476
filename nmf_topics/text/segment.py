"""Split text into words in languages that are written without spaces: Chinese, Japanese and Thai.

Each language uses a library with its own dictionary, which is installed as an extra:

    Chinese    rjieba, extra [chinese], on simplified characters    fallback: overlapping pairs of characters
    Japanese   SudachiPy and SudachiDict-small, extra [japanese]    fallback: runs of one script
    Thai       PyThaiNLP (newmm), extra [thai]                      fallback: text between spaces

Japanese verbs and adjectives are returned in their dictionary form, which only this library knows. It also knows which
words are function words (`is_function_word`).
The result depends on the text and its language only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from nmf_topics.text.chinese import simplified

if TYPE_CHECKING:
    import regex

LONGEST = 4_000  # characters passed to a library at once: some refuse more than 48 KB


class Extra(NamedTuple):
    """The package that splits a language into words, and the extra that installs it."""

    language: str
    package: str
    extra: str


EXTRAS = {
    "zh": Extra("Chinese", "rjieba", "chinese"),
    "ja": Extra("Japanese", "sudachipy", "japanese"),
    "th": Extra("Thai", "pythainlp", "thai"),
}
# Parts of speech of SudachiPy: particle, auxiliary, pronoun, conjunction, interjection, prefix, suffix, adnominal; and
# classes of verbs, adjectives and adjectival nouns that serve as auxiliaries.
_JAPANESE_FUNCTIONS = frozenset("助詞 助動詞 代名詞 接続詞 感動詞 接頭辞 接尾辞 連体詞".split())
_JAPANESE_AUXILIARIES = frozenset(["非自立可能", "助動詞語幹"])
_EAST_ASIAN = r"\p{Han}\p{Hiragana}\p{Katakana}\u3005\u3006\u3007\u30fc"


@cache
def _scripts() -> regex.Pattern[str]:
    import regex

    return regex.compile(rf"(?P<eastern>[{_EAST_ASIAN}]+)|(?P<thai>\p{{Thai}}+)|[^{_EAST_ASIAN}\p{{Thai}}]+")


@cache
def _kana() -> regex.Pattern[str]:
    import regex

    return regex.compile(r"[\p{Hiragana}\p{Katakana}]")


@cache
def _japanese_runs() -> regex.Pattern[str]:
    import regex

    return regex.compile(r"[\p{Han}\u3005\u3006\u3007]+|[\p{Katakana}\u30fc]+|\p{Hiragana}+|.")


def is_apart(token: str) -> bool:
    """Return whether a token has no letter of a script that is written without spaces.

    Examples
    --------
    >>> is_apart("tea"), is_apart("緑茶"), is_apart("ชา")
    (True, False, False)
    """
    return token.isascii() or not any(match.lastgroup for match in _scripts().finditer(token))


def segment(token: str, language: str) -> list[str]:
    """Split a token into words.

    Parameters
    ----------
    token : letters, marks and digits without a space
    language : of the page, ISO 639-1; decides between Chinese and Japanese where both use the same characters

    Returns
    -------
    list of str; [token] if there is nothing to split
    """
    words: list[str] = []
    for match in _scripts().finditer(token):
        run = match[0]
        if match.lastgroup is None:
            words.append(run)
            continue
        kind = "th" if match.lastgroup == "thai" else "ja" if language == "ja" or _kana().search(run) else "zh"
        cut = _cutter(kind) or _WITHOUT[kind]
        for start in range(0, len(run), LONGEST):
            words += [word for word in cut(run[start : start + LONGEST]) if word]
    return words


def has_words_apart(language: str) -> bool:
    """Return whether texts of a language can be split well: it uses spaces, or its extra is installed."""
    return language not in EXTRAS or _cutter(language) is not None


@cache
def _cutter(language: str) -> Callable[[str], Sequence[str]] | None:
    """Load the library of a language; None if it is not installed."""
    try:
        return _LOADERS[language]()
    except ImportError:
        return None


def _load_chinese() -> Callable[[str], Sequence[str]]:
    import rjieba

    def cut(text: str) -> Sequence[str]:
        simple = simplified(text)
        words: list[str] = rjieba.cut(simple)
        if simple == text:
            return words
        ends = list(accumulate(map(len, words)))
        return [text[end - len(word) : end] for word, end in zip(words, ends, strict=True)]

    return cut


class _Japanese:
    """SudachiPy, which splits texts and knows parts of speech."""

    def __init__(self) -> None:
        import sudachipy

        # mode A splits compounds into their parts: 機械学習 becomes the words for machine and learning
        self._tokenizer = sudachipy.Dictionary(dict="small").tokenizer(mode=sudachipy.SplitMode.A)

    def __call__(self, text: str) -> list[str]:
        return [morpheme.dictionary_form() for morpheme in self._tokenizer.tokenize(text)]

    def is_function_word(self, word: str) -> bool:
        """Return whether a word, in its dictionary form, is a function word."""
        found = self._tokenizer.tokenize(word)
        kind, usage = found[0].part_of_speech()[:2] if len(found) == 1 else ("", "")
        return kind in _JAPANESE_FUNCTIONS or usage in _JAPANESE_AUXILIARIES


def is_function_word(word: str, language: str) -> bool:
    """Return whether the library of a language classifies a word as a function word; only Japanese has this.

    These are particles, auxiliary verbs, pronouns, conjunctions, interjections, affixes, and the verbs and adjectives
    that are also used as auxiliaries (いただく, くれる).

    Parameters
    ----------
    word : in the form that `segment` returns
    language : str, ISO 639-1

    Examples
    --------
    >>> [is_function_word(word, "ja") for word in ("けど", "いただく", "研究")]
    [True, True, False]
    """
    if language != "ja" or is_apart(word):
        return False
    cutter = _cutter(language)
    return isinstance(cutter, _Japanese) and cutter.is_function_word(word)


def _load_thai() -> Callable[[str], Sequence[str]]:
    # without this setting the library creates a folder in the user's home when it is imported
    before = os.environ.get("PYTHAINLP_READ_ONLY")
    os.environ["PYTHAINLP_READ_ONLY"] = "1"
    try:
        from pythainlp.tokenize.newmm import segment as newmm

        newmm("ชา")  # loads the dictionary
    finally:
        if before is None:
            del os.environ["PYTHAINLP_READ_ONLY"]
        else:
            os.environ["PYTHAINLP_READ_ONLY"] = before
    return newmm


def _pairs(run: str) -> list[str]:
    """Return all overlapping pairs of characters.

    Examples
    --------
    >>> _pairs("机器学习")
    ['机器', '器学', '学习']
    """
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _runs_of_script(run: str) -> list[str]:
    """Split at changes of script: Japanese nouns are mostly Chinese characters or katakana, endings are hiragana.

    Examples
    --------
    >>> _runs_of_script("機械学習をインターネットで")
    ['機械学習', 'を', 'インターネット', 'で']
    """
    return _japanese_runs().findall(run)


_LOADERS: dict[str, Callable[[], Callable[[str], Sequence[str]]]] = {
    "zh": _load_chinese,
    "ja": _Japanese,
    "th": _load_thai,
}
_WITHOUT: dict[str, Callable[[str], Sequence[str]]] = {"zh": _pairs, "ja": _runs_of_script, "th": lambda run: [run]}
