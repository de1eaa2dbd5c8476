"""Removing pages from a corpus, and taking them back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fake_wiki import API, FakeClient, FakeWiki, fetch_fake
from loopback import Wiki, ledger, logged, pages, proxied
from program import Refused, Run

from nmf_topics.corpus.fetch.removal import take_back
from nmf_topics.corpus.fetch.restore import open_journal
from nmf_topics.corpus.fetch.settings import Settings


@pytest.mark.wiki
def test_a_page_is_removed_and_taken_back(wiki: Wiki, ok: Run, refused: Refused, tmp_path: Path) -> None:
    """A removed page leaves the corpus with all its titles and stays away, until it is asked for by name again."""
    titles = ["Munich", "München", "Double redirect A", "AC/DC", "No such page"]
    with proxied(wiki.api, tmp_path / "log") as api:
        ok("fetch", *titles, "--wiki", api, "-o", "c")
        count = len(logged(tmp_path / "log"))
        said = ok("fetch", "--remove", "München", "--remove", "No such page", "-o", "c").stderr
        assert "2 pages will be removed" in said
        assert len(logged(tmp_path / "log")) == count
        assert [page["title"] for page in pages(Path("c"))] == ["AC/DC"]
        removed = {title for title, row in ledger(Path("c")).items() if (row["status"], row["note"])[1] == "removed"}
        assert removed == {"Munich", "No such page"}
        assert {row["status"] for title, row in ledger(Path("c")).items() if title != "AC/DC"} <= {
            "filtered",
            "redirect-merged",
        }
        ok("fetch", "C++", "--refresh", "-o", "c")  # what is done later does not bring it back
        assert {page["title"] for page in pages(Path("c"))} == {"AC/DC", "C++"}
        assert "did you mean 'C++'" in refused(1, "fetch", "--remove", "C+", "-o", "c")
        said = ok("fetch", "Double redirect A", "-o", "c").stderr
        assert {page["title"] for page in pages(Path("c"))} == {"AC/DC", "C++", "Munich"}
        assert re.search(r"no --remove (Munich|'Munich')|--remove 'No such page' \(was", said)


@pytest.mark.wiki
def test_a_page_of_a_category_is_removed(wiki: Wiki, ok: Run) -> None:
    """A page that a category selects is removed by its title or URL, in a copy without a journal too."""
    ok("fetch", "--category", "Loop A", "--depth", 2, "--wiki", wiki.api, "-o", "c")
    ok("fetch", "--remove", wiki.api.replace("/w/api.php", "/wiki/Looped_B"), "-o", "c")
    Path("c/.journal.jsonl").unlink()
    ok("fetch", "--remove", "[[Looped C]]", "-o", "c")
    assert [page["title"] for page in pages(Path("c"))] == ["Looped A"]
    assert json.loads(Path("c/manifest.json").read_text())["settings"]["removed"] == ["Looped B", "Looped C"]


def test_there_must_be_a_corpus(refused: Refused) -> None:
    """Nothing is removed from a folder that is not there, and none is made."""
    assert "no corpus in c to remove pages from" in refused(1, "fetch", "--remove", "Tea", "-o", "c")
    assert not Path("c").exists()


@pytest.mark.parametrize("text", ["extracts", "wikitext"])
def test_a_removed_page_makes_room_for_another(tmp_path: Path, text: str) -> None:
    """Pages that are removed do not count for the limit, and their texts are not read."""
    wiki = FakeWiki()
    for title in ("Coffee", "Mate", "Tea"):
        wiki.save(title, f"{title} is a drink.")
    client = FakeClient(wiki)
    ask = {"titles": ["Coffee", "Mate", "Tea"]}
    fetch_fake(tmp_path / "c", client, ask, limit=2, removed=("Coffee",), text=text)
    assert [page["title"] for page in pages(tmp_path / "c")] == ["Mate", "Tea"]
    assert len(client.texts()) == 2
    assert client.asked[0]["url"] == API


def test_fewer_pages_than_top_asks_for(tmp_path: Path) -> None:
    """--top that finds fewer pages than it was asked for says how many, each time; enough pages are not remarked on."""
    wiki, said = FakeWiki(), []
    for title in ("Coffee", "Mate", "Tea"):
        wiki.save(title, f"{title} is a drink.")
    wiki.views = {f"2018/{month:02d}": {"Coffee": 3, "Mate": 2, "Tea": 1, "Gone": 9} for month in range(1, 13)}
    ask = {"top": 1000, "year": 2018, "month": None}
    for _ in range(2):
        fetch_fake(tmp_path / "c", FakeClient(wiki), ask, tell=said.append)
    assert said == ["only 3 of the 1,000 most viewed pages that were asked for: of 4 listed titles, no others fit"] * 2
    fetch_fake(tmp_path / "d", FakeClient(wiki), {**ask, "top": 3}, tell=said.append)
    fetch_fake(tmp_path / "e", FakeClient(wiki), ask, limit=2, tell=said.append)
    assert len(said) == 2


def test_a_removed_page_is_taken_back_by_each_of_its_titles(tmp_path: Path) -> None:
    """Asked for by its own title, a page comes back, and so does a title of which there is no page yet."""
    with open_journal(tmp_path / "c") as journal:
        journal.write([("title", "Te", {"status": "page", "title": "Tea", "pageid": 1, "via": "Tea"})])
        settings = Settings(wiki=API, removed=("Tea", "Unknown", "Coffee"))
        assert take_back([{"titles": ["Te"]}], settings, journal).removed == ("Unknown", "Coffee")
        assert take_back([{"titles": ["Unknown"]}], settings, journal).removed == ("Tea", "Coffee")
        assert take_back([{"category": "Tea"}], settings, journal).removed == settings.removed


def test_a_page_is_removed_under_its_own_title_or_another(tmp_path: Path) -> None:
    """Whichever of its titles was asked for, a page whose own title is removed leaves the corpus."""
    wiki = FakeWiki()
    wiki.save("Tea", "Tea is a drink.")
    wiki.save("Te", "#REDIRECT [[Tea]]")
    wiki.save("Mate", "Mate is a drink.")
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"titles": ["Te", "Mate"]}, removed=("Tea",))
    assert [page["title"] for page in pages(tmp_path / "c")] == ["Mate"]
    assert (ledger(tmp_path / "c")["Te"]["status"], ledger(tmp_path / "c")["Te"]["note"]) == ("filtered", "removed")
