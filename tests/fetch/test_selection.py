"""What a call of fetch selects: pasted lists, the wiki that URLs name, and the folder the pages go into."""

from __future__ import annotations

from pathlib import Path

import pytest
from loopback import Wiki, ledger, pages
from program import Refused, Run

from nmf_topics.cli.fetch_selection import Selection
from nmf_topics.corpus.fetch.page_reference import read_reference

ENGLISH = "https://en.wikipedia.org/w/api.php"


def selected(*texts: str) -> Selection:
    """A selection of pages."""
    return Selection([[read_reference(text) for text in texts]])


def test_urls_choose_the_wiki() -> None:
    """URLs of one wiki choose it; URLs of several choose none, and what does not fit stays a URL."""
    tea, tee = "https://en.wikipedia.org/wiki/Tea", "https://de.wikipedia.org/wiki/Tee"
    assert selected(tea, "Mate").api() == ENGLISH
    assert selected("Tea").api() == selected(tea, tee).api() == ""
    assert selected(tea, tee, "[[Mate]]").asks(ENGLISH) == [{"titles": ["Tea", tee, "Mate"]}]
    assert selected("http://EN.wikipedia.org/wiki/Tea").asks(ENGLISH) == [{"titles": ["Tea"]}]


def test_permanent_links_are_pins() -> None:
    """The URL of a revision asks for that revision."""
    links = ("https://en.wikipedia.org/wiki/Tea?oldid=7", "https://en.wikipedia.org/w/index.php?oldid=8", "Mate")
    assert selected(*links).asks(ENGLISH) == [{"titles": ["Mate"]}, {"pins": [["Tea", 7], ["revision 8", 8]]}]


@pytest.mark.wiki
def test_pasted_list(wiki: Wiki, ok: Run) -> None:
    """A list of URLs, wikilinks, quoted titles and bullets becomes pages; a URL of another wiki is an invalid title."""
    site = wiki.api.removesuffix("/w/api.php")
    lines = [
        f"* {site}/wiki/M%C3%BCnchen",
        "- [[AC/DC|a band]]",
        '"C++"',
        "[[Sixty 01]], [[Sixty 02]]",
        f"{site}/w/index.php?title=Sixty_03",
        "https://de.wikipedia.org/wiki/Tee",
        "http://example.org/",
    ]
    Path("list.txt").write_text("\n".join(lines), encoding="utf-8")
    ok("fetch", "--titles", "list.txt", "--wiki", wiki.api)
    found = ledger(Path("corpora/list"))
    wanted = ["AC/DC", "C++", "München", "Sixty 01", "Sixty 02", "Sixty 03"]
    assert [title for title, row in found.items() if row["status"] == "ok"] == wanted
    invalid = {title: row["note"] for title, row in found.items() if row["status"] == "invalid"}
    assert set(invalid) == {"https://de.wikipedia.org/wiki/Tee", "http://example.org/"}
    assert all("another wiki" in note for note in invalid.values())


@pytest.mark.wiki
def test_url_needs_no_wiki_option(wiki: Wiki, ok: Run) -> None:
    """A pasted URL is enough: the wiki is the one that it points to."""
    ok("fetch", f"{wiki.api.removesuffix('/w/api.php')}/wiki/Sixty_01")
    assert [page["title"] for page in pages(Path("corpora/Sixty-01"))] == ["Sixty 01"]


@pytest.mark.wiki
def test_unrelated_fetches_have_folders_of_their_own(wiki: Wiki, ok: Run, refused: Refused) -> None:
    """Each selection names its own folder; a folder of other pages is never extended unless -o names it."""
    ok("fetch", "Sixty 01", "--wiki", wiki.api)
    ok("fetch", "Sixty 02", "--wiki", wiki.api)
    ok("fetch", "Sixty 01", "Sixty 02", "--wiki", wiki.api)
    found = {folder.name: [page["title"] for page in pages(folder)] for folder in Path("corpora").iterdir()}
    assert found == {
        "Sixty-01": ["Sixty 01"],
        "Sixty-02": ["Sixty 02"],
        "Sixty-01-and-1-more": ["Sixty 01", "Sixty 02"],
    }
    said = refused(2, "fetch", "Sixty 01", "Sixty 03", "--wiki", wiki.api)
    assert "corpora/Sixty-01-and-1-more holds a corpus of another selection; add -o" in said
    assert len(pages(Path("corpora/Sixty-01-and-1-more"))) == 2
    ok("fetch", "Sixty 01", "Sixty 03", "--wiki", wiki.api, "-o", "corpora/Sixty-01-and-1-more")
    assert len(pages(Path("corpora/Sixty-01-and-1-more"))) == 3


@pytest.mark.wiki
def test_a_list_that_grows_keeps_its_folder(wiki: Wiki, ok: Run, refused: Refused) -> None:
    """The same list with more titles extends its corpus; another list under the same name does not."""
    list_ = Path("list.txt")
    for titles in ("Sixty 01\n", "Sixty 01\nSixty 02\n"):
        list_.write_text(titles, encoding="utf-8")
        ok("fetch", "--titles", list_, "--wiki", wiki.api)
    assert len(pages(Path("corpora/list"))) == 2
    list_.write_text("Sixty 05\n", encoding="utf-8")
    assert "holds a corpus of another selection" in refused(2, "fetch", "--titles", list_, "--wiki", wiki.api)
    assert "holds a corpus of another selection" in refused(2, "fetch", "--category", "list", "--wiki", wiki.api)
    ok("fetch", "--category", "Loop A", "--wiki", wiki.api)
    ok("fetch", "--category", "Loop A", "--depth", 1, "--wiki", wiki.api)
    assert len(pages(Path("corpora/Loop-A"))) == 2


@pytest.mark.wiki
def test_mistyped_titles_can_be_corrected(wiki: Wiki, ok: Run, run: Run) -> None:
    """Titles that are no page are named, and a list of nothing but those does not block its folder."""
    list_ = Path("list.txt")
    list_.write_text("Sixty 01.txt\nSixty 02.txt\nA<b\n", encoding="utf-8")
    said = run("fetch", "--titles", list_, "--wiki", wiki.api)
    assert said.exit_code == 1
    assert "no such page: 'Sixty 01.txt', 'Sixty 02.txt'" in said.stderr
    assert "cannot be fetched: 'A<b' (" in said.stderr
    list_.write_text("Sixty 01\nSixty 02\n", encoding="utf-8")
    ok("fetch", "--titles", list_, "--wiki", wiki.api)
    assert [page["title"] for page in pages(Path("corpora/list"))] == ["Sixty 01", "Sixty 02"]
    list_.write_text("Sixty 03\n", encoding="utf-8")
    assert run("fetch", "--titles", list_, "--wiki", wiki.api).exit_code == 2
