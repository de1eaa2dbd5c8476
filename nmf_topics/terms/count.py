"""Count the terms of a corpus: how often each term occurs on each page.

Counting is separate from weighting and from the vocabulary limits, so another weighting, limit or rank does not read
the text again. Pages are read once, as a stream. Only the counts stay in memory, up to a limit that the caller sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import repeat
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.files.cache.scratch import Scratch
from nmf_topics.matrix.datamatrix import PageColumns, SourceOrder
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
    """The attributes of a page that counting needs."""

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
    scratch: Scratch | None = None,
    on_page: Callable[[PageLike], None] | None = None,
    page_of: Callable[[PageLike], str] | None = None,
    keep_order: bool = False,
) -> CountsBuilder:
    """Read a corpus and count its terms, batch by batch.

    Parameters
    ----------
    pages : iterable of pages, in any order, read once
    options : WordOptions
    processes : number of processes that count; others are started only for large corpora
    memory : most bytes of counts in memory; None: no limit
    scratch : where counts beyond this limit are; the caller closes it
    on_page : called with each page as it passes (progress, fingerprint)
    page_of : if `pages` are pieces of pages, returns the page of a piece; pieces of a page are consecutive
    keep_order : leave the columns in the order of `pages` instead of sorting them by id

    Raises
    ------
    MatrixError
        if a counting process dies.
    OutputError
        if counts cannot be written there.
    """
    ids: list[str] = []
    titles: list[str] = []
    meta: list[Mapping[str, Any]] = []
    rows: list[int | None] = []
    whole: list[str] = []  # the page of each piece

    def texts() -> Iterator[str]:
        for page in pages:
            ids.append(page.id)
            titles.append(page.title)
            meta.append(page.meta)
            rows.append(getattr(page, "row", None))  # not every caller's pages come from a source with rows
            if page_of:
                whole.append(page_of(page))
            if on_page:
                on_page(page)
            yield page.text

    source: Iterable[str] = texts()
    languages: Iterable[str] = repeat(options.language)
    lines: dict[str, int] = {}
    with closing(Texts(scratch)) as kept:
        if options.boilerplate or options.language == AUTO:  # these need a first pass over all pages
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
        gathered = CountsBuilder(options, CountBatches(memory, scratch), lines)
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
            gathered.finish(PageColumns(ids, titles, meta, order=SourceOrder.of(rows)), keep_order=keep_order)
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
    processes : number of processes that count; others are started only for large corpora
    on_page : called with each page as it is read (progress, fingerprint)

    Returns
    -------
    TermCounts; pages in the order of their ids, terms sorted. Pages without terms are columns of zeros.

    Raises
    ------
    MatrixError
        if a counting process dies.

    Examples
    --------
    >>> from nmf_topics import Page
    >>> pages = [Page("1", "Tea", "green tea"), Page("2", "Coffee", "black coffee, no tea")]
    >>> counts = count_terms(pages, WordOptions())
    >>> list(counts.vocabulary.terms), counts.counts.toarray().tolist()
    (['black', 'coffee', 'green', 'tea'], [[0, 1], [0, 1], [1, 0], [1, 1]])
    """
    return gather_counts(pages, options, processes=processes, on_page=on_page).in_memory()


def count_new_pages(
    texts: Sequence[str],
    vocabulary: Vocabulary,
    readers: Readers,
    phrases: Phrases = NO_PHRASES,
    lines: Collection[str] = (),
) -> tuple[Any, list[Counter[str]]]:
    """Count the terms of a given vocabulary on new pages.

    Returns
    -------
    counts : CSC of int32, shape (m, n)
    unknown : for each page, the count of each lower-case word whose term is not in the vocabulary
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
    """Return the counts with phrases instead of their words; these words are also removed from `unknown`."""
    joiner = phrases.joiner({name: unit for unit, name in enumerate(units.names)}, len(units.names))
    in_units = units.of(sequence)
    page = np.cumsum(sequence == PAGE_END)
    change: Counter[tuple[int, int]] = Counter()
    for which, start, end in zip(*(part.tolist() for part in joiner.spans(in_units)), strict=True):
        row = vocabulary.index.get(joiner.terms[which])
        if row is None:
            continue  # the limits dropped this phrase: count its words
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
