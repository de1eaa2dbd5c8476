"""From counts to V on disk: the same as `terms.matrix`, one batch of counts at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.page_counts import FOLDER, PageCounts
from nmf_topics.matrix.stored import store_names
from nmf_topics.matrix.streaming import page_lengths, write_counts, write_weighted
from nmf_topics.matrix.weighting import Statistics, fit_weighting
from nmf_topics.terms.matrix import names_of_counts, recipe_of
from nmf_topics.terms.pruning import Bounds, SelectedTerms
from nmf_topics.terms.words_table import word_table


def build_term_blocks(
    within: SelectedTerms,
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
    """Build V (terms x pages) on disk from counts in batches; one batch or block is in memory at a time.

    Parameters
    ----------
    within : the counts and the selected terms (see `terms_within`)
    folder : folder for the blocks; new, or one with blocks to replace
    block : number of pages in a block
    bounds, weighting, unit, idf_power, recipe : as in `build_term_matrix`
    ledger : returns the final token accounting from the number of pages without terms and the accounting so far

    Raises
    ------
    MatrixError
        if no page has a selected term.
    OutputError
        if the blocks cannot be written.
    """
    counts = within.counts
    n_pages = len(counts.columns)
    lengths = page_lengths(counts.batches, within.rows, len(counts.vocabulary), n_pages)
    statistics = Statistics.of_sums(counts.pages[within.rows], counts.tokens[within.rows], lengths)
    fitted = fit_weighting(statistics, weighting, unit=unit, idf_power=idf_power)
    vocabulary: Any = counts.vocabulary.take(within.rows)
    full_recipe = recipe_of(counts, bounds, recipe, weighting=weighting, unit=unit, idf_power=idf_power)
    full_ledger = ledger(int((lengths == 0).sum()), within.ledger)
    words = word_table(within)
    described = within.described(bounds)
    named = names_of_counts(within, described)

    def beside(partial: Path) -> None:
        store_names(partial, vocabulary, counts.columns, fitted, full_recipe, full_ledger, words)
        write_counts(partial / FOLDER, counts.batches, described, n_pages, *named, columns=block)

    V = write_weighted(
        folder, counts.batches, within.rows, fitted, n_pages, columns=block, dtype=within.dtype, beside=beside
    )
    page_counts = PageCounts.on_disk(folder / FOLDER)
    return DataMatrix(V, vocabulary, counts.columns, fitted, full_recipe, full_ledger, words, page_counts)
