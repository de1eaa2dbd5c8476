"""Preparing V from text or images, read or from the cache, independent of the order of pages."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from nmf_topics.errors import CorpusError, ImageError, MatrixError
from nmf_topics.files.cache.cache import Cache
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.pipeline.prepare import Source, is_image_folder, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions

RECIPE = replace(Recipe(), bounds=Bounds(max_pages=0.5))
SUBJECTS = ["cat dog mouse cheese", "band song guitar melody", "rocket moon planet star"]
ROWS = [{"id": f"{i:02d}", "text": f"{SUBJECTS[i % 3]} {SUBJECTS[i % 3].split()[i // 3]}"} for i in range(12)]


class Told:
    """What was said while a source was read."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.items = 0

    def count(self) -> None:
        """One page or image passed."""
        self.items += 1


def read(source: Any, recipe: Recipe = RECIPE, cache: Path | None = None, **columns: str) -> tuple[DataMatrix, Told]:
    """Prepare a source and keep what was said."""
    told = Told()
    data = prepare(
        Source(str(source), **columns),
        recipe,
        cache=None if cache is None else Cache(cache, warn=told.warnings.append),
        warn=told.warnings.append,
        note=told.notes.append,
        on_item=told.count,
    )
    return data, told


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def assert_same(one: DataMatrix, other: DataMatrix) -> None:
    """Two matrices are equal in every entry and every name."""
    np.testing.assert_array_equal(one.V.toarray(), other.V.toarray())
    assert one.rows == other.rows
    assert list(one.columns.ids) == list(other.columns.ids)
    assert list(one.columns.titles) == list(other.columns.titles)
    assert [dict(meta) for meta in one.columns.meta] == [dict(meta) for meta in other.columns.meta]
    assert one.recipe == other.recipe
    assert one.ledger == other.ledger


def images(folder: Path, names: list[str], size: int = 4) -> Path:
    """A folder of grey images, each of one shade."""
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (size, size), 10 * i + 5).save(folder / name)
    return folder


# ------------------------------------------------------------------------------------------------ text


def test_text_becomes_terms_by_pages(tmp_path: Path) -> None:
    """V has a row for each word within bounds and a column for each page in the order of ids, of length one."""
    data, told = read(write(tmp_path / "a.jsonl", ROWS[::-1]))
    assert data.V.shape == (12, 12)
    assert data.rows.kind == "terms"
    assert list(data.columns.ids) == [row["id"] for row in ROWS]
    np.testing.assert_allclose(np.sqrt(data.V.multiply(data.V).sum(axis=0)), 1)
    assert told.items == 12
    assert told.notes == [f"reading {tmp_path / 'a.jsonl'}"]
    assert told.warnings == []


def test_the_ledger_adds_up(tmp_path: Path) -> None:
    """Every token is kept or dropped for a reason, and pages without words are counted."""
    rows = [*ROWS, {"id": "98", "text": ""}, {"id": "99", "text": "the 1984 x unique"}]
    data, told = read(write(tmp_path / "a.jsonl", rows))
    ledger = data.ledger
    assert ledger["tokens"] == ledger["kept"] + sum(ledger["dropped"].values()) == 12 * 5 + 4
    assert ledger["dropped"] == {
        "number": 1,
        "short": 1,
        "stop": 1,
        "rare": 1,
        "common": 0,
        "corpus stop": 0,
        "beyond max_terms": 0,
    }
    assert (ledger["pages"], ledger["pages_without_known_words"], ledger["terms"]) == (14, 2, 12)
    blank = "'(empty page)', 'the 1984 x unique'"
    assert told.warnings == [f"2 of 14 pages contain no word of the vocabulary and get no topic: {blank}"]


