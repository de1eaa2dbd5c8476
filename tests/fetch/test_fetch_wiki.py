"""Fetching from a real MediaWiki: which pages, which texts, and what the ledger says of each title."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import Result
from loopback import (
    CHAIN,
    LOADED,
    Wiki,
    corpus_bytes,
    fetch_into,
    ledger,
    logged,
    pages,
    pageviews,
    proxied,
    save,
    texts_asked,
)

from nmf_topics.corpus.fetch.ledger import STATUSES

pytestmark = pytest.mark.wiki
Run = Callable[..., Result]


def test_titles_become_pages(wiki: Wiki, run: Run) -> None:
    """Titles become pages with their text, without end matter, and with all that is needed to cite them."""
    result = run("fetch", "Sixty 00", "AC/DC", "C++", "日本語", "--wiki", wiki.api, "-o", "c", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["counts"] == {"ok": 4}
    found = {page["title"]: page for page in pages(Path("c"))}
    assert set(found) == {"Sixty 00", "AC/DC", "C++", "日本語"}
    page = found["Sixty 00"]
    assert "History" in page["text"].split("\n")
    assert "Wordsofreferences" not in page["text"]
    assert "==" not in page["text"]
    assert page["url"].endswith("/wiki/Sixty_00")
    assert page["timestamp"] == "2026-09-21T14:13:20Z"
    assert str(page["revid"]) in page["attribution"]
    assert page["license"]
    assert page["quality"] == "good"
    assert found["C++"]["url"].endswith("/wiki/C%2B%2B")
    manifest = json.loads(Path("c/manifest.json").read_text())
    assert next(iter(manifest)) == "schema"
    assert manifest["pages"] == 4


def test_a_finished_fetch_asks_for_nothing(wiki: Wiki, tmp_path: Path) -> None:
    """The same command again sends no request at all, and leaves every byte as it was."""
    with proxied(wiki.api, tmp_path / "log") as api:
        fetch_into(tmp_path / "c", api, {"titles": ["Munich", "Mercury", "No such page"]})
        before = {path.name: path.read_bytes() for path in (tmp_path / "c").iterdir()}
        count = len(logged(tmp_path / "log"))
        fetch_into(tmp_path / "c", api, {"titles": ["Munich", "Mercury", "No such page"]})
    assert len(logged(tmp_path / "log")) == count
    assert before["pages.jsonl"] == (tmp_path / "c" / "pages.jsonl").read_bytes()
    assert before["manifest.json"] == (tmp_path / "c" / "manifest.json").read_bytes()


def test_more_titles_extend_a_corpus(wiki: Wiki, tmp_path: Path) -> None:
    """What is asked for later comes on top, and what is there is not asked for again."""
    with proxied(wiki.api, tmp_path / "log") as api:
        fetch_into(tmp_path / "c", api, {"titles": ["Sixty 01", "Sixty 02"]})
        fetch_into(tmp_path / "c", api, {"titles": ["Sixty 02", "Sixty 03"]})
        assert max(Counter(texts_asked(logged(tmp_path / "log"))).values()) == 1
        fetch_into(tmp_path / "d", api, {"titles": ["Sixty 03", "Sixty 01", "Sixty 02"]})
    assert [page["title"] for page in pages(tmp_path / "c")] == ["Sixty 01", "Sixty 02", "Sixty 03"]
    assert corpus_bytes(tmp_path / "c")["pages.jsonl"] == corpus_bytes(tmp_path / "d")["pages.jsonl"]
    assert corpus_bytes(tmp_path / "c")["ledger.csv"] == corpus_bytes(tmp_path / "d")["ledger.csv"]


def expectations() -> dict[str, str]:
    """300 titles and more of every kind, and how each has to end."""
    wanted: dict[str, str] = {}
    for number in range(CHAIN):
        wanted[f"Member {number:04d}"] = "ok"
        wanted[f"To {number}"] = "redirect-merged"  # to one that is asked for itself
        wanted[f"Chain {number}"] = "ok"  # two redirects to a page that nobody else names
        wanted[f"Round {number}"] = "missing"
        wanted[f"Nowhere {number}"] = "missing"
        wanted[f"Not there {number}"] = "missing"
    for number in range(CHAIN):  # one after the other, so that a list of them is too long for an address
        wanted[f"Größe_{number} 日本語日本語日本語日本語日本語日本語"] = "ok"
    for number in range(10):
        wanted[f"member {number:04d}"] = wanted[f"Member_{number:04d}"] = "redirect-merged"
        wanted[f"Member  {number:04d}#History"] = "redirect-merged"
        wanted[f"Bad<{number}>"] = wanted[f"a|b{number}"] = wanted[f"tab\t{number}"] = "invalid"
        wanted[f"wikidata:Q{number}"] = wanted[f"Special:Version{number}"] = "invalid"
    wanted |= {"Talk:Munich": "filtered", "Category:Loop A": "filtered", "Mercury": "disambiguation"}
    wanted |= {"Empty page": "too-short", "x" * 300: "invalid", "Munich": "ok", "München": "redirect-merged"}
    wanted |= {"Mu\u0308nchen": "redirect-merged", "Double redirect A": "redirect-merged"}
    return wanted


@pytest.mark.parametrize("way", ["extracts", "wikitext"])
def test_every_title_ends_in_the_ledger_once(wiki: Wiki, tmp_path: Path, way: str) -> None:
    """Each of more than 300 titles of every kind has one line with the right status, and one page has one line."""
    wanted = expectations()
    assert len(wanted) > 300
    with proxied(wiki.api, tmp_path / "log") as api:
        result = fetch_into(tmp_path / "c", api, {"titles": list(wanted)}, text=way)
    found = ledger(tmp_path / "c")
    assert {title: row["status"] for title, row in found.items()} == wanted
    assert set(wanted.values()) <= set(STATUSES)
    ids = [page["id"] for page in pages(tmp_path / "c")]
    assert len(set(ids)) == len(ids) == result.manifest["counts"]["ok"]
    assert max(Counter(texts_asked(logged(tmp_path / "log"))).values()) == 1
    assert all(len(entry["asked"].get("titles", "").split("|")) <= 50 for entry in logged(tmp_path / "log"))
    assert "POST" in {entry["method"] for entry in logged(tmp_path / "log")}


def test_category_of_2000_by_continuation(wiki: Wiki, tmp_path: Path) -> None:
    """A category of 2,000 members comes by continuation, each page once, in 4 + 40 + 40 requests."""
    with proxied(wiki.api, tmp_path / "log") as api:
        fetch_into(tmp_path / "c", api, {"category": "Members", "depth": 0}, text="wikitext")
    entries = logged(tmp_path / "log")
    kinds = Counter(next(k for k in ("meta", "list", "titles", "pageids") if k in entry["asked"]) for entry in entries)
    assert kinds == {"meta": 1, "list": 4, "titles": 40, "pageids": 40}
    assert len(set(texts_asked(entries))) == len(texts_asked(entries)) == len(pages(tmp_path / "c")) == 2000


def test_category_tree_with_a_loop(wiki: Wiki, tmp_path: Path) -> None:
    """Categories that contain each other end, and --depth says how far down."""
    for depth, count in ((0, 1), (1, 2), (5, 3)):
        folder = tmp_path / f"c{depth}"
        fetch_into(folder, wiki.api, {"category": "Category:loop_A", "depth": depth})
        assert len(pages(folder)) == count


def test_an_empty_category_is_said_and_forgotten(wiki: Wiki, run: Run) -> None:
    """A category with nothing in it is an error that names it, and does not stand in the way of the next command."""
    result = run("fetch", "--category", "Nothing", "--wiki", wiki.api, "-o", "c")
    assert result.exit_code == 1
    assert "no Category:Nothing; is that how it is spelled" in result.stderr
    assert "kept" not in result.stderr
    result = run("fetch", "--category", "Bavaria", "--wiki", wiki.api, "-o", "c")
    assert "categories below it; try --depth 1" in result.stderr
    result = run("fetch", "--category", "Nothing", "--wiki", wiki.api, "--plan")
    assert (result.exit_code, "no Category:Nothing" in result.stderr) == (1, True)
    assert run("fetch", "--category", "Loop A", "--wiki", wiki.api, "-o", "c").exit_code == 0


def test_both_ways_give_the_same_prose(wiki: Wiki, tmp_path: Path) -> None:
    """Extracts and cleaned wikitext have the same words, one page or 50 pages a request."""
    texts = {}
    for way, requests in (("extracts", 60), ("wikitext", 2)):
        with proxied(wiki.api, tmp_path / f"log-{way}") as api:
            fetch_into(tmp_path / way, api, {"category": "Sixty", "depth": 0}, text=way)
        texts[way] = {page["title"]: page["text"].split() for page in pages(tmp_path / way)}
        props = Counter(entry["asked"].get("prop") for entry in logged(tmp_path / f"log-{way}"))
        assert props["extracts|info|revisions" if way == "extracts" else "info|revisions"] == requests
    assert len(texts["extracts"]) == 60
    assert texts["extracts"] == texts["wikitext"]


@pytest.mark.parametrize(("quality", "count"), [("any", 60), ("good", 7), ("featured", 1)])
def test_quality(wiki: Wiki, tmp_path: Path, quality: str, count: int) -> None:
    """Only pages in the wiki's category of good or of featured articles come, and good includes featured."""
    fetch_into(tmp_path / "c", wiki.api, {"category": "Sixty", "depth": 0}, quality=quality)
    assert len(pages(tmp_path / "c")) == count
    assert Counter(row["status"] for row in ledger(tmp_path / "c").values())["filtered"] == 60 - count


