"""A corpus that was copied without its hidden journal can be extended and refreshed, and loses nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from fake_wiki import API, FakeClient, FakeWiki, ask_fake, fetch_fake, refusing
from loopback import Wiki, fetch_into, ledger, logged, pages, prose, proxied, texts_asked
from program import Run

from nmf_topics.corpus.fetch.restore import open_journal, read_journal, recorded_settings
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.errors import CorpusError, FetchError, OutputError

TITLES = ["Tea", "Chai", "Coffee", "Water", "Mate", "Nothing", "Talk:Tea"]
SELECTIONS: dict[str, list[dict[str, Any]]] = {
    "titles": [{"titles": TITLES}],
    "category": [{"category": "Drinks", "depth": 0}],
    "top": [{"top": 2, "year": 2018, "month": 1}],
    "pins": [{"pins": [["Chai", 1001, 1], ["Coffee", 1002, 2], ["Gone", 7, 0]], "wiki": API}],
    "all": [{"titles": TITLES}, {"category": "Drinks", "depth": 0}, {"top": 2, "year": 2018, "month": 1}],
}


@pytest.fixture
def fake() -> FakeWiki:
    """A wiki of a few drinks."""
    fake = FakeWiki()
    fake.save("Tea", f"First {prose('tea', 20)}[[Category:Drinks]][[Category:Good articles]]")
    fake.save("Coffee", f"First {prose('coffee', 20)}[[Category:Drinks]]")
    fake.save("Water", f"First {prose('water', 20)}[[Category:Drinks]]")
    fake.save("Mate", "Short.[[Category:Drinks]]")
    fake.save("Chai", "#REDIRECT [[Tea]]")
    fake.save("Talk:Tea", "I like it.")
    fake.save("Coffee", f"Another {prose('coffee', 20)}[[Category:Drinks]]")  # its first revision is pinned
    fake.views["2018/01"] = {"Coffee": 9, "Mate": 8, "Water": 7, "Tea": 6}
    return fake


def copied(folder: Path, to: Path, *names: str) -> Path:
    """Copy a corpus as `cp folder/* to/` does, or only some of its files."""
    to.mkdir()
    for path in folder.iterdir():
        if not path.name.startswith(".") and (not names or path.name in names):
            shutil.copy(path, to)
    return to


def contents(folder: Path) -> dict[str, Any]:
    """Pages, ledger, and the manifest but for what differs between folders."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["name"] = manifest["fetched"] = ""
    return {"pages": pages(folder), "ledger": ledger(folder), "manifest": manifest}


@pytest.mark.parametrize("name", SELECTIONS)
@pytest.mark.parametrize("text", ["extracts", "wikitext"])
def test_a_copy_is_what_the_original_is(fake: FakeWiki, tmp_path: Path, name: str, text: str) -> None:
    """Every kind of selection: the copy comes to the same, and asks for no text of a page that it has."""
    settings: dict[str, Any] = {"text": text, "min_words": 5}
    fetch_fake(tmp_path / "c", FakeClient(fake), *SELECTIONS[name], **settings)
    copy = copied(tmp_path / "c", tmp_path / "d")
    client = FakeClient(fake)
    fetch_fake(copy, client, **settings)
    assert contents(copy) == contents(tmp_path / "c")
    assert set(client.texts()) <= {"4"}  # the one that is too short and so not in pages.jsonl
    again = FakeClient(fake)
    fetch_fake(copy, again, **settings)
    assert again.requests == 0


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_copy_grows_when_the_wiki_has_changed(fake: FakeWiki, tmp_path: Path, name: str) -> None:
    """Adding a title changes no page that is there, although pages were edited, deleted, renamed and recategorized."""
    fetch_fake(tmp_path / "c", FakeClient(fake), *SELECTIONS[name], min_words=5)
    before = {page["title"]: page for page in pages(tmp_path / "c")}
    copy = copied(tmp_path / "c", tmp_path / "d")
    fake.save("Tea", "Second.")
    fake.delete("Water")
    fake.rename("Coffee", "Espresso")
    fake.views["2018/01"] = {"Mate": 8}
    fake.save("New", f"First {prose('new', 20)}")
    fetch_fake(copy, FakeClient(fake), {"titles": ["New"]}, min_words=5)
    after = {page["title"]: page for page in pages(copy)}
    assert after.pop("New")["text"].startswith("First")
    assert after == before


