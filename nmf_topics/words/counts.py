"""Corpus to counts: how often each term occurs on each page.

Counts are kept apart from weights and from the bounds of the vocabulary, so that another weighting, another bound or
another rank needs no second reading of the text. Pages are read once, as a stream; what stays in memory is the counts,
and of these only as many as the caller allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.words.batches import Batch, CountBatches
from nmf_topics.words.chunks import BatchCounts, ChunkCounter, Growing, page_batches
from nmf_topics.words.parallel import count_batches
from nmf_topics.words.reading import Readers, WordOptions
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
class TermCounts:
    """Counts of all terms of a corpus.

    Attributes
    ----------
    counts : CSC of int32, shape (m, n), terms x pages
    vocabulary : Vocabulary of length m
    columns : PageColumns of length n, in the order of ids
    options : WordOptions
    ledger : "tokens" and "kept" and, by reason, "dropped": tokens = kept + all dropped
    languages : how many pages are in which language
    """

    counts: Any
    vocabulary: Vocabulary
    columns: PageColumns
    options: WordOptions
    ledger: Mapping[str, Any] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)


class Gathered:
    """The counts of a corpus that has been read, still in batches.

    Attributes
    ----------
    vocabulary : Vocabulary of length m, sorted
    columns : PageColumns of length n, in the order of ids
    options : WordOptions
    ledger : as in `TermCounts`
    pages, tokens : ndarrays of int64, shape (m,), pages that have a term and how often it occurs in all
    languages : how many pages are in which language
    """

    def __init__(self, options: WordOptions, batches: CountBatches) -> None:
        self.options = options
        self.languages: Counter[str] = Counter()
        self._readers = Readers(options)
        self._batches = batches
        self._tokens: dict[str, dict[str, int]] = {}  # language -> token -> number
        self._names: list[str] = []  # of the tokens
        self._total = Growing()  # of a token
        self._row_of = Growing()  # token -> provisional row
        self._rows: dict[tuple[str, str], int] = {}  # (term, "kept") or (word, reason) -> provisional row
        self._pages_of = Growing()  # provisional row -> pages
        self._numbers: dict[tuple[int, int], Growing] = {}  # of each counter, its tokens' numbers here

    def add(self, found: BatchCounts) -> None:
        """Take the counts of the pages that follow."""
        numbers = self._numbers.setdefault(found.origin, Growing())
        for language, fresh in found.fresh:
            numbers.extend(self._numbers_of(language, fresh))
        tokens = numbers.array[found.token]
        np.add.at(self._total.array, tokens, found.count)
        self.languages.update(found.languages)
        shape = (len(self._rows), len(found.languages))
        counts = sp.csc_matrix((found.count, (self._row_of.array[tokens], found.page)), shape=shape)
        counts.sum_duplicates()
        np.add.at(self._pages_of.array, counts.indices, 1)
        self._batches.add(counts)

    def _numbers_of(self, language: str, tokens: Sequence[str]) -> list[int]:
        """The numbers of some tokens; those that are new are read."""
        known, read = self._tokens.setdefault(language, {}), self._readers.reader(language).read
        numbers, rows = [], []
        for token in tokens:
            number = known.get(token)
            if number is None:
                number = known[token] = len(self._names)
                self._names.append(token)
                term, reason = read(token)
                name = (token.lower() if term is None else term, reason)
                rows.append(self._rows.setdefault(name, len(self._rows)))
            numbers.append(number)
        self._row_of.extend(rows)
        self._total.extend(np.zeros(len(rows), np.int64))
        self._pages_of.extend(np.zeros(len(self._rows) - len(self._pages_of.array), np.int64))
        return numbers

    def finish(self, ids: Sequence[str], titles: Sequence[str], meta: Sequence[Mapping[str, Any]]) -> None:
        """Settle rows and columns, now that all pages are known."""
        position = np.argsort(np.array(ids, dtype=object), kind="stable")
        self._column_of = np.empty(len(ids), np.int64)
        self._column_of[position] = np.arange(len(ids))
        order = position.tolist()
        self.columns = PageColumns([ids[i] for i in order], [titles[i] for i in order], [meta[i] for i in order])

        totals, row_of = self._total.array, self._row_of.array
        tokens = np.bincount(row_of, weights=totals, minlength=len(self._rows)).astype(np.int64)
        kept = sorted((name, row) for (name, reason), row in self._rows.items() if reason == "kept")
        rows = np.array([row for _, row in kept], np.int64)
        self._final_row = np.full(len(self._rows), -1, np.int64)
        self._final_row[rows] = np.arange(len(rows))
        self.tokens, self.pages = tokens[rows], self._pages_of.array[rows]
        terms = [name for name, _ in kept]
        self.vocabulary = Vocabulary(terms, self._surfaces())
        dropped: Counter[str] = Counter()
        for (_, reason), row in self._rows.items():
            if reason != "kept":
                dropped[reason] += int(tokens[row])
        total = int(self.tokens.sum())
        self.ledger = {
            "tokens": total + sum(dropped.values()),
            "kept": total,
            "dropped": dict(sorted(dropped.items())),
        }

    def _surfaces(self) -> list[str]:
        """For each term what readers see: the commonest word among those that led to it."""
        final = self._final_row[self._row_of.array]
        order = np.argsort(final, kind="stable")
        order = order[np.searchsorted(final[order], 0) :]
        starts = np.flatnonzero(np.diff(final[order], prepend=-1))
        numbers, totals = order.tolist(), self._total.array
        surfaces = []
        for start, end in pairwise(np.append(starts, len(numbers)).tolist()):
            own = numbers[start:end]
            if len(own) == 1:
                surfaces.append(self._names[own[0]])
            else:
                surfaces.append(_surface([(self._names[number], int(totals[number])) for number in own]))
        return surfaces

    def batches(self) -> Iterator[Batch]:
        """The counts, batch by batch in the order of reading, under final rows and columns; as often as wanted."""
        return self._batches.walk(self._final_row, self._column_of, len(self.vocabulary))

    def in_memory(self) -> TermCounts:
        """The counts as one matrix; the batches are given up for it."""
        counts = self._batches.matrix(self._final_row, self._column_of, len(self.vocabulary))
        languages = dict(sorted(self.languages.items()))
        return TermCounts(counts, self.vocabulary, self.columns, self.options, self.ledger, languages)


def _surface(forms: Sequence[tuple[str, int]]) -> str:
    """The commonest word of some tokens, in its commonest spelling; lower case wins among equals."""
    words: Counter[str] = Counter()
    spellings: Counter[str] = Counter()  # a token can come from several languages
    for token, count in forms:
        words[token.lower()] += count
        spellings[token] += count
    word = min(words, key=lambda w: (-words[w], w))
    return min((t for t in spellings if t.lower() == word), key=lambda t: (-spellings[t], t.swapcase(), t))


def gather_counts(
    pages: Iterable[PageLike],
    options: WordOptions,
    *,
    processes: int = 1,
    memory: int | None = None,
    spill: Path | None = None,
    on_page: Callable[[PageLike], None] | None = None,
) -> Gathered:
    """Read a corpus and count its terms, batch by batch.

    Parameters
    ----------
    pages : iterable of pages, in any order, read once
    options : WordOptions
    processes : how many processes count; more than one are started for corpora of some size only
    memory : bytes that counts may take in memory; None: as many as they need
    spill : an existing folder for the counts beyond that; it is the caller's to remove
    on_page : called with each page as it passes (progress, fingerprint)

    Raises
    ------
    MatrixError
        if a counting process dies.
    OSError
        if counts cannot be spilled.
    """
    ids: list[str] = []
    titles: list[str] = []
    meta: list[Mapping[str, Any]] = []

    def texts() -> Iterator[tuple[None, str]]:
        for page in pages:
            ids.append(page.id)
            titles.append(page.title)
            meta.append(page.meta)
            if on_page:
                on_page(page)
            yield None, page.text

    gathered = Gathered(options, CountBatches(memory, spill))
    for _, found in count_batches(page_batches(texts()), options, processes=processes):
        gathered.add(found)
    gathered.finish(ids, titles, meta)
    return gathered


def count_terms(
    pages: Iterable[PageLike],
    options: WordOptions,
    *,
    processes: int = 1,
    on_page: Callable[[PageLike], None] | None = None,
) -> TermCounts:
    """Count the terms of a corpus.

    Parameters
    ----------
    pages : iterable of pages, in any order, read once
    options : WordOptions
    processes : how many processes count; more than one are started for corpora of some size only
    on_page : called with each page as it passes (progress, fingerprint)

    Returns
    -------
    TermCounts; pages in the order of their ids, terms sorted. Pages without any term are columns of zeros.

    Raises
    ------
    MatrixError
        if a counting process dies.
    """
    return gather_counts(pages, options, processes=processes, on_page=on_page).in_memory()


def count_new_pages(texts: Sequence[str], vocabulary: Vocabulary, readers: Readers) -> tuple[Any, list[Counter[str]]]:
    """Counts of a known vocabulary on new pages.

    Returns
    -------
    counts : CSC of int32, shape (m, n)
    unknown : for each page how often it has words, in lower case, whose term is not in the vocabulary
    """
    found = ChunkCounter(readers.options).count(texts)
    rows: list[int] = []  # of each token: its row, -1 if its term is unknown, -2 if it has none
    words: list[str] = []
    for language, fresh in found.fresh:
        reader = readers.reader(language)
        for token in fresh:
            term, _ = reader.read(token)
            rows.append(-2 if term is None else vocabulary.index.get(term, -1))
            words.append(token.lower())
    row = np.array(rows, np.int64)[found.token] if rows else np.empty(0, np.int64)
    known, strange = row >= 0, row == -1
    shape = (len(vocabulary), len(texts))
    counts = sp.csc_matrix((found.count[known], (row[known], found.page[known])), shape=shape, dtype=np.int32)
    counts.sum_duplicates()
    unknown: list[Counter[str]] = [Counter() for _ in texts]
    strangers = (found.page[strange], found.token[strange], found.count[strange])
    for page, token, count in zip(*(part.tolist() for part in strangers), strict=True):
        unknown[page][words[token]] += count
    return counts, unknown