def test_limit_and_min_words(wiki: Wiki, run: Run) -> None:
    """--limit takes so many pages that are long enough, and the ledger says what became of the others."""
    titles = ["Looped A", "Sixty 01", "Sixty 02", "Sixty 03"]
    result = run("fetch", *titles, "--wiki", wiki.api, "-o", "c", "--limit", 2, "--min-words", 20)
    assert result.exit_code == 0, result.stderr
    statuses = {title: (row["status"], row["note"]) for title, row in ledger(Path("c")).items()}
    assert statuses["Looped A"][0] == "too-short"
    assert statuses["Sixty 02"] == ("ok", "")
    assert statuses["Sixty 03"] == ("filtered", "beyond the limit")


def test_revisions_can_be_pinned(wiki: Wiki, empty_wiki: Wiki, tmp_path: Path, run: Run) -> None:
    """A ledger as --pin brings the same corpus again, whatever became of the pages; --refresh asks for what changed."""
    changing = Wiki(tmp_path / "changing")
    shutil.copytree(empty_wiki.folder, changing.folder)
    for number in range(5):
        save(tmp_path / "one", f"Page {number}", f"First text of page {number}, which is short.")
    changing.load(tmp_path / "one")
    changing.start()
    try:
        with proxied(changing.api, tmp_path / "log") as api:
            ask = {"titles": [f"Page {number}" for number in range(5)]}
            fetch_into(tmp_path / "c", api, ask, text="wikitext")
            before = corpus_bytes(tmp_path / "c")
            for number in (1, 3):
                save(tmp_path / "two", f"Page {number}", f"Second text of page {number}.", LOADED + 60)
            changing.load(tmp_path / "two")
            result = run(
                "fetch", "--pin", tmp_path / "c" / "ledger.csv", "--wiki", api, "--text", "wikitext", "-o", "again"
            )
            assert result.exit_code == 0, result.stderr
            assert Path("again/pages.jsonl").read_bytes() == before["pages.jsonl"]
            assert Path("again/ledger.csv").read_bytes() == before["ledger.csv"]
            Path("pins.csv").write_text("revid,title\n99999,Gone\n2,\n", encoding="utf-8")
            assert run("fetch", "--pin", "pins.csv", "--wiki", api, "-o", "d").exit_code == 0
            assert ledger(Path("d"))["Gone"]["status"] == "missing"
            count = len(logged(tmp_path / "log"))
            fetch_into(tmp_path / "c", api, ask, text="wikitext", refresh=True)
            asked = logged(tmp_path / "log")[count:]
            texts = {page["title"]: page["text"] for page in pages(tmp_path / "c")}
    finally:
        changing.stop()
    assert [text.split()[0] for text in texts.values()] == ["First", "Second", "First", "Second", "First"]
    assert len(texts_asked(asked)) == 2  # only what had changed
    assert len(asked) == 3  # the wiki, 5 titles at once, 2 texts at once


