"""Page, Corpus and Fingerprint; titles, ids and metadata made plain."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_topics.corpus.ids import Ids
from nmf_topics.corpus.page import Corpus, Fingerprint, Page, SetAside
from nmf_topics.corpus.plain import (
    EMPTY_TITLE,
    clean_text,
    one_line,
    plain_value,
    safe_name,
    title_from_text,
)
from nmf_topics.corpus.reading_log import ReadingLog
from nmf_topics.errors import CorpusError


def fingerprint(*pages: Page) -> str:
    """The fingerprint of these pages."""
    made = Fingerprint()
    for page in pages:
        made.add(page)
    return made.hexdigest()


def test_fingerprint_knows_no_order() -> None:
    """Neither the order of the pages nor that of the metadata matters."""
    one, two = Page("1", "A", "x", {"a": 1, "b": 2}), Page("2", "B", "y")
    again = Page("1", "A", "x", {"b": 2, "a": 1})
    assert fingerprint(one, two) == fingerprint(two, again)


@pytest.mark.parametrize(
    "other",
    [
        Page("2", "A", "x", {"a": 1}),
        Page("1", "B", "x", {"a": 1}),
        Page("1", "A", "y", {"a": 1}),
        Page("1", "Ax", "", {"a": 1}),
        Page("1", "A", "x", {"a": "1"}),
        Page("1", "A", "x", {"a": True}),
        Page("1", "A", "x", {"a": None}),
        Page("1", "A", "x", {"b": 1}),
        Page("1", "A", "x"),
    ],
)
def test_fingerprint_sees_every_part(other: Page) -> None:
    """A change of any part of a page, even of a value's type, changes the fingerprint."""
    assert fingerprint(other) != fingerprint(Page("1", "A", "x", {"a": 1}))


def test_fingerprint_counts_pages() -> None:
    """The same page twice is another corpus."""
    page = Page("1", "A", "x")
    assert len({fingerprint(), fingerprint(page), fingerprint(page, page)}) == 3


def test_fingerprint_stays_the_same() -> None:
    """Models keep fingerprints, so the value may not change between versions."""
    page = Page("1", "Café", "wörds \ud800", {"n": 1.5, "nan": float("nan"), "none": None})
    assert fingerprint(page).startswith("f164ca309bad6268")


def test_fingerprint_is_fast() -> None:
    """Fingerprinting 37 MB takes well under a second of CPU time."""
    page = Page("1", "A", "wörds and " * 5000)
    began = time.process_time()
    fingerprint(*[page] * 740)
    assert time.process_time() - began < 1


def test_corpus_reads_again_and_keeps_what_was_set_aside() -> None:
    """Each reading starts anew; set_aside is that of the last complete one."""
    aside = SetAside("x", "why")

    def read(log: ReadingLog) -> Iterator[Page]:
        log.put_aside("x", "why")
        yield Page("1", "A", "x")
        yield Page("2", "B", "y")

    corpus = Corpus("c", "s", read)
    assert next(iter(corpus)).id == "1"
    assert corpus.set_aside == []
    assert [page.id for page in corpus] == ["1", "2"] == [page.id for page in corpus]
    assert corpus.set_aside == [aside]


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("a\x00b\nc\td\x85e\x1f", "a b c d e"),
        (" a \r\n b\u2028c ", "a b c"),
        ("مرحبا \u200f🎉", "مرحبا \u200f🎉"),
        ("a\u00a0b", "a\u00a0b"),
        ("x" * 300, "x" * 300),
        ("a\ud800", "a\ufffd"),
        (7, "7"),
        (None, ""),
        ([1], "[1]"),
    ],
)
def test_one_line(value: object, line: str) -> None:
    """Control characters and runs of spaces become one space, lone surrogates U+FFFD, the rest stays."""
    assert one_line(value) == line


@given(st.text(st.characters()))
def test_one_line_has_no_controls_and_is_settled(text: str) -> None:
    """No control character is left, the result can be written, and doing it again changes nothing."""
    line = one_line(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line)
    assert line.encode().decode() == line == one_line(line) == line.strip()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", EMPTY_TITLE),
        (" \n\x00", EMPTY_TITLE),
        ("Short\ntext", "Short text"),
        (" " * 5000 + "late", "late"),
        ("a" * 60, "a" * 60),
        ("字" * 100, "字" * 59 + "…"),
        ("word " * 30, "word " * 11 + "word…"),
    ],
)
def test_title_from_text(text: str, title: str) -> None:
    """The first words, cut at a word's end where there is one, say what a page without title is."""
    assert title_from_text(text) == title


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"b": [1, None], "a": "é"}, '{"b":[1,null],"a":"é"}'),
        ([], "[]"),
        (1.5, 1.5),
        (True, True),
        (None, None),
        ("\udc00", "\ufffd"),
        (["\udc00"], '["\ufffd"]'),
    ],
)
def test_plain_value(value: object, plain: object) -> None:
    """Nested values become their compact JSON, others stay what they are."""
    assert plain_value(value) == plain
    assert type(plain_value(value)) is type(plain)


def test_clean_text_keeps_pairs_and_planes() -> None:
    """Only lone surrogates are replaced, each by one character."""
    assert clean_text("a😀\ud83d\ude00") == "a😀\ufffd\ufffd"


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a b/c:d", "a-b-c-d"), ("..", "corpus"), ("", "corpus"), (".hidden.", "hidden"), ("Ürün", "Ürün")],
)
def test_safe_name(name: str, safe: str) -> None:
    """A name is fit for a folder and never empty, hidden or a way up."""
    assert safe_name(name) == safe


@given(st.text(st.characters()))
def test_safe_name_of_anything(name: str) -> None:
    """Whatever the name, the safe one is short, stays in its folder and is settled."""
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= 200
    assert not set(safe) & set('/\\:*?"<>|\0\n ')
    assert safe[0] != "." != safe[-1]
    assert safe_name(safe) == safe


def test_ids_of_same_content_are_numbered() -> None:
    """Copies get the suffixes -2 and -3; other pages get other ids, in any order."""
    ids = Ids("x", "")
    one, two, three = (ids.give("", "T", "text", line) for line in (1, 2, 3))
    assert (two, three) == (f"{one}-2", f"{one}-3")
    assert Ids("x", "").give("", "T", "text", 9) == one
    assert ids.give("", "Tt", "ext", 4) not in {one, two, three}
    assert len(one) == 12
    assert set(one) <= set("0123456789abcdef")


def test_same_id_twice_names_both_places() -> None:
    """The error says where both pages stand, even far down, and what to do."""
    ids = Ids("f.csv", "do this")
    ids.give("a", "", "", 1000)
    with pytest.raises(CorpusError, match=r"^f\.csv: two pages have the id 'a', line 1000 and line 2000; do this$"):
        ids.give("a", "", "", 2000)
