"""The cache folder: entries come back as they were or not at all, the limit holds, and what is in use stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.kinds import BLOCKS, CHECKPOINTS, COUNTS, KINDS, TEMPORARY, TEXTS, entry_key, kind_of
from nmf_topics.files.cache.locks import LOCKS
from nmf_topics.files.cache.scratch import Scratch
from nmf_topics.files.cache.settings import cache_folder, cache_limit, user_cache

DAY = 24 * 3600.0
KILOBYTE = {"x": np.arange(1000, dtype=np.uint8)}
SIZE = 1700  # of an entry of a kilobyte, at most


@dataclass
class Watched:
    """A cache and what it said."""

    folder: Path
    limit: int = 10**9
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cache = Cache(self.folder, limit=self.limit, warn=self.said.append)


def key(number: int) -> str:
    """One of many keys."""
    return entry_key(COUNTS, number)


def same(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arrays as they are."""
    return arrays


def age(path: Path, seconds: float) -> None:
    """Let an entry look as if it was last used so long ago."""
    for inner in (path, *path.rglob("*")):
        os.utime(inner, (time.time() - seconds,) * 2)


def names(folder: Path) -> set[str]:
    """What is in a cache but its locks."""
    return {path.name for path in folder.iterdir()} - {LOCKS}


def folder_entry(cache: Cache, name: str, size: int = 10) -> str:
    """Publish blocks with a single file; the key."""
    scratch = Scratch(cache)
    (scratch.folder / "V").mkdir()
    (scratch.folder / "V" / "file").write_bytes(b"x" * size)
    blocks = entry_key(BLOCKS, name)
    assert cache.publish(BLOCKS, blocks, scratch.folder / "V")
    scratch.close()
    return blocks


# ------------------------------------------------------------------------------------------------------------- entries


def test_an_entry_comes_back(tmp_path: Path) -> None:
    """Under its key and kind only; asking creates nothing."""
    watched = Watched(tmp_path / "a" / "cache")
    assert watched.cache.load(COUNTS, key(1), same) is None
    assert not (tmp_path / "a").exists()
    assert watched.cache.save(COUNTS, key(1), KILOBYTE)
    found = watched.cache.load(COUNTS, key(1), same)
    assert found is not None
    assert found["x"].tobytes() == KILOBYTE["x"].tobytes()
    assert watched.cache.load(COUNTS, key(2), same) is None
    assert watched.cache.load(TEXTS, key(1), same) is None
    assert watched.cache.load(COUNTS, key(1), same, largest=500) is None
    assert names(watched.folder) == {f"counts-{key(1)}.npz"}
    assert watched.said == []


