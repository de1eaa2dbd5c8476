"""Which text of a page is read: of a day, of its introduction, of a revision that is hidden, of a redirect."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_wiki import FakeClient, FakeWiki, fetch_fake
from loopback import LOADED, Wiki, fetch_into, ledger, logged, pages, proxied, save
from program import Run

from nmf_topics.corpus.fetch.as_of import read_moment
from nmf_topics.errors import OptionError

DAY = 86_400
FIRST, SECOND, THIRD = "2026-09-21", "2026-09-23", "2026-09-25"  # days on which the pages were changed
COUNT = 25


@pytest.fixture(scope="module")
def history(empty_wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    """A running wiki whose pages were changed on three days."""
    wiki = Wiki(tmp_path_factory.mktemp("history") / "wiki")
    shutil.copytree(empty_wiki.folder, wiki.folder)
    for number, name in enumerate(("First", "Second", "Third")):
        texts, changed = tmp_path_factory.mktemp(name), LOADED + 2 * DAY * number
        save(
            texts,
            "Changing",
            f"{name} text.\n\n== Plot ==\n{name} plot.\n\n=== End ===\nAll dead.\n\n== Cast ==\nWe.",
            changed,
        )
        if name == "First":
            for page in range(COUNT):
                save(texts, f"Still {page:02d}", f"Intro {page}.\n\n== Plot ==\nPlot {page}.", changed)
            save(texts, "Became a page", "#REDIRECT [[Changing]]", changed)
        if name == "Second":
            save(texts, "Late", "Late text.", changed)
            save(texts, "Became a page", "A page now.", changed)
        wiki.load(texts)
    wiki.start()
    yield wiki
    wiki.stop()


TITLES = ["Changing", "Late", "Became a page", *(f"Still {page:02d}" for page in range(COUNT))]


def first_words(folder: str) -> dict[str, str]:
    """The first word of each page by title."""
    return {page["title"]: page["text"].split()[0] for page in pages(Path(folder))}


@pytest.mark.wiki
def test_pages_as_of_a_day(history: Wiki, ok: Run, tmp_path: Path) -> None:
    """Each page has the text of that day; one that did not exist, or was a redirect, says so; the plan has the cost."""
    with proxied(history.api, tmp_path / "log") as api:
        plan = json.loads(ok("fetch", *TITLES, "--as-of", FIRST, "--wiki", api, "--plan", "--json").stdout)
        ok("fetch", *TITLES, "--as-of", FIRST, "--wiki", api, "-o", "c")
        entries = logged(tmp_path / "log")
        # the wiki, 28 titles, which of 28 have not changed, 3 that have, 27 texts
        assert len(entries) == 1 + 1 + 1 + 3 + 1
        assert plan["requests"] == 1 + 1 + 1 + 28 + 1
        ok("fetch", "-o", "c")
        assert len(logged(tmp_path / "log")) == len(entries)
        found, rows = pages(Path("c")), ledger(Path("c"))
        assert first_words("c")["Changing"] == "First"
        assert max(page["timestamp"] for page in found) <= f"{FIRST}T23:59:59Z"
        assert (rows["Late"]["status"], rows["Late"]["note"]) == ("missing", f"did not exist at {FIRST}T23:59:59Z")
        assert (rows["Became a page"]["status"], rows["Became a page"]["note"]) == (
            "filtered",
            "this revision is a redirect",
        )
        assert len(found) == COUNT + 1
        ok("fetch", "--as-of", f"{SECOND}T23:00:00Z", "-o", "c")  # another day: only what differs is asked for
        assert first_words("c") == {
            **dict.fromkeys(TITLES, "Intro"),
            "Changing": "Second",
            "Late": "Late",
            "Became a page": "A",
        }
        ok("fetch", "--as-of", "now", "--text", "wikitext", "-o", "c")
    assert first_words("c")["Changing"] == "Third"
    assert json.loads(Path("c/manifest.json").read_text(encoding="utf-8"))["settings"]["as_of"] == ""


@pytest.mark.wiki
def test_a_corpus_of_a_day_survives_its_journal(history: Wiki, ok: Run) -> None:
    """Without its journal a corpus of a day, or of introductions, grows, and its pages are not asked for again."""
    for options in (["--as-of", FIRST], ["--intro"]):
        shutil.rmtree("c", ignore_errors=True)
        ok("fetch", "Changing", "Still 01", "--wiki", history.api, "-o", "c", *options)
        before = pages(Path("c"))
        Path("c/.journal.jsonl").unlink()
        result = json.loads(ok("fetch", "Still 02", "-o", "c", "--json").stdout)
        assert [page for page in pages(Path("c")) if page["title"] != "Still 02"] == before
        assert len(pages(Path("c"))) == 3
        assert result["requests"] <= 4


@pytest.mark.wiki
@pytest.mark.parametrize("text", ["extracts", "wikitext"])
def test_introductions_and_sections(history: Wiki, ok: Run, tmp_path: Path, text: str) -> None:
    """--intro and --section read these parts, the same from extracts and wikitext; 20 introductions are one request."""
    with proxied(history.api, tmp_path / "log") as api:
        ask = ["fetch", *TITLES, "--wiki", api, "--text", text, "-o", "c"]
        plan = json.loads(ok(*ask, "--intro", "--plan", "--json").stdout)
        ok(*ask, "--intro")
        assert len(logged(tmp_path / "log")) == plan["requests"] == (4 if text == "extracts" else 3)
        texts = {page["title"]: page["text"] for page in pages(Path("c"))}
        assert texts == {
            **{f"Still {page:02d}": f"Intro {page}." for page in range(COUNT)},
            **{"Changing": "Third text.", "Late": "Late text.", "Became a page": "A page now."},
        }
        assert {page["excerpt"] for page in pages(Path("c"))} == {"intro"}
        said = ok("fetch", "--section", "plot", "--section", "Cast", "-o", "c").stderr
        assert "the text of 28 pages will be fetched again, only cast, plot" in said
        changing = "Plot\nThird plot.\n\nEnd\nAll dead.\n\nCast\nWe."
        assert {page["title"]: page["text"] for page in pages(Path("c"))}["Changing"] == changing
        assert ledger(Path("c"))["Late"]["status"] == "too-short"
        ok("fetch", "Still 03", "-o", "c")  # what is not named stays as it was
        assert json.loads(Path("c/manifest.json").read_text(encoding="utf-8"))["settings"]["sections"] == [
            "plot",
            "Cast",
        ]
        ok("fetch", "--whole", "-o", "c")
    whole = {page["title"]: page for page in pages(Path("c"))}
    assert whole["Changing"]["text"] == f"Third text.\n\n{changing}"
    assert "excerpt" not in whole["Changing"]


@pytest.mark.wiki
def test_hidden_revisions(history: Wiki, ok: Run, tmp_path: Path) -> None:
    """A revision whose text an administrator has hidden is missing with that reason, not too short."""
    wiki = Wiki(tmp_path / "hidden")
    subprocess.run(["cp", "-r", history.folder, wiki.folder], check=True)
    (wiki.folder / "server.json").unlink()
    fetch_into(tmp_path / "c", history.api, {"titles": ["Changing"]}, as_of=f"{FIRST}T23:59:59Z")
    revid = pages(tmp_path / "c")[0]["revid"]
    with sqlite3.connect(wiki.folder / "wiki.sqlite") as database:
        database.execute("UPDATE revision SET rev_deleted = 1 WHERE rev_id = ?", (revid,))
    wiki.start()
    try:
        Path("pins.csv").write_text(
            f"title,revid\nChanging,{revid}\nStill 01,\n".replace("Still 01,\n", ""), encoding="utf-8"
        )
        result = ok("fetch", "--pin", "pins.csv", "Late", "--wiki", wiki.api, "-o", "d")
    finally:
        wiki.stop()
    assert "missing 1" in result.stdout
    row = ledger(Path("d"))["Changing"]
    assert (row["status"], row["note"]) == ("missing", "the text of this revision is hidden")


@pytest.mark.parametrize("text", ["extracts", "wikitext"])
def test_a_page_that_becomes_a_redirect(tmp_path: Path, text: str) -> None:
    """A page that becomes a redirect between two requests is followed to its new page; no text is '#REDIRECT'."""
    wiki = FakeWiki()
    for title in ("Chai", "Coffee", "Tea"):
        wiki.save(title, f"{title} is a drink with many words.")

    def move(number: int, asked: object) -> None:
        if number == 3:  # the wiki and the titles have been asked for
            wiki.save("Chai", "#REDIRECT [[Tea]]")

    client = FakeClient(wiki, move)
    result = fetch_fake(tmp_path / "c", client, {"titles": ["Chai", "Coffee"]}, text=text)
    assert result.complete
    rows = ledger(tmp_path / "c")
    assert {title: (row["status"], row["note"]) for title, row in rows.items()} == {
        "Chai": ("ok", "redirect to 'Tea'"),
        "Coffee": ("ok", ""),
    }
    assert {page["title"] for page in pages(tmp_path / "c")} == {"Coffee", "Tea"}
    fetch_fake(tmp_path / "c", client, {"titles": ["Tea"]}, text=text)
    assert ledger(tmp_path / "c")["Chai"]["status"] == "redirect-merged"


def test_days_and_times() -> None:
    """A day means its end; what is no time, or not over, is refused."""
    assert read_moment(" 2020-02-29 ") == "2020-02-29T23:59:59Z"
    assert read_moment("2020-02-29t12:30:00z") == "2020-02-29T12:30:00Z"
    for text in ("2021-02-29", "20200229", "2020-02", "yesterday", "", "2020-02-29T12:30:00", "2020-02-29 12:30"):
        with pytest.raises(OptionError, match="neither a day"):
            read_moment(text)
    with pytest.raises(OptionError, match="not over yet"):
        read_moment("9998-01-01")
