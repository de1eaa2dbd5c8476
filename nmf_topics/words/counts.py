"""Corpus to counts: how often each term occurs on each page.

Counts are kept apart from weights and from the bounds of the vocabulary, so that another weighting, another bound or
another rank needs no second reading of the text. Pages are read once, as a stream; what stays in memory is the counts.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.words.normalize import CASED, Normalization, Stemmer, normalizer
from nmf_topics.words.stops import spreading, stop_words
from nmf_topics.words.tokens import count_chunks, tokens_of_chunk
from nmf_topics.words.vocabulary import Vocabulary


class PageLike(Protocol):
    """What counting needs of a page."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def meta(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class WordOptions:
    """How text becomes terms.

    Attributes
    ----------
    language : str, ISO 639-1
    normalize : "stem", "lemma", "both" or "none"
    stemmer : "snowball" or "porter"
    default_stops : whether the language's stop list is applied
    stop : further stop words
    chunk : words of the pieces that pages are cut into; None: pages stay whole
    """

    language: str = "en"
    normalize: Normalization = "lemma"
    stemmer: Stemmer = "snowball"
    default_stops: bool = True
    stop: tuple[str, ...] = ()
    chunk: int | None = None


@dataclass(frozen=True)
class TermCounts:
    """Counts of all terms of a corpus.

    Attributes
    ----------
    counts : CSC of int32, shape (m, n), terms x pages
    vocabulary : Vocabulary of length m
    columns : PageColumns of length n, in the order of ids
    options : WordOptions
    ledger : "tokens" and "kept" and, by reason, "dropped": tokens = kept + all dropped
    """

    counts: Any
    vocabulary: Vocabulary
    columns: PageColumns
    options: WordOptions
    ledger: Mapping[str, Any] = field(default_factory=dict)


class TermReader:
    """From a token to its term, or to the reason why it has none; the same for a corpus and for a new page.

    A token is dropped if it begins with a digit ("number"), is a single letter of ASCII ("short") or a stop word
    ("stop"). Words of the language's list are also dropped in their other spellings, as far as dictionary forms tell:
    a stem is too coarse for that ("ore" has Porter's stem of "or", "news" that of "new"). The user's own stop words
    are dropped with all that shares their normal form.
    """

    def __init__(self, options: WordOptions) -> None:
        self._normal = normalizer(options.normalize, language=options.language, stemmer=options.stemmer)
        by_lemma = options.normalize in ("lemma", "both")
        self._base = normalizer("lemma", language=options.language) if by_lemma else _without_possessive
        listed = stop_words(options.language) if options.default_stops else frozenset()
        own = {unicodedata.normalize("NFC", word).lower().replace("\u2019", "'") for word in options.stop} - {""}
        self._stops = listed | own
        spread = spreading(listed)
        self._stop_bases = spread | {self._base(word) for word in spread}
        self._stop_terms = own | {self._normal(spelling) for word in own for spelling in (word, word.capitalize())}
        self._cased = options.language in CASED
        self._cache: dict[str, tuple[str | None, str]] = {}

    def read(self, token: str) -> tuple[str | None, str]:
        """(term, "kept") or (None, reason)."""
        word = token if self._cased else token.lower()
        answer = self._cache.get(word)
        if answer is None:
            answer = self._cache[word] = self._read(word)
        return answer

    def _read(self, word: str) -> tuple[str | None, str]:
        if word[0].isnumeric() and not word[0].isalpha():  # the Chinese numerals are letters, too
            return None, "number"
        if len(word) == 1 and word.isascii():
            return None, "short"
        if word.lower() in self._stops or self._base(word) in self._stop_bases:
            return None, "stop"
        term = self._normal(word)
        if term in self._stop_terms or not term:
            return None, "stop"
        return term, "kept"


def _without_possessive(word: str) -> str:
    return word.lower().removesuffix("'s")


def count_terms(
    pages: Iterable[PageLike], options: WordOptions, *, on_page: Callable[[PageLike], None] | None = None
) -> TermCounts:
    """Count the terms of a corpus.

    Parameters
    ----------
    pages : iterable of pages, in any order, read once
    options : WordOptions
    on_page : called with each page as it passes (progress, fingerprint)

    Returns
    -------
    TermCounts; pages in the order of their ids, terms sorted. Pages without any term are columns of zeros.
    """
    reader = TermReader(options)
    ids: list[str] = []
    titles: list[str] = []
    meta: list[Mapping[str, Any]] = []

    def texts() -> Iterator[str]:
        for page in pages:
            ids.append(page.id)
            titles.append(page.title)
            meta.append(page.meta)
            if on_page:
                on_page(page)
            yield page.text

    found = count_chunks(texts())
    totals = np.bincount(found.chunk, weights=found.count, minlength=len(found.chunks)).astype(np.int64)
    ledger: Counter[str] = Counter()
    forms: dict[str, Counter[str]] = defaultdict(Counter)  # term -> tokens that led to it
    links: list[tuple[int, str]] = []  # (chunk, term), as often as the term is in the chunk
    for number, chunk in enumerate(found.chunks):
        if totals[number] == 0:
            continue
        for token in tokens_of_chunk(chunk):
            term, reason = reader.read(token)
            ledger[reason] += int(totals[number])
            if term is not None:
                forms[term][token] += int(totals[number])
                links.append((number, term))
    terms = sorted(forms)
    row_of = {term: row for row, term in enumerate(terms)}
    position = np.argsort(np.array(ids, dtype=object), kind="stable")
    column_of = np.empty(len(ids), dtype=np.int64)
    column_of[position] = np.arange(len(ids))

    shape = (len(found.chunks), len(ids))
    by_chunk = sp.csr_matrix((found.count.astype(np.int32), (found.chunk, column_of[found.page])), shape=shape)
    rows = np.fromiter((row_of[term] for _, term in links), np.int64, len(links))
    of_chunks = np.fromiter((number for number, _ in links), np.int64, len(links))
    merge = sp.csr_matrix((np.ones(len(links), np.int32), (rows, of_chunks)), shape=(len(terms), len(found.chunks)))
    counts = sp.csc_matrix(merge @ by_chunk)
    counts.sort_indices()

    kept = ledger.pop("kept", 0)
    return TermCounts(
        counts,
        Vocabulary(terms, [_surface(forms[term]) for term in terms]),
        PageColumns([ids[i] for i in position], [titles[i] for i in position], [meta[i] for i in position]),
        options,
        {"tokens": kept + sum(ledger.values()), "kept": kept, "dropped": dict(sorted(ledger.items()))},
    )


