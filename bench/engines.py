"""Compare the engines on one machine: iterations on disk and on a cluster with those in memory; V larger than memory.

    python bench/engines.py passes            seconds per iteration (interleaved, medians) relative to memory
    python bench/engines.py bounded           V of five times the memory limit of the process (ulimit -v)

V is random. Its terms have decreasing frequencies, so that memory is accessed as with text.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.engines.choice import EngineOptions, ProblemSize, choose_engine, show_bytes
from nmf_topics.factor.engines.disk import OnDisk, to_disk
from nmf_topics.factor.engines.store import write_blocks
from nmf_topics.factor.factorize import factorize
from nmf_topics.files.system import peak


def random_block(n_terms: int, n_pages: int, words: int, rng: np.random.Generator) -> Any:
    """Draw a CSC matrix of float32 with `words` different terms per page; the first terms are most frequent."""
    rows = (rng.random((n_pages, words)) ** 3 * (n_terms - words)).astype(np.int32)
    rows.sort(axis=1)
    rows += np.arange(words, dtype=np.int32)
    data = rng.random(n_pages * words, dtype=np.float32) + np.float32(0.1)
    pointers = np.arange(n_pages + 1, dtype=np.int32) * words
    V = sp.csc_matrix((data, rows.ravel(), pointers), shape=(n_terms, n_pages), copy=False)
    V.has_canonical_format = True
    return V


def seconds_an_iteration(V: Any, rank: int, iterations: int) -> float:
    """Return the median time of an iteration of one factorization, without the first."""
    times: list[float] = []
    factorize(V, rank, start="random", tolerance=0, max_iter=iterations, on_iteration=lambda i: times.append(i.seconds))
    return statistics.median(np.diff(times))


def passes(folder: Path, n_pages: int, rank: int, rounds: int, dask: bool) -> dict[str, Any]:
    """Measure memory, disk and a cluster, interleaved."""
    V = random_block(20_000, n_pages, 100, np.random.default_rng(0))
    store = to_disk(V, folder / "V", columns=-(-n_pages // 8))
    places: dict[str, Any] = {"memory": as_blocks(V), "disk": store}
    if dask:
        from nmf_topics.factor.engines.cluster import DaskBlocks

        places["dask"] = DaskBlocks(store)
    found: dict[str, list[float]] = {name: [] for name in places}
    for _ in range(rounds):
        for name, place in places.items():
            found[name].append(seconds_an_iteration(place, rank, 6))
    if dask:
        places["dask"].close()
    seconds = {name: statistics.median(values) for name, values in found.items()}
    ratios = {
        name: statistics.median(np.divide(values, found["memory"]))
        for name, values in found.items()
        if name != "memory"
    }
    return {"pages": n_pages, "rank": rank, "V": show_bytes(V.nnz * 8), "seconds": seconds, "against memory": ratios}


def blocks_of(size: int, n_terms: int, pages: int, words: int) -> Iterator[Any]:
    """Yield random blocks of `pages` pages, up to `size` bytes in total."""
    rng = np.random.default_rng(0)
    for _ in range(size // (8 * pages * words)):
        yield random_block(n_terms, pages, words, rng)


def bounded(folder: Path, memory: int, times: int, rank: int) -> dict[str, Any]:
    """Write V of `times` the memory, then factor it in a process with this memory limit."""
    began = time.perf_counter()
    write_blocks(folder / "V", blocks_of(times * memory, 50_000, 10_000, 800))
    written = time.perf_counter() - began
    command = [sys.executable, __file__, "held", str(folder / "V"), "--memory", str(memory), "--rank", str(rank)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return {"written": f"{written:.0f} s", **json.loads(done.stdout)}


def held(folder: Path, memory: int, rank: int) -> dict[str, Any]:
    """Run three iterations with at most `memory` bytes of address space; return their error."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    V = OnDisk(folder)
    stored = sum(part.stored for part in V.manifest.parts)
    m, n = V.shape
    plan = choose_engine(ProblemSize(m, n, rank, stored, itemsize=4), EngineOptions("disk", memory))
    times: list[float] = []
    result = factorize(V, rank, start="random", tolerance=0, max_iter=3, on_iteration=lambda i: times.append(i.seconds))
    swapped = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmSwap" in line]
    return {
        "V": show_bytes(stored * 8),
        "pages": n,
        "rank": rank,
        "held to": show_bytes(memory),
        "estimate": str(plan),
        "peak": show_bytes(peak()),
        "swapped kB": swapped,
        "seconds": [round(float(t), 1) for t in times],
        "trace": result.trace.tolist(),
    }


def main() -> None:
    """Run the measurement that the arguments name, and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("passes", "bounded", "held"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--pages", type=int, default=200_000)
    parser.add_argument("--rank", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=int, default=10**9)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--dask", action="store_true", help="a local cluster, too")
    given = parser.parse_args()
    if given.what == "held":
        print(json.dumps(held(given.folder, given.memory, given.rank)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        if given.what == "passes":
            found = passes(folder, given.pages, given.rank, given.rounds, given.dask)
        else:
            found = bounded(folder, given.memory, given.times, given.rank)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
