"""Counts on disk: they come back as they were, or not at all."""

from __future__ import annotations

import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nmf_topics.corpus.page import Page
from nmf_topics.matrix.stored import json_to_array
from nmf_topics.terms import counts_cache
from nmf_topics.terms.count import count_terms
from nmf_topics.terms.counts_cache import cache_folder, recall_counts, store_counts
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.text.analyzer import WordOptions

ORIGIN = {"name": "tiny", "fingerprint": "abc", "set_aside": [{"name": "x.txt", "reason": "empty"}]}


@pytest.fixture
def counts() -> TermCounts:
    """Counts with names and metadata of every kind that JSON has."""
    pages = [
        Page("b", "Zweite Seite — “x”", "Cats and dogs run. 3 cats!", {"label": "ä", "year": 1999, "share": 0.5}),
        Page("a\ud800", "First", "The naïve café ran", {"url": None, "good": True}),
        Page("c", "", "", {}),
    ]
    found = count_terms(pages, WordOptions(normalize="both", stop=("dog", "été")))
    phrases = Phrases(((("New", "york"),), (("new york", "city"),)))
    return replace(found, info=replace(found.info, phrases=phrases))


def only_entry(folder: Path) -> Path:
    """The one file in a cache."""
    (path,) = folder.iterdir()
    return path


def repack(path: Path, change: Callable[[dict[str, np.ndarray]], None], *, allow_pickle: bool = False) -> None:
    """Write an entry again with its arrays changed."""
    with np.load(path) as entry:
        arrays_of_entry = dict(entry)
    change(arrays_of_entry)
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays_of_entry.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=allow_pickle)


def test_round_trip(counts: TermCounts, tmp_path: Path) -> None:
    """Matrix, vocabulary, pages, options, ledger and origin come back equal, and of the same types."""
    store_counts("key", counts, ORIGIN, tmp_path)
    found, origin = recall_counts("key", tmp_path) or pytest.fail("nothing was recalled")
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(found.counts, name), getattr(counts.counts, name))
    assert (found.counts.shape, found.counts.dtype, found.counts.format) == (counts.counts.shape, np.int32, "csc")
    assert found.vocabulary == counts.vocabulary
    assert found.columns == counts.columns
    assert found.options == counts.options
    assert isinstance(found.options.stop, tuple)
    assert found.ledger == counts.ledger
    assert found.languages == counts.languages == {"en": 3}
    assert found.phrases == counts.phrases
    assert found.phrases.to_meta() == [[["New", "york"]], [["new york", "city"]]]
    assert origin == ORIGIN


def test_counts_of_nothing_come_back(tmp_path: Path) -> None:
    """A corpus without a single word has an entry, too."""
    nothing = count_terms([], WordOptions())
    store_counts("key", nothing, {}, tmp_path)
    found, _ = recall_counts("key", tmp_path) or pytest.fail("nothing was recalled")
    assert found.counts.shape == (0, 0)


def test_a_key_finds_its_own_entry_only(counts: TermCounts, tmp_path: Path) -> None:
    """Another key, an empty folder and a folder that is not there have nothing, and nothing is made by asking."""
    store_counts("one", counts, ORIGIN, tmp_path / "cache")
    assert recall_counts("two", tmp_path / "cache") is None
    assert recall_counts("one", tmp_path) is None
    assert recall_counts("one", tmp_path / "nowhere") is None
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_is_made_and_nothing_but_the_entry_is_left_in_it(counts: TermCounts, tmp_path: Path) -> None:
    """Parents are made as needed; the file that was written aside is gone."""
    folder = tmp_path / "a" / "b"
    store_counts("key", counts, ORIGIN, folder)
    store_counts("key", counts, ORIGIN, folder)
    assert len(list(folder.iterdir())) == 1


def test_an_entry_holds_no_pickle(counts: TermCounts, tmp_path: Path) -> None:
    """Every array in the file is of plain numbers."""
    store_counts("key", counts, ORIGIN, tmp_path)
    with np.load(only_entry(tmp_path), allow_pickle=False) as entry:
        assert all(entry[name].dtype.kind in "iub" for name in entry.files)


