"""Measure time and peak memory of whole commands (medians).

    [NMF_TOPICS_DATA=folder] python bench/speed.py [--runs 5] [--only 563]

The sample corpus is always used; wikipedia-popular (745 pages, 6 million words) and the CBCL faces are used if
NMF_TOPICS_DATA contains them. Each job has its own folder and cache; `cached` is the same corpus at another rank.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

IMPORTS = "import numpy, scipy.sparse"  # the packages that every fit needs
PROGRAM = [sys.executable, "-m", "nmf_topics"]


def measure(arguments: list[str], folder: Path) -> tuple[float, float]:
    """Return the wall seconds and peak megabytes of one run of the program."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [*PROGRAM, *arguments] if arguments else [sys.executable, "-c", IMPORTS],
        cwd=folder,
        env={**os.environ, "NMF_TOPICS_CACHE": str(folder / "cache")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments} ended with {process.returncode}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return time.perf_counter() - began, usage.ru_maxrss / unit


def jobs(data: Path | None, scratch: Path) -> Iterator[tuple[str, list[str], list[str] | None]]:
    """Yield (name, arguments, arguments of a first run that is not measured) of every job."""
    yield IMPORTS, [], None
    yield "nmf-topics --help", ["--help"], None
    yield "the sample (180 pages), rank 10", ["fit", "--no-cache"], None
    if data is None:
        return
    wikipedia = str(data / "wikipedia-popular.jsonl.gz")
    small = scratch / "small.jsonl"
    with gzip.open(wikipedia, "rt", encoding="utf-8") as pages, small.open("w", encoding="utf-8") as file:
        file.writelines(islice(pages, 563))
    bare = ["fit", str(small), "--max-terms", "2345", "--no-clouds", "--no-report"]
    yield "563 pages x 2345 words, rank 10, cached, the model alone", [*bare, "--rank", "10"], [*bare, "--rank", "9"]
    yield "the same, best of 10 runs", [*bare, "--rank", "10", "--runs", "10"], [*bare, "--rank", "9"]
    yield "wikipedia-popular, rank 10, from text", ["fit", wikipedia, "--rank", "10", "--no-cache"], None
    yield (
        "wikipedia-popular, rank 12, cached",
        ["fit", wikipedia, "--rank", "12"],
        ["fit", wikipedia, "--rank", "10"],
    )
    yield (
        "wikipedia-popular, rank 10, --recipe article",
        ["fit", wikipedia, "--recipe", "article", "--no-cache"],
        None,
    )
    faces = scratch / "faces"
    with tarfile.open(data / "cbcl-faces-pgm.tar.gz") as archive:
        archive.extractall(faces, filter="data")
    yield "2429 faces, rank 49", ["fit", str(faces), "--rank", "49"], None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="run only jobs whose name contains this")
    given = parser.parse_args()
    runs = given.runs
    data = os.environ.get("NMF_TOPICS_DATA")
    print("| job | seconds (median) | MB (peak) |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for name, arguments, first in jobs(Path(data) if data else None, Path(scratch)):
            if given.only not in name:
                continue
            with tempfile.TemporaryDirectory() as folder:
                if first:
                    measure(first, Path(folder))
                results = [measure(arguments, Path(folder)) for _ in range(runs)]
            seconds = statistics.median(seconds for seconds, _ in results)
            megabytes = max(megabytes for _, megabytes in results)
            print(f"| {name} | {seconds:.2f} | {megabytes:.0f} |", flush=True)


if __name__ == "__main__":
    main()
