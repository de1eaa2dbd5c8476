"""fit and ranks on other engines than memory: the same topics, all files, and what can go wrong on the way."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inputs import WIDE, write_faces, write_tiny
from program import LINUX, Refuse, Run, call, start

from nmf_topics import load_model

FIT = ("fit", "tiny.jsonl", "--rank", 3, *WIDE)


@pytest.fixture(autouse=True)
def _tiny(tmp_path: Path) -> None:
    """The tiny corpus in the working folder."""
    write_tiny(tmp_path / "tiny.jsonl")


def stores() -> list[Path]:
    """Folders of blocks in the cache."""
    return sorted(Path(os.environ["NMF_TOPICS_CACHE"]).glob("blocks-*"))


def tables(folder: str) -> list[bytes]:
    """Files that say what a fit found."""
    return [(Path(folder) / name).read_bytes() for name in ("topics.csv", "pages.csv", "model.json", "model.npz")]


def agree(one: str, other: str, tolerance: float = 1e-6) -> None:
    """WH of two models is the same, and so are their pages' topics."""
    a, b = load_model(one), load_model(other)
    np.testing.assert_allclose(a.W @ a.H, b.W @ b.H, atol=tolerance)
    np.testing.assert_array_equal(a.dominant(), b.dominant())
    assert a.coherences == pytest.approx(b.coherences, nan_ok=True)
    assert a.relative_error == pytest.approx(b.relative_error, abs=tolerance)


def test_disk_is_memory(ok: Run) -> None:
    """The same topics and the same files; the plan is said, and run.json has it; another rank uses the same blocks."""
    ok(*FIT, "--engine", "memory", "-o", "a")
    told = ok(*FIT, "--engine", "disk", "-o", "b").stderr
    agree("a", "b")
    assert {p.name for p in Path("a").iterdir()} == {p.name for p in Path("b").iterdir()}
    assert "engine disk: about" in told
    assert "in blocks of 12 pages" in told
    assert "tiny-" not in told
    assert json.loads(Path("b/run.json").read_text())["engine"] == {"name": "disk", "pages_of_a_block": 12}
    assert json.loads(Path("a/run.json").read_text())["engine"] == {"name": "memory"}
    assert len(stores()) == 1
    assert "V from blocks made before" in ok("fit", "tiny.jsonl", "--rank", 2, *WIDE, "--engine", "disk").stderr
    assert len(stores()) == 1


def test_what_shapes_V_makes_other_blocks(ok: Run) -> None:
    """Another weighting is another V; the text itself, changed, is another, too."""
    ok(*FIT, "--engine", "disk")
    ok(*FIT, "--engine", "disk", "--weighting", "tfidf", "-o", "b")
    assert len(stores()) == 2
    assert load_model("b").recipe["weighting"] == "tfidf"
    with Path("tiny.jsonl").open("a") as file:
        file.write(json.dumps({"id": "new", "text": "A cat and a dog and a guitar under the moon."}) + "\n")
    assert "from blocks made before" not in ok(*FIT, "--engine", "disk", "-o", "c").stderr
    assert len(load_model("c").columns) == 13


def test_the_cache_does_not_show(ok: Run) -> None:
    """Blocks that are there, blocks made from counts that are there, and none at all: the same bytes."""
    for folder in ("a", "b"):
        ok(*FIT, "--engine", "disk", "-o", folder)
    ok(*FIT, "--engine", "disk", "--no-cache", "-o", "c")
    assert tables("a") == tables("b") == tables("c")
    before = stores()
    ok(*FIT, "--engine", "memory", "-o", "m1")  # counts are kept now
    for store in stores():
        (store / "names.npz").write_bytes(b"damaged")  # as good as none: made anew
    ok(*FIT, "--engine", "disk", "-o", "d")
    assert tables("a") == tables("d")
    assert stores() == before


def test_order_of_the_pages_does_not_show(ok: Run) -> None:
    """Blocks are in the order of the pages' ids; only the order in which pages are listed is that of the source."""
    ok(*FIT, "--engine", "disk", "-o", "a")
    lines = Path("tiny.jsonl").read_text().splitlines()
    Path("tiny.jsonl").write_text("\n".join(lines[::-1]) + "\n")
    ok(*FIT, "--engine", "disk", "-o", "b")
    one, other = load_model("a"), load_model("b")
    assert one.columns.ids == other.columns.ids
    assert one.W.tobytes() == other.W.tobytes()
    assert one.H.tobytes() == other.H.tobytes()
    assert Path("a/topics.csv").read_bytes() == Path("b/topics.csv").read_bytes()


