"""Bounds on the vocabulary: which of the terms that were counted become rows of V."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError
from nmf_topics.words.counts import TermCounts


@dataclass(frozen=True)
class Bounds:
    """Which terms are rows of V.

    Attributes
    ----------
    min_pages : a term must be on so many pages; a number below 1 is a share of the pages; None: 2 % of the pages,
        but at least 2 and at most 5
    max_pages : and on no more than so many; 1.0 and below is a share of the pages, which a min_pages of None can only
        raise
    max_terms : of those that remain, the most frequent ones; None: all
    """

    min_pages: float | None = None
    max_pages: float = 0.5
    max_terms: int | None = None

    def limits(self, n_pages: int) -> tuple[float, float]:
        """Smallest and largest number of pages a term may be on."""
        high = _share(self.max_pages, n_pages) if self.max_pages <= 1 else float(self.max_pages)
        if self.min_pages is None:
            low = float(min(5, max(2, round(0.02 * n_pages))))
            if self.max_pages <= 1:
                high = max(high, low)  # of a handful of pages no word could be on two and on few enough
        else:
            low = _share(self.min_pages, n_pages) if self.min_pages < 1 else float(self.min_pages)
        return low, high


def _share(share: float, n_pages: int) -> float:
    """So many pages; 0.07 of 100 are 7, not the 7.000000000000001 of the machine."""
    return round(share * n_pages, 6)


def bound_terms(counts: TermCounts, bounds: Bounds) -> TermCounts:
    """Counts of the terms within bounds only; the ledger says how many tokens fell to which bound.

    Raises
    ------
    MatrixError
        if no term is left.
    """
    n_pages = len(counts.columns)
    by_row = counts.counts.tocsr()
    pages = np.diff(by_row.indptr)
    tokens = np.asarray(by_row.sum(axis=1), dtype=np.int64).ravel()
    low, high = bounds.limits(n_pages)
    rare, common = pages < low, (pages >= low) & (pages > high)
    keep = ~(rare | common)
    surplus = np.zeros_like(keep)
    if bounds.max_terms is not None and keep.sum() > bounds.max_terms:
        order = np.flatnonzero(keep)
        order = order[np.argsort(-tokens[order], kind="stable")]  # terms are sorted: the earlier one among equals
        surplus[order[bounds.max_terms :]] = True
        keep &= ~surplus
    if not keep.any():
        raise MatrixError(
            f"no words are left of {len(pages)} distinct ones on {n_pages} pages: {int(rare.sum())} are on fewer than "
            f"{low:g} pages, {int(common.sum())} on more than {high:g}; try a lower --min-pages or a higher "
            f"--max-pages"
        )
    dropped = dict(counts.ledger.get("dropped", {}))
    for reason, rows in (("rare", rare), ("common", common), ("beyond max_terms", surplus)):
        dropped[reason] = dropped.get(reason, 0) + int(tokens[rows].sum())
    ledger = {**counts.ledger, "kept": int(tokens[keep].sum()), "dropped": dropped}
    rows = np.flatnonzero(keep)
    return replace(counts, counts=sp.csc_matrix(by_row[rows]), vocabulary=counts.vocabulary.take(rows), ledger=ledger)
