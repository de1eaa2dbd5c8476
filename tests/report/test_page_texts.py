"""Texts that the report shows, kept from one fit to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nmf_topics.corpus.page import Page
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.views.report.page_texts import ENDING, PREFIX, TextCache, page_texts

PAGES = [
    Page("b", "B", "The cats ran; a cat runs."),
    Page("a", "A", "Wörter, WORDS and \ud800 halves"),
    Page("c", "C", ""),
]


def read(shelf: TextCache | None, pages: Any = PAGES, ids: tuple[str, ...] = ("a", "b"), **bounds: int) -> Any:
    """The texts of two pages."""
    return page_texts(ids, pages, WordOptions(), **{"length": 100, "total": 1000, **bounds}, shelf=shelf)


def unreadable() -> Iterator[Page]:
    """A corpus that must not be read."""
    raise AssertionError("the corpus was read again")
    yield


def test_a_second_fit_reads_nothing(tmp_path: Path) -> None:
    """What was kept is what was read, to the last half of a surrogate pair, and the corpus is left alone."""
    shelf = TextCache(tmp_path / "cache", "key")
    first = read(shelf)
    assert list(first.texts) == ["a", "b"]
    assert first.texts["a"] == (PAGES[1].text, len(PAGES[1].text))
    assert {("cats", "cat"), ("ran", "run"), ("runs", "run")} <= set(first.terms)
    assert "The" not in dict(first.terms)  # a stop word is no term
    again = read(shelf, unreadable())
    assert dict(again.texts) == dict(first.texts)
    assert again.terms == first.terms == read(None).terms


@pytest.mark.parametrize("other", [{"length": 8}, {"total": 20}, {"ids": ("a", "c")}])
def test_other_wishes_are_read(tmp_path: Path, other: dict[str, Any]) -> None:
    """Another length or other pages are read anew, and then it is these that are kept."""
    shelf = TextCache(tmp_path, "key")
    read(shelf)
    fresh = read(shelf, **other)
    assert dict(fresh.texts) == dict(read(None, **other).texts)
    assert dict(read(shelf, unreadable(), **other).texts) == dict(fresh.texts)


def test_other_keys_are_other_texts(tmp_path: Path) -> None:
    """Counts of another name have texts of their own."""
    read(TextCache(tmp_path, "one"))
    with pytest.raises(AssertionError, match="read again"):
        read(TextCache(tmp_path, "two"), unreadable())


@pytest.mark.parametrize("damage", [b"", b"x\x9cnonsense", b"[]", None])
def test_damage_is_no_loss(tmp_path: Path, damage: bytes | None) -> None:
    """A file that is cut off, or no file of ours, costs a second reading and is made again."""
    shelf = TextCache(tmp_path, "key")
    first = read(shelf)
    shelf.path.write_bytes(shelf.path.read_bytes()[:-9] if damage is None else damage)
    assert dict(read(shelf).texts) == dict(first.texts)
    assert dict(read(shelf, unreadable()).texts) == dict(first.texts)


def test_a_folder_that_cannot_be_is_no_loss(tmp_path: Path) -> None:
    """Where nothing can be kept the texts are there all the same."""
    (tmp_path / "file").write_text("in the way")
    assert dict(read(TextCache(tmp_path / "file", "key")).texts) == dict(read(None).texts)


def test_the_oldest_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache holds so many, and what others keep in the folder stays."""
    monkeypatch.setattr("nmf_topics.terms.counts_cache.MAX_ENTRIES", 2)
    (tmp_path / "mine.json").write_text("{}")
    for key in ("1", "2", "3"):
        read(TextCache(tmp_path, key))
    assert len(list(tmp_path.glob(f"{PREFIX}*{ENDING}"))) == 2
    assert (tmp_path / "mine.json").exists()