def test_standard_input_and_no_cache_leave_no_blocks(ok: Run, tmp_path: Path) -> None:
    """What nobody can find again goes with the fit."""
    text = Path("tiny.jsonl").read_text()
    ok("fit", "-", "--rank", 3, *WIDE, "--engine", "disk", "-o", "a", input=text)
    ok(*FIT, "--engine", "disk", "--no-cache", "-o", "b", env={"TMPDIR": str(tmp_path)})
    gc.collect()  # V is gone, as it is when the program ends
    assert stores() == []
    assert not list(tmp_path.glob("*blocks-*"))


def test_other_commands_on_a_model_of_blocks(ok: Run) -> None:
    """Runs with stability, classify, ranks: what they need of V comes through the seam."""
    ok(*FIT, "--engine", "disk", "--runs", 3, "-o", "a")
    ok(*FIT, "--engine", "memory", "--runs", 3, "-o", "b")
    agree("a", "b")
    assert load_model("a").stabilities == pytest.approx(load_model("b").stabilities, abs=1e-6)
    first = json.loads(ok("classify", "tiny.jsonl", "--model", "a", "--json").stdout)["pages"]
    own = {page: h for page, h in zip(load_model("a").columns.ids, load_model("a").H.T, strict=True)}
    for page in first:
        weights = own[page["name"]] / own[page["name"]].sum()
        assert page["weights"] == pytest.approx(weights, abs=1e-6)
    curves = [
        json.loads(ok("ranks", "tiny.jsonl", *WIDE, "--to", 4, "--engine", e, "-o", f"r-{e}", "--json").stdout)
        for e in ("disk", "memory")
    ]
    for row, expected in zip(curves[0]["ranks"], curves[1]["ranks"], strict=True):
        assert row["error"] == pytest.approx(expected["error"], abs=1e-6)
        assert row["coherence"] == pytest.approx(expected["coherence"], nan_ok=True)


def test_images(ok: Run, tmp_path: Path) -> None:
    """Pixels are dense: blocks of them are, too, and the reconstruction is drawn."""
    write_faces(tmp_path / "images")
    for engine in ("memory", "disk"):
        ok("fit", "images", "--rank", 2, "--engine", engine, "-o", engine)
    agree("memory", "disk")
    assert Path("disk/reconstruction.png").read_bytes() == Path("memory/reconstruction.png").read_bytes()


def test_memory_decides(ok: Run, refuse: Refuse) -> None:
    """--engine auto takes memory where that is allowed; too little for even one block is an error that says so."""
    assert "engine memory: about" in ok(*FIT, "-o", "a").stderr
    message = refuse(*FIT, "--memory", "1MB", "-o", "b")
    assert "need" in message
    assert "raise --memory" in message
    assert "--engine disk" in refuse(*FIT, "--memory", "1MB", "--engine", "memory", "-o", "b")
    assert not Path("b").exists()