def _surface(forms: Counter[str]) -> str:
    """The commonest word among those of a term, in its commonest spelling; lower case wins among equals."""
    words: Counter[str] = Counter()
    for token, count in forms.items():
        words[token.lower()] += count
    word = min(words, key=lambda w: (-words[w], w))
    return min((t for t in forms if t.lower() == word), key=lambda t: (-forms[t], t.swapcase(), t))


def count_new_pages(texts: Sequence[str], vocabulary: Vocabulary, reader: TermReader) -> tuple[Any, list[Counter[str]]]:
    """Counts of a known vocabulary on new pages.

    Returns
    -------
    counts : CSC of int32, shape (m, n)
    unknown : for each page how often it has words, in lower case, whose term is not in the vocabulary
    """
    found = count_chunks(texts)
    tokens = [tokens_of_chunk(chunk) for chunk in found.chunks]
    rows, columns, data = [], [], []
    unknown: list[Counter[str]] = [Counter() for _ in texts]
    for page, chunk, count in zip(found.page.tolist(), found.chunk.tolist(), found.count.tolist(), strict=True):
        for token in tokens[chunk]:
            term, _ = reader.read(token)
            row = vocabulary.index.get(term) if term is not None else None
            if row is not None:
                rows.append(row)
                columns.append(page)
                data.append(count)
            elif term is not None:
                unknown[page][token.lower()] += count
    shape = (len(vocabulary), len(texts))
    return sp.csc_matrix((np.array(data, np.int32), (rows, columns)), shape=shape), unknown


@dataclass(frozen=True)
class Bounds:
    """Which terms are rows of V.

    Attributes
    ----------
    min_pages : a term must be on so many pages; a number below 1 is a share of the pages; None: 2 % of the pages,
        but at least 2 and at most 5
    max_pages : and on no more than so many; 1.0 and below is a share of the pages, which a min_pages of None can only
        raise
    max_terms : of those that remain, the most frequent ones; None: all
    """

    min_pages: float | None = None
    max_pages: float = 0.5
    max_terms: int | None = None

    def limits(self, n_pages: int) -> tuple[float, float]:
        """Smallest and largest number of pages a term may be on."""
        high = _share(self.max_pages, n_pages) if self.max_pages <= 1 else float(self.max_pages)
        if self.min_pages is None:
            low = float(min(5, max(2, round(0.02 * n_pages))))
            if self.max_pages <= 1:
                high = max(high, low)  # of a handful of pages no word could be on two and on few enough
        else:
            low = _share(self.min_pages, n_pages) if self.min_pages < 1 else float(self.min_pages)
        return low, high


def _share(share: float, n_pages: int) -> float:
    """So many pages; 0.07 of 100 are 7, not the 7.000000000000001 of the machine."""
    return round(share * n_pages, 6)


def bound_terms(counts: TermCounts, bounds: Bounds) -> TermCounts:
    """Counts of the terms within bounds only; the ledger says how many tokens fell to which bound.

    Raises
    ------
    MatrixError
        if no term is left.
    """
    n_pages = len(counts.columns)
    by_row = counts.counts.tocsr()
    pages = np.diff(by_row.indptr)
    tokens = np.asarray(by_row.sum(axis=1), dtype=np.int64).ravel()
    low, high = bounds.limits(n_pages)
    rare, common = pages < low, (pages >= low) & (pages > high)
    keep = ~(rare | common)
    surplus = np.zeros_like(keep)
    if bounds.max_terms is not None and keep.sum() > bounds.max_terms:
        order = np.flatnonzero(keep)
        order = order[np.argsort(-tokens[order], kind="stable")]  # terms are sorted: the earlier one among equals
        surplus[order[bounds.max_terms :]] = True
        keep &= ~surplus
    if not keep.any():
        raise MatrixError(
            f"no words are left of {len(pages)} distinct ones on {n_pages} pages: {int(rare.sum())} are on fewer than "
            f"{low:g} pages, {int(common.sum())} on more than {high:g}; try a lower --min-pages or a higher "
            f"--max-pages"
        )
    dropped = dict(counts.ledger.get("dropped", {}))
    for reason, rows in (("rare", rare), ("common", common), ("beyond max_terms", surplus)):
        dropped[reason] = dropped.get(reason, 0) + int(tokens[rows].sum())
    ledger = {**counts.ledger, "kept": int(tokens[keep].sum()), "dropped": dropped}
    rows = np.flatnonzero(keep)
    return replace(counts, counts=sp.csc_matrix(by_row[rows]), vocabulary=counts.vocabulary.take(rows), ledger=ledger)
