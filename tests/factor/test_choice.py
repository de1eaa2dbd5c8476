"""Which engine: by an estimate of memory that what is measured bears out, and by what the machine has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from program import LINUX

from nmf_topics.errors import EngineError
from nmf_topics.factor.engines import choice
from nmf_topics.factor.engines.choice import ENGINES, EngineOptions, Plan, ProblemSize, choose_engine, show_bytes
from nmf_topics.files import system

MB = 10**6
LARGE = ProblemSize(n_terms=50_000, n_pages=1_000_000, rank=50, stored=100 * MB, itemsize=4, wide=True)
SMALL = ProblemSize(n_terms=2_000, n_pages=500, rank=10, stored=50_000)


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 8 GB to spare and two processors, of which this process takes 100 MB."""
    monkeypatch.setattr(choice, "free", lambda: 8000 * MB)
    monkeypatch.setattr(choice, "rss_bytes", lambda: 100 * MB)
    monkeypatch.setattr(choice, "peak", lambda: 120 * MB)
    monkeypatch.setattr(choice, "processors", lambda: 2)


def plan(size: ProblemSize, *options: object, held: int = 0) -> Plan:
    """What is chosen."""
    return choose_engine(size, EngineOptions(*options), held=held)


def test_auto_takes_the_first_that_fits() -> None:
    """Memory where V, W and H are allowed there, else disk; a scheduler is a wish for a cluster."""
    assert plan(SMALL).engine == "memory"
    assert plan(LARGE).engine == "memory"
    assert plan(LARGE, "auto", 3000 * MB).engine == "disk"
    assert plan(replace(LARGE, stored=10**9)).engine == "disk"
    assert plan(SMALL, "auto", None, "tcp://x:1").engine == "dask"


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "auto"])
def test_a_wish_is_heard(engine: str) -> None:
    """Whatever the size."""
    assert {plan(size, engine).engine for size in (SMALL, LARGE)} == {engine}


def test_allowed() -> None:
    """What was given, or most of what is free and what the process has already."""
    assert EngineOptions(memory=5).allowed() == 5
    assert EngineOptions().allowed() == 6500 * MB