def test_spilled_counts_do_not_show(ok: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts that go to disk because memory is short make the same model, and leave nothing."""
    ok(*FIT, "--engine", "disk", "-o", "a", "--no-cache")
    monkeypatch.setattr("nmf_topics.pipeline.storage.FOR_COUNTS", 0.0)
    ok(*FIT, "--engine", "disk", "-o", "b", "--no-cache")
    ok(*FIT, "--engine", "disk", "-o", "c")
    assert tables("a") == tables("b") == tables("c")
    assert not list(Path(os.environ["NMF_TOPICS_CACHE"]).glob("spill-*"))


def test_what_killed_runs_left_behind_goes(ok: Run) -> None:
    """After a day without use; what somebody may be at work on stays."""
    cache = Path(os.environ["NMF_TOPICS_CACHE"])
    old = time.time() - 2 * 24 * 3600
    for name in ("spill-old", "spill-new", "blocks-once-old", "blocks-once-used"):
        (cache / name / "V").mkdir(parents=True)
    (cache / "blocks-once-used" / "V" / "blocks.json").touch()
    for name in ("spill-old", "blocks-once-old", "blocks-once-used"):
        os.utime(cache / name, (old, old))
    ok(*FIT)
    assert {p.name for p in cache.iterdir() if p.is_dir()} == {"spill-new", "blocks-once-used", ".locks"}


@pytest.mark.loopback
def test_dask(ok: Run) -> None:
    """A cluster of this machine; the same topics, the engine in run.json."""
    pytest.importorskip("distributed")
    done = call(*FIT, "--engine", "dask", "-o", "d", "--start", "random", "--max-iter", 12)
    assert done.returncode == 0, done.stderr
    assert "a cluster on this machine" in done.stderr
    ok(*FIT, "-o", "m", "--start", "random", "--max-iter", 12)
    agree("d", "m")
    assert json.loads(Path("d/run.json").read_text())["engine"]["name"] == "dask"


def test_a_scheduler_that_cannot_be(refuse: Refuse) -> None:
    """One message, with the address and what to check (one that does not answer: tests of the engine)."""
    pytest.importorskip("distributed")
    message = refuse(*FIT, "--scheduler", "somewhere")
    assert "the scheduler at somewhere cannot be reached" in message
    assert "is it running" in message


def test_dask_that_is_not_installed(refuse: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the extra."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "nmf-topics[dask]" in refuse(*FIT, "--engine", "dask")


@pytest.mark.parametrize(
    "name", ["part-00000.bin", "names.npz", "blocks.json", "counts/part-00000.bin", "counts/blocks.json"]
)
def test_damaged_blocks_cost_time_only(ok: Run, name: str) -> None:
    """Whichever file was altered, by one bit or to its end: one line says so, and the blocks are made again."""
    ok(*FIT, "--engine", "disk", "-o", "a")
    (store,) = stores()
    whole = {path.relative_to(store): path.read_bytes() for path in store.rglob("*") if path.is_file()}
    path = store / name
    for change in ("bit", "end"):
        content = bytearray(path.read_bytes())
        if change == "bit":
            content[len(content) // 2] ^= 4
        else:
            del content[len(content) // 2 :]
        path.write_bytes(bytes(content))
        told = ok(*FIT, "--engine", "disk", "-o", "b").stderr
        assert told.count("warning: the blocks of V in") == 1
        assert told.count("; they are made again") == 1
        assert tables("a") == tables("b")
        assert {path.relative_to(store): path.read_bytes() for path in store.rglob("*") if path.is_file()} == whole


@LINUX
@pytest.mark.parametrize("engine", ["memory", "disk"])
def test_goes_on_after_kill_9(engine: str, ok: Run) -> None:
    """Killed outright after a checkpoint, the same command goes on from it, to the same bytes; none is left."""
    long = (*FIT, "--engine", engine, "--tolerance", 0, "--max-iter", 1200, "--no-clouds", "--no-report")
    cache = Path(os.environ["NMF_TOPICS_CACHE"])
    process = start(*long, "-o", "a", "--checkpoint", 0.001, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    patience = time.monotonic() + 60
    while not list(cache.glob("checkpoint-*.npz")):
        assert process.poll() is None, "the fit ended before it was killed"
        assert time.monotonic() < patience
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not Path("a/model.json").exists()
    told = ok(*long, "-o", "a").stderr
    assert "resuming from iteration" in told
    assert not list(cache.glob("checkpoint-*"))
    ok(*long, "-o", "b", "--checkpoint", 0)
    assert tables("a") == tables("b")


HELD = """
import json, resource, sys
from pathlib import Path
import numpy as np
from nmf_topics.factor.engines.disk import OnDisk
from nmf_topics.files.system import rss_bytes
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.project import project
room = int(sys.argv[2])
size = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize")) * 1024
resource.setrlimit(resource.RLIMIT_AS, (size + room, size + room))
try:
    np.ones(room)  # eight times what there is
    sys.exit("the limit does not hold")
except MemoryError:
    pass
V = OnDisk(Path(sys.argv[1]))
result = factorize(V, 4, start="random", max_iter=3, tolerance=0)
H, errors = project(V, result.W)
print(json.dumps({"trace": result.trace.tolist(), "error": float(np.nanmax(errors))}))
"""


@pytest.mark.slow
@LINUX
def test_V_five_times_the_memory(tmp_path: Path) -> None:
    """With room for a fifth of V, to which the system holds the process, V is factored and its pages solved."""
    from nmf_topics.factor.engines.store import read_manifest, write_blocks

    rng = np.random.default_rng(0)
    blocks = [_long_pages(rng) for _ in range(2)]
    write_blocks(tmp_path / "V", (blocks[number % 2] for number in range(62)))
    stored = sum(part.stored for part in read_manifest(tmp_path / "V").parts)
    room = 200 * 10**6
    assert stored * 8 > 4.9 * room
    done = subprocess.run(
        [sys.executable, "-c", HELD, str(tmp_path / "V"), str(room)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},  # each thread's arena would reserve 64 MB that nobody uses
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["trace"] == sorted(found["trace"], reverse=True)
    assert 0 < found["error"] < 1


def _long_pages(rng: np.random.Generator) -> Any:
    """A block of 1,000 pages with 2,000 words each, 16 MB."""
    import scipy.sparse as sp

    rows = (rng.random((1000, 2000)) * 8000).astype(np.int32)
    rows.sort(axis=1)
    rows += np.arange(2000, dtype=np.int32)
    data = rng.random(rows.size, dtype=np.float32) + np.float32(0.1)
    return sp.csc_matrix((data, rows.ravel(), np.arange(1001, dtype=np.int32) * 2000), shape=(10_000, 1000))