class Harm:
    """An object whose unpickling leaves a trace."""

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return (os.mkdir, ("harm-was-done",))


@pytest.mark.parametrize("name", ["vocabulary", "data", "origin"])
def test_an_entry_with_pickled_objects_is_refused(counts: TermCounts, tmp_path: Path, name: str) -> None:
    """What somebody else put into the cache is not run."""
    store_counts("key", counts, ORIGIN, tmp_path / "cache")

    def plant(entry: dict[str, np.ndarray]) -> None:
        entry[name] = np.array([Harm()], dtype=object)

    repack(only_entry(tmp_path / "cache"), plant, allow_pickle=True)
    assert recall_counts("key", tmp_path / "cache") is None
    assert not Path("harm-was-done").exists()


@pytest.mark.filterwarnings("error")
def test_a_damaged_entry_is_ignored(counts: TermCounts, tmp_path: Path) -> None:
    """Cut short anywhere, or with a byte wrong anywhere: nothing, or just what was stored, and never an error.

    A wrong byte may also stand where it says nothing, such as the date of the archive.
    """
    store_counts("key", counts, ORIGIN, tmp_path)
    path = only_entry(tmp_path)
    whole = path.read_bytes()
    rng = random.Random(0)
    outcomes = set()
    for position in [*range(0, len(whole), 3), *range(len(whole) - 60, len(whole))]:
        for damaged in (
            whole[:position],
            whole[:position] + bytes([rng.randrange(256)]) + whole[position + 1 :],
            whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :],
        ):
            path.write_bytes(damaged)
            found = recall_counts("key", tmp_path)
            outcomes.add(found is None)
            if found is not None:
                assert (found[0].counts != counts.counts).nnz == 0
                assert (found[0].vocabulary, found[0].columns, found[1]) == (counts.vocabulary, counts.columns, ORIGIN)
    assert outcomes == {True, False}


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x05\x06" + b"\0" * 18, b"\x93NUMPY\x01\x00"])
def test_a_file_of_another_kind_is_ignored(counts: TermCounts, tmp_path: Path, content: bytes) -> None:
    """Also an empty file, an empty archive and the beginning of an array."""
    store_counts("key", counts, ORIGIN, tmp_path)
    only_entry(tmp_path).write_bytes(content)
    assert recall_counts("key", tmp_path) is None


def test_a_plain_array_and_a_folder_are_ignored(counts: TermCounts, tmp_path: Path) -> None:
    """Neither is an entry, whatever its name."""
    store_counts("key", counts, ORIGIN, tmp_path)
    path = only_entry(tmp_path)
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    assert recall_counts("key", tmp_path) is None
    path.unlink()
    path.mkdir()
    assert recall_counts("key", tmp_path) is None


@pytest.mark.parametrize("missing", ["data", "shape", "vocabulary", "columns", "options", "ledger", "origin"])
def test_an_entry_of_another_version_is_ignored(counts: TermCounts, tmp_path: Path, missing: str) -> None:
    """An entry that lacks something is none."""
    store_counts("key", counts, ORIGIN, tmp_path)
    repack(only_entry(tmp_path), lambda entry: entry.__delitem__(missing))
    assert recall_counts("key", tmp_path) is None


def test_an_entry_with_an_unknown_option_is_ignored(counts: TermCounts, tmp_path: Path) -> None:
    """Counts made under an option that this version does not have may be anything."""
    store_counts("key", counts, ORIGIN, tmp_path)
    options = {**asdict(counts.options), "sparkle": True}
    repack(only_entry(tmp_path), lambda entry: entry.update(options=json_to_array(options)))
    assert recall_counts("key", tmp_path) is None


def age(folder: Path, key: str, seconds: float) -> None:
    """Make an entry look as if it was last used so long ago."""
    path = counts_cache._entry(key, folder)
    os.utime(path, (path.stat().st_mtime - seconds,) * 2)


def keys_in(folder: Path, keys: str) -> str:
    """Those of the keys that have an entry."""
    return "".join(key for key in keys if counts_cache._entry(key, folder).exists())


