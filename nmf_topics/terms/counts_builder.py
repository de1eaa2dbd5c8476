"""The counts of a corpus while it is read, and once it has been.

Here the numbers that counters give to tokens become terms, and terms the rows of a matrix, whichever of several
counters met a token first: nothing depends on the order in which pages come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.terms.batches import Batch, CountBatches
from nmf_topics.terms.phrase_counts import PhraseSubstitution, PhraseUnits, Sequences
from nmf_topics.terms.phrases import Phrases, find_phrases
from nmf_topics.terms.surface_forms import MOST, DroppedWord, Forms, surface_of, told
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.terms.token_counter import BatchCounts, Growing
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import Readers, WordOptions


class CountsBuilder:
    """The counts of a corpus that has been read, still in batches.

    Attributes
    ----------
    vocabulary : Vocabulary of length m, sorted
    columns : PageColumns of length n, in the order of ids
    options : WordOptions
    ledger : as in `TermCounts`
    pages, tokens : ndarrays of int64, shape (m,), pages that have a term and how often it occurs in all
    languages : how many pages are in which language
    phrases : those that are terms
    shared_lines, forms : as in `TermCounts`
    """

    def __init__(self, options: WordOptions, batches: CountBatches) -> None:
        self.options = options
        self.languages: Counter[str] = Counter()
        self.phrases = Phrases()
        self.shared_lines: dict[str, int] = {}
        self._removed: Counter[str] = Counter()
        self._readers = Readers(options)
        self._batches = batches
        self._sequences = Sequences() if options.phrases else None
        self._moved: NDArray[np.int64] | None = None  # provisional row -> tokens that phrases gave to it, or took
        self._phrase_forms: dict[int, list[tuple[str, int]]] = {}  # provisional row of a phrase -> how it is written
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
        size = len(self._total.array)
        self._total.array[:] += np.bincount(tokens, weights=found.count, minlength=size).astype(np.int64)
        self.languages.update(found.languages)
        self._removed.update(found.removed)
        shape = (len(self._rows), len(found.languages))
        # by rows first, as pages come in order: then neither form has to be sorted
        counts = sp.csr_matrix((found.count, (self._row_of.array[tokens], found.page)), shape=shape).tocsc()
        self._pages_of.array[:] += np.bincount(counts.indices, minlength=len(self._rows))
        self._batches.add(counts)
        if self._sequences is not None and found.sequence is not None:
            known = found.sequence >= 0
            sequence = found.sequence.copy()
            sequence[known] = numbers.array[found.sequence[known]]
            self._sequences.add(sequence)

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

        if self._sequences is not None:
            self._join_phrases(self._sequences)
        tokens = self._tokens_of_rows()
        kept = sorted((name, row) for (name, reason), row in self._rows.items() if reason == "kept")
        rows = np.array([row for _, row in kept], np.int64)
        self._final_row = np.full(len(self._rows), -1, np.int64)
        self._final_row[rows] = np.arange(len(rows))
        self.tokens, self.pages = tokens[rows], self._pages_of.array[rows]
        terms = [name for name, _ in kept]
        surfaces, self.forms = self._written(terms, tokens)
        self.vocabulary = Vocabulary(terms, surfaces)
        dropped = self._removed
        for (_, reason), row in self._rows.items():
            if reason != "kept":
                dropped[reason] += int(tokens[row])
        width = np.array([len(self.phrases.words.get(term, " ")) for term in terms], np.int64)
        total = int((self.tokens * width).sum())
        self.ledger = {
            "tokens": total + sum(dropped.values()),
            "kept": total,
            "dropped": dict(sorted(dropped.items())),
        }

    def _tokens_of_rows(self) -> NDArray[np.int64]:
        """How often what each provisional row stands for occurs."""
        tokens = np.bincount(self._row_of.array, weights=self._total.array, minlength=len(self._rows))
        return tokens.astype(np.int64) + (0 if self._moved is None else self._moved)

    def _join_phrases(self, sequences: Sequences) -> None:
        """Find phrases, and count each occurrence as one of the phrase and none of its words."""
        names = list(self._rows)
        read = [(name if reason == "kept" else None, reason) for name, reason in names]
        units = PhraseUnits(self._names, [read[row] for row in self._row_of.array.tolist()])
        self.phrases = find_phrases(lambda: map(units.of, sequences), units.names, units.n_terms)
        joiner = self.phrases.joiner({name: unit for unit, name in enumerate(units.names)}, len(units.names))
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
        """What readers see of each term, and the forms of all words."""
        surfaces, of_terms = [""] * len(terms), [""] * len(terms)
        others: list[DroppedWord] = []
        reasons = [reason for _, reason in self._rows]
        for row, forms in self._forms():
            surface, final, count = surface_of(forms), int(self._final_row[row]), int(tokens[row])
            if final >= 0:
                surfaces[final], of_terms[final] = surface, "" if forms == [(surface, count)] else told(forms)
            elif count:
                others.append(DroppedWord(surface, reasons[row], int(self._pages_of.array[row]), count, told(forms)))
        others.sort(key=attrgetter("word", "reason"))
        others.sort(key=attrgetter("count"), reverse=True)
        return surfaces, Forms(of_terms, others[:MOST])

    def _forms(self) -> Iterator[tuple[int, list[tuple[str, int]]]]:
        """Provisional rows, each with the tokens that led to it and how often they occur."""
        yield from self._phrase_forms.items()
        row_of, totals = self._row_of.array, self._total.array.tolist()
        order = np.argsort(row_of, kind="stable")
        starts = np.flatnonzero(np.diff(row_of[order], prepend=-1))
        numbers, rows = order.tolist(), row_of[order[starts]].tolist()
        for row, (start, end) in zip(rows, pairwise([*starts.tolist(), len(numbers)]), strict=True):
            yield row, [(self._names[number], totals[number]) for number in numbers[start:end]]

    def close(self) -> None:
        """Give back what only reading needed."""
        if self._sequences is not None:
            self._sequences.close()
        self._readers = Readers(self.options)  # without the words that it has read
        self._tokens, self._rows, self._numbers = {}, {}, {}

    def batches(self) -> Iterator[Batch]:
        """The counts, batch by batch in the order of reading, under final rows and columns; as often as wanted."""
        return self._batches.walk(self._final_row, self._column_of, len(self.vocabulary))

    def in_memory(self) -> TermCounts:
        """The counts as one matrix; the batches are given up for it."""
        counts = self._batches.matrix(self._final_row, self._column_of, len(self.vocabulary))
        languages = dict(sorted(self.languages.items()))
        return TermCounts(
            counts,
            self.vocabulary,
            self.columns,
            self.options,
            self.ledger,
            languages,
            self.phrases,
            self.shared_lines,
            self.forms,
        )
