"""Counts to V on disk: what `termmatrix` does, a batch of counts at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.matrix.stored import store_names
from nmf_topics.matrix.streaming import page_lengths, write_weighted
from nmf_topics.matrix.weighting import MANY_ENTRIES, Statistics, fit_weighting
from nmf_topics.words.batches import Batch
from nmf_topics.words.bounds import VERDICTS, Bounds, judge, rows_to_keep
from nmf_topics.words.gathered import TermCounts
from nmf_topics.words.phrases import Phrases
from nmf_topics.words.reading import WordOptions
from nmf_topics.words.termmatrix import recipe_of
from nmf_topics.words.vocabulary import Vocabulary


class BatchedCounts(Protocol):
    """Counts in batches, as `words.counts.Gathered` has them."""

    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def columns(self) -> PageColumns: ...
    @property
    def options(self) -> WordOptions: ...
    @property
    def ledger(self) -> Mapping[str, Any]: ...
    @property
    def languages(self) -> Iterable[str]: ...
    @property
    def phrases(self) -> Phrases: ...
    @property
    def shared_lines(self) -> Mapping[str, int]: ...
    @property
    def pages(self) -> NDArray[np.int64]: ...
    @property
    def tokens(self) -> NDArray[np.int64]: ...
    def batches(self) -> Iterator[Batch]: ...


class OneBatch:
    """Counts that are in memory as one matrix, for those who want batches."""

    def __init__(self, counts: TermCounts) -> None:
        self.counts = counts.counts
        self.vocabulary, self.columns, self.options = counts.vocabulary, counts.columns, counts.options
        self.ledger, self.languages, self.phrases = counts.ledger, counts.languages, counts.phrases
        self.shared_lines = counts.shared_lines

    @cached_property
    def pages(self) -> NDArray[np.int64]:
        """Pages that have a term; shape (m,)."""
        return np.bincount(self.counts.indices, minlength=len(self.vocabulary))

    @cached_property
    def tokens(self) -> NDArray[np.int64]:
        """How often a term occurs in all; shape (m,)."""
        found = np.bincount(self.counts.indices, weights=self.counts.data, minlength=len(self.vocabulary))
        return found.astype(np.int64)

    def batches(self) -> Iterator[Batch]:
        """All of it."""
        yield Batch(np.arange(len(self.columns)), self.counts)


@dataclass(frozen=True)
class TermsWithin:
    """Which terms are rows of V, known before any weight is made.

    Attributes
    ----------
    rows : ndarray of int64, the terms that bounds keep
    stored : entries that V will have
    ledger : of the counts, with what the bounds dropped
    """

    rows: NDArray[np.int64]
    stored: int
    ledger: Mapping[str, Any]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the entries of V on disk: that in which it would be factored in memory."""
        return np.dtype(np.float32 if self.stored >= MANY_ENTRIES else np.float64)


def terms_within(counts: BatchedCounts, bounds: Bounds) -> TermsWithin:
    """Judge all terms.

    Raises
    ------
    MatrixError
        if no term is within bounds.
    """
    keep = rows_to_keep(counts.vocabulary, counts.options, counts.languages)
    verdict = judge(counts.pages, counts.tokens, len(counts.columns), bounds, keep)
    dropped = dict(counts.ledger.get("dropped", {}))
    for number, reason in enumerate(VERDICTS[1:], 1):
        dropped[reason] = dropped.get(reason, 0) + int(counts.tokens[verdict == number].sum())
    rows = np.flatnonzero(verdict == 0)
    ledger = {**counts.ledger, "kept": int(counts.tokens[rows].sum()), "dropped": dropped}
    return TermsWithin(rows, int(counts.pages[rows].sum()), ledger)


def build_term_blocks(
    counts: BatchedCounts,
    within: TermsWithin,
    folder: Path,
    *,
    block: int,
    bounds: Bounds,
    weighting: str = "bm25",
    unit: bool = True,
    idf_power: float = 1.0,
    recipe: Mapping[str, Any] | None = None,
    ledger: Callable[[int, Mapping[str, Any]], Mapping[str, Any]] = lambda blank, ledger: ledger,
) -> DataMatrix:
    """V of terms x pages on disk, from counts in batches; one batch or one block is in memory at a time.

    Parameters
    ----------
    counts : BatchedCounts
    within : as `terms_within` gives it for `bounds`
    folder : of the blocks, new or an older one of this kind
    block : pages of a block
    bounds, weighting, unit, idf_power, recipe : as in `build_term_matrix`
    ledger : makes the final ledger from the number of pages without any term within bounds and the ledger so far

    Raises
    ------
    MatrixError
        if no page has any term within bounds.
    OutputError
        if the blocks cannot be written.
    """
    n_pages = len(counts.columns)
    lengths = page_lengths(counts.batches, within.rows, len(counts.vocabulary), n_pages)
    statistics = Statistics.of_sums(counts.pages[within.rows], counts.tokens[within.rows], lengths)
    fitted = fit_weighting(statistics, weighting, unit=unit, idf_power=idf_power)
    vocabulary: Any = counts.vocabulary.take(within.rows)
    full_recipe = recipe_of(counts, bounds, recipe, weighting=weighting, unit=unit, idf_power=idf_power)
    full_ledger = ledger(int((lengths == 0).sum()), within.ledger)

    def names(partial: Path) -> None:
        store_names(partial, vocabulary, counts.columns, fitted, full_recipe, full_ledger)

    V = write_weighted(
        folder, counts.batches, within.rows, fitted, n_pages, columns=block, dtype=within.dtype, beside=names
    )
    return DataMatrix(V, vocabulary, counts.columns, fitted, full_recipe, full_ledger)