def test_a_copy_is_refreshed(fake: FakeWiki, tmp_path: Path) -> None:
    """A refresh of a copy fetches what has changed, and nothing else."""
    fetch_fake(tmp_path / "c", FakeClient(fake), *SELECTIONS["all"], min_words=5)
    copy = copied(tmp_path / "c", tmp_path / "d")
    fake.save("Coffee", f"Second {prose('coffee', 20)}[[Category:Drinks]]")
    client = FakeClient(fake)
    fetch_fake(copy, client, refresh=True, min_words=5)
    assert [page["text"].split()[0] for page in pages(copy)] == ["First", "Second", "First"]
    assert set(client.texts()) == {"2", "4"}
    fetch_fake(tmp_path / "c", FakeClient(fake), refresh=True, min_words=5)
    assert contents(copy) == contents(tmp_path / "c")


def test_a_copy_of_an_unfinished_fetch(fake: FakeWiki, tmp_path: Path) -> None:
    """What an interrupted fetch had is kept, and the copy goes on with the rest."""
    with pytest.raises(FetchError):
        fetch_fake(tmp_path / "c", FakeClient(fake, refusing(5)), {"category": "Drinks", "depth": 0})
    assert len(pages(tmp_path / "c")) == 1
    copy = copied(tmp_path / "c", tmp_path / "d")
    client = FakeClient(fake)
    fetch_fake(copy, client)
    assert len(pages(copy)) == 4
    assert len(client.texts()) == 3


@pytest.mark.parametrize("lost", ["ledger.csv", "pages.jsonl", "manifest.json"])
def test_a_copy_of_some_files(fake: FakeWiki, tmp_path: Path, lost: str) -> None:
    """Each file can be missing: without the ledger pages go by their titles, without the texts these are fetched."""
    fetch_fake(tmp_path / "c", FakeClient(fake), {"titles": ["Chai", "Coffee", "Water"]})
    before = pages(tmp_path / "c")
    kept = {"ledger.csv", "pages.jsonl", "manifest.json"} - {lost}
    copy = copied(tmp_path / "c", tmp_path / "d", *kept)
    client = FakeClient(fake)
    if lost == "manifest.json":  # the mark of the tool
        with pytest.raises(OutputError, match="did not make"):
            fetch_fake(copy, client, {"titles": ["Mate"]})
        open_journal(copy, force=True).close()
    fetch_fake(copy, client, {"titles": ["Mate"]})
    after = pages(copy)
    assert [page for page in after if page["title"] != "Mate"] == before
    assert len(client.texts()) == (4 if lost == "pages.jsonl" else 1)


