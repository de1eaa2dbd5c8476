"""The cache is never more than a loss of time: a fit goes on without it, says so in one line, and ends the same."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from inputs import ENDLESS, WIDE, write_tiny
from outputs import everything
from privileges import HUMBLE, permissions_count
from program import LINUX, Run, call, start

FIT = ("fit", "tiny.jsonl", *WIDE, "-r", 2, "--no-clouds", "--checkpoint", 0.001)
ENGINES = pytest.mark.parametrize("engine", ["memory", "disk"])


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The system's folder for temporary files, in which nothing may be left."""
    write_tiny(tmp_path / "tiny.jsonl")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def same_model(one: str, other: str) -> bool:
    """Whether two fits found the same."""
    names = ("topics.csv", "pages.csv", "model.json", "model.npz")
    return all(Path(one, name).read_bytes() == Path(other, name).read_bytes() for name in names)


def goes_on_without(engine: str, env: Mapping[str, str], reason: str) -> None:
    """Fit without the cache that `env` names, which is reported once; the topics are those of a fit that needs none."""
    done = call(*FIT, "--engine", engine, "-o", "a", env=env, **HUMBLE)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "cache" in line]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("warning: the cache in ")
    assert f"cannot be used ({reason}), so nothing is kept for the next time" in lines[0]
    assert lines[0].endswith("choose another folder with NMF_TOPICS_CACHE")
    assert len(lines[0]) < 600
    assert done.stderr.count("warning") == 1
    call(*FIT, "--engine", engine, "-o", "b", "--no-cache")
    assert same_model("a", "b")


@ENGINES
def test_a_file_where_the_folder_should_be(engine: str) -> None:
    """It stays what it is."""
    Path("cache").write_text("mine")
    goes_on_without(engine, {"NMF_TOPICS_CACHE": "cache"}, "a file is in its place")
    assert Path("cache").read_text() == "mine"


@ENGINES
def test_a_name_of_4000_characters(engine: str) -> None:
    """Longer than any system allows; the message shows its ends."""
    goes_on_without(engine, {"NMF_TOPICS_CACHE": "/tmp/" + "long-" * 800}, "File name too long")


@permissions_count
@ENGINES
def test_a_folder_that_may_not_be_written(engine: str, closed: Path) -> None:
    """Nor anything in it."""
    goes_on_without(engine, {"NMF_TOPICS_CACHE": str(closed / "cache")}, "Permission denied")


@permissions_count
@ENGINES
def test_a_folder_that_may_not_be_read(engine: str, tmp_path: Path) -> None:
    """Entries are there, but not for this user."""
    folder = tmp_path / "cache"
    assert call(*FIT, "--engine", engine, "-o", "c", env={"NMF_TOPICS_CACHE": str(folder)}).returncode == 0
    folder.chmod(0)
    try:
        goes_on_without(engine, {"NMF_TOPICS_CACHE": str(folder)}, "Permission denied")
    finally:
        folder.chmod(0o755)


@permissions_count
@ENGINES
def test_the_home_of_another_user(engine: str, closed: Path) -> None:
    """As after `sudo -u`, which may leave HOME as it was."""
    closed.chmod(0)
    env = {"NMF_TOPICS_CACHE": "", "XDG_CACHE_HOME": "", "HOME": str(closed), "MPLCONFIGDIR": os.environ["TMPDIR"]}
    try:
        goes_on_without(engine, env, "Permission denied")
    finally:
        closed.chmod(0o755)


@ENGINES
def test_a_full_disk(engine: str, small_disk: Path) -> None:
    """Nothing half-written is left on it."""
    (small_disk / "ballast").write_bytes(b"x" * 64_000)
    goes_on_without(engine, {"NMF_TOPICS_CACHE": str(small_disk / "cache")}, "No space left on device")
    assert [path.name for path in small_disk.rglob("*") if path.is_file() and path.stat().st_size] == ["ballast"]


