"""The products that take nearly all the time: compiled where that could be done, else `reference`.

The build compiles kernels.c into a library beside this module, which is loaded when this module is; without it, or for
matrices that it has no loop for, the same functions of `reference` do the work. (`moves` has the rules.) Rows are
shared out between threads (ctypes lets go of the interpreter), and every row of a result is computed alone and in one
order, sums over all rows in tiles of fixed size: neither the number of threads nor how rows were shared out shows in
the bytes.

H, and every X that a rule moves, is (r, k) and lies in memory page by page (Fortran order), so that a page's weights,
and blocks of pages, are contiguous; W is (m, r) in C order, and W.T is such an X.
"""

from __future__ import annotations

import ctypes
import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from nmf_topics.factor import reference
from nmf_topics.files.system import processors

Array = NDArray[np.floating[Any]]

INTERFACE = 5  # of the library, as kernels.c has it
LIBRARY = Path(__file__).with_name("_kernels.so")
TYPES = {np.dtype(np.float32): ("f32", ctypes.c_float), np.dtype(np.float64): ("f64", ctypes.c_double)}
TILE = 4096  # columns of a factor whose sums are taken at once
WORTH_A_THREAD = 1_000_000  # multiplications, below which handing them to another thread costs more than it gains

# ------------------------------------------------------------------------------------------------- what is used


class _Kernels:
    """The library; `why` says why there is none."""

    def __init__(self) -> None:
        self.library: ctypes.CDLL | None = None
        self.why = ""
        self.wide = False
        try:
            library = ctypes.CDLL(str(LIBRARY))
            interface = int(library.nmf_interface())
        except (OSError, AttributeError):
            self.why = "there was no C compiler when nmf-topics was installed"
        else:
            if interface == INTERFACE:
                self.library = library
                self.wide = bool(library.nmf_wide())
                for width in ("avx2", "plain") if self.wide else ("plain",):
                    self._declare(library, width)
            else:
                self.why = "those here are of another version of nmf-topics; install it again"

    @staticmethod
    def _declare(library: ctypes.CDLL, width: str) -> None:
        p, i = ctypes.c_void_p, ctypes.c_int64
        for name, real in TYPES.values():
            rule = [i, i, p, p, p, real, i, real, p]
            for function, arguments, result in (
                ("gather", [i, i, p, p, p, p, i, p], None),
                ("scatter", [i, i, i, i, p, p, p, p, i, p], None),
                ("hals", rule, ctypes.c_int),
                ("mu", rule, ctypes.c_int),
                ("dot", [i, p, p], ctypes.c_double),
                ("kl", [i, i, p, p, p, p, i, p, p, p, p], None),
                ("ratio", [i, i, p, p, p, p, i, p, p], None),
                ("cost", [i, p, p], ctypes.c_double),
            ):
                entry = getattr(library, f"{function}_{name}_{width}")
                entry.argtypes, entry.restype = arguments, result


_kernels = _Kernels()


@dataclass(frozen=True)
class _Use:
    """What `using` has asked for; each thread has its own."""

    which: str = "compiled"
    threads: int | None = None


_use: ContextVar[_Use] = ContextVar("kernels", default=_Use())  # noqa: B039, it is frozen


def about() -> str:
    """Which kernels are used, for records: "compiled, AVX2", "compiled" or "numpy and scipy"."""
    if not compiled():
        return "numpy and scipy"
    return "compiled, AVX2" if _wide() else "compiled"


def compiled() -> bool:
    return _kernels.library is not None and _use.get().which != "reference"


def _wide() -> bool:
    return _kernels.wide and _use.get().which != "plain"


def kernel_of(function: str, dtype: np.dtype[Any]) -> Any:
    """The compiled function of that name for numbers of that type."""
    return getattr(_kernels.library, f"{function}_{TYPES[dtype][0]}_{'avx2' if _wide() else 'plain'}")


@cache
def say_if_missing() -> None:
    """Log one line, once in a process, where there are no compiled kernels."""
    if _kernels.library is None:
        logging.getLogger(__name__).warning("no compiled kernels, so fits take several times longer: %s", _kernels.why)


