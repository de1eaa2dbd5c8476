"""Measure how fast a dump is read, with one process and with more.

    python bench/dumps.py DUMP.xml[.bz2 | .gz ...] [DUMP ...] [--processes 1 2] [--rounds 3]

Megabytes are those of the decompressed XML. Rounds are interleaved. Printed are the best wall time, its ratio to that
of the first number of processes, and the processor time of this process and of its children in that round.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nmf_topics.corpus.mediawiki.dumps import dump_pages
from nmf_topics.corpus.mediawiki.export_xml import ExportReader
from nmf_topics.corpus.readers.streams import byte_chunks


def seconds() -> tuple[float, float, float]:
    """Return the wall time, and the processor times of this process and of its finished children."""
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), own.ru_utime + own.ru_stime, others.ru_utime + others.ru_stime


def timed(work: Callable[[], object]) -> tuple[float, float, float]:
    """Return the times of `seconds` that some work takes."""
    before = seconds()
    work()
    wall, own, others = (after - start for after, start in zip(seconds(), before, strict=True))
    return wall, own, others


def all_pages(dump: Path, processes: int | None) -> tuple[int, int]:
    """Count the pages and words of a dump."""
    words = [len(page.text.split()) for page in dump_pages(dump, processes)]
    return len(words), sum(words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dumps", type=Path, nargs="+", metavar="DUMP")
    parser.add_argument("--processes", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for dump in given.dumps:
        size = sum(map(len, byte_chunks(dump))) / 1e6
        pages, words = all_pages(dump, 1)
        packed = dump.stat().st_size / 1e6
        print(f"{dump.name}: {size:.0f} MB of XML, {packed:.0f} in the file, {pages} pages, {words} words")
        works: dict[str, Callable[[], object]] = {
            "unpacking": lambda dump=dump: sum(map(len, byte_chunks(dump))),
            "unpacking, parsing": lambda dump=dump: sum(1 for _ in ExportReader("dump").pages(byte_chunks(dump))),
        }
        works |= {f"all, {number} processes": partial(all_pages, dump, number) for number in given.processes}
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in works}
        for _ in range(given.rounds):
            for name, work in works.items():
                found[name].append(timed(work))
        first = min(found[f"all, {given.processes[0]} processes"])[0]
        for name, rounds in found.items():
            wall, own, others = min(rounds)
            speed = f"{size / wall:6.1f} MB/s  {wall:6.2f} s ({wall / first:.2f})"
            print(f"  {name:20} {speed}  CPU {own:.2f} + {others:.2f} s")


if __name__ == "__main__":
    main()
