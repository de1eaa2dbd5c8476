"""Threads: sharing work between them, and holding the BLAS to one.

Work is split by rows of a result. Each row is computed alone and in one order, so neither the number of threads nor the
split can be seen in the bytes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

from nmf_topics.factor.kernels.library import current_use, using
from nmf_topics.files.system import processors

MIN_COST_PER_THREAD = 1_000_000  # multiplications, below which handing work to another thread costs more than it gains


class _OneThread:
    """Counts who wants the BLAS on one thread: the setting belongs to the process, and the last one to leave resets it.

    There may be several BLAS: numpy and scipy each bring their own, and scipy's is loaded when it is first needed.
    """

    def __init__(self) -> None:
        self.lock, self._inside, self._limit = threading.Lock(), 0, ExitStack()
        self._held: set[str] = set()

    def enter(self) -> None:
        from threadpoolctl import ThreadpoolController  # so that importing `factorize` needs numpy and scipy only

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
    """Hold the BLAS to one thread for the duration of a `with` block.

    Its sums then keep their order on every machine, and small products are faster. It holds for the whole process,
    until the last of all threads that are inside has left.
    """
    _one_thread.enter()
    try:
        yield
    finally:
        _one_thread.leave()


def thread_count() -> int:
    """How many threads share the work: one per processor of this process, or as many as `using` says."""
    threads = current_use().threads
    return processors() if threads is None else threads


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="nmf-topics")


def _after_fork() -> None:
    """Reset what a forked process cannot use: threads do not survive a fork, and one of them may have held the lock."""
    _pool.cache_clear()
    _one_thread.lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def parallel_map(work: Callable[[int, int], Any], bounds: list[int]) -> list[Any]:
    """`work(first, last)` for every pair of neighbouring bounds, each on its own thread; results in order.

    Examples
    --------
    >>> parallel_map(lambda first, last: last - first, [0, 3, 10])
    [3, 7]
    """
    pairs = [(first, last) for first, last in pairwise(bounds) if first < last]
    if len(pairs) <= 1:
        return [work(*pair) for pair in pairs]
    pool = _pool(thread_count())
    waiting = [pool.submit(work, *pair) for pair in pairs[1:]]
    first = work(*pairs[0])
    return [first, *(job.result() for job in waiting)]


def parallel_map_dynamic(work: Callable[[int, int], Any], bounds: list[int]) -> list[Any]:
    """The same for many parts: each thread takes the next part when it has finished one, and uses one thread for it."""
    pairs = list(pairwise(bounds))
    threads, results, which = min(thread_count(), len(pairs)), [None] * len(pairs), current_use().which
    numbers = iter(range(len(pairs)))

    def some(first: int, last: int) -> None:
        with using(which, threads=1):
            for number in numbers:
                results[number] = work(*pairs[number])

    parallel_map(some, list(range(threads + 1)))
    return results


def part_count(cost: float) -> int:
    """Into how many parts to split work of that many multiplications."""
    threads = thread_count()
    return threads if threads > 1 and cost >= MIN_COST_PER_THREAD else 1


def even_bounds(n: int, parts: int) -> list[int]:
    """Bounds of parts of n rows, as even as can be.

    Examples
    --------
    >>> even_bounds(10, 3)
    [0, 3, 6, 10]
    """
    return [n * i // parts for i in range(parts + 1)]
