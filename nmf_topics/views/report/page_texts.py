"""The texts of pages that the report shows, kept in the cache from one fit to the next.

Reading a corpus once more and finding the term of every word takes longer than fitting another rank. So the result is
kept under the key of the counts of the same text, as JSON packed by zlib. It serves a fit that needs the same pages at
the same length, which is every fit of a corpus whose texts the report holds completely; for others, the texts are read
again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.kinds import TEXTS, entry_key
from nmf_topics.terms.count import PageLike
from nmf_topics.terms.token_counter import TokenCounter
from nmf_topics.text.analyzer import Readers, WordOptions
from nmf_topics.text.apostrophes import splits_at_apostrophes
from nmf_topics.text.segment import is_apart
from nmf_topics.text.tokenize import tokens, words_of_token


@dataclass(frozen=True)
class PageTexts:
    """Beginnings of texts, and the terms of their words.

    Attributes
    ----------
    texts : id of a page -> the beginning of its text, and the length of the whole text in characters
    terms : (word as written in the texts, its term), in order; a word of two languages may occur twice. Words without a
        term are left out, except in scripts without spaces, where the term is ""
    """

    texts: Mapping[str, tuple[str, int]]
    terms: list[tuple[str, str]]


@dataclass(frozen=True)
class TextCache:
    """The cached texts of one corpus, read with the same options.

    Attributes
    ----------
    cache : Cache
    counts_key : key of the counts of the same text
    """

    cache: Cache
    counts_key: str

    @property
    def key(self) -> str:
        """The key of the texts."""
        return entry_key(TEXTS, self.counts_key)

    def recall(self, asked: list[object]) -> PageTexts | None:
        """Return the cached texts if they are those of the same pages at the same length."""
        found = self.cache.load(TEXTS, self.key, _from_arrays)
        return found[1] if found is not None and found[0] == asked else None

    def keep(self, asked: list[object], kept: PageTexts) -> None:
        """Save texts for the next fit."""
        texts = [(id_, *text) for id_, text in kept.texts.items()]
        document = json.dumps({"asked": asked, "texts": texts, "terms": kept.terms}, separators=(",", ":"))
        packed = zlib.compress(document.encode("ascii"), 1)
        self.cache.save(TEXTS, self.key, {"document": np.frombuffer(packed, dtype=np.uint8)})


def _from_arrays(arrays: Mapping[str, Any]) -> tuple[list[object], PageTexts]:
    """Return what was asked for, and the texts, from the arrays of an entry; anything wrong raises an exception."""
    found = json.loads(zlib.decompress(arrays["document"].tobytes()))
    texts = {str(id_): (str(text), int(length)) for id_, text, length in found["texts"]}
    return found["asked"], PageTexts(texts, [(str(token), str(term)) for token, term in found["terms"]])


def page_texts(
    wanted: Iterable[str],
    pages: Iterable[PageLike],
    options: WordOptions,
    *,
    length: int,
    total: int,
    text_cache: TextCache | None = None,
) -> PageTexts:
    """Return the beginnings of the texts of some pages, and the terms of their words.

    Parameters
    ----------
    wanted : ids of the pages; ids that are not in the corpus are ignored
    pages : the corpus, which is read again up to the last page that is needed
    options : options with which its text was converted to terms
    length : most characters of a page
    total : most bytes of all texts in UTF-8
    text_cache : cache of the texts, or None
    """
    ids = sorted(set(wanted))
    asked: list[object] = [length, total, ids]
    if text_cache and (found := text_cache.recall(asked)):
        return found
    texts = _read(set(ids), pages, length, total)
    readers = Readers(options)
    terms = []
    for language, new in TokenCounter(options).count([texts[id_][0] for id_ in texts]).fresh:
        reader = readers.reader(language)
        for token in new:
            term, _ = reader.read(token)
            if term is not None or not is_apart(token):
                terms.append((token, term or ""))
    terms += _terms_of_joined_words(texts, readers)
    result = PageTexts(texts, terms)
    if text_cache:
        text_cache.keep(asked, result)
    return result


def _terms_of_joined_words(texts: Mapping[str, tuple[str, int]], readers: Readers) -> list[tuple[str, str]]:
    """Return the terms of tokens with an attached word (l'art), which the report marks as one word."""
    if readers.options.tokenizer:
        return []
    found: dict[str, str] = {}
    for text, _ in texts.values():
        language = readers.language_of(text)
        if not splits_at_apostrophes(language):
            continue
        for token in tokens(text):
            if "'" in token and token not in found:
                read = (readers.reader(language).read(word)[0] for word in words_of_token(token, language))
                found[token] = next(filter(None, read), "")
    return [(token, term) for token, term in found.items() if term]


def _read(wanted: set[str], pages: Iterable[PageLike], length: int, total: int) -> dict[str, tuple[str, int]]:
    """Read texts: id -> (beginning, length of the whole), in the order of ids."""
    found: dict[str, tuple[str, int]] = {}
    for page in pages:
        if page.id in wanted:
            found[page.id] = (_beginning(page.text, length), len(page.text))
            if len(found) == len(wanted):
                break
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text, _ in found.values())
    if size > total:  # characters of several bytes
        length = int(length * total / size)
        found = {id_: (_beginning(text, length), whole) for id_, (text, whole) in found.items()}
    return {id_: found[id_] for id_ in sorted(found)}


def _beginning(text: str, length: int) -> str:
    """Return the first `length` characters at most, to the end of a word where there is one."""
    if len(text) <= length:
        return text
    end = max(text.rfind(" ", length - 100, length), text.rfind("\n", length - 100, length))
    return text[: end if end > 0 else length]
