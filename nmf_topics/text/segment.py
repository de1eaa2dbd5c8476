"""Split text into words in languages that are written without spaces: Chinese, Japanese and Thai.

Each language uses a library with its own dictionary, which is installed as an extra:

    Chinese    rjieba, extra [chinese]                              fallback: overlapping pairs of characters
    Japanese   SudachiPy and SudachiDict-small, extra [japanese]    fallback: runs of one script
    Thai       PyThaiNLP (newmm), extra [thai]                      fallback: text between spaces

Japanese verbs and adjectives are returned in their dictionary form, which only this library knows.
The result depends on the text and its language only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

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

    return rjieba.cut


def _load_japanese() -> Callable[[str], Sequence[str]]:
    import sudachipy

    # mode A splits compounds into their parts: 機械学習 becomes the words for machine and learning
    tokenizer = sudachipy.Dictionary(dict="small").tokenizer(mode=sudachipy.SplitMode.A)
    return lambda text: [morpheme.dictionary_form() for morpheme in tokenizer.tokenize(text)]


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
    "ja": _load_japanese,
    "th": _load_thai,
}
_WITHOUT: dict[str, Callable[[str], Sequence[str]]] = {"zh": _pairs, "ja": _runs_of_script, "th": lambda run: [run]}