@contextmanager
def using(which: str | None = None, *, threads: int | None = None) -> Iterator[None]:
    """Within it, use the "compiled" kernels, the "plain" ones (without AVX2) or the "reference", and so many threads.

    What is left out stays as it is, but the threads: there are as many as processors where no number is given.

    It holds for the thread that asks for it, and no other: fits that run beside each other take one thread each by
    asking, each in its own, for `threads=1`.
    """
    before = _use.set(_Use(which or _use.get().which, threads))
    try:
        yield
    finally:
        _use.reset(before)


# ------------------------------------------------------------------------------------------------------- threads


class _OneThread:
    """Counts who wants the BLAS on one thread: its setting is the process's, taken back when the last one leaves.

    There may be several BLAS, as numpy and scipy each bring their own, and scipy's is loaded when it is first needed.
    """

    def __init__(self) -> None:
        self.lock, self._inside, self._limit = threading.Lock(), 0, ExitStack()
        self._held: set[str] = set()

    def enter(self) -> None:
        with self.lock:
            found = ThreadpoolController()
            paths = {library.filepath for library in found.lib_controllers}
            if not paths <= self._held:
                self._limit.enter_context(found.limit(limits=1, user_api="blas"))
                self._held |= paths
            self._inside += 1

    def leave(self) -> None:
        with self.lock:
            self._inside -= 1
            if not self._inside:
                self._limit.close()
                self._held.clear()


