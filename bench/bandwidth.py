"""Compare the products with V to the speed of memory, on one thread.

    NMF_TOPICS_DATA=folder python bench/bandwidth.py [--ranks 10 50 100] [--rounds 9] [--pages 0]

For each entry of V, W'V reads a row of W, and V H' reads and writes a row of its result. The limit is the speed of a
loop that only reads (or reads and writes) rows of the same length in a table of the same size, without computing
anything (bench/gather.c, with the same prefetching). The rows are accessed in a uniform random order ("limit"), which
gives the speed of the cache that holds the table, and in the order of V's entries ("in V's order"), where rows of
common words stay in the nearest cache. V is 20newsgroups-train, log tf-idf; with --pages it is drawn as in
bench/factor.py. Jobs are interleaved; results are medians of processor time. Needs a C compiler and AVX2.
"""

from __future__ import annotations

import argparse
import ctypes
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from factor import draw, newsgroups

from nmf_topics.factor import kernels


def limits(row: int) -> ctypes.CDLL:
    """Compile the loops of gather.c for rows of a number of bytes."""
    with tempfile.TemporaryDirectory() as folder:
        library, source = Path(folder) / "gather.so", Path(__file__).with_name("gather.c")
        flags = ["-O2", "-funroll-loops", f"-DBYTES={row}", "-fPIC", "-shared"]
        subprocess.run(["cc", *flags, "-o", library, source], check=True)
        loaded = ctypes.CDLL(str(library))
    for function in (loaded.read_rows, loaded.change_rows):
        function.argtypes = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p]
    loaded.read_rows.restype, loaded.change_rows.restype = ctypes.c_float, None
    return loaded


def medians(jobs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median seconds of processor time of each job; jobs are interleaved."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds + 1):
        for name, job in jobs.items():
            began = time.process_time()
            job()
            times[name].append(time.process_time() - began)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def measure(V: Any, rank: int, dtype: type, rounds: int) -> None:
    """Print the rows of one rank and type."""
    rng = np.random.default_rng(0)
    V = V.astype(dtype)
    W = rng.random((V.shape[0], rank)).astype(dtype)
    H = np.asfortranarray(rng.random((rank, V.shape[1])).astype(dtype))
    row = rank * W.itemsize
    loops = limits(row)
    table = np.zeros_like(W)
    at = table.ctypes.data
    own = np.ascontiguousarray(V.indices)
    even = rng.integers(0, V.shape[0], V.nnz).astype(np.int32)
    for name, ours, loop, ways in (
        ("W'V", lambda: kernels.WtV(V, W), loops.read_rows, 1),
        ("V H'", lambda: kernels.VHt(V, H), loops.change_rows, 2),
    ):
        taken = medians(
            {
                "ours": ours,
                "limit": lambda loop=loop: loop(V.nnz, even.ctypes.data, at),
                "own": lambda loop=loop: loop(V.nnz, own.ctypes.data, at),
            },
            rounds,
        )
        size = ways * V.nnz / 1e9
        speeds = [size * row / seconds for seconds in taken.values()]
        cells = " | ".join(f"{speed:.0f}" for speed in speeds)
        shares = f"{speeds[0] / speeds[1]:.0%} | {speeds[0] / speeds[2]:.0%}"
        kib = W.nbytes / 1024
        print(f"| {name} | {np.dtype(dtype).name} | {rank} | {kib:,.0f} | {cells} | {shares} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, nargs="+", default=[10, 50, 100])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--pages", type=int, default=0, help="number of pages to draw instead of 20newsgroups-train")
    given = parser.parse_args()
    V = draw(20_000, given.pages) if given.pages else newsgroups()
    print(f"V: {V.shape[0]:,} terms x {V.shape[1]:,} pages, {V.nnz:,} entries; {kernels.backend_name()}\n")
    print("| product | type | rank | table, KiB | GB/s | limit | in V's order | of the limit | of V's order |")
    print("|---|---|---|---|---|---|---|---|---|")
    with kernels.using(threads=1), kernels.one_blas_thread():
        for dtype in (np.float32, np.float64):
            for rank in given.ranks:
                measure(V, rank, dtype, given.rounds)


if __name__ == "__main__":
    main()
