"""What a fit needs besides the factorization: its V, the start of a guided one, the error of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError
from nmf_topics.factor.blocks import Array, PageBlocks, as_blocks
from nmf_topics.factor.kernels import one_blas_thread
from nmf_topics.factor.starts import make_start
from nmf_topics.factor.sums import page_squares, page_sums
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.weighting import MANY_ENTRIES
from nmf_topics.model.guide import rows_of_guide


def working_precision(data: DataMatrix) -> Any:
    """V as the loop takes it: 32 bits are enough for the weights of many words, take half the memory and half the time.

    What they cost is that an error is known to a few 1e-9 only, which a small V need not pay.
    """
    if data.rows.kind != "terms" or not sp.issparse(data.V) or data.V.nnz < MANY_ENTRIES:
        return data.V
    return data.V.astype(np.float32, copy=False)


def check_rank(data: DataMatrix, rank: int) -> None:
    """Refuse a rank that the data cannot fill."""
    m, n = data.V.shape
    known = int((page_sums(as_blocks(data.V)) > 0).sum())
    pages = "pages" if data.rows.kind == "terms" else "images"
    if not known:
        raise MatrixError(f"none of the {n} {pages} has anything on it: V holds only zeros")
    if rank > known:
        blank = f" with something on them (of {n})" if known < n else ""
        raise MatrixError(
            f"rank {rank} is larger than the number of {pages}{blank}, {known}; try --rank {max(1, known // 3)}"
        )
    if rank > m:
        raise MatrixError(f"rank {rank} is larger than the number of {data.rows.kind}, {m}; try a smaller --rank")


def guided(
    data: DataMatrix, V: PageBlocks, guide: Mapping[str, Sequence[str]], iterations: Mapping[str, Any]
) -> tuple[PageBlocks, tuple[Array, Array], dict[int, str]]:
    """V with the pages of a guide, where to begin, and the names of columns of W."""
    from nmf_topics.factor.guiding import GuidedBlocks

    rows, _ = rows_of_guide(data, guide)
    with one_blas_thread():
        blocks = GuidedBlocks(V, rows, iterations["objective"])
        W, H = make_start(V, iterations["rank"], iterations["start"], iterations["seed"])
        W, H, topics = blocks.start(W, H)
    return blocks, (W, H), dict(zip(topics, guide, strict=True))


def overall_error(V: Any, errors: Array, objective: str) -> float:
    """The error of all pages from that of each."""
    if objective == "kl":
        sizes = page_sums(as_blocks(V))
        return float(np.nansum(sizes * errors) / sizes.sum())
    squares = page_squares(as_blocks(V))
    return float(np.sqrt(np.nansum(squares * errors**2) / squares.sum()))
