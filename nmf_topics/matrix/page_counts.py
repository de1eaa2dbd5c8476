"""Counts of words by page, kept with V in order to describe topics.

The weights in V are made to separate pages, and V has no rows for words that are on many pages. So V is a poor basis
for describing topics to readers. For that purpose the unweighted counts are kept, both of the rows of V and of words
that are too common for V.

    counts/   in the folder of the blocks of V on disk: the same columns as blocks of int32 (see
              `factor.engines.store`), and the names of the words in blocks.json
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmf_topics.errors import EngineError
from nmf_topics.factor.blocks import Array, InMemory, PageBlocks
from nmf_topics.factor.column_stats import page_sizes
from nmf_topics.factor.engines.disk import OnDisk
from nmf_topics.factor.engines.store import write_blocks

FOLDER = "counts"  # inside the folder of V's blocks


@dataclass(frozen=True)
class PageCounts:
    """Counts of words by page.

    Attributes
    ----------
    blocks : PageBlocks of int32, shape (m', n); columns are those of V
    terms, surfaces : normal form of each word, and the word as shown to readers
    row : ndarray of int64, shape (m',), row of V of each word, -1 for a word that is not in V
    """

    blocks: PageBlocks
    terms: Sequence[str]
    surfaces: Sequence[str]
    row: NDArray[np.int64]

    def __post_init__(self) -> None:
        lengths = {self.blocks.shape[0], len(self.terms), len(self.surfaces), len(self.row)}
        if len(lengths) > 1:
            raise ValueError(f"there are counts of {self.blocks.shape[0]} words, but another number of names or rows")

    @property
    def n_pages(self) -> int:
        """Number of pages, n."""
        return self.blocks.shape[1]

    @classmethod
    def in_memory(
        cls, counts: Any, terms: Sequence[str], surfaces: Sequence[str], row: NDArray[np.int64]
    ) -> PageCounts:
        """Make counts from one CSC matrix of int32, shape (m', n)."""
        return cls(InMemory(counts), terms, surfaces, row)

    @classmethod
    def on_disk(cls, folder: Path) -> PageCounts:
        """Open counts in a folder that `write_page_counts` made.

        Raises
        ------
        EngineError
            if the folder contains no counts, or they are damaged.
        """
        blocks = OnDisk(folder)
        names = blocks.manifest.made_from
        try:
            return cls(blocks, names["terms"], names["surfaces"], np.array(names["row"], np.int64))
        except (KeyError, TypeError, ValueError) as error:
            raise EngineError(f"the counts in {folder} are damaged: {error}") from error


def known_words(counts: PageCounts) -> Array:
    """Return the number of tokens of each page that are rows of V; shape (n,), whole numbers as float64."""
    return page_sizes(counts.blocks, partial(_sums_of_rows, rows=np.flatnonzero(counts.row >= 0)))


def _sums_of_rows(block: Any, *, rows: NDArray[np.intp]) -> Array:
    chosen = np.zeros(block.shape[0])
    chosen[rows] = 1.0
    return np.asarray(chosen @ block, dtype=np.float64)


def write_page_counts(
    folder: Path, blocks: Iterable[Any], terms: Sequence[str], surfaces: Sequence[str], row: NDArray[np.int64]
) -> None:
    """Write blocks of counts, whose columns are in the order of V.

    Raises
    ------
    OutputError
        if they cannot be written.
    """
    write_blocks(folder, blocks, made_from={"terms": list(terms), "surfaces": list(surfaces), "row": row.tolist()})
