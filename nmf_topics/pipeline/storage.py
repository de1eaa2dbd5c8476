"""Where V of a source comes to live: in memory, in blocks on disk, or with the workers of a cluster.

Blocks lie in the cache, named by everything that shaped them, so that another rank, or the same command after an
interruption, begins with them at once. Without a cache they lie in the system's temporary folder and go with V.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import scipy.sparse as sp

from nmf_topics.factor.engines.choice import EngineOptions, Plan, ProblemSize, choose_engine
from nmf_topics.factor.engines.disk import OnDisk, to_disk
from nmf_topics.factor.engines.store import CACHE_ENV_VAR, MARK
from nmf_topics.files.atomic import output_errors
from nmf_topics.files.publish import remove_if_empty
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.page_counts import FOLDER, PageCounts
from nmf_topics.matrix.stored import PREFIX, evict_blocks, load_cached_matrix, remove_store, store_names
from nmf_topics.matrix.streaming import cut_anew, cut_counts_anew

SPILL = "spill-"  # how folders of counts that do not fit in memory are called
ABANDONED = 24 * 3600.0  # seconds without a change after which such a folder belongs to no run
FOR_COUNTS = 0.25  # of the memory that is allowed, what counts may take before they go to disk


@dataclass(frozen=True)
class MatrixStorage:
    """Where V may live.

    Attributes
    ----------
    options : EngineOptions
    rank : of the largest fit that V is for
    cache : folder of what is kept for later, or None
    note : told what was decided
    """

    options: EngineOptions
    rank: int
    cache: Path | None
    note: Callable[[str], None]

    def plan(self, n_terms: int, n_pages: int, stored: int, *, held: int = 0, **kind: Any) -> Plan:
        """Which engine."""
        size = ProblemSize(n_terms, n_pages, min(self.rank, n_terms, n_pages), stored, **kind)
        return choose_engine(size, self.options, held=held)

    def say(self, plan: Plan) -> None:
        """Which engine it was, but where there was nothing to choose."""
        if self.options.engine != "memory" or self.options.memory is not None:
            self.note(str(plan))

    def folder(self, key: str | None, columns: int) -> Path:
        """Of blocks of so many pages; one that goes with V where there is no key."""
        if self.cache and key:
            folder = self.cache / f"{PREFIX}{key}-{columns}"
            if folder.exists() and load_cached_matrix(folder) is None:  # damaged: made again, never in the way
                shutil.rmtree(folder, ignore_errors=True)
            return folder
        with output_errors(self.cache or Path(tempfile.gettempdir()), CACHE_ENV_VAR):
            if self.cache:
                self.cache.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=f"{PREFIX}once-", dir=self.cache)) / "V"

    def recall(self, key: str | None) -> DataMatrix | None:
        """What an earlier run left of the same V, in blocks of the size that is right now."""
        if not (self.cache and key) or self.options.engine == "memory":
            return None
        for folder in sorted(self.cache.glob(f"{PREFIX}{key}-*")):
            if (data := load_cached_matrix(folder)) is None:
                continue
            stored, described = _entries(data.V), _entries(data.counts.blocks) if data.counts else 0
            m, n = data.V.shape
            size = data.V.dtype.itemsize
            plan = self.plan(m, n, stored, described=described, itemsize=size, wide=size < 8)
            if plan.engine == "memory":  # where V has other bytes: nothing may depend on what is kept
                return None
            self.say(plan)
            wanted = self.folder(key, plan.columns)
            if wanted != folder:
                data = load_cached_matrix(wanted) or self._cut_anew(data, wanted, plan.columns)
            self.note(f"V from blocks made before ({data.V.folder})")
            return self.settle(data, plan)
        return None

    def _cut_anew(self, data: DataMatrix, folder: Path, columns: int) -> DataMatrix:
        def beside(partial: Path) -> None:
            store_names(partial, data.rows, data.columns, data.weighting, data.recipe, data.ledger, data.words)
            if data.counts:
                cut_counts_anew(data.counts, partial / FOLDER, columns=columns)

        V = cut_anew(data.V, folder, columns=columns, beside=beside)
        return replace(data, V=V, counts=PageCounts.on_disk(folder / FOLDER) if data.counts else None)

    def settle(self, data: DataMatrix, plan: Plan) -> DataMatrix:
        """V on disk to the engine that was chosen; blocks that nobody can find again go with it."""
        store: OnDisk = data.V
        if store.folder.parent.name.startswith(f"{PREFIX}once-"):
            weakref.finalize(store, remove_store, store.folder.parent)
        elif self.cache:
            evict_blocks(self.cache, keep=store.folder)
        if plan.engine == "disk":
            return data
        from nmf_topics.factor.engines.cluster import DaskBlocks

        V = DaskBlocks(store, self.options.scheduler)
        self.note(f"{V.workers} workers at {self.options.scheduler or 'a cluster on this machine'}")
        counts = data.counts and replace(data.counts, blocks=V.beside(data.counts.blocks))
        return replace(data, V=V, counts=counts)

    def matrix(self, data: DataMatrix) -> DataMatrix:
        """V in memory to the engine that is chosen for it."""
        m, n = data.V.shape
        sparse = sp.issparse(data.V)
        stored = int(data.V.nnz) if sparse else m * n
        plan = self.plan(m, n, stored, sparse=sparse, itemsize=data.V.dtype.itemsize)
        self.say(plan)
        if plan.engine == "memory":
            return data
        V = to_disk(data.V, self.folder(None, plan.columns), columns=plan.columns)
        return self.settle(replace(data, V=V), plan)

    def for_counts(self) -> int:
        """Bytes of memory that counts may take."""
        return int(FOR_COUNTS * self.options.allowed())

    @contextmanager
    def spill(self) -> Iterator[Path]:
        """A folder for counts that do not fit in memory: in the cache, or where that cannot be, the system's own."""
        folder: Path | None = None
        new = self.cache is not None and not self.cache.exists()
        if self.cache:
            with suppress(OSError):
                self.cache.mkdir(parents=True, exist_ok=True)
                _sweep(self.cache)
                folder = Path(tempfile.mkdtemp(prefix=SPILL, dir=self.cache))
        if folder is None:
            with output_errors(Path(tempfile.gettempdir()), "TMPDIR"):
                folder = Path(tempfile.mkdtemp(prefix=f"nmf-topics-{SPILL}"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if new and self.cache:
                remove_if_empty(self.cache)


def _entries(store: Any) -> int:
    """How many entries blocks on disk hold."""
    return sum(part.stored for part in store.manifest.parts)


def describe_place(V: Any) -> dict[str, Any]:
    """Where V is, for records."""
    store = getattr(V, "store", V)
    if not isinstance(store, OnDisk):
        return {"name": "memory"}
    pages = max(part.columns for part in store.manifest.parts)
    return {"name": "disk" if store is V else "dask", "pages_of_a_block": pages}


def key_of(counts_key: str | None, shaping: Mapping[str, Any]) -> str | None:
    """A name for blocks of V, from that of the counts and all that turns them into V."""
    if counts_key is None:
        return None
    text = json.dumps([counts_key, shaping], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _sweep(cache: Path) -> None:
    """Remove what runs left behind that were killed outright: spilled counts, and blocks that nobody can find again."""
    for folder in [*cache.glob(f"{SPILL}*"), *cache.glob(f"{PREFIX}once-*")]:
        mark = folder / "V" / MARK  # touched whenever the blocks are used
        with suppress(OSError):
            if time.time() - (mark if mark.exists() else folder).stat().st_mtime > ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)
