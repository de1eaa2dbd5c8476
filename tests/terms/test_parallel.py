"""Counting in several processes: the same counts, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nmf_topics.corpus.page import Page
from nmf_topics.errors import MatrixError
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.scratch import Scratch
from nmf_topics.files.system import processors
from nmf_topics.terms import parallel, token_counter
from nmf_topics.terms.count import count_terms, gather_counts
from nmf_topics.terms.token_counter import page_batches
from nmf_topics.text.analyzer import WordOptions

WORDS = "cat dog ran Running café naïve Straße 42 the mouse mice singer song guitar planet orbit".split()


def pages(n: int = 60) -> Iterator[Page]:
    """Pages of a few words each, no two alike."""
    for i in range(n):
        words = [WORDS[(i * j + j) % len(WORDS)] for j in range(2, 40)]
        yield Page(f"{(i * 37) % n:03}", f"Page {i}", " ".join([*words, f"own{'x' * i}"]))


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several processes and several batches for very few pages."""
    monkeypatch.setattr(parallel, "ALONE", 1000)
    monkeypatch.setattr(token_counter, "BATCH", 500)


def children() -> set[int]:
    """The processes that this one has started."""
    task = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(map(int, task.read_text().split()))


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
def test_two_processes_count_as_one(tmp_path: Path) -> None:
    """The same counts to the last byte, in memory and spilled; a process more changes nothing."""
    options = WordOptions(normalize="both")
    alone = count_terms(pages(), options)
    for processes in (2, 3):
        scratch = Scratch(Cache(tmp_path))
        found = gather_counts(pages(), options, processes=processes, memory=2000, scratch=scratch)
        assert any(scratch.folder.iterdir())
        together = found.in_memory()
        assert (together.counts != alone.counts).nnz == 0
        assert together.counts.indices.tobytes() == alone.counts.indices.tobytes()
        assert (together.vocabulary, together.columns) == (alone.vocabulary, alone.columns)
        assert (together.ledger, together.languages) == (alone.ledger, {"en": 60})
        scratch.close()


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
def test_the_process_that_reads_counts_too() -> None:
    """Of three processes two are others; what they count comes in the order of reading."""
    batches = list(page_batches(("en", page.text) for page in pages(200)))
    found = list(parallel.count_batches(iter(batches), WordOptions(), processes=3))
    assert [len(counted.languages) for counted in found] == [len(texts) for _, texts in batches]
    counters = {counted.origin[0] for counted in found}
    assert os.getpid() in counters
    assert 1 < len(counters) <= 3


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_an_error_of_the_reader_ends_the_processes() -> None:
    """A corpus that breaks in the middle leaves no process running."""

    def broken() -> Iterator[Page]:
        yield from pages()
        raise OSError("the disk is gone")

    before = children()
    with pytest.raises(OSError, match="disk"):
        count_terms(broken(), WordOptions(), processes=2)
    assert children() <= before | resource_tracker()


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_process_that_is_killed_is_told() -> None:
    """As the kernel does where memory is short: a message that names the way out, no hang, no traceback of a pool."""
    before = children()

    def murderous() -> Iterator[Page]:
        for i, page in enumerate(pages(2000)):
            if i == 1000:
                for child in children() - before - resource_tracker():
                    os.kill(child, signal.SIGKILL)
            yield page

    with pytest.raises(MatrixError, match="processes=1"):
        count_terms(murderous(), WordOptions(), processes=2)


def resource_tracker() -> set[int]:
    """The helper that multiprocessing itself starts once and keeps."""
    from multiprocessing import resource_tracker

    found = resource_tracker._resource_tracker._pid  # type: ignore[attr-defined]
    return {found} if found else set()


ORPHANS = """
import sys, time
from nmf_topics.terms import token_counter
from nmf_topics.terms import parallel
from nmf_topics.terms.count import count_terms
from nmf_topics.text.analyzer import WordOptions
from types import SimpleNamespace
parallel.ALONE, token_counter.BATCH = 10, 10

def pages():
    for i in range(1000):
        yield SimpleNamespace(id=str(i), title="", text="cat dog mouse " * 5, meta={})
        if i == 50:
            print("started", flush=True)
            time.sleep(60)

if __name__ == "__main__":
    count_terms(pages(), WordOptions(), processes=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_counting_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    """Even if that is killed without a word."""
    script = tmp_path / "count.py"
    script.write_text(ORPHANS, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"started\n"
        task = Path(f"/proc/{program.pid}/task/{program.pid}/children")
        started = list(map(int, task.read_text().split()))
        assert len(started) >= 2
        program.kill()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() and not _gone(pid) for pid in started):
        assert time.monotonic() < deadline, "processes are left behind"
        time.sleep(0.1)


def _gone(pid: int) -> bool:
    """Whether a process has ended, or waits only to be forgotten."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_processors() -> None:
    """At least one, and no more than there are."""
    assert 1 <= processors() <= (os.cpu_count() or 1)