def test_the_recipe_travels_along(tmp_path: Path) -> None:
    """Every option that shaped V, and the fingerprint of what it was made from, are part of it."""
    recipe = replace(
        RECIPE, words=WordOptions(normalize="none", stop=("cat",)), weighting="tfidf", unit=False, idf_power=2.0
    )
    data, _ = read(write(tmp_path / "a.jsonl", ROWS), recipe)
    assert data.recipe["corpus"]["name"] == "a"
    assert len(data.recipe["corpus"]["fingerprint"]) == 64
    assert (data.recipe["weighting"], data.recipe["unit"], data.recipe["idf_power"]) == ("tfidf", False, 2.0)
    assert data.recipe["words"]["stop"] == ("cat",)
    assert data.recipe["bounds"]["max_pages"] == 0.5


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(12)))
def test_the_order_of_pages_does_not_matter(tmp_path: Path, order: list[int]) -> None:
    """Pages in any order make the same V, the same names and the same fingerprint."""
    straight, _ = read(write(tmp_path / "a.jsonl", ROWS))
    shuffled, _ = read(write(tmp_path / "a.jsonl", [ROWS[i] for i in order]))
    assert_same(straight, shuffled)


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    """Another text, title or label changes the fingerprint; another file name does not."""
    first = read(write(tmp_path / "a.jsonl", ROWS))[0].recipe["corpus"]["fingerprint"]
    assert read(write(tmp_path / "b.jsonl", ROWS))[0].recipe["corpus"]["fingerprint"] == first
    for change in ({"text": ROWS[0]["text"] + "!"}, {"title": "Cats"}, {"label": "animals"}):
        changed = read(write(tmp_path / "a.jsonl", [{**ROWS[0], **change}, *ROWS[1:]]))[0]
        assert changed.recipe["corpus"]["fingerprint"] != first


def test_nothing_within_bounds(tmp_path: Path) -> None:
    """If no word is within the bounds, there is an error."""
    with pytest.raises(MatrixError, match="no words are left"):
        read(write(tmp_path / "a.jsonl", ROWS), replace(RECIPE, bounds=Bounds(min_pages=11)))


def test_no_pages(tmp_path: Path) -> None:
    """A table without a row is no corpus."""
    with pytest.raises(CorpusError, match="contains no pages"):
        read(write(tmp_path / "a.jsonl", []))


def test_columns_of_a_table(tmp_path: Path) -> None:
    """The columns of the source are those that are read."""
    rows = [{"key": row["id"], "words": row["text"], "name": f"Page {row['id']}", "kind": "x"} for row in ROWS]
    data, _ = read(
        write(tmp_path / "a.jsonl", rows),
        text_column="words",
        id_column="key",
        title_column="name",
        label_column="kind",
    )
    assert (data.columns.ids[0], data.columns.titles[0], data.columns.labels()[0]) == ("00", "Page 00", "x")


# ------------------------------------------------------------------------------------------------ the cache


def test_the_cache_gives_the_same_matrix(tmp_path: Path) -> None:
    """Recalled counts make the same V, also under another weighting or bound, and no page is read."""
    path = write(tmp_path / "a.jsonl", [*ROWS, {"id": "99", "title": "Odd \ud83d", "text": "Ünïque", "year": 1984}])
    cache = tmp_path / "cache"
    fresh, _ = read(path)
    stored, told = read(path, cache=cache)
    assert told.items == 13
    recalled, told = read(path, cache=cache)
    assert told.items == 0
    assert told.notes == [f"a: 13 pages, from the cache ({path})"]
    assert_same(fresh, stored)
    assert_same(fresh, recalled)
    other = replace(RECIPE, weighting="frequency", unit=False, bounds=Bounds(max_pages=0.9, max_terms=6))
    assert_same(read(path, other)[0], read(path, other, cache)[0])
    assert len(list(cache.glob("counts-*"))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"words": WordOptions(normalize="none")},
        {"words": WordOptions(stop=("cat",))},
        {"words": WordOptions(default_stops=False)},
        {"words": WordOptions(normalize="stem", stemmer="porter")},
    ],
    ids=str,
)
def test_other_words_are_counted_anew(tmp_path: Path, change: dict[str, Any]) -> None:
    """Counts are recalled only for the options that shaped them."""
    path = write(tmp_path / "a.jsonl", ROWS)
    read(path, cache=tmp_path / "cache")
    recipe = replace(RECIPE, **change)
    data, told = read(path, recipe, tmp_path / "cache")
    assert told.items == 12
    assert_same(data, read(path, recipe)[0])


