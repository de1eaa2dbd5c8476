"""The engine `disk`: V in a folder of blocks, of which one at a time is mapped into memory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor.blocks import Array, PageBlocks, as_blocks
from nmf_topics.factor.engines.store import column_ranges, read_block, read_manifest, write_blocks


class OnDisk:
    """V in a folder of blocks (see `store`).

    While one block is worked on, the operating system is asked to read the next one.

    Parameters
    ----------
    folder : Path or str, written by `write_blocks`

    Raises
    ------
    EngineError
        if the folder does not contain blocks, or is damaged.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        return self.manifest.rows, self.manifest.columns

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the entries of V."""
        return np.dtype(self.manifest.type)

    def map(
        self, fn: Callable[..., Any], *, split: Sequence[Array] = (), shared: Sequence[Array] = ()
    ) -> Iterator[tuple[slice, Any]]:
        """Apply `fn` to one block after another."""
        ranges = list(column_ranges(self.manifest))
        for (part, columns), (after, _) in zip(ranges, [*ranges[1:], ranges[0]], strict=True):
            block = read_block(self.folder, self.manifest, part)
            _fetch_soon(self.folder / after.file)
            result = fn(block, *(A[..., columns] for A in split), *shared)
            del block  # unmapped before the next one is mapped
            yield columns, result

    def verify(self) -> None:
        """Compare the checksums of all blocks.

        Raises
        ------
        EngineError
            if a block is damaged.
        """
        for part in self.manifest.parts:
            read_block(self.folder, self.manifest, part, verify=True)


def _fetch_soon(path: Path) -> None:
    """Tell the operating system that a file will be read soon; it may ignore that."""
    if not hasattr(os, "posix_fadvise"):
        return
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(handle)


@as_blocks.register
def _from_folder(folder: Path) -> PageBlocks:
    return OnDisk(folder)


def cut(V: Any, columns: int) -> Iterator[Any]:
    """Cut V, CSC or dense, into blocks of that many columns, checked as by `as_blocks`."""
    for first in range(0, V.shape[1], columns):
        block = V[:, first : first + columns]
        yield block if block.dtype == np.int32 else checked(block)


def checked(block: Any) -> Any:
    """A block checked by `as_blocks`: finite, non-negative, in canonical form."""
    blocks: Any = as_blocks(block)
    return blocks.V


def to_disk(V: Any, folder: Path, *, columns: int, made_from: dict[str, Any] | None = None) -> OnDisk:
    """Write a matrix in memory into a folder of blocks.

    Parameters
    ----------
    V : ndarray or scipy sparse matrix of shape (m, n), non-negative
    folder : Path, see `write_blocks`
    columns : int, columns of a block
    made_from : dict saved with the blocks, as JSON

    Raises
    ------
    MatrixError, EngineError, OutputError
        if V cannot be factored, or the blocks cannot be written.
    """
    V = sp.csc_matrix(V) if sp.issparse(V) else np.asarray(V)
    blocks: Iterable[Any] = cut(V, columns)
    write_blocks(folder, blocks, made_from=made_from)
    return OnDisk(folder)
