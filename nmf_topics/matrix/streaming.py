"""Convert counts that do not fit in memory to weighted blocks of V on disk.

    batches of counts, in the order of reading  ->  page lengths  ->  weighted batches  ->  blocks in the order of pages

The columns within a batch are in the order of V, but the ranges of different batches overlap. Batches are read twice:
once for the lengths of the pages, which the weightings need, and once to compute and write the weights. Then each block
of V is merged from one run of columns of every batch, as in an external merge sort. Only one batch or block is in
memory at a time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.factor.blocks import Array
from nmf_topics.factor.engines.disk import OnDisk, checked
from nmf_topics.factor.engines.store import Manifest, column_ranges, read_block, write_blocks
from nmf_topics.files.atomic import PARTIAL, output_errors
from nmf_topics.files.cache.cache import FOLDER_VARIABLE
from nmf_topics.files.publish import remove_if_empty
from nmf_topics.matrix.page_counts import PageCounts, write_page_counts
from nmf_topics.matrix.weighting import FittedWeighting

CHUNK_ENTRIES = 2_000_000  # counts that are weighted at once


class Batch(Protocol):
    """Counts of some pages.

    Attributes
    ----------
    columns : increasing positions of the pages in V; every page is in one batch only
    counts : CSC of shape (all terms, pages of the batch)
    """

    @property
    def columns(self) -> NDArray[np.int64]: ...
    @property
    def counts(self) -> Any: ...


Batches = Callable[[], Iterable[Batch]]  # every call returns all batches, from the first


def page_lengths(batches: Batches, rows: NDArray[np.int64], n_terms: int, n_pages: int) -> Array:
    """Return the number of tokens of each page that are some of the terms; shape (n,)."""
    wanted = np.zeros(n_terms)
    wanted[rows] = 1.0
    lengths = np.zeros(n_pages)
    for batch in batches():
        lengths[batch.columns] = wanted @ batch.counts
    return lengths


def write_weighted(
    folder: Path,
    batches: Batches,
    rows: NDArray[np.int64],
    weighting: FittedWeighting,
    n_pages: int,
    *,
    columns: int,
    dtype: Any = np.float64,
    made_from: Mapping[str, Any] | None = None,
    beside: Callable[[Path], None] = lambda folder: None,
) -> OnDisk:
    """Write V as blocks, from counts.

    Parameters
    ----------
    folder : folder for the blocks; see `write_blocks`
    batches : returns all batches, in any order
    rows : increasing numbers of the terms that are rows of V
    weighting : weighting that was fitted to all of the counts
    n_pages : number of columns of V
    columns : number of columns of a block
    dtype : data type of the entries
    made_from, beside : as in `write_blocks`

    Raises
    ------
    MatrixError
        if a weight is not finite, or negative.
    OutputError
        if the blocks cannot be written; no files are left.
    """

    def weighted(counts: Any) -> Any:
        return checked(weighting.apply(counts, dtype))

    def write(blocks: Iterable[Any]) -> None:
        write_blocks(folder, blocks, made_from=made_from, beside=beside)

    _write_in_order(folder, batches, rows, weighted, n_pages, columns, write)
    return OnDisk(folder)


def write_counts(
    folder: Path,
    batches: Batches,
    rows: NDArray[np.int64],
    n_pages: int,
    terms: Sequence[str],
    surfaces: Sequence[str],
    row: NDArray[np.int64],
    *,
    columns: int,
) -> None:
    """Write counts of some of the terms as blocks, in the order of V (see `matrix.page_counts`).

    Parameters
    ----------
    folder : folder for the blocks
    batches, n_pages, columns : as in `write_weighted`
    rows : increasing numbers of the terms to write
    terms, surfaces, row : their names, and their rows in V, as in `PageCounts`

    Raises
    ------
    OutputError
        if the blocks cannot be written; no files are left.
    """

    def write(blocks: Iterable[Any]) -> None:
        write_page_counts(folder, blocks, terms, surfaces, row)

    _write_in_order(folder, batches, rows, sp.csc_matrix, n_pages, columns, write)


def _write_in_order(
    folder: Path,
    batches: Batches,
    rows: NDArray[np.int64],
    convert: Callable[[Any], Any],
    n_pages: int,
    columns: int,
    write: Callable[[Iterable[Any]], None],
) -> None:
    """Pass counts of some terms, changed by `convert`, to `write` in blocks of `columns` in the order of V."""
    places: list[NDArray[np.int64]] = []

    def unordered() -> Iterator[Any]:
        for batch in batches():
            counts = sp.csc_matrix(batch.counts)
            for piece in _pieces(counts):
                places.append(np.asarray(batch.columns)[piece])
                yield convert(_columns(counts, piece.start, piece.stop).tocsr()[rows])

    new = not folder.exists()
    with output_errors(folder, FOLDER_VARIABLE):
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
    try:
        manifest = write_blocks(scratch / "batches", unordered())
        os.utime(scratch)  # a fresh time, so that the folder is not deleted as a remnant of an old run
        write(_merged(scratch / "batches", manifest, places, n_pages, columns))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if new:
            remove_if_empty(folder)


def cut_anew(source: OnDisk, folder: Path, *, columns: int, beside: Callable[[Path], None]) -> OnDisk:
    """Write the same V to another folder in blocks of another size.

    Parameters
    ----------
    source : OnDisk
    folder : the other folder
    columns : number of columns of a block
    beside : as in `write_blocks`

    Raises
    ------
    EngineError, OutputError
        if the old blocks cannot be read, or the new ones cannot be written.
    """
    write_blocks(folder, _cut(source, columns), made_from=source.manifest.made_from, beside=beside)
    return OnDisk(folder)


def cut_counts_anew(counts: PageCounts, folder: Path, *, columns: int) -> None:
    """Write the same counts to another folder in blocks of `columns`."""
    blocks: Any = counts.blocks
    write_page_counts(folder, _cut(blocks, columns), counts.terms, counts.surfaces, counts.row)


def _cut(source: OnDisk, columns: int) -> Iterator[Any]:
    """Return blocks of another size."""
    places = [np.arange(part.start, part.stop) for _, part in column_ranges(source.manifest)]
    return _merged(source.folder, source.manifest, places, source.shape[1], columns)


def _pieces(counts: Any) -> Iterator[slice]:
    """Yield runs of columns of at most CHUNK_ENTRIES entries, or a single column that has more."""
    ends = counts.indptr[1:]
    first = 0
    while first < len(ends):
        last = int(np.searchsorted(ends, counts.indptr[first] + CHUNK_ENTRIES, side="right"))
        yield slice(first, max(last, first + 1))
        first = max(last, first + 1)


def _merged(
    folder: Path, manifest: Manifest, places: list[NDArray[np.int64]], n_pages: int, columns: int
) -> Iterator[Any]:
    """Yield blocks of `columns` in the order of V, each merged from one run of columns of every batch."""
    for first, last in pairwise([*range(0, n_pages, columns), n_pages]):
        runs, positions = [], []
        for part, place in zip(manifest.parts, places, strict=True):
            begin, end = np.searchsorted(place, (first, last))
            if begin < end:
                runs.append(_columns(read_block(folder, manifest, part), int(begin), int(end)))
                positions.append(place[begin:end])
        block = runs[0] if len(runs) == 1 else sp.hstack(runs, format="csc")
        order = np.argsort(np.concatenate(positions), kind="stable")
        yield block if (np.diff(order) == 1).all() else block[:, order]


def _columns(block: Any, begin: int, end: int) -> Any:
    """Copy a run of columns out of a memory-mapped CSC block, so that the block can be closed."""
    run = slice(int(block.indptr[begin]), int(block.indptr[end]))
    pointers = block.indptr[begin : end + 1] - block.indptr[begin]
    return sp.csc_matrix(
        (np.array(block.data[run]), np.array(block.indices[run]), pointers), shape=(block.shape[0], end - begin)
    )
