"""Check that the tests notice plausible bugs: each mutant is applied to a copy of the project, and its tests must fail.

    python tests/mutation/run.py             all of them
    python tests/mutation/run.py phrases     those with this word in their file or name

Prints a table, and ends with status 1 if a mutant survives, does not fit the code any more, or its tests cannot run.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("nmf_topics", "tests", "corpora/sample", "bench", "docs", "pyproject.toml", "README.md", "Makefile")
SECONDS = 300  # a mutant that takes longer than this hangs, which is noticed
# imported once, so that the processes in which mutants run begin with them
WARM = ("numpy", "scipy.sparse", "scipy.optimize", "click.testing", "PIL.Image", "requests")


def copy_project(folder: Path) -> None:
    """Copy what tests need."""
    ignore = shutil.ignore_patterns("__pycache__", ".hypothesis")
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=ignore)
        elif source.exists():
            shutil.copy2(source, target)


def run_tests(folder: Path, tests: Sequence[str], log: Path) -> None:
    """Run tests on the copy in this process and end with pytest's status, or with 99 if pytest itself fails."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not wiki and not browser"]
    status = 99
    try:
        status = pytest.main([*options, *(f"tests/{test}" for test in tests)])
    finally:
        sys.stdout.flush()
        os._exit(status)


def status_of(folder: Path, tests: Sequence[str], log: Path, seconds: float = SECONDS) -> int | None:
    """Pytest's status; None if it had to be ended."""
    process = multiprocessing.get_context("fork").Process(target=run_tests, args=(folder, tests, log))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return None
    return process.exitcode


def fate_of(mutant: Mutant, folder: Path, log: Path) -> str:
    """What becomes of a mutant: "caught", "SURVIVED" or what is wrong with it."""
    path = folder / "nmf_topics" / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        return f"STALE: its text occurs {text.count(mutant.old)} times"
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        status = status_of(folder, mutant.tests, log)
    finally:
        path.write_text(text, encoding="utf-8")
    return {0: "SURVIVED", 1: "caught", None: "caught (it hangs)"}.get(status, f"ERROR: pytest ended with {status}")


def main(words: Sequence[str]) -> int:
    """Run the mutants that are asked for."""
    chosen = [one for one in MUTANTS if all(word in f"{one.file} {one.name}" for word in words)]
    for name in WARM:
        __import__(name)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # a mutant and its original can have the same time and size
    sys.dont_write_bytecode = True
    counted: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        folder, log = Path(scratch, "project"), Path(scratch, "log")
        copy_project(folder)
        tests = sorted({test for one in chosen for test in one.tests})
        if (status := status_of(folder, tests, log, 10 * SECONDS)) != 0:
            print(log.read_text(encoding="utf-8")[-3000:])
            print(f"the tests do not pass without a mutant (pytest ended with {status})")
            return 1
        for one in chosen:
            began = time.perf_counter()
            fate = fate_of(one, folder, log)
            counted[fate.partition(":")[0]] += 1
            print(f"{fate:10} {time.perf_counter() - began:5.1f} s  {one.file:32} {one.name}", flush=True)
            if fate.startswith("ERROR"):
                print(log.read_text(encoding="utf-8")[-1500:])
    print(", ".join(f"{count} {fate}" for fate, count in counted.items()))
    return int(any(not fate.startswith("caught") for fate in counted))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
