"""How fast a dump becomes pages, with one process and with all.

    python bench/dumps.py DUMP.xml[.bz2] [--processes 1 2 4]

Megabytes are those of the XML, unpacked.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from nmf_topics.corpus.bzip2 import unpack_bzip2
from nmf_topics.corpus.dumps import dump_pages
from nmf_topics.corpus.exportxml import ExportReader
from nmf_topics.corpus.streams import byte_chunks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", type=Path)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    given = parser.parse_args()
    began = time.perf_counter()
    size = sum(map(len, byte_chunks(given.dump)))
    print(f"{size / 1e6:.0f} MB of XML, {given.dump.stat().st_size / 1e6:.0f} MB packed")
    print(f"unpacking alone: {size / 1e6 / (time.perf_counter() - began):.1f} MB/s")
    if given.dump.suffix == ".bz2":
        for threads in given.processes:
            began = time.perf_counter()
            with open(given.dump, "rb") as file:
                sum(map(len, unpack_bzip2(file, threads)))
            print(f"unpacking, {threads} threads: {size / 1e6 / (time.perf_counter() - began):.1f} MB/s")
    began = time.perf_counter()
    count = sum(1 for _ in ExportReader("dump").pages(byte_chunks(given.dump)))
    print(f"unpacking and parsing: {size / 1e6 / (time.perf_counter() - began):.1f} MB/s, {count} pages")
    for processes in given.processes:
        began = time.perf_counter()
        words = pages = 0
        for page in dump_pages(given.dump, processes):
            pages, words = pages + 1, words + len(page.text.split())
        seconds = time.perf_counter() - began
        print(f"{processes} processes: {size / 1e6 / seconds:.1f} MB/s, {pages} pages, {words} words, {seconds:.1f} s")


if __name__ == "__main__":
    main()
