"""Pinned revisions: title, page id and wiki must be those of the revision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_wiki import API, FakeClient, FakeWiki, ask_fake, fetch_fake
from loopback import ledger, pages, prose
from program import Run

from nmf_topics.corpus.fetch.pins import foreign_wiki, pins_in
from nmf_topics.errors import CorpusError, FetchError

OTHER = "https://other.test/w/api.php"


@pytest.fixture
def wiki() -> FakeWiki:
    """Two pages of two revisions each, and a redirect."""
    wiki = FakeWiki()
    for version in ("First", "Second"):
        wiki.save("Tea", f"{version} {prose('tea', 20)}")
        wiki.save("Coffee", f"{version} {prose('coffee', 20)}")
    wiki.save("Chai", "#REDIRECT [[Tea]]")
    return wiki


def revid(wiki: FakeWiki, title: str, version: int = 0) -> int:
    """The number of a revision."""
    return wiki.pages[title].revisions[version][0]


def first_words(folder: Path) -> list[str]:
    """The first word of each page."""
    return [page["text"].split()[0] for page in pages(folder)]


def test_pins_in_a_table(tmp_path: Path) -> None:
    """Pins are the revisions of a table; of a ledger, those of its pages only, each once."""
    path = tmp_path / "pins.csv"
    path.write_text("title,status,pageid,revid\nA,ok,1,10\na,redirect-merged,1,10\nB,missing,,\nC,ok,2,20\n")
    assert pins_in(path, print) == {"pins": [["A", 10, 1], ["C", 20, 2]]}
    path.write_text("revid\n7\n7\n")
    assert pins_in(path, print) == {"pins": [["revision 7", 7, 0]]}
    path.write_text(f"revid,title,wiki\n7,A,{API}\n8,B,\n")
    assert pins_in(path, print) == {"pins": [["A", 7, 0], ["B", 8, 0]], "wiki": API}
    for text, said in (
        ("id\n7\n", "no column revid"),
        ("revid\nx\n", "line 2: revid is 'x'"),
        ("revid,pageid\n7,x\n", "line 2: pageid is 'x'"),
        ("title,revid\nA,\n", "line 2: revid is empty"),
        ("revid\n", "no revision"),
        ("", "no"),
        (f"revid,wiki\n7,{API}\n8,{OTHER}\n", "several wikis"),
    ):
        path.write_text(text)
        with pytest.raises(CorpusError, match=said):
            pins_in(path, print)


def test_pins_of_the_right_pages(wiki: FakeWiki, tmp_path: Path) -> None:
    """Old and present revisions are taken under their title, a redirect to it, or without a title."""
    number = revid(wiki, "Coffee")
    pins = [["Chai", revid(wiki, "Tea", 1), 1], ["revision 9", 9, 0], [f"revision {number}", number, 0]]
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"pins": pins}, text="wikitext")
    assert first_words(tmp_path / "c") == ["Second", "First"]
    found = {title: (row["status"], row["note"]) for title, row in ledger(tmp_path / "c").items()}
    assert found == {
        "Chai": ("ok", "redirect to 'Tea'"),
        "revision 9": ("missing", "no such revision"),
        f"revision {number}": ("ok", ""),
    }
    fetch_fake(tmp_path / "d", FakeClient(wiki), {"pins": [["Tea", revid(wiki, "Tea"), 1]]})
    assert first_words(tmp_path / "d") == ["First"]


@pytest.mark.parametrize("text", ["extracts", "wikitext"])
@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("pageid", [0, 1, 99])
def test_revisions_of_another_page(wiki: FakeWiki, tmp_path: Path, text: str, version: int, pageid: int) -> None:
    """The revision of another page is invalid, whether its page id, its title or both say so."""
    number = revid(wiki, "Coffee", version)
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"pins": [["Tea", number, pageid]]}, text=text)
    assert pages(tmp_path / "c") == []
    row = ledger(tmp_path / "c")["Tea"]
    assert (row["status"], row["pageid"], row["revid"]) == ("invalid", "", str(number))
    why = f"not of page {pageid}" if pageid else "to which this title does not lead"
    assert row["note"] == f"revision {number} is of 'Coffee' (page 2), {why}"


def test_a_renamed_page(wiki: FakeWiki, tmp_path: Path) -> None:
    """A page that is called otherwise now is known by its page id; without that its former title is not enough."""
    number = revid(wiki, "Tea")
    wiki.rename("Tea", "Tea (drink)")
    wiki.save("Tea", "Tea may be a drink or a meal.__DISAMBIG__")
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"pins": [["Tea", number, 1]]}, text="wikitext")
    assert [page["title"] for page in pages(tmp_path / "c")] == ["Tea (drink)"]
    assert ledger(tmp_path / "c")["Tea"]["note"] == "the page is called 'Tea (drink)' now"
    fetch_fake(tmp_path / "d", FakeClient(wiki), {"pins": [["Tea", number, 0]]}, text="wikitext")
    assert ledger(tmp_path / "d")["Tea"]["status"] == "invalid"


def test_titles_of_pins_cost_nothing_where_they_fit(wiki: FakeWiki, tmp_path: Path) -> None:
    """Only titles that are not those of the pages are asked for, 50 a request."""
    client = FakeClient(wiki)
    pins = [["Tea", revid(wiki, "Tea"), 1], ["coffee", revid(wiki, "Coffee"), 2]]
    fetch_fake(tmp_path / "c", client, {"pins": pins}, text="wikitext")
    assert [asked["titles"] for asked in client.asked if "titles" in asked] == ["coffee"]
    assert len(pages(tmp_path / "c")) == 2


def test_a_ledger_repeats_its_corpus(wiki: FakeWiki, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger names the wiki; as --pin it brings the same pages, and is refused for another wiki."""
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"titles": ["Chai", "Coffee"]}, text="wikitext")
    assert {row["wiki"] for row in ledger(tmp_path / "c").values()} == {API}
    wiki.save("Tea", f"Third {prose('tea', 20)}")
    client = FakeClient(wiki)
    ask_fake(monkeypatch, client)
    result = run("fetch", "--pin", "c/ledger.csv", "--wiki", API, "--text", "wikitext", "-o", "again")
    assert result.exit_code == 0, result.stderr
    for name in ("pages.jsonl", "ledger.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "c" / name).read_bytes()
    before = client.requests
    for other in (("--wiki", OTHER), ()):
        result = run("fetch", "--pin", "c/ledger.csv", *other, "-o", "other")
        assert result.exit_code == 1
        assert f"these revisions are from {API}" in result.stderr
        assert f"fetch them with --wiki {API}" in result.stderr
        assert not Path("other").exists()
    with pytest.raises(FetchError, match="the pinned revisions are from"):
        fetch_fake(tmp_path / "d", client, {"pins": [["Tea", 1001, 1]], "wiki": OTHER})
    assert client.requests == before
    assert foreign_wiki([{"pins": [], "wiki": API.replace("http:", "https:")}], API) == ""
    assert foreign_wiki([{"pins": [], "wiki": API.replace("/w/", "/other/")}], API)


def test_another_revision_is_no_older_version(wiki: FakeWiki, tmp_path: Path) -> None:
    """When a pinned revision cannot be fetched, the text of the page is not taken for it, and the page stays."""
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"titles": ["Tea"]})

    def spoil(number: int, asked: Any) -> FetchError | None:
        return FetchError("HTTP 500") if "content" in asked.get("rvprop", "") else None

    fetch_fake(tmp_path / "c", FakeClient(wiki, spoil), {"pins": [["Chai", revid(wiki, "Tea"), 1]]})
    assert {title: row["status"] for title, row in ledger(tmp_path / "c").items()} == {"Chai": "failed", "Tea": "ok"}
    assert first_words(tmp_path / "c") == ["Second"]
