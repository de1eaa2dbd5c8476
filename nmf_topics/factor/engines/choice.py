"""Choose an engine: estimate the memory that each of them takes, and use the first one that fits.

W and H are in memory whatever the engine. With the engine `memory` V is as well; with `disk` one block of V is, and
smaller blocks take less; with a cluster this process holds only the results of blocks that are being worked on.
"""

from __future__ import annotations

from dataclasses import dataclass

from nmf_topics.errors import EngineError, Remedy
from nmf_topics.factor.blocks import AT_ONCE
from nmf_topics.factor.project import GRAM_ENTRIES
from nmf_topics.files.system import free, peak, processors, rss_bytes

ENGINES: dict[str, str] = {
    "auto": "the first of memory and disk that fits",
    "memory": "V as one matrix in this process",
    "disk": "V in blocks of pages, one of them in memory at a time",
    "dask": "the same blocks on the workers of a Dask cluster",
}
SPARE = 0.8  # the share of the free memory that a run may take by default
LARGEST_BLOCK = 64 * 10**6  # bytes of V
SMALLEST_BLOCK = 1000  # pages, below which blocks cost more than they save


@dataclass(frozen=True)
class EngineOptions:
    """What a user chooses about the engine.

    Attributes
    ----------
    engine : a name in ENGINES
    memory : int, bytes that the whole process may take; None: most of what is free
    scheduler : address of a Dask scheduler; None: a cluster of processes on this machine
    """

    engine: str = "auto"
    memory: int | None = None
    scheduler: str | None = None

    def allowed(self) -> int:
        """Bytes that this process may take in total."""
        return self.memory if self.memory is not None else int(SPARE * free()) + rss_bytes()


@dataclass(frozen=True)
class ProblemSize:
    """The sizes of V and its factors, and estimates of memory from them.

    Attributes
    ----------
    n_terms, n_pages, rank : m, n, r
    stored : entries that are kept, m n for a dense V
    counted : entries of the counts from which V is made, where it is made from counts in memory
    described : entries of the counts that stay in memory with V, for describing topics
    sparse : CSC or dense
    itemsize : bytes of an entry, as the loop and the files have it
    wide : whether V in memory is in 64 bits besides
    """

    n_terms: int
    n_pages: int
    rank: int
    stored: int
    counted: int = 0
    described: int = 0
    sparse: bool = True
    itemsize: int = 8
    wide: bool = False

    @property
    def bytes_of_V(self) -> int:
        """Bytes of V on disk, or in memory for the iterations."""
        index = 4 if self.sparse else 0
        return self.stored * (self.itemsize + index) + index * (self.n_pages + 1)

    def _loop(self) -> int:
        """Bytes of the iterations: W and H, their successors, and the sums in between."""
        return self.itemsize * self.rank * (5 * self.n_terms + 4 * self.n_pages)

    def _model(self) -> int:
        """Bytes of the factors after the iterations, and of the model's in float64, before and after sorting."""
        loop = self.itemsize * self.rank * (self.n_terms + self.n_pages)
        return loop + 8 * self.rank * (3 * self.n_terms + 2 * self.n_pages)

    def _pages(self, pages: int) -> int:
        """Bytes to solve for that many pages at once: products, weights and r x r systems."""
        pages = min(pages, self.n_pages)
        entries = self.stored * pages // self.n_pages
        systems = 24 * min(pages * self.rank**2, processors() * GRAM_ENTRIES)
        return 12 * entries + 40 * self.rank * pages + systems

    def factors(self) -> int:
        """Bytes of W, H and everything of their size."""
        return max(self._loop(), self._model())

    def pictures(self) -> int:
        """Bytes of pictures and of the packages that draw them, after the fit."""
        return 30 * 10**6 + 1_500_000 * self.rank

    def in_memory(self) -> int:
        """Bytes for a fit with V in memory."""
        V, copy = self.bytes_of_V, 0
        if self.wide:
            V, copy = self.stored * 12, self.bytes_of_V
        V += 8 * self.described
        fit = V + max(copy + self._loop(), self._model() + self._pages(AT_ONCE if self.sparse else self.n_pages))
        made = self.counted * 20 + V  # counts by page and by term, and those within bounds
        return max(fit, made, V + self._model() + self.pictures())

    def on_disk(self, pages: int) -> int:
        """Bytes for a fit with V on disk in blocks of that many pages."""
        block = self.bytes_of_V * min(pages, self.n_pages) // self.n_pages
        return max(self._loop() + block, self._model() + block + self._pages(pages), self._model() + self.pictures())

    def on_a_cluster(self, pages: int, threads: int) -> int:
        """Bytes of this process while workers work on the blocks."""
        results = self.itemsize * self.rank * (self.n_terms + 2 * pages)
        return max(self.factors() + 2 * threads * results, self._model() + self.pictures())