def test_the_oldest_are_forgotten(counts: TermCounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond MAX_ENTRIES the least recently used go; to be recalled is to be used."""
    monkeypatch.setattr(counts_cache, "MAX_ENTRIES", 3)
    for key, seconds in (("a", 30), ("b", 20), ("c", 10)):
        store_counts(key, counts, ORIGIN, tmp_path)
        age(tmp_path, key, seconds)
    assert recall_counts("a", tmp_path) is not None
    store_counts("d", counts, ORIGIN, tmp_path)
    assert keys_in(tmp_path, "abcd") == "acd"


def test_too_many_bytes_are_forgotten(counts: TermCounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond MAX_BYTES in all the oldest go, but never the one that was just stored."""
    store_counts("a", counts, ORIGIN, tmp_path)
    size = only_entry(tmp_path).stat().st_size
    age(tmp_path, "a", 20)
    monkeypatch.setattr(counts_cache, "MAX_BYTES", 2 * size + size // 2)
    store_counts("b", counts, ORIGIN, tmp_path)
    age(tmp_path, "b", 10)
    assert keys_in(tmp_path, "ab") == "ab"
    store_counts("c", counts, ORIGIN, tmp_path)
    assert keys_in(tmp_path, "abc") == "bc"
    age(tmp_path, "c", 5)
    monkeypatch.setattr(counts_cache, "MAX_BYTES", 1)
    store_counts("d", counts, ORIGIN, tmp_path)
    assert keys_in(tmp_path, "abcd") == "d"


def test_files_of_others_are_not_forgotten(counts: TermCounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user may keep own arrays in the folder that NMF_TOPICS_CACHE names."""
    monkeypatch.setattr(counts_cache, "MAX_ENTRIES", 1)
    own = tmp_path / "measurements.npz"
    own.write_bytes(b"years of work")
    os.utime(own, (0, 0))
    store_counts("a", counts, ORIGIN, tmp_path)
    store_counts("b", counts, ORIGIN, tmp_path)
    assert own.read_bytes() == b"years of work"


def test_a_file_left_by_a_crash_is_forgotten_with_the_oldest(
    counts: TermCounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was half written when the machine stopped does not stay for ever, and is never recalled."""

    def crash(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", crash)
        patch.setattr(Path, "unlink", lambda *args, **settings: None)
        with pytest.raises(KeyboardInterrupt):
            store_counts("a", counts, ORIGIN, tmp_path)
    left = only_entry(tmp_path)
    os.utime(left, (0, 0))
    assert recall_counts("a", tmp_path) is None
    monkeypatch.setattr(counts_cache, "MAX_ENTRIES", 1)
    store_counts("b", counts, ORIGIN, tmp_path)
    assert not left.exists()


def test_a_folder_that_cannot_be_written_raises_oserror(counts: TermCounts, tmp_path: Path) -> None:
    """A file in the way of the folder, or of its parent."""
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "cache"):
        with pytest.raises(OSError):  # noqa: PT011  the kind of it differs between systems
            store_counts("key", counts, ORIGIN, folder)
        assert recall_counts("key", folder) is None


def test_a_full_disk_raises_oserror_and_leaves_nothing(
    counts: TermCounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older entry of the same key stays whole."""
    store_counts("key", counts, ORIGIN, tmp_path)

    def full(*args: object, **settings: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        store_counts("key", counts, {"name": "other"}, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert (recall_counts("key", tmp_path) or pytest.fail("lost"))[1] == ORIGIN


def test_a_cache_that_may_only_be_read_is_read(
    counts: TermCounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry of somebody else's cannot be marked as used, and is of use all the same."""
    store_counts("key", counts, ORIGIN, tmp_path)

    def forbid(*args: object, **settings: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", forbid)
    assert recall_counts("key", tmp_path) is not None


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """NMF_TOPICS_CACHE first, then XDG_CACHE_HOME, then ~/.cache; an empty variable is none."""
    monkeypatch.setenv("NMF_TOPICS_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.setenv("NMF_TOPICS_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "nmf-topics"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "nmf-topics"