def test_blocks_shrink_until_they_fit() -> None:
    """Large blocks where there is room, smaller ones where there is less; their bytes do not depend on what is free."""
    sizes = [plan(LARGE, "disk", memory * MB).columns for memory in (1350, 1450, 1600, 4000)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    assert sizes[-1] == plan(LARGE, "disk").columns
    assert plan(LARGE, "disk").columns * 8 * 100 <= 1.01 * choice.LARGEST_BLOCK
    for memory in (1350, 1450, 1600):
        assert plan(LARGE, "disk", memory * MB).needed <= memory * MB


def test_every_worker_has_blocks() -> None:
    """A cluster gets several blocks for each processor, however small V is."""
    assert plan(SMALL, "dask").columns == 63


@pytest.mark.parametrize(("engine", "memory"), [("auto", 900), ("disk", 900), ("disk", 1), ("dask", 900)])
def test_too_little_for_the_factors(engine: str, memory: int) -> None:
    """W, H and one block must fit; the message has the sizes and what to try."""
    with pytest.raises(EngineError, match=r"W \(50000 x 50\), H \(50 x 1000000\) .*memory.*rank"):
        plan(LARGE, engine, memory * MB)


def test_memory_that_was_asked_for_and_not_allowed() -> None:
    """Both wishes cannot be had."""
    with pytest.raises(
        EngineError, match=r"more than the 1\.0 GB that are allowed; raise memory, or try engine='disk'"
    ):
        plan(LARGE, "memory", 1000 * MB)


def test_what_is_let_go_before_the_fit_does_not_count() -> None:
    """Counts in memory make room for V; what the process has taken at most stands anyway."""
    assert plan(LARGE, held=40 * MB).needed == plan(LARGE).needed - 40 * MB
    assert plan(SMALL, held=100 * MB).needed == 120 * MB


def test_the_plan_in_words() -> None:
    """Engine, estimate, V, blocks and what is allowed."""
    told = str(plan(LARGE, "disk", 2000 * MB))
    assert told.startswith("engine disk: about 1.")
    assert "V has 804 MB, in blocks of" in told
    assert told.endswith("2.0 GB are allowed)")


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0.0 kB"), (5_400, "5.4 kB"), (64 * MB, "64 MB"), (1200 * MB, "1.2 GB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    """Two digits where there is one before the point."""
    assert show_bytes(size) == words


# ------------------------------------------------------------------------------------------- what the machine has


def test_a_container_has_its_own_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of either version of its controller; files in memory count as free, and no limit is none."""
    monkeypatch.setattr(system, "CGROUPS", tmp_path)
    unbounded = system.free()
    (tmp_path / "memory.max").write_text("300000000\n")
    (tmp_path / "memory.current").write_text("250000000\n")
    assert system.free() == 50 * MB
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 20000000\n")
    assert system.free() == 70 * MB
    (tmp_path / "memory.max").write_text("max\n")
    assert system.free() > 0.5 * unbounded
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("90000000\n")
    (tmp_path / "memory" / "memory.usage_in_bytes").write_text("60000000\n")
    assert system.free() == 30 * MB


@LINUX
def test_a_limit_of_the_process_counts() -> None:
    """`ulimit -v` is what can still be taken."""
    program = "from nmf_topics.files.system import free; print(free())"
    limited = ["sh", "-c", f'ulimit -v 2000000; exec {sys.executable} -c "{program}"']
    found = int(subprocess.run(limited, capture_output=True, text=True, check=True).stdout)
    assert 500 * MB < found < 2_000_000 * 1024


MEASURED = """
import json, sys
import numpy as np
import scipy.sparse as sp
from pathlib import Path
from nmf_topics.factor.engines.choice import EngineOptions, ProblemSize, choose_engine
from nmf_topics.factor.engines.disk import OnDisk, to_disk
from nmf_topics.files.system import peak
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.model.fit import fit_topics
from nmf_topics.terms.vocabulary import Vocabulary

folder, engine, rank, words = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
m, n, block = 5000, 60_000, 4000
if engine == "write":  # in a process of its own, so that what it takes is not counted
    rng = np.random.default_rng(0)
    rows = np.sort((rng.random((n, words)) ** 2 * (m - words)).astype(np.int32), axis=1) + np.arange(words)
    V = sp.csc_matrix((rng.random(n * words) + 0.1, rows.ravel(), np.arange(n + 1) * words), shape=(m, n))
    to_disk(V.astype(np.float32), folder, columns=block)
    sys.exit()
V = OnDisk(folder)
stored = n * words
plan = choose_engine(ProblemSize(m, n, rank, stored, itemsize=4, wide=True), EngineOptions(engine, 10**9), held=0)
size = ProblemSize(m, n, rank, stored, itemsize=4, wide=True)
if engine == "memory":
    V = sp.hstack([part for _, part in V.map(sp.csc_matrix.astype, shared=(np.float64,))], format="csc")
names = [str(i) for i in range(n)]
data = DataMatrix(V, Vocabulary(names[:m], names[:m]), PageColumns(names, names, [{}] * n))
fit_topics(data, rank, start="random", max_iter=3)
needed = plan.needed if engine == "memory" else plan.needed - size.on_disk(plan.columns) + size.on_disk(block)
print(json.dumps([needed, peak()]))
"""


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("words", [60])
def test_the_estimate_is_right_within_a_half(words: int, tmp_path: Path) -> None:
    """The peak of real fits, in memory and on disk, few topics and many: not more than 1.5 times apart."""

    def child(*arguments: object) -> str:
        command = [sys.executable, "-c", MEASURED, str(tmp_path / "V"), *map(str, arguments), str(words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
        assert done.returncode == 0, done.stderr
        return done.stdout

    child("write", 0)
    for engine, rank in (("memory", 4), ("memory", 25), ("disk", 25)):
        needed, measured = json.loads(child(engine, rank))
        assert 1 / 1.5 < needed / measured < 1.5, (engine, rank, needed, measured)
