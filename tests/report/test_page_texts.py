"""Texts that the report shows, kept from one fit to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nmf_topics.corpus.page import Page
from nmf_topics.files.cache.cache import Cache
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.views.report.page_texts import TextCache, page_texts

PAGES = [
    Page("b", "B", "The cats ran; a cat runs."),
    Page("a", "A", "Wörter, WORDS and \ud800 halves"),
    Page("c", "C", ""),
]


def read(text_cache: TextCache | None, pages: Any = PAGES, ids: tuple[str, ...] = ("a", "b"), **bounds: int) -> Any:
    """The texts of two pages."""
    return page_texts(ids, pages, WordOptions(), **{"length": 100, "total": 1000, **bounds}, text_cache=text_cache)


def unreadable() -> Iterator[Page]:
    """A corpus that must not be read."""
    raise AssertionError("the corpus was read again")
    yield


def test_a_second_fit_reads_nothing(tmp_path: Path) -> None:
    """Cached texts equal the texts that were read, including lone surrogates, and the corpus is not read again."""
    text_cache = TextCache(Cache(tmp_path / "cache"), "key")
    first = read(text_cache)
    assert list(first.texts) == ["a", "b"]
    assert first.texts["a"] == (PAGES[1].text, len(PAGES[1].text))
    assert {("cats", "cat"), ("ran", "run"), ("runs", "run")} <= set(first.terms)
    assert "The" not in dict(first.terms)  # a stop word is no term
    again = read(text_cache, unreadable())
    assert dict(again.texts) == dict(first.texts)
    assert again.terms == first.terms == read(None).terms


@pytest.mark.parametrize("other", [{"length": 8}, {"total": 20}, {"ids": ("a", "c")}])
def test_other_wishes_are_read(tmp_path: Path, other: dict[str, Any]) -> None:
    """Another length or other pages are read anew, and then it is these that are kept."""
    text_cache = TextCache(Cache(tmp_path), "key")
    read(text_cache)
    fresh = read(text_cache, **other)
    assert dict(fresh.texts) == dict(read(None, **other).texts)
    assert dict(read(text_cache, unreadable(), **other).texts) == dict(fresh.texts)


def test_other_keys_are_other_texts(tmp_path: Path) -> None:
    """Counts of another name have texts of their own."""
    read(TextCache(Cache(tmp_path), "one"))
    with pytest.raises(AssertionError, match="read again"):
        read(TextCache(Cache(tmp_path), "two"), unreadable())


@pytest.mark.parametrize("damage", [b"", b"x\x9cnonsense", b"[]", None])
def test_damage_is_no_loss(tmp_path: Path, damage: bytes | None) -> None:
    """A file that is cut off, or no file of ours, costs a second reading and is made again."""
    text_cache = TextCache(Cache(tmp_path), "key")
    first = read(text_cache)
    (path,) = tmp_path.glob("texts-*")
    path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    assert dict(read(text_cache).texts) == dict(first.texts)
    assert dict(read(text_cache, unreadable()).texts) == dict(first.texts)


def test_a_folder_that_cannot_be_is_no_loss(tmp_path: Path) -> None:
    """Without a usable cache the texts are read."""
    (tmp_path / "file").write_text("in the way")
    assert dict(read(TextCache(Cache(tmp_path / "file"), "key")).texts) == dict(read(None).texts)
