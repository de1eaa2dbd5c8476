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
from nmf_topics.files.arrays import DIGEST, digest_of, json_to_array
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.kinds import COUNTS, entry_key
from nmf_topics.terms.count import count_terms
from nmf_topics.terms.counts_cache import recall_counts, store_counts
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.text.analyzer import WordOptions

KEY = entry_key(COUNTS, "corpus")
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
    (path,) = folder.glob("counts-*")
    return path


def repack(path: Path, change: Callable[[dict[str, np.ndarray]], None], *, allow_pickle: bool = False) -> None:
    """Write an entry again with its arrays changed, and with their digest."""
    with np.load(path) as entry:
        arrays_of_entry = dict(entry)
    del arrays_of_entry[DIGEST]
    change(arrays_of_entry)
    if not allow_pickle:
        digest = bytes.fromhex(digest_of(arrays_of_entry))
        arrays_of_entry[DIGEST] = np.frombuffer(digest, dtype=np.uint8)
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays_of_entry.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=allow_pickle)


def test_round_trip(counts: TermCounts, tmp_path: Path) -> None:
    """Matrix, vocabulary, pages, options, ledger and origin come back equal, and of the same types."""
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path))
    found, origin = recall_counts(KEY, Cache(tmp_path)) or pytest.fail("nothing was recalled")
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
    store_counts(KEY, nothing, {}, Cache(tmp_path))
    found, _ = recall_counts(KEY, Cache(tmp_path)) or pytest.fail("nothing was recalled")
    assert found.counts.shape == (0, 0)


def test_an_entry_holds_no_pickle(counts: TermCounts, tmp_path: Path) -> None:
    """Every array in the file is of plain numbers."""
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path))
    with np.load(only_entry(tmp_path), allow_pickle=False) as entry:
        assert all(entry[name].dtype.kind in "iub" for name in entry.files)


class Harm:
    """An object whose unpickling leaves a trace."""

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return (os.mkdir, ("harm-was-done",))


@pytest.mark.parametrize("name", ["vocabulary", "data", "origin"])
def test_an_entry_with_pickled_objects_is_refused(counts: TermCounts, tmp_path: Path, name: str) -> None:
    """What somebody else put into the cache is not run."""
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path / "cache"))

    def plant(entry: dict[str, np.ndarray]) -> None:
        entry[name] = np.array([Harm()], dtype=object)

    repack(only_entry(tmp_path / "cache"), plant, allow_pickle=True)
    assert recall_counts(KEY, Cache(tmp_path / "cache")) is None
    assert not Path("harm-was-done").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
def test_a_damaged_entry_is_ignored(counts: TermCounts, tmp_path: Path) -> None:
    """Cut short anywhere, or with a byte wrong anywhere: nothing, or just what was stored, and never an error.

    A wrong byte may also stand where it says nothing, such as the date of the archive.
    """
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path))
    path = only_entry(tmp_path)
    whole = path.read_bytes()
    rng = random.Random(0)
    outcomes = set()
    for position in [*range(0, len(whole), 13), *range(len(whole) - 60, len(whole))]:
        for damaged in (
            whole[:position],
            whole[:position] + bytes([rng.randrange(256)]) + whole[position + 1 :],
            whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :],
        ):
            path.write_bytes(damaged)  # one that was damaged is removed
            found = recall_counts(KEY, Cache(tmp_path))
            outcomes.add(found is None)
            if found is not None:
                assert (found[0].counts != counts.counts).nnz == 0
                assert (found[0].vocabulary, found[0].columns, found[1]) == (counts.vocabulary, counts.columns, ORIGIN)
    assert outcomes == {True, False}


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x05\x06" + b"\0" * 18, b"\x93NUMPY\x01\x00"])
def test_a_file_of_another_kind_is_ignored(counts: TermCounts, tmp_path: Path, content: bytes) -> None:
    """Also an empty file, an empty archive and the beginning of an array."""
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path))
    only_entry(tmp_path).write_bytes(content)
    assert recall_counts(KEY, Cache(tmp_path)) is None


def test_a_plain_array_and_a_folder_are_ignored(counts: TermCounts, tmp_path: Path) -> None:
    """Neither is an entry, whatever its name."""
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path))
    path = only_entry(tmp_path)
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    assert recall_counts(KEY, Cache(tmp_path)) is None
    path.mkdir()
    assert recall_counts(KEY, Cache(tmp_path)) is None


def test_counts_with_too_few_names_are_ignored(counts: TermCounts, tmp_path: Path) -> None:
    """Every row and column has a name."""
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path))
    repack(
        only_entry(tmp_path),
        lambda entry: entry.update(shape=entry["shape"] + 1, indptr=np.append(entry["indptr"], entry["indptr"][-1])),
    )
    assert recall_counts(KEY, Cache(tmp_path)) is None


@pytest.mark.parametrize("missing", ["data", "shape", "vocabulary", "columns", "options", "ledger", "origin"])
def test_an_entry_of_another_version_is_ignored(counts: TermCounts, tmp_path: Path, missing: str) -> None:
    """An entry that lacks something is none."""
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path))
    repack(only_entry(tmp_path), lambda entry: entry.__delitem__(missing))
    assert recall_counts(KEY, Cache(tmp_path)) is None


def test_an_entry_with_an_unknown_option_is_ignored(counts: TermCounts, tmp_path: Path) -> None:
    """Counts made under an option that this version does not have may be anything."""
    store_counts(KEY, counts, ORIGIN, Cache(tmp_path))
    options = {**asdict(counts.options), "sparkle": True}
    repack(only_entry(tmp_path), lambda entry: entry.update(options=json_to_array(options)))
    assert recall_counts(KEY, Cache(tmp_path)) is None
