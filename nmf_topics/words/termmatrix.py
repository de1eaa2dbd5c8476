"""Counts to V: bounds on the vocabulary, then the weighting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.weighting import fit_weighting
from nmf_topics.words.bounds import Bounds, bound_terms
from nmf_topics.words.termcounts import TermCounts


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
    bounded = bound_terms(counts, bounds)
    fitted = fit_weighting(bounded.counts, weighting, unit=unit, idf_power=idf_power)
    return DataMatrix(
        V=fitted.apply(bounded.counts),
        rows=bounded.vocabulary,
        columns=bounded.columns,
        weighting=fitted,
        recipe=recipe_of(counts, bounds, recipe, weighting=weighting, unit=unit, idf_power=idf_power),
        ledger=bounded.ledger,
    )


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