def test_a_changed_source_is_counted_anew(tmp_path: Path) -> None:
    """A file that was written again, and a folder in which a file came, went or changed."""
    cache = tmp_path / "cache"
    path = write(tmp_path / "a.jsonl", ROWS)
    read(path, cache=cache)
    write(path, [*ROWS[:-1], {**ROWS[-1], "text": "rocket moon"}])
    assert read(path, cache=cache)[1].items == 12
    folder = tmp_path / "texts"
    folder.mkdir()
    for row in ROWS:
        (folder / f"{row['id']}.txt").write_text(row["text"])
    assert read(folder, cache=cache)[1].items == 12
    assert read(folder, cache=cache)[1].items == 0
    (folder / "00.txt").write_text(ROWS[1]["text"])
    assert read(folder, cache=cache)[1].items == 12
    length, later = len(ROWS[1]["text"]), os.stat(folder / "00.txt").st_mtime + 10
    (folder / "00.txt").write_text("rocket moon planet star".ljust(length))  # another text of the same length
    os.utime(folder / "00.txt", (later, later))
    assert read(folder, cache=cache)[1].items == 12
    (folder / "new.txt").write_text("cat dog")
    assert read(folder, cache=cache)[1].items == 13
    (folder / "new.txt").unlink()
    assert len(read(folder, cache=cache)[0].columns) == 12


def test_the_same_file_read_otherwise_is_counted_anew(tmp_path: Path) -> None:
    """Another column is another corpus; so is a link whose ending asks for another reader, or that has another name."""
    cache = tmp_path / "cache"
    path = write(tmp_path / "a.jsonl", [{**row, "other": "band song"} for row in ROWS])
    first, _ = read(path, cache=cache)
    other, _ = read(path, cache=cache, text_column="other", recipe=replace(RECIPE, bounds=Bounds(max_pages=1.0)))
    assert sorted(other.rows.terms) == ["band", "song"]  # type: ignore[attr-defined]
    text = tmp_path / "a.txt"
    text.symlink_to(path)
    with pytest.raises(CorpusError, match="is a single page"):
        read(text, cache=cache)
    link = tmp_path / "b.jsonl"
    link.symlink_to(path)
    data, _ = read(link, cache=cache)
    assert data.recipe["corpus"]["name"] == "b"
    assert data.recipe["corpus"]["fingerprint"] == first.recipe["corpus"]["fingerprint"]


