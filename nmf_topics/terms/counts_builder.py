"""Build the counts of a corpus while it is read.

The token counters of several processes number their tokens independently. Here these numbers are mapped to terms, and
terms to rows of one matrix. The result does not depend on the order of pages or on the number of processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.terms.batches import Batch, CountBatches
from nmf_topics.terms.phrase_counts import PhraseSubstitution, PhraseUnits, Sequences
from nmf_topics.terms.phrases import Phrases, find_phrases
from nmf_topics.terms.surface_forms import MAX_DROPPED_WORDS, DroppedWord, Forms, format_forms, surface_of
from nmf_topics.terms.term_counts import BatchedCounts, CountsInfo, TermCounts
from nmf_topics.terms.token_counter import BatchCounts, Growing
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import Readers, WordOptions


class CountsBuilder(BatchedCounts):
    """Collects the counts of a corpus in batches; `finish` makes it complete.

    Parameters
    ----------
    options : WordOptions
    batches : storage of the batches
    shared_lines : lines that are removed because many pages share them, with the number of pages
    """

    def __init__(
        self, options: WordOptions, batches: CountBatches, shared_lines: Mapping[str, int] | None = None
    ) -> None:
        self._options = options
        self._shared_lines = dict(shared_lines or {})
        self._languages: Counter[str] = Counter()
        self._phrases = Phrases()
        self._removed: Counter[str] = Counter()
        self._readers = Readers(options)
        self._batches = batches
        self._sequences = Sequences() if options.phrases else None
        self._moved: NDArray[np.int64] | None = None  # provisional row -> change of its tokens by phrases
        self._phrase_forms: dict[int, list[tuple[str, int]]] = {}  # provisional row of a phrase -> its word forms
        self._tokens: dict[str, dict[str, int]] = {}  # language -> token -> number
        self._names: list[str] = []  # number -> token
        self._total = Growing()  # number -> occurrences of the token
        self._row_of = Growing()  # token -> provisional row
        self._rows: dict[tuple[str, str], int] = {}  # (term, "kept") or (word, reason) -> provisional row
        self._pages_of = Growing()  # provisional row -> pages
        self._numbers: dict[tuple[int, int], Growing] = {}  # counter -> numbers of its tokens here

    def add(self, found: BatchCounts) -> None:
        """Add the counts of the next pages."""
        numbers = self._numbers.setdefault(found.origin, Growing())
        for language, fresh in found.fresh:
            numbers.extend(self._numbers_of(language, fresh))
        tokens = numbers.array[found.token]
        size = len(self._total.array)
        self._total.array[:] += np.bincount(tokens, weights=found.count, minlength=size).astype(np.int64)
        self._languages.update(found.languages)
        self._removed.update(found.removed)
        shape = (len(self._rows), len(found.languages))
        # rows first: as pages come in order, neither format has to be sorted
        counts = sp.csr_matrix((found.count, (self._row_of.array[tokens], found.page)), shape=shape).tocsc()
        self._pages_of.array[:] += np.bincount(counts.indices, minlength=len(self._rows))
        self._batches.add(counts)
        if self._sequences is not None and found.sequence is not None:
            known = found.sequence >= 0
            sequence = found.sequence.copy()
            sequence[known] = numbers.array[found.sequence[known]]
            self._sequences.add(sequence)

    def _numbers_of(self, language: str, tokens: Sequence[str]) -> list[int]:
        """Return the numbers of some tokens; new tokens are converted to terms."""
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

    def finish(
        self,
        pages: PageColumns,
        *,
        keep_order: bool = False,
    ) -> None:
        """Determine the final rows and columns after the last page.

        Parameters
        ----------
        pages : the pages in the order of reading
        keep_order : leave the columns in this order instead of sorting them by id
        """
        n = len(pages)
        position = np.arange(n) if keep_order else np.argsort(np.array(pages.ids, dtype=object), kind="stable")
        self._column_of = np.empty(n, np.int64)
        self._column_of[position] = np.arange(n)
        columns = pages.take(position.tolist())

        if self._sequences is not None:
            self._join_phrases(self._sequences)
        tokens = self._tokens_of_rows()
        kept = sorted((name, row) for (name, reason), row in self._rows.items() if reason == "kept")
        rows = np.array([row for _, row in kept], np.int64)
        self._final_row = np.full(len(self._rows), -1, np.int64)
        self._final_row[rows] = np.arange(len(rows))
        self.tokens, self.pages = tokens[rows], self._pages_of.array[rows]
        terms = [name for name, _ in kept]
        surfaces, forms = self._written(terms, tokens)
        dropped = self._removed
        for (_, reason), row in self._rows.items():
            if reason != "kept":
                dropped[reason] += int(tokens[row])
        width = np.array([len(self._phrases.words.get(term, " ")) for term in terms], np.int64)
        total = int((self.tokens * width).sum())
        self.info = CountsInfo(
            Vocabulary(terms, surfaces),
            columns,
            self._options,
            ledger={
                "tokens": total + sum(dropped.values()),
                "kept": total,
                "dropped": dict(sorted(dropped.items())),
            },
            languages=dict(sorted(self._languages.items())),
            phrases=self._phrases,
            shared_lines=self._shared_lines,
            forms=forms,
            keep=self._terms_to_keep(terms),
        )

    def _terms_to_keep(self, terms: Sequence[str]) -> NDArray[np.bool_] | None:
        """Return which terms the user never wants to drop, shape (m,); None if no words are to be kept."""
        if not self._options.keep:
            return None
        keep: set[str] = set().union(*(self._readers.reader(language).terms_to_keep for language in self._languages))
        return np.array([term in keep for term in terms], bool)

    def _tokens_of_rows(self) -> NDArray[np.int64]:
        """Return the number of occurrences of each provisional row."""
        tokens = np.bincount(self._row_of.array, weights=self._total.array, minlength=len(self._rows))
        return tokens.astype(np.int64) + (0 if self._moved is None else self._moved)

    def _join_phrases(self, sequences: Sequences) -> None:
        """Find phrases, and count each occurrence for the phrase instead of for its words."""
        names = list(self._rows)
        read = [(name if reason == "kept" else None, reason) for name, reason in names]
        units = PhraseUnits(self._names, [read[row] for row in self._row_of.array.tolist()])
        self._phrases = find_phrases(lambda: map(units.of, sequences), units.names, units.n_terms)
        joiner = self._phrases.joiner({name: unit for unit, name in enumerate(units.names)}, len(units.names))
        rows = [self._rows[name, "kept"] for name in units.names[: units.n_terms]]
        rows += [self._rows[name.lower(), "stop"] for name in units.names[units.n_terms :]]
        rows += [self._rows.setdefault((term, "kept"), len(self._rows)) for term in joiner.terms]
        moved = PhraseSubstitution(joiner, np.array(rows, np.int64), len(self._rows))
        for number, sequence in enumerate(sequences):
            self._batches.change(number, moved.apply(self._batches[number], sequence, units.of(sequence)))
        self._pages_of = Growing()
        self._pages_of.extend(moved.pages)
        self._moved = moved.tokens
        for row, found in moved.spellings.items():
            named = [(" ".join(self._names[number] for number in numbers), count) for numbers, count in found.items()]
            self._phrase_forms[row] = named

    def _written(self, terms: Sequence[str], tokens: NDArray[np.int64]) -> tuple[list[str], Forms]:
        """Return the surface form of each term, and the word forms of all words."""
        surfaces, of_terms = [""] * len(terms), [""] * len(terms)
        others: list[DroppedWord] = []
        reasons = [reason for _, reason in self._rows]
        for row, forms in self._forms():
            surface, final, count = surface_of(forms), int(self._final_row[row]), int(tokens[row])
            if final >= 0:
                surfaces[final], of_terms[final] = surface, "" if forms == [(surface, count)] else format_forms(forms)
            elif count:
                others.append(
                    DroppedWord(surface, reasons[row], int(self._pages_of.array[row]), count, format_forms(forms))
                )
        others.sort(key=attrgetter("word", "reason"))
        others.sort(key=attrgetter("count"), reverse=True)
        return surfaces, Forms(of_terms, others[:MAX_DROPPED_WORDS])

    def _forms(self) -> Iterator[tuple[int, list[tuple[str, int]]]]:
        """Yield provisional rows with their tokens and the number of occurrences of each token."""
        yield from self._phrase_forms.items()
        row_of, totals = self._row_of.array, self._total.array.tolist()
        order = np.argsort(row_of, kind="stable")
        starts = np.flatnonzero(np.diff(row_of[order], prepend=-1))
        numbers, rows = order.tolist(), row_of[order[starts]].tolist()
        for row, (start, end) in zip(rows, pairwise([*starts.tolist(), len(numbers)]), strict=True):
            yield row, [(self._names[number], totals[number]) for number in numbers[start:end]]

    def close(self) -> None:
        """Release what is needed only while reading."""
        if self._sequences is not None:
            self._sequences.close()
        self._readers = Readers(self._options)  # without its cache of words
        self._tokens, self._rows, self._numbers = {}, {}, {}

    def batches(self) -> Iterator[Batch]:
        """Yield the batches in the order of reading, with final rows and columns; can be called repeatedly."""
        return self._batches.walk(self._final_row, self._column_of, len(self.vocabulary))

    def in_memory(self) -> TermCounts:
        """Return the counts as one matrix; the batches are emptied."""
        return TermCounts(self._batches.matrix(self._final_row, self._column_of, len(self.vocabulary)), self.info)
