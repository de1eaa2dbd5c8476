"""Long pages in pieces: the columns of V are pieces, what is said of them in the end is said of pages.

A piece is read, counted, weighted and bounded like a page. When topics are found, the weights of a page are the mean of
those of its pieces, each counting as much as it has words (without words, all alike):

    h_page = sum_j (words_j / words) h_j        for least squares and for Kullback-Leibler alike
    error  = of all its pieces together

Classifying does the same with a new page, so a page of the fit gets its own weights back.
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

MARK = "\n"  # between the id of a page and the number of its piece: no id holds it


def pieces_of(pages: Iterable[Page], size: int) -> Iterator[Page]:
    """The pieces of pages as pages of their own; the first one of a page carries its metadata."""
    for page in pages:
        for number, piece in enumerate(cut_text(page.text, size)):
            meta = {"words": piece.words, "page": dict(page.meta) if number == 0 else None}
            yield Page(f"{page.id}{MARK}{number:09}", page.title, piece.text, meta, page.row)


def page_of(piece: str) -> str:
    """The id of the page that a piece is of, by the id of the piece."""
    return piece.partition(MARK)[0]


@dataclass(frozen=True)
class ChunkMap:
    """Which columns of V are parts of which page.

    Attributes
    ----------
    page : ndarray of shape (pieces,), index of the page of each piece
    share : ndarray of shape (pieces,), its words over those of the page; sums to one for each page
    n_pages : int
    """

    page: np.ndarray
    share: Array
    n_pages: int

    @classmethod
    def of(cls, words: Sequence[Sequence[int]]) -> ChunkMap:
        """Parts of pages, given the words of each piece of each page."""
        shares = [np.asarray(counts, dtype=np.float64) for counts in words]
        shares = [counts / counts.sum() if counts.any() else np.full(len(counts), 1 / len(counts)) for counts in shares]
        page = np.repeat(np.arange(len(words)), [len(counts) for counts in words])
        return cls(page, np.concatenate(shares) if shares else np.zeros(0), len(words))

    @property
    def spread(self) -> Any:
        """The share of each piece in its page; CSR of shape (pieces, pages), whose columns sum to one."""
        where = (np.arange(len(self.page)), self.page)
        return sp.csr_matrix((self.share, where), shape=(len(self.page), self.n_pages))

    def sums(self, values: Array) -> Array:
        """Sums over the pieces of each page; shape (pages,)."""
        return np.bincount(self.page, weights=values, minlength=self.n_pages).astype(np.float64)

    def aggregate(self, V: Any, H: Array, errors: Array, objective: str) -> tuple[Array, Array]:
        """H and errors of pages from those of pieces.

        Parameters
        ----------
        V : matrix of shape (m, pieces)
        H : ndarray of shape (r, pieces)
        errors : ndarray of shape (pieces,), relative; nan for a piece without words of the vocabulary
        objective : what the errors are of

        Returns
        -------
        H : ndarray of shape (r, pages)
        errors : ndarray of shape (pages,)
        """
        goal = objective_of(objective)
        sizes = goal.page_sizes(V)
        losses = self.sums(goal.losses(sizes, np.nan_to_num(errors)))
        with np.errstate(invalid="ignore"):  # 0 / 0 is the nan of a page without known words
            error = goal.error(losses, self.sums(sizes))
        return np.ascontiguousarray((self.spread.T @ H.T).T), error


def parts_of_columns(columns: PageColumns) -> tuple[ChunkMap, PageColumns]:
    """What the columns of V are parts of, and the pages."""
    pieces = [  # pieces of a page are together
        list(group) for _, group in groupby(range(len(columns)), key=lambda piece: page_of(columns.ids[piece]))
    ]
    first = columns.take([group[0] for group in pieces])  # it carries the metadata, and stands for the page's place
    pages = PageColumns(
        [page_of(piece) for piece in first.ids], first.titles, [meta["page"] for meta in first.meta], order=first.order
    )
    return ChunkMap.of([[columns.meta[piece]["words"] for piece in group] for group in pieces]), pages


def by_page(data: DataMatrix) -> DataMatrix:
    """V with a column for each page, the mean of those of its pieces; for what is shown of pages.

    Parameters
    ----------
    data : DataMatrix whose columns are pieces and whose V is a matrix
    """
    parts, columns = parts_of_columns(data.columns)
    return replace(data, V=sp.csc_matrix(data.V @ parts.spread), columns=columns, counts=None)