@dataclass(frozen=True)
class Plan:
    """The chosen engine and its memory.

    Attributes
    ----------
    engine : "memory", "disk" or "dask"
    columns : int, pages of a block; of V with the engine "memory"
    needed : int, bytes that the whole process is expected to take at most
    allowed : int, bytes that it may take
    size : ProblemSize
    """

    engine: str
    columns: int
    needed: int
    allowed: int
    size: ProblemSize

    def __str__(self) -> str:
        blocks = "" if self.engine == "memory" else f", in blocks of {self.columns} pages"
        return (
            f"engine {self.engine}: about {show_bytes(self.needed)} of memory (V has {show_bytes(self.size.bytes_of_V)}"
            f"{blocks}; {show_bytes(self.allowed)} are allowed)"
        )


def choose_engine(size: ProblemSize, options: EngineOptions, *, held: int = 0) -> Plan:
    """Choose the engine and the size of its blocks.

    Parameters
    ----------
    size : ProblemSize
    options : EngineOptions; "auto" chooses memory if V fits, otherwise disk, and "dask" if a scheduler is given
    held : int, bytes that are in memory now and will be freed before the fit

    Returns
    -------
    Plan

    Raises
    ------
    EngineError
        if W, H and one small block do not fit into the allowed memory.
    """
    allowed = options.allowed()
    base = max(rss_bytes() - held, 0)
    engine = "dask" if options.engine == "auto" and options.scheduler else options.engine
    if engine == "auto":
        engine = "memory" if base + size.in_memory() <= allowed else "disk"
    if engine == "memory":
        needed, columns = size.in_memory(), size.n_pages
        if options.memory is not None and base + needed > allowed:
            raise EngineError(
                f"V, W and H in memory need about {show_bytes(base + needed)}, more than the {show_bytes(allowed)} "
                f"that are allowed",
                remedy=Remedy("raise {memory}, or try {engine=disk}"),
            )
    elif engine == "disk":
        columns = _pages_of_a_block(size, allowed - base)
        needed = size.on_disk(columns)
    else:
        columns = max(1, min(_pages_of_a_block(size, allowed - base), -(-size.n_pages // (4 * processors()))))
        needed = size.on_a_cluster(columns, processors())
    return Plan(engine, columns, max(base + needed, peak()), allowed, size)


def _pages_of_a_block(size: ProblemSize, room: int) -> int:
    """The pages of the largest blocks that leave room for everything else, up to LARGEST_BLOCK."""
    smallest = min(SMALLEST_BLOCK, size.n_pages)
    pages = min(size.n_pages, max(smallest, LARGEST_BLOCK * size.n_pages // max(size.bytes_of_V, 1)))
    while pages > smallest and size.on_disk(pages) > room:
        pages = max(smallest, pages // 2)
    if (needed := size.on_disk(pages)) > room:
        factors, there_is = show_bytes(size.factors()), show_bytes(max(room, 0))
        raise EngineError(
            f"W ({size.n_terms} x {size.rank}), H ({size.rank} x {size.n_pages}) and one block of {pages} pages "
            f"need {show_bytes(needed)} (the factors alone {factors}), and there is room for {there_is}",
            remedy=Remedy("raise {memory}, or try a smaller {rank} or {max_terms}"),
        )
    return pages


def show_bytes(number: int) -> str:
    """A size for readers: 1.2 GB, 340 MB, 5 kB."""
    unit, name = next(((u, n) for u, n in ((10**9, "GB"), (10**6, "MB")) if number >= u), (1000, "kB"))
    return f"{number / unit:.{1 if number < 10 * unit else 0}f} {name}"
