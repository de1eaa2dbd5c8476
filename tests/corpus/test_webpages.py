"""HTML: main text, titles, encodings, and pages that are hardly any."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.corpus.readers.webpages import decode_html, html_text, read_web_page

PARAGRAPH = "The kettle of the old tea house had been on the fire since the early morning, and nobody spoke. "
ARTICLE = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title> Tea
 houses </title><style>p {{color: red}}</style><script>var tracking = "script";</script></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li><li><a href="/shop">Shop</a></li></ul></nav>
<article><h1>Tea houses</h1><p>{PARAGRAPH * 3}</p><!-- a comment --><p>{"Green leaves were put into it. " * 6}</p>
<ul><li>First kind of leaf, which is steamed.</li><li>Second kind of leaf, which is fired.</li></ul></article>
<aside><a href="/a">Ten more stories you must read</a></aside><footer>Copyright, imprint, cookies</footer></body></html>
"""


def read(data: bytes) -> tuple[str, str]:
    """Title and text, when nothing is guessed."""
    return read_web_page(data, "x.html", pytest.fail)


def test_the_main_text_of_an_article() -> None:
    """What an article says stays, in order; menus, scripts, styles and comments go."""
    title, text = read(ARTICLE.encode())
    assert title == "Tea houses"
    lines = text.splitlines()
    assert PARAGRAPH.strip() in lines[1] or PARAGRAPH.strip() in lines[0]
    assert text.index("Green leaves") < text.index("First kind of leaf") < text.index("Second kind")
    for left_out in ("Sport", "cookies", "tracking", "color", "comment", "Ten more stories"):
        assert left_out not in text


def test_a_short_page_is_taken_whole() -> None:
    """Without a recognizable main text, all visible text is read, one line per block."""
    page = b"<title>T</title><p>One <b>two</b>&nbsp;three<p>four<br>five<table><tr><td>a</td><td>b</td></tr></table>six"
    assert read(page) == ("T", "One two three\nfour\nfive\na\nb\nsix")


@pytest.mark.parametrize("data", [b"", b"   ", b"<!-- only a comment -->", b"<html></html>", b"<script>x</script>"])
def test_a_page_without_text(data: bytes) -> None:
    """Empty pages give empty texts."""
    assert read(data) == ("", "")


def test_text_without_any_markup() -> None:
    """A file named .html that is not HTML is read as text."""
    assert read(b"just words") == ("", "just words")


@pytest.mark.parametrize(
    ("head", "encoding", "text"),
    [
        ('<meta charset="iso-8859-1">', "cp1252", "Le café “est” bon"),  # what browsers make of Latin-1
        ('<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', "koi8_r", "Чай зелёный"),
        ("<?xml version='1.0' encoding='Shift_JIS'?>", "shift_jis", "緑茶"),
        ("<META CHARSET=gbk>", "gbk", "绿茶"),
        ('<meta charset="utf-8">', "utf-8", "ζεστό τσάι"),
        ("", "utf-16", "thé vert"),
        ('<meta charset="latin-1">', "utf-8-sig", "thé vert"),  # a byte order mark knows better
    ],
)
def test_declared_encodings(head: str, encoding: str, text: str) -> None:
    """A page is read in the encoding that it declares."""
    assert text in decode_html(f"{head}<p>{text}</p>".encode(encoding), "x.html", pytest.fail)


@pytest.mark.parametrize("declared", ["no-such-encoding", "utf-16", "rot13", "us-ascii\xe4", "hex"])
def test_a_declaration_that_cannot_be_true(declared: str) -> None:
    """Unknown or wrong declared encodings are ignored."""
    data = f'<meta charset="{declared}"><p>thé</p>'.encode()
    assert "thé" in decode_html(data, "x.html", lambda note: None)


def test_bytes_that_are_no_text() -> None:
    """A picture called .html is set aside."""
    with pytest.raises(Unreadable, match="not text"):
        read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")


def test_web_pages_in_a_folder(tmp_path: Path) -> None:
    """The title of a web page is its own; one without a title is named after its file."""
    (tmp_path / "a_b.html").write_text("<title>Own &amp; proper</title><p>words here</p>")
    (tmp_path / "c_d.htm").write_text("<p>more words")
    assert list(open_corpus(tmp_path, warn=pytest.fail)) == [
        Page("a_b", "Own & proper", "words here"),
        Page("c_d", "c d", "more words"),
    ]


def test_control_characters_do_no_harm() -> None:
    """Characters that XML forbids come through as a browser has them, or not at all."""
    assert html_text("a\x01b<p>c&#1;d&#xFFFE;&#x110000;e</p>").startswith("a")


def test_depth_and_length_do_no_harm() -> None:
    """Deeply nested elements and long pages are processed quickly."""
    read(b"<div>" * 50_000 + b"deep")
    read(b"<table><tr><td>" * 3_000 + b"deep")
    assert len(read(b"<p>" + b"some words " * 100_000)[1]) > 1_000_000


TAGS = st.sampled_from("<p> </p> <a href=x> </a> <table> <td> <!-- --> <script> <title> </title> <br> &amp; &#".split())


@settings(max_examples=60, deadline=None)
@given(st.lists(TAGS | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8), max_size=40))
def test_any_markup_is_read(parts: list[str]) -> None:
    """Tags in any order, closed or not, around any text: a title of one line, and text."""
    title, text = read_web_page("".join(parts).encode("utf-8", "replace"), "x.html", lambda note: None)
    assert "\n" not in title
    assert text == text.strip()
