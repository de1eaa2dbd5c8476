"""Counts to V: bounds on the vocabulary, then the weighting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.page_counts import PageCounts
from nmf_topics.matrix.weighting import fit_weighting
from nmf_topics.terms.pruning import Bounds, SelectedTerms, terms_within
from nmf_topics.terms.term_counts import SingleBatch, TermCounts


def build_term_matrix(
    counts: TermCounts,
    *,
    bounds: Bounds | None = None,
    weighting: str = "bm25",
    unit: bool = True,
    idf_power: float = 1.0,
    recipe: Mapping[str, Any] | None = None,
) -> DataMatrix:
    """V of terms x pages from counts.

    Parameters
    ----------
    counts : TermCounts, as `count_terms` gives them
    bounds : Bounds on the pages of a term; the defaults where None
    weighting : a key of WEIGHTINGS
    unit : whether columns are scaled to length one
    idf_power : exponent of the idf, for the weightings that have one
    recipe : what is known of the counts' origin, carried along

    Returns
    -------
    DataMatrix of shape (terms within bounds, pages); a page without any such term is a column of zeros.

    Raises
    ------
    MatrixError
        if no term is within bounds.
    """
    bounds = bounds or Bounds()
    within = terms_within(SingleBatch(counts), bounds)
    (batch,) = within.counts.batches()
    by_term = batch.counts.tocsr()
    described = within.described(bounds)
    page_counts = PageCounts.in_memory(sp.csc_matrix(by_term[described]), *names_of_counts(within, described))
    bounded = sp.csc_matrix(by_term[within.rows])
    fitted = fit_weighting(bounded, weighting, unit=unit, idf_power=idf_power)
    return DataMatrix(
        V=fitted.apply(bounded),
        rows=counts.vocabulary.take(within.rows),
        columns=counts.columns,
        weighting=fitted,
        recipe=recipe_of(counts, bounds, recipe, weighting=weighting, unit=unit, idf_power=idf_power),
        ledger=within.ledger,
        counts=page_counts,
    )


def names_of_counts(
    within: SelectedTerms, described: NDArray[np.int64]
) -> tuple[list[str], list[str], NDArray[np.int64]]:
    """Terms, surfaces and rows of V of the terms that describe topics, as `PageCounts` has them."""
    vocabulary = within.counts.vocabulary.take(described)
    row_of = np.full(len(within.status), -1, np.int64)
    row_of[within.rows] = np.arange(len(within.rows))
    return list(vocabulary.terms), list(vocabulary.surfaces), row_of[described]


def recipe_of(counts: Any, bounds: Bounds, origin: Mapping[str, Any] | None, **weights: Any) -> dict[str, Any]:
    """Every option that shapes V, from what is known of the counts' origin, the counts, bounds and weights."""
    return {
        **(origin or {}),
        "words": asdict(counts.options),
        **({"phrases": counts.phrases.to_meta()} if counts.phrases else {}),
        **({"shared_lines": dict(counts.shared_lines)} if counts.shared_lines else {}),
        "bounds": asdict(bounds),
        **weights,
    }