@ENGINES
def test_a_file_system_that_may_only_be_read(engine: str, small_disk: Path) -> None:
    """Such as a snapshot of a home folder."""
    (small_disk / "cache").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    goes_on_without(engine, {"NMF_TOPICS_CACHE": str(small_disk / "cache")}, "Read-only file system")


@permissions_count
def test_a_cache_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    """Counts and texts of somebody else save the same time, and nothing needs to be said."""
    folder = tmp_path / "cache"
    env = {"NMF_TOPICS_CACHE": str(folder)}
    fit = ("fit", "tiny.jsonl", *WIDE, "-r", 2, "--no-clouds", "--engine", "memory")
    assert call(*fit, "-o", "a", env=env).returncode == 0
    before = everything(folder)
    folder.chmod(0o555)
    done = call(*fit, "-o", "b", env=env, **HUMBLE)
    folder.chmod(0o755)
    assert done.returncode == 0
    assert "from the cache" in done.stderr
    assert "warning" not in done.stderr
    assert everything(folder) == before
    assert same_model("a", "b")


@LINUX
@ENGINES
def test_two_fits_at_once(engine: str) -> None:
    """Of the same corpus, with the same cache: both end well, and the same."""
    processes = [start(*FIT, "--engine", engine, "-o", name) for name in ("a", "b")]
    for process in processes:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
        assert "warning" not in told
    assert same_model("a", "b")
    cache = Path(os.environ["NMF_TOPICS_CACHE"])
    assert len(list(cache.glob("blocks-*"))) == (engine == "disk")
    assert [path.name for path in (cache / ".locks").iterdir()] == ["cache.lock"]
    assert not list(cache.glob("spill-*"))


@LINUX
def test_a_fit_that_is_killed(ok: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it left is removed by the next command that writes into the cache; its blocks are used."""
    cache = Path(os.environ["NMF_TOPICS_CACHE"])
    fit = ("fit", "tiny.jsonl", *WIDE, "-r", 2, "--no-clouds", "--engine", "disk")
    with start(*fit, "-r", 3, *ENDLESS, "-o", "a", "--checkpoint", 0.001, stdout=subprocess.DEVNULL) as process:
        patience = time.monotonic() + 60
        while not list(cache.glob("checkpoint-*")):
            assert time.monotonic() < patience
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert len(list((cache / ".locks").iterdir())) == 3  # the lock, and the uses of the blocks and the checkpoint
    told = ok(*fit, "-o", "b").stderr
    assert "V from blocks made before" in told
    ok("fit", "tiny.jsonl", *WIDE, "-r", 2, "--no-clouds", "--normalize", "none", "-o", "c")
    left = {path.name for path in (cache / ".locks").iterdir()}
    assert not any(name.startswith("checkpoint-") for name in left)
    assert len(list(cache.glob("checkpoint-*"))) == 1  # from which the first command would resume
    ok(*fit, "-o", "d", "--no-cache")
    assert same_model("b", "d")


@pytest.mark.parametrize("limit", [0, 100_000])
def test_twenty_corpora_stay_under_the_limit(ok: Run, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts, texts and blocks of twenty corpora take four times as much, if they all stay."""
    monkeypatch.setenv("NMF_TOPICS_CACHE_LIMIT", str(limit))
    cache = Path(os.environ["NMF_TOPICS_CACHE"])
    text = Path("tiny.jsonl").read_text()
    for number in range(20):
        Path("tiny.jsonl").write_text(text.replace("cat", f"cat{'x' * number}"))
        engine = "disk" if number % 2 else "memory"
        told = ok("fit", "tiny.jsonl", *WIDE, "-r", 2, "--no-clouds", "--engine", engine).stderr
        assert "warning" not in told
        assert sum(path.stat().st_size for path in cache.rglob("*") if path.is_file()) <= limit
    assert (len(list(cache.glob("*-*"))) > 3) == (limit > 0)
