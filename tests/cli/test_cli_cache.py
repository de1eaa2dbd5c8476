"""nmf-topics cache: what is shown, what is cleared."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from inputs import WIDE
from program import Refused, Run

from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.kinds import BLOCKS


@pytest.fixture
def cache(ok: Run, tiny_corpus: Path) -> Path:
    """A cache after a fit with blocks, one in memory, and an old checkpoint."""
    for engine in ("disk", "memory"):
        ok("fit", tiny_corpus, "-r", 2, *WIDE, "--engine", engine, "--no-clouds")
    folder = Path(os.environ["NMF_TOPICS_CACHE"])
    checkpoint = folder / f"checkpoint-{'0' * 32}.npz"
    checkpoint.write_bytes(b"x" * 100)
    os.utime(checkpoint, (time.time() - 3 * 24 * 3600,) * 2)
    (folder / "mine.txt").write_text("not part of the cache")
    return folder


def shown(ok: Run, *arguments: object) -> dict[str, Any]:
    """The document of --json."""
    document = json.loads(ok("cache", "--json", *arguments).stdout)
    assert next(iter(document)) == "schema"
    assert isinstance(document, dict)
    return document


def test_shows_kinds_sizes_and_ages(ok: Run, cache: Path) -> None:
    """For people and as JSON; nothing is changed."""
    text = ok("cache").stdout
    assert text.startswith(f"{cache}: 4 entries (")
    assert ", limit 20 GB" in text
    assert "\ncounts: 1 entry (" in text
    assert "\ncheckpoints: 1 entry (100 B), last used 3 days ago\n  states of interrupted fits" in text
    assert "\ntemporary: no entries\n" in text
    document = shown(ok)
    assert {kind["kind"]: kind["entries"] for kind in document["kinds"]} == {
        "counts": 1,
        "texts": 1,
        "blocks": 1,
        "checkpoints": 1,
        "temporary": 0,
    }
    sizes = {entry["name"]: entry["size"] for entry in document["entries"]}
    for name, size in sizes.items():
        files = [path for path in (cache / name, *(cache / name).rglob("*")) if path.is_file()]
        assert size == sum(path.stat().st_size for path in files)
    assert document["size"] == sum(sizes.values())
    assert next(iter(sizes)).startswith("checkpoint-")  # the oldest first
    assert document["folder"] == str(cache)


def test_clears_what_is_asked_for(ok: Run, cache: Path) -> None:
    """By age, by kind, then all of it; files of others stay."""
    assert [e["kind"] for e in shown(ok, "--older-than", "2d")["entries"]] == ["checkpoints"]
    assert ok("cache", "--clear", "--older-than", "4d").stdout == f"removed no entries from {cache}\n"
    assert ok("cache", "--clear", "--older-than", "48h").stdout == f"removed 1 entry (100 B) from {cache}\n"
    document = shown(ok, "--clear", "--kind", "texts", "--kind", "blocks")
    assert {e["kind"] for e in document["removed"]} == {"texts", "blocks"}
    assert document["entries"] == []
    assert [e["kind"] for e in shown(ok)["entries"]] == ["counts"]
    assert ok("cache", "--clear").stdout.startswith("removed 1 entry (")
    assert shown(ok)["size"] == 0
    assert {path.name for path in cache.iterdir()} == {"mine.txt", ".locks"}


def test_what_is_in_use_is_kept(ok: Run, cache: Path) -> None:
    """And that is said."""
    (name,) = (path.name for path in cache.glob("blocks-*"))
    lease = Cache(cache).hold(BLOCKS, name.removeprefix("blocks-"))
    assert lease is not None
    assert "1 in use" in ok("cache").stdout
    assert "\nkept 1 entry (" in ok("cache", "--clear").stdout
    assert [path.name for path in cache.glob("*-*")] == [name]
    lease.release()
    ok("cache", "--clear")
    assert list(cache.glob("*-*")) == []


def test_an_empty_cache(ok: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that does not exist is not created."""
    monkeypatch.setenv("NMF_TOPICS_CACHE", str(tmp_path / "nowhere"))
    assert ok("cache").stdout.startswith(f"{tmp_path / 'nowhere'}: no entries, limit 20 GB\n")
    assert ok("cache", "--clear").stdout == f"removed no entries from {tmp_path / 'nowhere'}\n"
    assert not (tmp_path / "nowhere").exists()


def test_what_cannot_be(refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file, an age and a kind that are none."""
    assert "'soon' is not an age such as 30d, 12h or 2w" in refused(2, "cache", "--older-than", "soon")
    assert "'wine'" in refused(2, "cache", "--kind", "wine")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NMF_TOPICS_CACHE", str(tmp_path / "file"))
    assert "cannot be read (Not a directory); choose another folder with NMF_TOPICS_CACHE" in refused(1, "cache")
    assert "cannot be changed (" in refused(1, "cache", "--clear")


def test_the_limit_is_shown(ok: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment; the variables of the command's own options do not clash with it."""
    monkeypatch.setenv("NMF_TOPICS_CACHE_LIMIT", "500MB")
    assert shown(ok)["limit"] == 500_000_000
    monkeypatch.setenv("NMF_TOPICS_CACHE_LIMIT", "much")
    assert "which is not a size" in ok("cache").stderr


def test_without_a_place_for_a_cache(ok: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder has an empty cache: a warning, and a document for programs."""
    monkeypatch.delenv("NMF_TOPICS_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    done = ok("cache", "--json")
    assert "there is no home folder for a cache" in done.stderr
    assert json.loads(done.stdout) == {"schema": 1, "folder": None, "limit": 0, "size": 0, "kinds": [], "entries": []}
