"""Storage for counts in batches, in memory or on disk, and their combination into one matrix.

A batch has the counts of whole pages with provisional row numbers. The final row numbers are known after the last page,
and are filled in when the batches are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.files.cache.scratch import Scratch


@dataclass(frozen=True)
class Batch:
    """Counts of some pages.

    Attributes
    ----------
    columns : ndarray of int64, shape (k,), the columns of its pages in V, ascending
    counts : CSC of int32, shape (m, k)
    """

    columns: NDArray[np.int64]
    counts: Any


class CountBatches:
    """Batches of counts with provisional rows, in memory up to a limit and on disk beyond it.

    Parameters
    ----------
    memory : most bytes of batches in memory; None: no limit
    scratch : where the other batches are; needed if memory is limited
    """

    def __init__(self, memory: int | None = None, scratch: Scratch | None = None) -> None:
        if memory is not None and scratch is None:
            raise ValueError("memory is limited, so there must be a folder for the batches that do not fit")
        self._memory = memory
        self._scratch = scratch
        self._used = 0
        self._batches: list[tuple[Any, Any, Any] | Path] = []

    def add(self, counts: Any) -> None:
        """Add the counts of the next pages: CSC with provisional rows."""
        self._batches.append(self._kept(counts, len(self._batches)))

    def change(self, number: int, counts: Any) -> None:
        """Replace the counts of a batch."""
        old = self._batches[number]
        if not isinstance(old, Path):
            self._used -= sum(array.nbytes for array in old)
        self._batches[number] = self._kept(counts, number)

    def __getitem__(self, number: int) -> Any:
        """Return a batch as CSC with provisional rows, up to its last one."""
        indptr, indices, data = self._read(number)
        return sp.csc_matrix((data, indices, indptr), shape=(int(indices.max(initial=-1)) + 1, len(indptr) - 1))

    def _kept(self, counts: Any, number: int) -> tuple[Any, Any, Any] | Path:
        arrays = (counts.indptr.astype(np.int64), counts.indices.astype(np.int32), counts.data.astype(np.int32))
        size = sum(array.nbytes for array in arrays)
        if self._memory is None or self._scratch is None or self._used + size <= self._memory:
            self._used += size
            return arrays

        def write(folder: Path) -> Path:
            path = folder / f"counts-{number:06}.npy"
            with path.open("wb") as file:
                for array in arrays:
                    np.save(file, array)
            return path

        return self._scratch.attempt(write)

    def _read(self, number: int) -> tuple[Any, Any, Any]:
        batch = self._batches[number]
        if not isinstance(batch, Path):
            return batch
        with batch.open("rb") as file:
            return tuple(np.load(file) for _ in range(3))

    def _walk(self, *, give_away: bool = False) -> Iterator[tuple[Any, Any, Any]]:
        for number in range(len(self._batches)):
            yield self._read(number)
            if give_away:
                self._batches[number] = (np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))

    def walk(self, rows: NDArray[np.int64], columns: NDArray[np.int64], n_rows: int) -> Iterator[Batch]:
        """Yield the batches in the order of reading, with final rows and columns.

        Parameters
        ----------
        rows : provisional row -> final row, -1 if it is not a term
        columns : position of a page in the order of reading -> column of V
        n_rows : number of final rows, m
        """
        first = 0
        for indptr, indices, data in self._walk():
            k = len(indptr) - 1
            counts = _final(indptr, rows[indices], data, n_rows)
            own = columns[first : first + k]
            order = np.argsort(own, kind="stable")
            yield Batch(own[order], counts[:, order])
            first += k

    def matrix(self, rows: NDArray[np.int64], columns: NDArray[np.int64], n_rows: int) -> Any:
        """Return all counts as canonical CSC of int32, shape (m, n); the batches are emptied to save memory."""
        lengths = np.zeros(len(columns) + 1, np.int64)
        first = 0
        for indptr, indices, _ in self._walk():
            k = len(indptr) - 1
            kept = np.append(0, np.cumsum(rows[indices] >= 0))
            lengths[columns[first : first + k] + 1] = np.diff(kept[indptr])
            first += k
        starts = np.cumsum(lengths)
        all_rows = np.empty(starts[-1], np.int32)
        all_data = np.empty(starts[-1], np.int32)
        first = 0
        for indptr, indices, data in self._walk(give_away=True):
            k = len(indptr) - 1
            counts = _final(indptr, rows[indices], data, n_rows)
            shift = starts[columns[first : first + k]] - counts.indptr[:-1]
            place = np.arange(counts.nnz) + np.repeat(shift, np.diff(counts.indptr))
            all_rows[place] = counts.indices
            all_data[place] = counts.data
            first += k
        matrix = sp.csc_matrix((n_rows, len(columns)), dtype=np.int32)
        narrow = np.int32 if starts[-1] < 2**31 else np.int64
        matrix.data, matrix.indices, matrix.indptr = all_data, all_rows, starts.astype(narrow)
        return matrix


def _final(indptr: Any, rows: Any, data: Any, n_rows: int) -> Any:
    """Return counts with sorted final rows; rows that are not terms (-1) are dropped."""
    keep = rows >= 0
    kept = np.append(0, np.cumsum(keep))
    narrow = rows[keep].astype(np.int32)
    counts = sp.csc_matrix((data[keep], narrow, kept[indptr].astype(np.int32)), shape=(n_rows, len(indptr) - 1))
    return counts.tocsr().tocsc()  # sorts, in half the time of sort_indices
