"""What is asked of V besides its factors, through the seam: sums over pages, pairs of terms, a single page.

Each costs one pass over the blocks of V, wherever it lives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor.blocks import Array, PageBlocks, column_squares, column_sums


def page_sums(V: PageBlocks) -> Array:
    """Sum of each page's entries; shape (n,), float64."""
    return _of_pages(V, column_sums)


def page_squares(V: PageBlocks) -> Array:
    """||v||^2 of each page; shape (n,), float64."""
    return _of_pages(V, column_squares)


def page_sizes(V: PageBlocks, fn: Callable[[Any], Array]) -> Array:
    """What a function of a block's columns gives for each page; shape (n,), float64."""
    return _of_pages(V, fn)


def _of_pages(V: PageBlocks, fn: Any) -> Array:
    result = np.empty(V.shape[1])
    for columns, part in V.map(fn):
        result[columns] = part
    return result


def cooccurrence_counts(V: PageBlocks, rows: Sequence[int]) -> Array:
    """On how many pages two terms stand both.

    Parameters
    ----------
    V : PageBlocks of shape (m, n); an entry above zero says that the term is on the page
    rows : k terms

    Returns
    -------
    ndarray of shape (k, k), float64, of whole numbers; the diagonal has the pages of each term
    """
    result = np.zeros((len(rows), len(rows)))
    if len(rows):
        for _, part in V.map(partial(_together, rows=np.asarray(rows))):
            result += part
    return result


def _together(V: Any, *, rows: np.ndarray) -> Array:
    present = (sp.csr_matrix(V)[rows] > 0).astype(np.float64)
    return np.asarray((present @ present.T).todense())


def column(V: PageBlocks, page: int) -> Array:
    """A column of V, dense; shape (m,)."""
    if not 0 <= page < V.shape[1]:
        raise IndexError(f"there is no page {page} among {V.shape[1]}")
    for columns, block in V.map(_column, split=(np.arange(V.shape[1]) == page,)):
        if columns.start <= page < columns.stop:
            return np.asarray(block)
    raise AssertionError("the blocks do not cover V")


def _column(V: Any, chosen: np.ndarray) -> Array | None:
    """The chosen column of a block, if it is there."""
    found = np.flatnonzero(chosen)
    if not found.size:
        return None
    column = V[:, int(found[0])]
    return np.asarray(column.todense() if sp.issparse(column) else column).ravel()