def test_the_same_file_from_another_folder_is_recalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path means the file, not the name: the same name elsewhere is another one."""
    cache = tmp_path / "cache"
    write(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "below").mkdir()
    shutil.copy2(tmp_path / "a.jsonl", tmp_path / "below" / "a.jsonl")
    assert read("a.jsonl", cache=cache)[1].items == 12
    assert read(tmp_path / "a.jsonl", cache=cache)[1].items == 0
    monkeypatch.chdir(tmp_path / "below")
    assert read("a.jsonl", cache=cache)[1].items == 12
    assert read("a.jsonl", cache=cache)[1].items == 0


def test_what_was_set_aside_is_said_again(tmp_path: Path) -> None:
    """A file that could not be read is named whether the counts are fresh or recalled, and stands in the ledger."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for row in ROWS:
        (folder / f"{row['id']}.txt").write_text(row["text"])
    for i in range(5):
        (folder / f"binary{i}.txt").write_bytes(bytes(range(256)))
    fresh, first = read(folder, cache=tmp_path / "cache")
    recalled, second = read(folder, cache=tmp_path / "cache")
    assert (first.items, second.items) == (12, 0)
    said = f"{folder}: 5 set aside: {folder / 'binary0.txt'} (not text (binary))"
    for told in (first, second):
        (warning,) = told.warnings
        assert warning.startswith(said)
        assert warning.endswith("and 2 more")
    assert_same(fresh, recalled)
    assert len(fresh.ledger["set_aside"]) == 5


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"no archive"])
def test_a_damaged_cache_is_not_believed(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """An entry that cannot be read is as good as none, and is made anew."""
    cache = tmp_path / "cache"
    path = write(tmp_path / "a.jsonl", ROWS)
    fresh, _ = read(path, cache=cache)
    (entry,) = cache.glob("counts-*")
    entry.write_bytes(damage(entry.read_bytes()))
    again, told = read(path, cache=cache)
    assert told.items == 12
    (warning,) = told.warnings
    assert "cannot be used" in warning
    assert_same(fresh, again)
    assert read(path, cache=cache)[1].items == 0


def test_a_cache_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the cache should be is a warning, not an error."""
    (tmp_path / "cache").write_text("mine")
    data, told = read(write(tmp_path / "a.jsonl", ROWS), cache=tmp_path / "cache")
    assert data.V.shape == (12, 12)
    (warning,) = told.warnings
    assert warning.startswith(f"the cache in {tmp_path / 'cache'} cannot be used (")
    assert (tmp_path / "cache").read_text() == "mine"


def test_standard_input_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is not cached."""
    path = write(tmp_path / "a.jsonl", ROWS)
    with path.open(encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        data, told = read("-", cache=tmp_path / "cache")
    assert (data.recipe["corpus"]["name"], told.items) == ("stdin", 12)
    assert not (tmp_path / "cache").exists()


def test_without_a_cache_nothing_is_written(tmp_path: Path) -> None:
    """Without a cache no file is written."""
    path = write(tmp_path / "a.jsonl", ROWS)
    read(path)
    assert list(tmp_path.iterdir()) == [path]
    assert list(Path(os.environ["NMF_TOPICS_CACHE"]).iterdir()) == []


# ------------------------------------------------------------------------------------------------ images


def test_images_become_pixels_by_images(tmp_path: Path) -> None:
    """A folder of images is V of grey values; subfolders are labels; the cache stays out of it."""
    folder = images(tmp_path / "faces", ["b.png", "a.pgm", "smiling/c.bmp"])
    data, told = read(folder, cache=tmp_path / "cache")
    assert data.rows == PixelGrid(4, 4)
    assert list(data.columns.ids) == ["a.pgm", "b.png", "smiling/c.bmp"]
    np.testing.assert_allclose(np.asarray(data.V)[0], np.array([15, 5, 25]) / 255)
    assert data.columns.labels() == [None, None, "smiling"]
    assert told.items == 3
    assert told.notes == [f"reading images from {folder}"]
    assert not (tmp_path / "cache").exists()


def test_which_folders_are_images(tmp_path: Path) -> None:
    """A folder is one of images if it holds more of them than texts; a corpus folder, a file, a pipe never is."""
    folder = images(tmp_path / "mixed", ["a.png", "b.png"])
    assert is_image_folder(str(folder))
    (folder / "README.txt").write_text("two pictures")
    assert is_image_folder(str(folder))
    (folder / "more.md").write_text("as many texts as pictures")
    assert not is_image_folder(str(folder))
    corpus = images(tmp_path / "corpus", ["a.png", "b.png"])
    write(corpus / "pages.jsonl", ROWS)
    assert not is_image_folder(str(corpus))
    hidden = images(tmp_path / "hidden", [".thumbnails/a.png"])
    assert not is_image_folder(str(hidden))
    for path in (None, "-", "", str(folder / "a.png"), str(tmp_path / "gone"), "a" * 300, "a\0b"):
        assert not is_image_folder(path)


def test_images_that_cannot_be_used(tmp_path: Path) -> None:
    """A broken image is told and left out; unlike sizes are an error."""
    folder = images(tmp_path / "faces", ["a.png", "b.png"])
    (folder / "c.png").write_bytes(b"nothing")
    data, told = read(folder)
    assert len(data.columns) == 2
    (warning,) = told.warnings
    assert warning.startswith(f"left out: {folder / 'c.png'}")
    images(tmp_path / "faces", ["d.png"], size=5)
    with pytest.raises(ImageError, match="must have one size"):
        read(folder)


# ------------------------------------------------------------------------------------------------ real corpora


@pytest.mark.data
def test_real_corpora(data_folder: Path, tmp_path: Path) -> None:
    """A real corpus: the ledger adds up; the second time, the cache gives the same V in less than half the CPU time."""

    def cpu_seconds() -> float:
        return sum(os.times()[:4])  # with those of ended child processes

    path = data_folder / "sotu.jsonl.gz"
    began = cpu_seconds()
    fresh, told = read(path, Recipe(), tmp_path / "cache")
    first = cpu_seconds() - began
    began = cpu_seconds()
    recalled, _ = read(path, Recipe(), tmp_path / "cache")
    assert cpu_seconds() - began < first / 2
    assert_same(fresh, recalled)
    assert told.items == len(fresh.columns) > 100
    assert fresh.ledger["tokens"] == fresh.ledger["kept"] + sum(fresh.ledger["dropped"].values())