def test_keys_depend_on_kind_format_version_and_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is different makes another key, also text that UTF-8 cannot hold."""
    keys = {entry_key(kind, *parts) for kind in KINDS for parts in ((), ("a",), ("b",), ("a", "b"), ("\ud800",))}
    assert len(keys) == 25
    monkeypatch.setattr("nmf_topics.files.cache.kinds.__version__", "0.0.0")
    assert entry_key(COUNTS, "a") not in keys


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "zeros", "garbage", "array"])
def test_a_damaged_entry_is_absent_with_one_line(tmp_path: Path, damage: str) -> None:
    """It is named and removed; the next time nothing is said."""
    watched = Watched(tmp_path)
    watched.cache.save(CHECKPOINTS, key(1), KILOBYTE)
    path = watched.cache.path(CHECKPOINTS, key(1))
    data = path.read_bytes()
    at = data.index(bytes(range(100, 120)))
    changed = {
        "cut": data[:-30],
        "flipped": data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :],
        "empty": b"",
        "zeros": bytes(len(data)),
        "garbage": b"garbage",
        "array": b"\x93NUMPY\x01\x00",
    }
    path.write_bytes(changed[damage])
    for _ in range(2):
        assert watched.cache.load(CHECKPOINTS, key(1), same) is None
    (said,) = watched.said
    assert said.startswith(f"the checkpoint in {path} cannot be used (")
    assert said.endswith("; the fit starts from the beginning")
    assert names(tmp_path) == set()


def test_an_entry_that_cannot_be_understood_is_absent(tmp_path: Path) -> None:
    """Its digest is right, and its contents are those of something else."""
    watched = Watched(tmp_path)
    watched.cache.save(COUNTS, key(1), KILOBYTE)
    assert watched.cache.load(COUNTS, key(1), lambda arrays: arrays["data"]) is None
    assert len(watched.said) == 1
    assert names(tmp_path) == set()


def test_something_else_in_the_place_of_an_entry(tmp_path: Path) -> None:
    """A folder, a link to nowhere, a pipe: absent, and nothing waits for ever."""
    watched = Watched(tmp_path)
    path = watched.cache.path(COUNTS, key(1))
    path.mkdir()
    assert watched.cache.load(COUNTS, key(1), same) is None
    path.symlink_to(tmp_path / "nowhere")
    assert watched.cache.load(COUNTS, key(1), same) is None
    path.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        assert watched.cache.load(COUNTS, key(1), same) is None
    assert watched.cache.save(COUNTS, key(1), KILOBYTE)
    assert watched.cache.load(COUNTS, key(1), same) is not None


def test_a_folder_is_published_whole(tmp_path: Path) -> None:
    """It is opened with a lease, and replaced by another of the same key unless a command uses it."""
    watched = Watched(tmp_path)
    blocks = folder_entry(watched.cache, "V", 10)
    opened = watched.cache.open_folder(BLOCKS, blocks, lambda folder: (folder / "file").read_bytes())
    assert opened is not None
    assert opened.contents == b"x" * 10
    folder_entry(watched.cache, "V", 20)
    assert (opened.lease.path / "file").read_bytes() == b"x" * 10  # in use
    opened.lease.release()
    folder_entry(watched.cache, "V", 20)
    assert (opened.lease.path / "file").read_bytes() == b"x" * 20
    assert names(tmp_path) == {f"blocks-{blocks}"}
    assert [path.name for path in (tmp_path / LOCKS).iterdir()] == ["cache.lock"]


def test_a_damaged_folder_is_absent_with_one_line(tmp_path: Path) -> None:
    """As a file is."""
    watched = Watched(tmp_path)
    blocks = folder_entry(watched.cache, "V")
    for _ in range(2):
        assert watched.cache.open_folder(BLOCKS, blocks, lambda folder: (folder / "missing").read_bytes()) is None
    assert len(watched.said) == 1
    assert names(tmp_path) == set()


# --------------------------------------------------------------------------------------------------------------- limit


def test_the_least_recently_used_entries_are_removed(tmp_path: Path) -> None:
    """Of all kinds together, and to be read is to be used."""
    watched = Watched(tmp_path, limit=3 * SIZE)
    watched.cache.save(COUNTS, key(1), KILOBYTE)
    watched.cache.save(TEXTS, key(2), KILOBYTE)
    blocks = folder_entry(watched.cache, "V", 1000)
    for seconds, path in ((300, f"counts-{key(1)}.npz"), (200, f"texts-{key(2)}.npz"), (100, f"blocks-{blocks}")):
        age(tmp_path / path, seconds)
    assert watched.cache.load(COUNTS, key(1), same) is not None
    watched.cache.save(CHECKPOINTS, key(3), KILOBYTE)
    assert names(tmp_path) == {f"counts-{key(1)}.npz", f"blocks-{blocks}", f"checkpoint-{key(3)}.npz"}
    watched.cache.save(CHECKPOINTS, key(4), KILOBYTE)
    assert f"blocks-{blocks}" not in names(tmp_path)
    assert sum(entry.size for entry in watched.cache.entries()) <= watched.limit


def test_entries_in_use_stay_until_they_are_not(tmp_path: Path) -> None:
    """Of this process or another; when the lease ends the limit holds again."""
    watched = Watched(tmp_path, limit=2 * SIZE)
    watched.cache.save(COUNTS, key(0), KILOBYTE)
    age(watched.cache.path(COUNTS, key(0)), 1000)
    lease = watched.cache.hold(COUNTS, key(0))
    assert lease is not None
    held = folder_entry(watched.cache, "V", 1600)
    opened = watched.cache.open_folder(BLOCKS, held, lambda folder: folder)
    assert opened is not None
    other = Cache(tmp_path, limit=2 * SIZE)
    for number in (1, 2, 3):
        other.save(COUNTS, key(number), KILOBYTE)
        watched.cache.save(COUNTS, key(10 + number), KILOBYTE)
    assert {f"counts-{key(0)}.npz", f"blocks-{held}"} <= names(tmp_path)
    lease.release()
    opened.lease.release()
    assert sum(entry.size for entry in watched.cache.entries()) <= watched.limit


def test_what_is_larger_than_the_limit_is_not_kept(tmp_path: Path) -> None:
    """It is said once for each kind; a limit of 0 is a wish, of which nothing needs to be said."""
    watched = Watched(tmp_path / "a", limit=500)
    for number in (1, 2):
        assert not watched.cache.save(COUNTS, key(number), KILOBYTE)
    (said,) = watched.said
    assert said.startswith("the counts take 1 kB, more than the whole cache may have")
    assert said.endswith("raise NMF_TOPICS_CACHE_LIMIT")
    nothing = Watched(tmp_path / "b", limit=0)
    assert not nothing.cache.save(COUNTS, key(1), KILOBYTE)
    assert nothing.said == []
    assert list(tmp_path.rglob("*.npz")) == []


def test_old_checkpoints_are_removed(tmp_path: Path) -> None:
    """After two weeks without use, when anything else is written."""
    watched = Watched(tmp_path)
    for number, days in ((1, 13), (2, 15)):
        watched.cache.save(CHECKPOINTS, key(number), KILOBYTE)
        age(watched.cache.path(CHECKPOINTS, key(number)), days * DAY)
    watched.cache.save(COUNTS, key(3), KILOBYTE)
    assert names(tmp_path) == {f"checkpoint-{key(1)}.npz", f"counts-{key(3)}.npz"}


def test_files_of_others_are_never_touched(tmp_path: Path) -> None:
    """Whatever they are called, unless it is exactly the name of an entry."""
    own = ["measurements.npz", "counts-2020.npz", "blocks-of-wood", "texts-a.json", "checkpoint-1.npz", "x.partial-1"]
    for name in own:
        (tmp_path / name).write_bytes(b"years of work")
        age(tmp_path / name, 1000 * DAY)
    watched = Watched(tmp_path, limit=SIZE)
    watched.cache.save(COUNTS, key(1), KILOBYTE)
    watched.cache.save(COUNTS, key(2), KILOBYTE)
    watched.cache.clear()
    assert names(tmp_path) == set(own)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (f"counts-{'0' * 32}.npz", COUNTS),
        ("counts-k3jf9x.partial.npz", COUNTS),
        (f"texts-{'0' * 32}.json.z", TEXTS),
        (f"blocks-{'0' * 32}-1500", BLOCKS),
        ("blocks-once-k3jf9x", TEMPORARY),
        ("spill-k3jf9x", TEMPORARY),
        (".partial-k3jf9x.npz", TEMPORARY),
        (f"counts-{'g' * 32}.npz", None),
        (f"blocks-{'0' * 32}.npz", None),
    ],
)
def test_names_of_entries(name: str, kind: object) -> None:
    """Those of earlier versions are known, so that they can be removed."""
    assert kind_of(name) is kind


# --------------------------------------------------------------------------------------------------- temporary folders


def test_temporary_files_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    """At once, as its locks are gone; those of a running process stay."""
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom nmf_topics.files.cache.cache import Cache\n"
        "from nmf_topics.files.cache.scratch import Scratch\n"
        "scratch = Scratch(Cache(Path(sys.argv[1])))\n(scratch.folder / 'f').write_bytes(b'x')\n"
        "print(scratch.folder.name, flush=True)\nsys.stdin.read()\nos.kill(os.getpid(), 9)"
    )

    def started() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program, str(tmp_path)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with started() as killed, started() as running:
        folders = [process.stdout.readline().strip() for process in (killed, running) if process.stdout]
        killed.communicate("")
        assert names(tmp_path) == set(folders)
        watched = Watched(tmp_path, limit=SIZE)
        watched.cache.save(COUNTS, key(1), KILOBYTE)
        assert names(tmp_path) == {folders[1], f"counts-{key(1)}.npz"}
        assert watched.cache.clear().kept[0].path.name == folders[1]
        running.communicate("")
    watched.cache.clear()
    assert names(tmp_path) == set()
    assert [path.name for path in (tmp_path / LOCKS).iterdir()] == ["cache.lock"]


def test_what_has_no_lock_is_removed_after_a_day(tmp_path: Path) -> None:
    """Such as temporary files of an earlier version, or of a write that was cut off."""
    for name in ("spill-old", "spill-new", "blocks-once-old", ".removed-abc"):
        (tmp_path / name / "V").mkdir(parents=True)
    (tmp_path / ".partial-old.npz").write_bytes(b"x")
    for name in ("spill-old", "blocks-once-old", ".partial-old.npz"):
        age(tmp_path / name, 2 * DAY)
    Watched(tmp_path).cache.save(COUNTS, key(1), KILOBYTE)
    assert names(tmp_path) == {"spill-new", f"counts-{key(1)}.npz"}


def test_scratch_moves_on_where_the_cache_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written before stays readable; it is said once, and all of it is removed."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    watched = Watched(tmp_path / "cache")
    calls = []

    def write(folder: Path) -> Path:
        calls.append(folder)
        if folder.parent == watched.folder and len(calls) > 1:
            raise OSError(28, "No space left on device")
        (folder / "file").write_text("x")
        return folder / "file"

    with Scratch(watched.cache) as scratch:
        first, second, third = (scratch.attempt(write) for _ in range(3))
        assert first.parent.parent == watched.folder
        assert second.parent.parent == third.parent.parent == tmp_path / "tmp"
        assert first.read_text() == second.read_text() == "x"
    assert len(watched.said) == 1
    assert "No space left on device" in watched.said[0]
    assert names(watched.folder) == set()
    assert list((tmp_path / "tmp").iterdir()) == []


# ------------------------------------------------------------------------------------------------------------- failure


@pytest.mark.parametrize("place", ["file", "file/cache", "x" * 4000, "/proc/cache"])
def test_a_folder_that_cannot_be_is_said_once(tmp_path: Path, place: str) -> None:
    """Nothing is found, nothing is kept, no error is raised."""
    (tmp_path / "file").write_text("mine")
    watched = Watched(tmp_path / place)
    assert watched.cache.load(COUNTS, key(1), same) is None
    assert not watched.cache.save(COUNTS, key(1), KILOBYTE)
    assert watched.cache.hold(COUNTS, key(1)) is None
    assert watched.cache.temporary_folder() is None
    assert watched.cache.open_folder(BLOCKS, key(1), same) is None  # type: ignore[arg-type]
    assert watched.cache.keys(BLOCKS, key(1)) == []
    watched.cache.remove(COUNTS, key(1))
    (said,) = watched.said
    assert "cannot be used (" in said
    assert said.endswith("choose another folder with NMF_TOPICS_CACHE")
    assert len(said) < 500
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_leaves_the_older_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing half-written."""
    watched = Watched(tmp_path)
    watched.cache.save(COUNTS, key(1), KILOBYTE)

    def full(*args: object, **settings: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert not watched.cache.save(COUNTS, key(1), {"x": np.zeros(3)})
    assert len(watched.said) == 1
    found = watched.cache.load(COUNTS, key(1), same)
    assert found is not None
    assert found["x"].tobytes() == KILOBYTE["x"].tobytes()
    assert len(names(tmp_path)) == 1


def test_files_that_cannot_be_locked_cost_blocks_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are kept all the same; a folder, which another process might remove, is not used."""
    watched = Watched(tmp_path)
    blocks = folder_entry(watched.cache, "V")

    def unsupported(*args: object, **settings: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr("filelock.FileLock.acquire", unsupported)
    assert watched.cache.save(COUNTS, key(1), KILOBYTE)
    assert watched.cache.load(COUNTS, key(1), same) is not None
    assert watched.cache.open_folder(BLOCKS, blocks, lambda folder: folder) is None
    assert len(watched.said) == 1
    assert "cannot be locked" in watched.said[0]


def test_a_lock_that_is_never_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that stopped in the middle of a change makes others wait a moment, once."""
    from filelock import FileLock

    monkeypatch.setattr("nmf_topics.files.cache.locks.PATIENCE", 0.2)
    (tmp_path / LOCKS).mkdir()
    with FileLock(tmp_path / LOCKS / "cache.lock", thread_local=False):
        watched = Watched(tmp_path)
        began = time.monotonic()
        for number in (1, 2, 3):
            assert watched.cache.hold(COUNTS, key(number)) is None
        assert time.monotonic() - began < 2
    assert len(watched.said) == 1
    assert "another process keeps" in watched.said[0]


@pytest.mark.slow
def test_two_processes_at_once(tmp_path: Path) -> None:
    """Both read and write the same few entries and keep to the limit; nothing is damaged, nothing is said."""
    program = (
        "import sys\nimport numpy as np\nfrom pathlib import Path\nfrom nmf_topics.files.cache.cache import Cache\n"
        "from nmf_topics.files.cache.kinds import COUNTS, BLOCKS, entry_key\n"
        "from nmf_topics.files.cache.scratch import Scratch\n"
        "said = []\ncache = Cache(Path(sys.argv[1]), limit=6000, warn=said.append)\nfound = 0\n"
        "for number in range(60):\n"
        "    key = entry_key(COUNTS, number % 5)\n"
        "    arrays = cache.load(COUNTS, key, dict)\n"
        "    found += arrays is not None\n"
        "    assert arrays is None or (arrays['x'] == number % 5).all()\n"
        "    cache.save(COUNTS, key, {'x': np.full(1000, number % 5, np.uint8)})\n"
        "    with Scratch(cache) as scratch:\n"
        "        (scratch.folder / 'V').mkdir()\n"
        "        (scratch.folder / 'V' / 'file').write_bytes(bytes([number % 3]) * 900)\n"
        "        key = entry_key(BLOCKS, number % 3)\n"
        "        cache.publish(BLOCKS, key, scratch.folder / 'V')\n"
        "    opened = cache.open_folder(BLOCKS, key, lambda folder: (folder / 'file').read_bytes())\n"
        "    if opened is not None:\n"
        "        assert opened.contents == bytes([number % 3]) * 900\n"
        "        assert (opened.lease.path / 'file').read_bytes() == opened.contents\n"
        "        opened.lease.release()\n"
        "print(said)\nassert found"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        out, error = process.communicate(timeout=120)
        assert (process.returncode, out, error) == (0, "[]\n", "")
    assert sum(entry.size for entry in Cache(tmp_path).entries()) <= 6000
    assert {name.partition("-")[0] for name in names(tmp_path)} <= {"counts", "blocks"}


# -------------------------------------------------------------------------------------------------------- what is shown


def test_clearing_by_kind_and_age(tmp_path: Path) -> None:
    """What is asked for, and no more."""
    watched = Watched(tmp_path)
    for number, kind in enumerate((COUNTS, TEXTS, CHECKPOINTS)):
        watched.cache.save(kind, key(number), KILOBYTE)
        age(watched.cache.path(kind, key(number)), number * DAY)
    assert [entry.kind for entry in watched.cache.entries()] == [CHECKPOINTS, TEXTS, COUNTS]
    assert watched.cache.clear([TEXTS], unused_for=1.5 * DAY).removed == []
    assert [entry.kind for entry in watched.cache.clear([COUNTS]).removed] == [COUNTS]
    assert [entry.kind for entry in watched.cache.clear(unused_for=1.5 * DAY).removed] == [CHECKPOINTS]
    os.utime(watched.cache.path(TEXTS, key(1)), (time.time() + DAY,) * 2)  # the clock was wrong
    assert [entry.kind for entry in watched.cache.clear().removed] == [TEXTS]
    assert names(tmp_path) == set()
    assert Cache(tmp_path / "nowhere").clear().removed == Cache(tmp_path / "nowhere").entries() == []


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """NMF_TOPICS_CACHE first, then an absolute XDG_CACHE_HOME, then ~/.cache; an empty variable is none."""
    monkeypatch.setenv("NMF_TOPICS_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.setenv("NMF_TOPICS_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "nmf-topics"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for other in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", other)
        assert cache_folder() == tmp_path / "home" / ".cache" / "nmf-topics"
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # a user without a home folder
    said: list[str] = []
    assert user_cache(said.append) is None
    assert said == [
        "there is no home folder for a cache, so nothing is kept for the next time; name a folder with NMF_TOPICS_CACHE"
    ]


@pytest.mark.parametrize(("text", "limit"), [("", 20 * 10**9), ("500MB", 5 * 10**8), ("0", 0), ("1GiB", 2**30)])
def test_the_limit(monkeypatch: pytest.MonkeyPatch, text: str, limit: int) -> None:
    """From the environment."""
    monkeypatch.setenv("NMF_TOPICS_CACHE_LIMIT", text)
    assert cache_limit() == limit


def test_a_limit_that_is_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is said, and does not stop anything."""
    monkeypatch.setenv("NMF_TOPICS_CACHE_LIMIT", "much")
    said: list[str] = []
    assert cache_limit(said.append) == 20 * 10**9
    assert said == [
        "NMF_TOPICS_CACHE_LIMIT is 'much', which is not a size such as 500MB or 20GB; the limit of the cache is 20 GB"
    ]
