"""What is asked of V through the seam: the answers of numpy on V whole, wherever V lives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.column_stats import column, cooccurrence_counts, page_squares, page_sums
from nmf_topics.factor.engines.disk import to_disk

V = np.random.default_rng(8).random((20, 31)) * (np.random.default_rng(9).random((20, 31)) < 0.4)
V[:, 5] = V[7] = 0.0
PLACES: dict[str, Callable[[Path], Any]] = {
    "memory, dense": lambda folder: as_blocks(V),
    "memory, sparse": lambda folder: as_blocks(sp.csr_matrix(V)),
    "disk, dense": lambda folder: to_disk(V, folder / "x", columns=7),
    "disk, sparse": lambda folder: to_disk(sp.csc_matrix(V), folder / "x", columns=9),
}


@pytest.fixture(params=PLACES)
def blocks(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """V on each engine."""
    return PLACES[request.param](tmp_path)


def test_sums_over_pages(blocks: Any) -> None:
    """Of entries and of their squares, one a page."""
    np.testing.assert_allclose(page_sums(blocks), V.sum(axis=0), rtol=1e-14)
    np.testing.assert_allclose(page_squares(blocks), (V**2).sum(axis=0), rtol=1e-14)


@pytest.mark.parametrize("rows", [[], [3], [7, 3], [0, 19, 4, 4]])
def test_pairs_of_terms(rows: list[int], blocks: Any) -> None:
    """Pages that have both of two terms, counted exactly."""
    present = (V[rows] > 0).astype(float)
    np.testing.assert_array_equal(cooccurrence_counts(blocks, rows), present @ present.T)


@pytest.mark.parametrize("page", [0, 5, 8, 9, 30])
def test_one_page(page: int, blocks: Any) -> None:
    """Any column, from whichever block it is in."""
    np.testing.assert_array_equal(column(blocks, page), V[:, page])


@pytest.mark.parametrize("page", [-1, 31])
def test_no_such_page(page: int, blocks: Any) -> None:
    """There is no page before the first or after the last."""
    with pytest.raises(IndexError, match=f"no page {page} among 31"):
        column(blocks, page)
