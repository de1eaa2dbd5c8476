"""Corpus to counts: how often each term occurs on each page.

Counts are kept apart from weights and from the bounds of the vocabulary, so that another weighting, another bound or
another rank needs no second reading of the text. Pages are read once, as a stream; what stays in memory is the counts,
and of these only as many as the caller allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.terms.batches import CountBatches
from nmf_topics.terms.counts_builder import CountsBuilder
from nmf_topics.terms.parallel import count_batches
from nmf_topics.terms.phrase_counts import PhraseUnits
from nmf_topics.terms.phrases import NO_PHRASES, Phrases
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.terms.token_counter import PAGE_END, TokenCounter, page_batches
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import Readers, WordOptions
from nmf_topics.text.boilerplate import Texts, shared_lines
from nmf_topics.text.language import AUTO, language_of, main_languages, read_in


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


def gather_counts(
    pages: Iterable[PageLike],
    options: WordOptions,
    *,
    processes: int = 1,
    memory: int | None = None,
    spill: Path | None = None,
    on_page: Callable[[PageLike], None] | None = None,
    page_of: Callable[[PageLike], str] | None = None,
) -> CountsBuilder:
    """Read a corpus and count its terms, batch by batch.

    Parameters
    ----------
    pages : iterable of pages, in any order, read once
    options : WordOptions
    processes : how many processes count; more than one are started for corpora of some size only
    memory : bytes that counts may take in memory; None: as many as they need
    spill : an existing folder for the counts beyond that; it is the caller's to remove
    on_page : called with each page as it passes (progress, fingerprint)
    page_of : where `pages` are pieces of pages: names the page of a piece, whose pieces follow each other

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
    whole: list[str] = []  # of pieces, the pages

    def texts() -> Iterator[str]:
        for page in pages:
            ids.append(page.id)
            titles.append(page.title)
            meta.append(page.meta)
            if page_of:
                whole.append(page_of(page))
            if on_page:
                on_page(page)
            yield page.text

    source: Iterable[str] = texts()
    languages: Iterable[str] = repeat(options.language)
    lines: dict[str, int] = {}
    with closing(Texts(spill)) as kept:
        if options.boilerplate or options.language == AUTO:  # what pages share is known when all have been seen
            found: list[str] = []
            for text in source:
                kept.add(text)
                if options.language == AUTO:
                    found.append(language_of(text))
            if options.boilerplate:
                lines = shared_lines(kept, whole)
            if options.language == AUTO:
                options = replace(options, languages=main_languages(found))
                languages = [read_in(language, options.languages) for language in found]
            source = kept
        gathered = CountsBuilder(options, CountBatches(memory, spill), lines)
        stream = count_batches(
            page_batches(zip(languages, source, strict=False)),
            options,
            sequences=options.phrases,
            lines=lines,
            processes=processes,
        )
        with closing(gathered), closing(stream):
            for counted in stream:
                gathered.add(counted)
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


def count_new_pages(
    texts: Sequence[str],
    vocabulary: Vocabulary,
    readers: Readers,
    phrases: Phrases = NO_PHRASES,
    lines: Collection[str] = (),
) -> tuple[Any, list[Counter[str]]]:
    """Counts of a known vocabulary on new pages.

    Returns
    -------
    counts : CSC of int32, shape (m, n)
    unknown : for each page how often it has words, in lower case, whose term is not in the vocabulary
    """
    found = TokenCounter(readers.options, sequences=bool(phrases), lines=lines).count(texts)
    tokens = [token for _, fresh in found.fresh for token in fresh]
    read = [readers.reader(language).read(token) for language, fresh in found.fresh for token in fresh]
    rows = [-2 if term is None else vocabulary.index.get(term, -1) for term, _ in read]
    row = np.array(rows, np.int64)[found.token] if rows else np.empty(0, np.int64)
    known, strange = row >= 0, row == -1
    shape = (len(vocabulary), len(texts))
    counts = sp.csc_matrix((found.count[known], (row[known], found.page[known])), shape=shape, dtype=np.int32)
    counts.sum_duplicates()
    unknown: list[Counter[str]] = [Counter() for _ in texts]
    strangers = (found.page[strange], found.token[strange], found.count[strange])
    for page, token, count in zip(*(part.tolist() for part in strangers), strict=True):
        unknown[page][tokens[token].lower()] += count
    if found.sequence is not None:
        units = PhraseUnits(tokens, read)
        counts = _with_phrases(counts, unknown, found.sequence, units, tokens, vocabulary, phrases)
    return counts, unknown


def _with_phrases(
    counts: Any,
    unknown: list[Counter[str]],
    sequence: NDArray[np.int32],
    units: PhraseUnits,
    tokens: Sequence[str],
    vocabulary: Vocabulary,
    phrases: Phrases,
) -> Any:
    """Counts with phrases in the place of their words, and these words gone from the unknown ones."""
    joiner = phrases.joiner({name: unit for unit, name in enumerate(units.names)}, len(units.names))
    in_units = units.of(sequence)
    page = np.cumsum(sequence == PAGE_END)
    change: Counter[tuple[int, int]] = Counter()
    for which, start, end in zip(*(part.tolist() for part in joiner.spans(in_units)), strict=True):
        row = vocabulary.index.get(joiner.terms[which])
        if row is None:
            continue  # a phrase that bounds took out of the vocabulary: its words stand for themselves
        column = int(page[start])
        change[row, column] += 1
        for place in range(start, end):
            word = vocabulary.index.get(units.names[in_units[place]])
            if word is not None:
                change[word, column] -= 1
            else:
                unknown[column][tokens[sequence[place]].lower()] -= 1
    cells = np.array(list(change), np.int64).reshape(-1, 2)
    moved = sp.csc_matrix((list(change.values()), (cells[:, 0], cells[:, 1])), shape=counts.shape, dtype=np.int32)
    after = sp.csc_matrix(counts + moved)
    after.eliminate_zeros()
    for column, strange in enumerate(unknown):
        unknown[column] = +strange
    return after