def test_most_viewed_of_a_year(wiki: Wiki, tmp_path: Path, run: Run) -> None:
    """Views of the months are summed; main page, special pages and other namespaces are no candidates."""
    served = [
        pageviews(tmp_path, 1, {"Main_Page": 900, "Special:Search": 800, "Sixty_01": 50, "Sixty_00": 40, "-": 9}),
        pageviews(tmp_path, 2, {"Talk:Munich": 700, "Sixty_00": 30, "Sixty_10": 45, "Sixty_05": 44, "No_page": 60}),
    ]
    with proxied(wiki.api, tmp_path / "log", serve=tuple(served)) as api:
        where = ("--wiki", api, "--pageviews", api.removesuffix("/w/api.php"))
        result = run("fetch", "--top", 2, "--month", 1, *where, "-o", "month")
        assert result.exit_code == 0, result.stderr
        for number in range(3, 13):
            served.append(pageviews(tmp_path, number, {"Main_Page": 1}))
    assert set(ledger(Path("month"))) == {"Sixty 01", "Sixty 00"}
    with proxied(wiki.api, tmp_path / "log", serve=tuple(served)) as api:
        where = ("--wiki", api, "--pageviews", api.removesuffix("/w/api.php"))
        result = run("fetch", *where, "--contact", "dev@example.org")  # the corpus of the article
        assert result.exit_code == 0, result.stderr
    assert [page["title"] for page in pages(Path("corpora/wikipedia"))] == ["Sixty 00", "Sixty 05", "Sixty 10"]
    assert ledger(Path("corpora/wikipedia"))["Sixty 01"]["status"] == "filtered"


