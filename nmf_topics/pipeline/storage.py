"""Where V of a source is stored: in memory, in blocks on disk, or with the workers of a cluster.

Blocks are kept in the cache under a key of everything that they depend on, so that another rank, or the same command
after an interruption, starts with them at once. Without a cache they are in the system's temporary folder, and are
removed with V.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import scipy.sparse as sp

from nmf_topics.factor.engines.choice import EngineOptions, Plan, ProblemSize, choose_engine
from nmf_topics.factor.engines.disk import OnDisk, to_disk
from nmf_topics.files.cache.cache import Cache, InUse
from nmf_topics.files.cache.kinds import BLOCKS, entry_key
from nmf_topics.files.cache.scratch import Scratch
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.page_counts import FOLDER
from nmf_topics.matrix.stored import load_matrix, store_names
from nmf_topics.matrix.streaming import cut_anew, cut_counts_anew

FOR_COUNTS = 0.25  # share of the allowed memory that counts may use before they are moved to disk


@dataclass(frozen=True)
class MatrixStorage:
    """Where V may be stored.

    Attributes
    ----------
    options : EngineOptions
    rank : largest rank for which V will be factored
    cache : Cache of earlier commands; None: nothing is kept
    note : called with what was decided
    """

    options: EngineOptions
    rank: int
    cache: Cache | None
    note: Callable[[str], None]

    def plan(self, n_terms: int, n_pages: int, stored: int, *, held: int = 0, **kind: Any) -> Plan:
        """Choose the engine."""
        size = ProblemSize(n_terms, n_pages, min(self.rank, n_terms, n_pages), stored, **kind)
        return choose_engine(size, self.options, held=held)

    def say(self, plan: Plan) -> None:
        """Report the engine, unless there was nothing to choose."""
        if self.options.engine != "memory" or self.options.memory is not None:
            self.note(str(plan))

    def load_cached(self, key: str | None) -> DataMatrix | None:
        """Return V from blocks of an earlier command, in blocks of the size that is needed now, or None."""
        if self.cache is None or key is None or self.options.engine == "memory":
            return None
        opened = (self.cache.open_folder(BLOCKS, variant, load_matrix) for variant in self.cache.keys(BLOCKS, key))
        found = next((found for found in opened if found is not None), None)
        if found is None:
            return None
        data = self._leased(found)
        stored, described = _entries(data.V), _entries(data.counts.blocks) if data.counts else 0
        m, n = data.V.shape
        size = data.V.dtype.itemsize
        plan = self.plan(m, n, stored, described=described, itemsize=size, wide=size < 8)
        if plan.engine == "memory":  # where V has other rounding; results must not depend on what is cached
            return None
        self.say(plan)
        self.note(f"V from blocks made before ({data.V.folder})")
        variant = f"{key}-{plan.columns}"
        if data.V.folder != self.cache.path(BLOCKS, variant):
            other = self.cache.open_folder(BLOCKS, variant, load_matrix)
            if other is None:
                return self.build(key, plan, lambda folder: _cut_anew(data, folder, plan.columns))
            return self.attach_engine(self._leased(other), plan)
        return self.attach_engine(data, plan)

    @staticmethod
    def _leased(opened: InUse[DataMatrix]) -> DataMatrix:
        """Return a DataMatrix of the cache, which stays there as long as V is used."""
        weakref.finalize(opened.contents.V, opened.lease.release)
        return opened.contents

    def build(self, key: str | None, plan: Plan, write: Callable[[Path], Any]) -> DataMatrix:
        """Make V in blocks, and return it with the engine that was chosen.

        Parameters
        ----------
        key : key of the blocks in the cache; None: remove them with V
        plan : Plan
        write : writes the blocks of a DataMatrix into a folder that does not exist yet
        """
        scratch = Scratch(self.cache)
        try:
            folder = scratch.attempt(lambda folder: _written(write, folder / "V"))
            if self.cache is not None and key is not None and scratch.in_cache:
                variant = f"{key}-{plan.columns}"
                if self.cache.publish(BLOCKS, variant, folder):
                    opened = self.cache.open_folder(BLOCKS, variant, load_matrix)
                    if opened is not None:
                        scratch.close()
                        return self.attach_engine(self._leased(opened), plan)
                    folder = scratch.attempt(lambda folder: _written(write, folder / "V"))
            data = load_matrix(folder)
        except BaseException:
            scratch.close()
            raise
        weakref.finalize(data.V, scratch.close)
        return self.attach_engine(data, plan)

    def attach_engine(self, data: DataMatrix, plan: Plan) -> DataMatrix:
        """Return V on disk with the engine that was chosen."""
        if plan.engine == "disk":
            return data
        from nmf_topics.factor.engines.cluster import DaskBlocks

        V = DaskBlocks(data.V, self.options.scheduler)
        self.note(f"{V.workers} workers at {self.options.scheduler or 'a cluster on this machine'}")
        counts = data.counts and replace(data.counts, blocks=V.beside(data.counts.blocks))
        return replace(data, V=V, counts=counts)

    def matrix(self, data: DataMatrix) -> DataMatrix:
        """Return V in memory with the engine that is chosen for it."""
        m, n = data.V.shape
        sparse = sp.issparse(data.V)
        stored = int(data.V.nnz) if sparse else m * n
        plan = self.plan(m, n, stored, sparse=sparse, itemsize=data.V.dtype.itemsize)
        self.say(plan)
        if plan.engine == "memory":
            return data
        scratch = Scratch(self.cache)
        try:
            V = scratch.attempt(lambda folder: to_disk(data.V, folder / "V", columns=plan.columns))
        except BaseException:
            scratch.close()
            raise
        weakref.finalize(V, scratch.close)
        return self.attach_engine(replace(data, V=V), plan)

    def for_counts(self) -> int:
        """Return the bytes of memory that counts may take."""
        return int(FOR_COUNTS * self.options.allowed())


def _written(write: Callable[[Path], Any], folder: Path) -> Path:
    """Write into a folder, and return it."""
    write(folder)
    return folder


def _cut_anew(data: DataMatrix, folder: Path, columns: int) -> None:
    """Write V and its counts again, in blocks of another size."""

    def beside(partial: Path) -> None:
        store_names(partial, data.rows, data.columns, data.weighting, data.recipe, data.ledger, data.words)
        if data.counts:
            cut_counts_anew(data.counts, partial / FOLDER, columns=columns)

    cut_anew(data.V, folder, columns=columns, beside=beside)


def _entries(store: Any) -> int:
    """Return the number of entries in blocks on disk."""
    return sum(part.stored for part in store.manifest.parts)


def describe_place(V: Any) -> dict[str, Any]:
    """Return where V is, for records."""
    store = getattr(V, "store", V)
    if not isinstance(store, OnDisk):
        return {"name": "memory"}
    pages = max(part.columns for part in store.manifest.parts)
    return {"name": "disk" if store is V else "dask", "pages_of_a_block": pages}


def blocks_key(counts_key: str | None, shaping: Mapping[str, Any]) -> str | None:
    """Return the key of blocks of V, from that of the counts and everything that turns them into V."""
    return None if counts_key is None else entry_key(BLOCKS, counts_key, shaping)