_one_thread = _OneThread()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold the BLAS to one thread: its sums keep their order on every machine, and small products are faster.

    It holds for the whole process, until the last of all threads that are within has left.
    """
    _one_thread.enter()
    try:
        yield
    finally:
        _one_thread.leave()


def thread_count() -> int:
    """Threads that share the work: as many as there are processors for this process, or as `using` has it."""
    threads = _use.get().threads
    return processors() if threads is None else threads


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="nmf-topics")


def _after_fork() -> None:
    """Threads do not live on in a forked process, and who held the lock may have been one of them."""
    _pool.cache_clear()
    _one_thread.lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def share(work: Callable[[int, int], Any], bounds: list[int]) -> list[Any]:
    """`work(first, last)` for every pair of neighbouring bounds, on several threads; results in order."""
    pairs = [(first, last) for first, last in pairwise(bounds) if first < last]
    if len(pairs) <= 1:
        return [work(*pair) for pair in pairs]
    pool = _pool(thread_count())
    waiting = [pool.submit(work, *pair) for pair in pairs[1:]]
    first = work(*pairs[0])
    return [first, *(job.result() for job in waiting)]


def share_out(work: Callable[[int, int], Any], bounds: list[int]) -> list[Any]:
    """As `share`, for many pieces of work of which each is done on one thread, by whoever has finished another."""
    pairs = list(pairwise(bounds))
    threads, results, which = min(thread_count(), len(pairs)), [None] * len(pairs), _use.get().which
    numbers = iter(range(len(pairs)))

    def some(first: int, last: int) -> None:
        with using(which, threads=1):
            for number in numbers:
                results[number] = work(*pairs[number])

    share(some, list(range(threads + 1)))
    return results


def parts_of(cost: float) -> int:
    """How many parts to share work of that many multiplications out into."""
    threads = thread_count()
    return threads if threads > 1 and cost >= WORTH_A_THREAD else 1


def even(n: int, parts: int) -> list[int]:
    return [n * i // parts for i in range(parts + 1)]


# ------------------------------------------------------------------------------------------- products with V


def fits(V: Any, *factors: Array) -> bool:
    """Whether the compiled kernels have a loop for V and the factors."""
    return (
        compiled()
        and sp.issparse(V)
        and V.format == "csc"
        and V.dtype in TYPES
        and V.indices.dtype == np.int32
        and all(factor.dtype == V.dtype for factor in factors)
    )


class Entries:
    """V' in compressed rows, as the kernels take it."""

    def __init__(self, V: Any) -> None:
        self.indptr = np.ascontiguousarray(V.indptr, dtype=np.int64)
        self.indices, self.data = np.ascontiguousarray(V.indices), np.ascontiguousarray(V.data)
        self.pointers = (self.indptr.ctypes.data, self.indices.ctypes.data, self.data.ctypes.data)
        self.V = V

    def pages(self, parts: int) -> list[int]:
        """Bounds of that many parts of pages with as many entries each."""
        n, nnz = len(self.indptr) - 1, int(self.indptr[-1])
        inner = [int(np.searchsorted(self.indptr, nnz * i // parts)) for i in range(1, parts)]
        return [0, *inner, n]

    def terms(self, parts: int) -> list[int]:
        """Bounds of that many parts of terms with about as many entries each, as a sample of entries has it."""
        m, nnz = self.V.shape[0], len(self.indices)
        if parts == 1 or not self.V.has_sorted_indices:
            return [0, m]
        sample = np.sort(self.indices[:: max(1, nnz // 8192)])
        inner = [int(sample[len(sample) * i // parts]) + 1 for i in range(1, parts)]
        return [0, *inner, m]


def WtV(V: Any, W: Array) -> Array:
    """W'V: how well each topic fits each page.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r)

    Returns
    -------
    ndarray of shape (r, n), in Fortran order; 2 nnz(V) r flops
    """
    if not fits(V, W):
        return np.ascontiguousarray(reference.WtV(V, W).T).T
    W, r = np.ascontiguousarray(W), W.shape[1]
    entries, result = Entries(V), np.empty((V.shape[1], r), dtype=V.dtype)
    kernel = kernel_of("gather", V.dtype)

    def work(first: int, last: int) -> None:
        kernel(first, last, *entries.pointers, W.ctypes.data, r, result.ctypes.data)

    share(work, entries.pages(parts_of(V.nnz * r)))
    return result.T


def VHt(V: Any, H: Array) -> Array:
    """V H', from the same copy of V: each page's weights are added to the rows of its terms.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    H : ndarray of shape (r, n)

    Returns
    -------
    ndarray of shape (m, r), in C order; 2 nnz(V) r flops
    """
    if not fits(V, H):
        return np.ascontiguousarray(reference.VHt(V, H))
    Ht, r = np.ascontiguousarray(H.T), len(H)
    entries, result = Entries(V), np.zeros((V.shape[0], r), dtype=V.dtype)
    kernel = kernel_of("scatter", V.dtype)
    n = V.shape[1]

    def work(low: int, high: int) -> None:
        kernel(0, n, low, high, *entries.pointers, Ht.ctypes.data, r, result.ctypes.data)

    share(work, entries.terms(parts_of(V.nnz * r)))
    return result


# ------------------------------------------------------------------------------------------- sums over factors


def gram(X: Array) -> Array:
    """X X' in 64 bits, for X of shape (r, k): sums over tiles of columns, added up in their order."""
    Xt = np.ascontiguousarray(X.T)
    tiles = [Xt[first : first + TILE] for first in range(0, len(Xt), TILE)]
    parts = parts_of(Xt.size * len(X))

    def work(first: int, last: int) -> list[Array]:
        return [tile.T @ tile for tile in tiles[first:last]]

    total = np.zeros((len(X), len(X)))
    for products in share(work, even(len(tiles), min(parts, max(1, len(tiles))))):
        for product in products:
            total += product
    return total


def dot(A: Array, B: Array) -> float:
    """sum(A * B) in 64 bits, for two arrays of one shape and order."""
    fortran = A.flags.f_contiguous and not A.flags.c_contiguous
    a, b = (np.ascontiguousarray(x.T if fortran else x).reshape(-1) for x in (A, B))
    if not compiled() or a.dtype not in TYPES or b.dtype != a.dtype:
        return reference.dot(a, b)
    return in_tiles(kernel_of("dot", a.dtype), a, b)


def in_tiles(kernel: Callable[..., float], a: Array, b: Array) -> float:
    """The sum of `kernel(n, a, b)` over tiles of fixed size of two flat arrays, added up in their order."""
    size, step = a.itemsize, 16 * TILE

    def work(first: int, last: int) -> list[float]:
        return [
            kernel(min(step, a.size - at), a.ctypes.data + at * size, b.ctypes.data + at * size)
            for at in range(first * step, min(last * step, a.size), step)
        ]

    tiles = -(-a.size // step)
    parts = share(work, even(tiles, min(parts_of(a.size), max(1, tiles))))
    return float(sum(found for part in parts for found in part))