def test_plan_fetches_nothing(wiki: Wiki, tmp_path: Path, run: Run) -> None:
    """--plan says how many requests there will be, asks only for the size of a category, and makes no folder."""
    result = run("fetch", "--titles", "-", "--wiki", wiki.api, "--plan", "--json", input="A\nB\n# no title\nC\n")
    assert json.loads(result.stdout)["requests"] == 5  # the wiki, three titles at once, three texts
    with proxied(wiki.api, tmp_path / "log") as api:
        result = run("fetch", "--category", "Members", "--wiki", api, "--text", "wikitext", "--plan", "--json")
        assert json.loads(result.stdout)["requests"] == 85
    assert len(logged(tmp_path / "log")) == 2
    assert not Path("corpora").exists()


def test_request_as_wikimedia_wants_it(wiki: Wiki, tmp_path: Path, run: Run) -> None:
    """Every request carries program and contact, maxlag and gzip, and begins when the one before is answered."""
    with proxied(wiki.api, tmp_path / "log") as api:
        result = run("fetch", "--category", "Sixty", "--wiki", api, "--contact", "dev@example.org", "-o", "c")
        assert result.exit_code == 0, result.stderr
    entries = logged(tmp_path / "log")
    assert len(entries) == 64
    for entry, after in pairwise(entries):
        assert entry["headers"]["User-Agent"].startswith("nmf-topics/")
        assert "(dev@example.org)" in entry["headers"]["User-Agent"]
        assert entry["headers"]["Accept-Encoding"] == "gzip"
        assert entry["asked"]["maxlag"] == "5"
        assert after["began"] >= entry["answered"]


def test_three_workers_make_the_same_corpus(wiki: Wiki, tmp_path: Path) -> None:
    """Three requests at once, never more, and the same bytes."""
    with proxied(wiki.api, tmp_path / "log", "*:slow=0.02") as api:
        for workers in (1, 3):
            fetch_into(tmp_path / f"c{workers}", api, {"category": "Sixty", "depth": 0}, workers=workers)
    assert corpus_bytes(tmp_path / "c1") == corpus_bytes(tmp_path / "c3")
    entries = logged(tmp_path / "log")[-60:]
    together = [sum(e["began"] <= o["began"] < e["answered"] for e in entries) for o in entries]
    assert max(together) == 3


def test_workers_help_with_a_slow_wiki(wiki: Wiki, tmp_path: Path) -> None:
    """Where each reply takes long, three requests at once take less time than the replies one after the other."""
    titles = [f"Sixty {number:02d}" for number in range(12)]
    with proxied(wiki.api, tmp_path / "log", "*:slow=0.5") as api:
        began = time.monotonic()
        fetch_into(tmp_path / "c", api, {"titles": titles}, workers=3)
        assert time.monotonic() - began < 0.5 * len(logged(tmp_path / "log"))
    assert len(pages(tmp_path / "c")) == 12
