"""Counts that do not fit in memory to weighted blocks of V on disk.

    batches of counts, as they were read  ->  lengths of pages  ->  weighted batches  ->  blocks in the order of pages

Counting hands over batches in the order of reading, the columns of each in the order of V. Batches are walked twice:
for the lengths of the pages, which the weightings need (how many pages have a term is known by then), and for the
weights, which are written as they are made. Where batches overlap, a block of V is then put together from one run of
columns out of each of them, as an external merge does. One batch or one block is in memory at a time.
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
from nmf_topics.files.atomic import PARTIAL, output_errors, remove_if_empty
from nmf_topics.files.cache.cache import FOLDER_VARIABLE
from nmf_topics.matrix.page_counts import PageCounts, write_page_counts
from nmf_topics.matrix.weighting import FittedWeighting

AT_ONCE = 2_000_000  # counts that are turned into weights together


class Batch(Protocol):
    """Counts of some pages.

    Attributes
    ----------
    columns : their positions in V, rising; a page is in one batch only
    counts : CSC of shape (all terms, pages of the batch)
    """

    @property
    def columns(self) -> NDArray[np.int64]: ...
    @property
    def counts(self) -> Any: ...


Batches = Callable[[], Iterable[Batch]]  # walks them all, from the first, whenever it is called


def page_lengths(batches: Batches, rows: NDArray[np.int64], n_terms: int, n_pages: int) -> Array:
    """Tokens of each page within some of the terms; shape (n,)."""
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
    """V in blocks, from counts.

    Parameters
    ----------
    folder : of the blocks; see `write_blocks`
    batches : gives all batches, in any order
    rows : the terms that are rows of V, rising
    weighting : fitted to all of the counts
    n_pages : n
    columns : of a block of V
    dtype : of the entries
    made_from, beside : as in `write_blocks`

    Raises
    ------
    MatrixError
        if a weight cannot be factored.
    OutputError
        if the blocks cannot be written; nothing is left of them.
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
    """Counts of some of the terms in blocks, in the order of V (see `matrix.page_counts`).

    Parameters
    ----------
    folder : of the blocks
    batches, n_pages, columns : as in `write_weighted`
    rows : the terms that are kept, rising
    terms, surfaces, row : their names, and which rows of V they are, as in `PageCounts`

    Raises
    ------
    OutputError
        if the blocks cannot be written; nothing is left of them.
    """

    def write(blocks: Iterable[Any]) -> None:
        write_page_counts(folder, blocks, terms, surfaces, row)

    _write_in_order(folder, batches, rows, sp.csc_matrix, n_pages, columns, write)


def _write_in_order(
    folder: Path,
    batches: Batches,
    rows: NDArray[np.int64],
    made: Callable[[Any], Any],
    n_pages: int,
    columns: int,
    write: Callable[[Iterable[Any]], None],
) -> None:
    """Hand what is `made` of counts of some terms to `write`, in blocks of so many columns in the order of V."""
    places: list[NDArray[np.int64]] = []

    def unordered() -> Iterator[Any]:
        for batch in batches():
            counts = sp.csc_matrix(batch.counts)
            for piece in _pieces(counts):
                places.append(np.asarray(batch.columns)[piece])
                yield made(_columns(counts, piece.start, piece.stop).tocsr()[rows])

    new = not folder.exists()
    with output_errors(folder, FOLDER_VARIABLE):
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
    try:
        manifest = write_blocks(scratch / "batches", unordered())
        os.utime(scratch)  # or it would be taken for what a run of long ago left behind
        write(_merged(scratch / "batches", manifest, places, n_pages, columns))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if new:
            remove_if_empty(folder)


def cut_anew(source: OnDisk, folder: Path, *, columns: int, beside: Callable[[Path], None]) -> OnDisk:
    """The same V in another folder, in blocks of so many columns.

    Parameters
    ----------
    source : OnDisk
    folder : another one
    columns : of a block
    beside : as in `write_blocks`

    Raises
    ------
    EngineError, OutputError
        if the old blocks cannot be read, or the new ones not written.
    """
    write_blocks(folder, _cut(source, columns), made_from=source.manifest.made_from, beside=beside)
    return OnDisk(folder)


def cut_counts_anew(counts: PageCounts, folder: Path, *, columns: int) -> None:
    """The same counts, which are on disk, in another folder, in blocks of so many columns."""
    blocks: Any = counts.blocks
    write_page_counts(folder, _cut(blocks, columns), counts.terms, counts.surfaces, counts.row)


def _cut(source: OnDisk, columns: int) -> Iterator[Any]:
    """Blocks of another size."""
    places = [np.arange(part.start, part.stop) for _, part in column_ranges(source.manifest)]
    return _merged(source.folder, source.manifest, places, source.shape[1], columns)


def _pieces(counts: Any) -> Iterator[slice]:
    """Runs of columns of at most AT_ONCE entries, or a single one that has more."""
    ends = counts.indptr[1:]
    first = 0
    while first < len(ends):
        last = int(np.searchsorted(ends, counts.indptr[first] + AT_ONCE, side="right"))
        yield slice(first, max(last, first + 1))
        first = max(last, first + 1)


def _merged(
    folder: Path, manifest: Manifest, places: list[NDArray[np.int64]], n_pages: int, columns: int
) -> Iterator[Any]:
    """Blocks of so many columns in the order of V, each from one run of columns of every batch."""
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
    """A run of columns of a mapped CSC block, as arrays of their own: the block can be let go."""
    run = slice(int(block.indptr[begin]), int(block.indptr[end]))
    pointers = block.indptr[begin : end + 1] - block.indptr[begin]
    return sp.csc_matrix(
        (np.array(block.data[run]), np.array(block.indices[run]), pointers), shape=(block.shape[0], end - begin)
    )