@pytest.mark.parametrize("name", ["titles", "category", "top", "pins", "all"])
def test_a_copy_of_an_earlier_version(fake: FakeWiki, tmp_path: Path, name: str) -> None:
    """Manifests without settings and titles are read as well: pages, filters and titles by name stay."""
    fetch_fake(tmp_path / "c", FakeClient(fake), *SELECTIONS[name], min_words=5, text="wikitext")
    copy = copied(tmp_path / "c", tmp_path / "d")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["filters"] = {key: manifest.pop("settings")[key] for key in ("quality",)} | {"min_words": 5, "limit": None}
    del manifest["selections"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert recorded_settings(read_journal(copy)) == Settings(API, text="wikitext", min_words=5)
    fetch_fake(copy, FakeClient(fake), min_words=5, text="wikitext")
    assert contents(copy)["pages"] == contents(tmp_path / "c")["pages"]
    before, after = ledger(tmp_path / "c"), ledger(copy)
    assert set(after) == (set(before) if name != "pins" else {"Chai", "Coffee"})
    assert all(after[title]["status"] == before[title]["status"] for title in after)


def test_the_command_reuses_everything(
    fake: FakeWiki, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With or without --force, a copy keeps pages and settings, and says where it took them from."""
    ask_fake(monkeypatch, FakeClient(fake))
    settings = ("--wiki", API, "--quality", "good", "--min-words", 5, "--text", "wikitext")
    assert run("fetch", "--category", "Drinks", *settings, "-o", "c").exit_code == 0
    for force in ((), ("--force",)):
        copy = copied(tmp_path / "c", tmp_path / f"d{len(force)}")
        result = run("fetch", "Water", "-o", copy, *force)
        assert result.exit_code == 0, result.stderr
        assert "1 page was taken from pages.jsonl" in result.stderr
        assert f"--wiki {API} --text wikitext --quality good --min-words 5" in result.stderr
        assert [page["title"] for page in pages(copy)] == ["Tea"]
        assert ledger(copy)["Water"]["status"] == "filtered"


def test_a_copy_that_is_only_read(fake: FakeWiki, tmp_path: Path, run: Run) -> None:
    """--plan knows the settings and the titles of a copy, and makes no journal in it."""
    fetch_fake(tmp_path / "c", FakeClient(fake), {"titles": TITLES}, min_words=5, quality="good")
    copy = copied(tmp_path / "c", tmp_path / "d")
    files = sorted(path.name for path in copy.iterdir())
    result = run("fetch", "Tea", "Water", "-o", copy, "--min-words", 1, "--plan", "--json")
    assert result.exit_code == 0, result.stderr
    assert "changed: --min-words 1 (was 5)" in json.loads(result.stdout)["remarks"]
    assert sorted(path.name for path in copy.iterdir()) == files
    settings = recorded_settings(read_journal(copy))
    assert settings is not None
    assert (settings.min_words, settings.quality, settings.text) == (5, "good", "extracts")


def test_an_interrupted_restoration_is_made_again(
    fake: FakeWiki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it takes over pages, the next run takes over the rest."""
    fetch_fake(tmp_path / "c", FakeClient(fake), {"titles": TITLES})
    copy = copied(tmp_path / "c", tmp_path / "d")
    monkeypatch.setattr("nmf_topics.corpus.fetch.restore._selection_facts", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        open_journal(copy)
    monkeypatch.undo()
    client = FakeClient(fake)
    fetch_fake(copy, client)
    assert contents(copy) == contents(tmp_path / "c")
    assert client.texts() == []


def test_pages_that_do_not_come_from_a_wiki(fake: FakeWiki, tmp_path: Path) -> None:
    """A pages.jsonl of something else is never replaced, --force or not."""
    for name in ("mine", "dump"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pages.jsonl").write_text('{"id": "1", "title": "Mine", "text": "My text."}\n')
    (tmp_path / "dump" / "manifest.json").write_text('{"schema": 1, "dump": "x.xml"}')
    for name in ("mine", "dump"):
        for force in (False, True):
            with pytest.raises(OutputError, match="does not come from a wiki"):
                open_journal(tmp_path / name, force=force)
        assert len(pages(tmp_path / name)) == 1
        assert not (tmp_path / name / ".journal.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", '{"schema": 1, "wiki": "http://w.test/w/api.php", "settings": {"quality": "great"}}'),
        ("manifest.json", '{"schema": 1, "wiki": 5}'),
        ("manifest.json", '{"schema": 1, "wiki": "http://w.test/w/api.php", "selections": [{"pins": [7]}]}'),
        ("ledger.csv", "title\n\udcff"),
    ],
)
def test_files_that_were_edited_badly(fake: FakeWiki, tmp_path: Path, name: str, content: str) -> None:
    """A manifest or ledger that cannot be used is refused by name, and the pages stay."""
    fetch_fake(tmp_path / "c", FakeClient(fake), {"titles": TITLES})
    copy = copied(tmp_path / "c", tmp_path / "d")
    (copy / name).write_bytes(content.encode(errors="surrogateescape"))
    before = (copy / "pages.jsonl").read_bytes()
    for _ in range(2):
        with pytest.raises(CorpusError, match=name):
            fetch_fake(copy, FakeClient(fake))
    assert (copy / "pages.jsonl").read_bytes() == before


def test_a_damaged_page_is_fetched_again(fake: FakeWiki, tmp_path: Path) -> None:
    """A line of pages.jsonl that is cut costs that page only."""
    fetch_fake(tmp_path / "c", FakeClient(fake), {"titles": TITLES})
    copy = copied(tmp_path / "c", tmp_path / "d")
    lines = (copy / "pages.jsonl").read_bytes().splitlines(keepends=True)
    (copy / "pages.jsonl").write_bytes(b"".join([lines[0], lines[1][:40] + b"\n", *lines[2:]]))
    client, said = FakeClient(fake), list[str]()
    fetch_fake(copy, client, tell=said.append)
    assert contents(copy)["pages"] == contents(tmp_path / "c")["pages"]
    assert client.texts() == ["2"]
    assert "line 2: damaged" in said[0]


@pytest.mark.wiki
def test_a_copy_on_a_real_wiki(wiki: Wiki, tmp_path: Path) -> None:
    """A copy of 60 pages grows by one, with one text asked for, and a refresh asks for none."""
    log = tmp_path / "log"
    with proxied(wiki.api, log) as api:
        fetch_into(tmp_path / "c", api, {"category": "Sixty", "depth": 0})
        copy = copied(tmp_path / "c", tmp_path / "d")
        count = len(logged(log))
        fetch_into(copy, api, {"titles": ["Munich"]})
        assert len(pages(copy)) == 61
        assert len(texts_asked(logged(log)[count:])) == 1
        assert len(logged(log)) - count == 3  # the wiki, the title, its text
        count = len(logged(log))
        fetch_into(copy, api, refresh=True)
        assert texts_asked(logged(log)[count:]) == []
        assert {row["status"] for row in ledger(copy).values()} == {"ok"}


DAMAGE = {
    "empty": lambda data: b"",
    "header only": lambda data: data.partition(b"\n")[0] + b"\n",
    "zeros": lambda data: bytes(len(data)),
    "settings lost": lambda data: b"".join(
        b"garbage\n" if b'"settings"' in line else line for line in data.splitlines(keepends=True)
    ),
    "selection lost": lambda data: b"".join(
        b"[[garbage\n" if b'["ask"' in line else line for line in data.splitlines(keepends=True)
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_journal_is_no_new_corpus(fake: FakeWiki, tmp_path: Path, name: str) -> None:
    """The settings and selections of the corpus are known before anything is done, and reading changes nothing."""
    folder = tmp_path / "c"
    fetch_fake(folder, FakeClient(fake), {"titles": ["Tea", "Coffee"]}, quality="good", min_words=5)
    journal = folder / ".journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(damaged := DAMAGE[name](whole))
    assert damaged != whole
    found = read_journal(folder)
    settings = recorded_settings(found)
    assert settings is not None
    assert (settings.wiki, settings.quality, settings.min_words) == (API, "good", 5)
    assert [ask["titles"] for ask in found.all("ask").values()] == [["Tea", "Coffee"]]
    assert journal.read_bytes() == damaged


@pytest.mark.wiki
def test_a_corpus_with_an_empty_journal_goes_on(wiki: Wiki, ok: Run) -> None:
    """It is not taken for a new folder, into which the article's corpus would be fetched from another wiki."""
    ok("fetch", "Munich", "AC/DC", "--wiki", wiki.api, "-o", "c")
    before = contents(Path("c"))
    Path("c/.journal.jsonl").write_bytes(b"")
    assert json.loads(ok("fetch", "-o", "c", "--plan", "--json").stdout)["requests"] <= 1
    result = ok("fetch", "-o", "c")
    assert "no usable journal" in result.stderr
    assert "the corpus of the article" not in result.stderr
    assert contents(Path("c")) == before
