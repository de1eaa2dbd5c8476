"""Split long pages into pieces: topics are fitted on pieces and aggregated to pages.

A piece is counted and weighted like a page, and the columns of V are pieces. After the fit, the weights of a page are
the mean of those of its pieces, weighted by their numbers of words (equally if no piece has words):

    h_page = sum_j (words_j / words) h_j        for all losses
    error  = error of all its pieces together

`classify` does the same for new pages, so a page of the fit gets the same weights again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.corpus.page import Page
from nmf_topics.factor.blocks import Array
from nmf_topics.factor.objectives import objective_of
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.text.split import cut_text

SEPARATOR = "\n"  # between the id of a page and the number of a piece; ids contain no line ends


def pieces_of(pages: Iterable[Page], size: int) -> Iterator[Page]:
    """Yield the pieces of pages as pages; the first piece of a page has its metadata."""
    for page in pages:
        for number, piece in enumerate(cut_text(page.text, size)):
            meta = {"words": piece.words, "page": dict(page.meta) if number == 0 else None}
            yield Page(f"{page.id}{SEPARATOR}{number:09}", page.title, piece.text, meta, page.row)


def page_of(piece: str) -> str:
    """Return the id of the page to which a piece belongs, from the id of the piece."""
    return piece.partition(SEPARATOR)[0]


@dataclass(frozen=True)
class ChunkMap:
    """The assignment of pieces (columns of V) to pages.

    Attributes
    ----------
    page : ndarray of shape (pieces,), index of the page of each piece
    share : ndarray of shape (pieces,), share of the page's words in each piece; sums to one for each page
    n_pages : int
    """

    page: np.ndarray
    share: Array
    n_pages: int

    @classmethod
    def of(cls, words: Sequence[Sequence[int]]) -> ChunkMap:
        """Make the map from the number of words of each piece of each page."""
        shares = [np.asarray(counts, dtype=np.float64) for counts in words]
        shares = [counts / counts.sum() if counts.any() else np.full(len(counts), 1 / len(counts)) for counts in shares]
        page = np.repeat(np.arange(len(words)), [len(counts) for counts in words])
        return cls(page, np.concatenate(shares) if shares else np.zeros(0), len(words))

    @property
    def spread(self) -> Any:
        """The share of each piece in its page, CSR of shape (pieces, pages); columns sum to one."""
        where = (np.arange(len(self.page)), self.page)
        return sp.csr_matrix((self.share, where), shape=(len(self.page), self.n_pages))

    def sums(self, values: Array) -> Array:
        """Return sums over the pieces of each page; shape (pages,)."""
        return np.bincount(self.page, weights=values, minlength=self.n_pages).astype(np.float64)

    def aggregate(self, V: Any, H: Array, errors: Array, objective: str) -> tuple[Array, Array]:
        """Aggregate H and errors of pieces to those of pages.

        Parameters
        ----------
        V : matrix of shape (m, pieces)
        H : ndarray of shape (r, pieces)
        errors : ndarray of shape (pieces,), relative errors; NaN for a piece without words of the vocabulary
        objective : the loss of the errors

        Returns
        -------
        H : ndarray of shape (r, pages)
        errors : ndarray of shape (pages,)
        """
        goal = objective_of(objective)
        sizes = goal.page_sizes(V)
        losses = self.sums(goal.losses(sizes, np.nan_to_num(errors)))
        with np.errstate(invalid="ignore"):  # 0 / 0 gives NaN for a page without known words
            error = goal.error(losses, self.sums(sizes))
        return np.ascontiguousarray((self.spread.T @ H.T).T), error


def parts_of_columns(columns: PageColumns) -> tuple[ChunkMap, PageColumns]:
    """Return the map from the columns of V to pages, and the pages."""
    pieces = [  # the pieces of a page are adjacent
        list(group) for _, group in groupby(range(len(columns)), key=lambda piece: page_of(columns.ids[piece]))
    ]
    first = columns.take(
        [group[0] for group in pieces]
    )  # the first piece has the metadata and the position of the page
    pages = PageColumns(
        [page_of(piece) for piece in first.ids], first.titles, [meta["page"] for meta in first.meta], order=first.order
    )
    return ChunkMap.of([[columns.meta[piece]["words"] for piece in group] for group in pieces]), pages


def by_page(data: DataMatrix) -> DataMatrix:
    """Return V with one column per page, the weighted mean of the columns of its pieces, for showing pages.

    Parameters
    ----------
    data : DataMatrix in memory whose columns are pieces
    """
    parts, columns = parts_of_columns(data.columns)
    return replace(data, V=sp.csc_matrix(data.V @ parts.spread), columns=columns, counts=None)
