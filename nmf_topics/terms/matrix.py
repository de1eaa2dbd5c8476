"""From counts to V: apply the vocabulary limits, then the weighting."""

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
    """Build V (terms x pages) from counts.

    Parameters
    ----------
    counts : TermCounts (see `count_terms`)
    bounds : vocabulary limits; None: the defaults
    weighting : a key of WEIGHTINGS
    unit : whether to scale columns to unit length
    idf_power : exponent of the idf, for weightings that use it
    recipe : description of the source of the counts; stored with V

    Returns
    -------
    DataMatrix of shape (selected terms, pages); a page without any of these terms is a column of zeros

    Raises
    ------
    MatrixError
        if no term is within the limits.

    Examples
    --------
    >>> from nmf_topics import Page, WordOptions, count_terms
    >>> pages = [Page("1", "Tea", "green tea"), Page("2", "Coffee", "black coffee, no tea")]
    >>> counts = count_terms(pages, WordOptions())
    >>> data = build_term_matrix(counts, bounds=Bounds(min_pages=1, max_pages=1.0), weighting="frequency", unit=False)
    >>> data.V.toarray().round(2).tolist()
    [[0.0, 0.33], [0.0, 0.33], [0.5, 0.0], [0.5, 0.33]]
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
    """Return all options that determine V: of the source, the counts, the limits and the weighting."""
    return {
        **(origin or {}),
        "words": asdict(counts.options),
        **({"phrases": counts.phrases.to_meta()} if counts.phrases else {}),
        **({"shared_lines": dict(counts.shared_lines)} if counts.shared_lines else {}),
        "bounds": asdict(bounds),
        **weights,
    }
