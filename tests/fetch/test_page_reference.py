"""Pages as people name them: titles, wikilinks, URLs, and lists pasted from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from nmf_topics.corpus.fetch.page_reference import PageReference, read_list, read_reference, reference_of_url
from nmf_topics.corpus.fetch.select import titles_in
from nmf_topics.errors import CorpusError, FetchError

GERMAN = "https://de.wikipedia.org/w/api.php"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Iron Man", "Iron Man"),
        ("  [[Iron Man]] ", "Iron Man"),
        ("[[Iron Man|the film]]", "Iron Man"),
        ("[[:Category:Tea]]", "Category:Tea"),
        ('[["Heroes"]]', '"Heroes"'),
        ("[[broken", "[[broken"),
        ("C++", "C++"),
        ("https://de.wikipedia.org/wiki/Gr%C3%B6%C3%9Fe_(Mathematik)#A", "Größe (Mathematik)"),
    ],
)
def test_titles_links_and_urls(text: str, title: str) -> None:
    """A bare title stays as it is; a wikilink and a URL give the title that they point to."""
    assert read_reference(text).title == title


def test_urls_name_wiki_and_revision() -> None:
    """The URL of a page gives the wiki and the title, and the revision of a permanent link, whatever form it has."""
    for url in (
        "https://de.wikipedia.org/wiki/AC/DC",
        "https://de.wikipedia.org/w/index.php/AC/DC",
        "https://de.m.wikipedia.org/w/index.php?title=AC/DC&action=edit",
        "https://de.wikipedia.org/wiki/AC%2FDC?oldid=latest",
    ):
        assert reference_of_url(url) == PageReference("AC/DC", GERMAN, 0, url)
    url = "https://de.wikipedia.org/w/index.php?title=M%C3%BCnchen&oldid=12&diff=prev"
    assert reference_of_url(url) == PageReference("München", GERMAN, 12, url)
    for url in ("https://de.wikipedia.org/wiki/Spezial:Permalink/12", "https://de.wikipedia.org/w/index.php?oldid=12"):
        assert reference_of_url(url) == PageReference("", GERMAN, 12, url)
    for url in ("https://de.wikipedia.org/", "ftp://x/wiki/A", "Munich", "http://[/wiki/A"):
        with pytest.raises(FetchError, match="is not a page URL"):
            reference_of_url(url)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("\ufeffIron Man\r\n# a comment\r\n\r\n  C++ \r\n".removeprefix("\ufeff"), ["Iron Man", "C++"]),
        ("* Tea\n- Coffee\n• Mate\n** Cocoa\n*[[Chai]]", ["Tea", "Coffee", "Mate", "Cocoa", "[[Chai]]"]),
        ('"Tea"\n“Coffee”\n„Kaffee“\n«Café»\n', ["Tea", "Coffee", "Kaffee", "Café"]),
        ('["Tea",\n"Coffee",\n', ['["Tea",', "Coffee"]),
        ('"Heroes" (David Bowie album)\n"A" or "B"', ['"Heroes" (David Bowie album)', '"A" or "B"']),
        ("1. Tea\n2) Coffee", ["Tea", "Coffee"]),
        ("1. FC Köln\n1. FC Nürnberg", ["1. FC Köln", "1. FC Nürnberg"]),
        ("* [[Tea]], [[Coffee|a drink]]; [[Mate]]", ["[[Tea]]", "[[Coffee|a drink]]", "[[Mate]]"]),
        ("* [[Tea]] is like [[Coffee]]", ["[[Tea]]"]),
        ("- https://en.wikipedia.org/wiki/Tea\nhttps://x.test/wiki/Tea", None),
        ("-\n*\n+ (album)\n+", ["-", "*", "+ (album)", "+"]),
    ],
)
def test_lists_from_elsewhere(text: str, titles: list[str] | None) -> None:
    """Bullets, numbers and quotation marks of a list are removed, and what could be part of a title stays."""
    expected = ["https://en.wikipedia.org/wiki/Tea", "https://x.test/wiki/Tea"] if titles is None else titles
    assert read_list(text) == expected


def test_titles_in_a_file(tmp_path: Path) -> None:
    """A file may begin with a byte order mark; a file without titles and one that is not there are errors."""
    path = tmp_path / "titles.txt"
    path.write_bytes("\ufeffIron Man\r\n# a comment\r\n\r\n  C++ \r\n".encode())
    assert titles_in(path, print) == ["Iron Man", "C++"]
    path.write_text("# nothing\n")
    with pytest.raises(CorpusError, match="no title"):
        titles_in(path, print)
    with pytest.raises(CorpusError, match="cannot be read"):
        titles_in(tmp_path / "none.txt", print)
