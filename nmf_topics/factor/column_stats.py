"""Statistics of V by column: sums, sizes, co-occurrence of terms, and a single column.

Each takes one pass over the blocks of V, wherever it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor.blocks import Array, PageBlocks, column_squares, column_sums


def page_sums(V: PageBlocks) -> Array:
    """The sum of each page; shape (n,), float64.

    Examples
    --------
    >>> from nmf_topics.factor.blocks import as_blocks
    >>> page_sums(as_blocks(np.array([[1.0, 2.0], [3.0, 0.0]])))
    array([4., 2.])
    """
    return page_sizes(V, column_sums)


def page_squares(V: PageBlocks) -> Array:
    """||v||^2 of each page; shape (n,), float64."""
    return page_sizes(V, column_squares)


def page_sizes(V: PageBlocks, fn: Callable[[Any], Array]) -> Array:
    """What a function of the columns of a block, such as `Objective.page_sizes`, gives for each page.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    fn : returns one number for each column of a block; at module level, so that it can be sent to another process

    Returns
    -------
    ndarray of shape (n,), float64
    """
    result = np.empty(V.shape[1])
    for columns, part in V.map(fn):
        result[columns] = part
    return result


def cooccurrence_counts(V: PageBlocks, rows: Sequence[int]) -> Array:
    """Count the pages on which two terms occur together.

    Parameters
    ----------
    V : PageBlocks of shape (m, n); an entry above zero means that the term is on the page
    rows : k terms, as rows of V

    Returns
    -------
    ndarray of shape (k, k), float64, of whole numbers; the diagonal counts the pages of each term

    Examples
    --------
    >>> from nmf_topics.factor.blocks import as_blocks
    >>> cooccurrence_counts(as_blocks(np.array([[1.0, 2.0], [3.0, 0.0]])), [0, 1])
    array([[2., 1.],
           [1., 1.]])
    """
    result = np.zeros((len(rows), len(rows)))
    if len(rows):
        for _, part in V.map(partial(_cooccurrences, rows=np.asarray(rows))):
            result += part
    return result


def _cooccurrences(V: Any, *, rows: np.ndarray) -> Array:
    present = (sp.csr_matrix(V)[rows] > 0).astype(np.float64)
    return np.asarray((present @ present.T).todense())


def column(V: PageBlocks, page: int) -> Array:
    """One page of V, dense; shape (m,).

    Raises
    ------
    IndexError
        if V has no such page.
    """
    if not 0 <= page < V.shape[1]:
        raise IndexError(f"there is no page {page} among {V.shape[1]}")
    for columns, block in V.map(_column, split=(np.arange(V.shape[1]) == page,)):
        if columns.start <= page < columns.stop:
            return np.asarray(block)
    raise AssertionError("the blocks do not cover V")


def _column(V: Any, chosen: np.ndarray) -> Array | None:
    """The chosen column of a block; None if it is in another block."""
    found = np.flatnonzero(chosen)
    if not found.size:
        return None
    column = V[:, int(found[0])]
    return np.asarray(column.todense() if sp.issparse(column) else column).ravel()
