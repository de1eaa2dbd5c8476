"""A refresh, or a change of settings, that is stopped or refused leaves the corpus as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_wiki import API, FakeClient, FakeWiki, ask_fake, fetch_fake, interrupting, refusing
from loopback import Wiki, corpus_bytes, fetch_into, ledger, logged, pages, prose, proxied, texts_asked
from program import Run

from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.errors import FetchError

ASK = {"titles": [f"Page {number}" for number in range(5)]}
Stop = Callable[[int], Any]
LISTED = {"category": "Drinks", "depth": 0}


@pytest.fixture
def fake() -> FakeWiki:
    """A wiki of five pages."""
    fake = FakeWiki()
    for title in ASK["titles"]:
        fake.save(title, f"First {prose(title, 20)}[[Category:Drinks]]")
    return fake


def change(fake: FakeWiki) -> None:
    """Save a second version of two pages."""
    for title in ("Page 1", "Page 3"):
        fake.save(title, f"Second {prose(title, 20)}[[Category:Drinks]]")


def everything(folder: Path) -> dict[str, bytes]:
    """The visible files of a corpus."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def first_words(folder: Path) -> list[str]:
    """The first word of each page."""
    return [page["text"].split()[0] for page in pages(folder)]


@pytest.mark.parametrize("ask", [ASK, LISTED])
@pytest.mark.parametrize("text", ["extracts", "wikitext"])
@pytest.mark.parametrize("stop", [refusing, interrupting])
def test_stopped_at_any_request(fake: FakeWiki, tmp_path: Path, ask: dict[str, Any], text: str, stop: Stop) -> None:
    """Stopped at each of its requests, a refresh changes no page, and the next one asks for none of them again."""
    fetch_fake(tmp_path / "c", FakeClient(fake), ask, text=text)
    before = everything(tmp_path / "c")
    change(fake)
    asked: list[dict[str, Any]] = []
    for number in range(20):
        client = FakeClient(fake, stop(1 if number == 0 else 2))  # one request further each time
        try:
            complete = fetch_fake(tmp_path / "c", client, refresh=True, text=text).complete
        except (FetchError, KeyboardInterrupt):
            complete = False
            assert everything(tmp_path / "c") == before
        asked += client.asked if complete else client.asked[:-1]
        if complete:
            break
        assert (tmp_path / "c" / "pages.jsonl").read_bytes() == before["pages.jsonl"]
    assert first_words(tmp_path / "c") == ["First", "Second", "First", "Second", "First"]
    assert len({json.dumps(one) for one in asked}) == len(asked) == number
    assert all(row["note"] == "" for row in ledger(tmp_path / "c").values())


def test_a_refused_refresh_is_no_refresh(fake: FakeWiki, tmp_path: Path) -> None:
    """A wiki that refuses the first request of a refresh leaves nothing to be continued by later fetches."""
    fetch_fake(tmp_path / "c", FakeClient(fake), ASK)
    with pytest.raises(FetchError):
        fetch_fake(tmp_path / "c", FakeClient(fake, refusing(1)), refresh=True)
    client = FakeClient(fake)
    fake.save("New", prose("New", 9))
    fetch_fake(tmp_path / "c", client, {"titles": ["New"]})
    assert [asked.get("titles") for asked in client.asked if "titles" in asked] == ["New"]


@pytest.mark.parametrize(("first", "second"), [("extracts", "wikitext"), ("wikitext", "extracts")])
def test_another_kind_of_text(fake: FakeWiki, tmp_path: Path, first: str, second: str) -> None:
    """When --text switches, the old texts stay until all new ones are there; then none of the old kind is left."""
    fetch_fake(tmp_path / "c", FakeClient(fake), ASK, text=first)
    before = everything(tmp_path / "c")
    for spoil in (refusing(1), refusing(2), interrupting(2), refusing(1)):
        with pytest.raises((FetchError, KeyboardInterrupt)):
            fetch_fake(tmp_path / "c", FakeClient(fake, spoil), text=second)
        assert everything(tmp_path / "c") == before
    fetch_fake(tmp_path / "c", FakeClient(fake), text=second)
    assert {page["text_from"] for page in pages(tmp_path / "c")} == {second}
    assert json.loads((tmp_path / "c" / "manifest.json").read_text())["settings"]["text"] == second


@pytest.mark.parametrize(
    ("other", "at"), [({"intro": True}, 2), ({"sections": ("History",)}, 2), ({"text": "wikitext"}, 5)]
)
def test_a_change_of_texts_that_is_given_up(fake: FakeWiki, tmp_path: Path, other: dict[str, Any], at: int) -> None:
    """Other texts that an interrupted run has fetched do not get into the corpus when that change is not wanted."""
    titles = [f"Page {number}" for number in range(60)]
    for title in titles:
        fake.save(title, f"First {prose(title, 20)}\n\n== History ==\nOld {prose(title, 5)}")
    fetch_fake(tmp_path / "c", FakeClient(fake), {"titles": titles}, text="extracts")
    before = everything(tmp_path / "c")
    client = FakeClient(fake, interrupting(at))
    with pytest.raises(KeyboardInterrupt):
        fetch_fake(tmp_path / "c", client, **{"text": "extracts", **other})
    assert client.texts()
    fake.save("New", prose("New", 9))
    for number in (1, 2):
        with pytest.raises(FetchError):
            fetch_fake(tmp_path / "c", FakeClient(fake, refusing(number)), {"titles": ["New"]}, text="extracts")
        assert (tmp_path / "c" / "pages.jsonl").read_bytes() == before["pages.jsonl"]
    fetch_fake(tmp_path / "c", FakeClient(fake), text="extracts")
    assert pages(tmp_path / "c")[:60] == [json.loads(line) for line in before["pages.jsonl"].splitlines()]


def test_a_kind_of_text_that_the_wiki_has_not(fake: FakeWiki, tmp_path: Path) -> None:
    """Extracts of a wiki that makes none are refused, and the folder is what it was."""
    fake.extracts = False
    fetch_fake(tmp_path / "c", FakeClient(fake), ASK)
    with pytest.raises(FetchError, match="makes no extracts"):
        fetch_fake(tmp_path / "c", FakeClient(fake), text="extracts")
    with Journal(tmp_path / "c", read_only=True) as journal:
        assert not journal.is_refreshing
        assert journal.get("settings", "")["text"] == "wikitext"


def test_one_page_that_cannot_be_fetched_again(
    fake: FakeWiki, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page whose new version the wiki does not give keeps its old one, which is said; the others are refreshed."""
    fetch_fake(tmp_path / "c", FakeClient(fake), ASK)
    change(fake)

    def spoil(number: int, asked: Any) -> FetchError | None:
        return FetchError("HTTP 500") if asked.get("pageids") == "2" else None

    ask_fake(monkeypatch, FakeClient(fake, spoil))
    result = run("fetch", "--refresh", "-o", "c")
    assert result.exit_code == 1
    assert "1 page keeps an older version, see c/ledger.csv" in result.stderr
    assert first_words(tmp_path / "c") == ["First", "First", "First", "Second", "First"]
    row = ledger(tmp_path / "c")["Page 1"]
    assert (row["status"], row["revid"]) == ("ok", str(fake.pages["Page 1"].revisions[0][0]))
    assert row["note"] == "an older version, as the present one could not be fetched: HTTP 500"
    client = FakeClient(fake)
    ask_fake(monkeypatch, client)
    assert run("fetch", "--refresh", "-o", "c").exit_code == 0
    assert first_words(tmp_path / "c") == ["First", "Second", "First", "Second", "First"]
    assert client.texts() == ["2"]


def test_one_title_that_the_wiki_does_not_answer(fake: FakeWiki, tmp_path: Path) -> None:
    """A title that is left out of the answer keeps its page, and is asked for again by the next refresh."""
    fetch_fake(tmp_path / "c", FakeClient(fake), ASK)
    before = first_words(tmp_path / "c")
    answer = fake.answer

    def forgetful(asked: Any) -> dict[str, Any]:
        found = answer(asked)
        if "titles" in asked:
            found["query"]["pages"] = [page for page in found["query"]["pages"] if page["title"] != "Page 2"]
        return found

    fake.answer = forgetful  # type: ignore[method-assign]
    result = fetch_fake(tmp_path / "c", FakeClient(fake), refresh=True)
    assert (first_words(tmp_path / "c"), result.complete, result.outdated) == (before, False, 1)
    assert "the wiki does not answer to it" in ledger(tmp_path / "c")["Page 2"]["note"]
    fake.answer = answer  # type: ignore[method-assign]
    client = FakeClient(fake)
    assert fetch_fake(tmp_path / "c", client, refresh=True).complete
    assert [asked["titles"] for asked in client.asked if "titles" in asked] == ["Page 2"]


def test_pages_that_are_gone_leave_the_corpus(fake: FakeWiki, tmp_path: Path) -> None:
    """What a refresh is for: deleted pages go, and pages that became redirects are those they lead to."""
    fetch_fake(tmp_path / "c", FakeClient(fake), ASK)
    fake.delete("Page 2")
    fake.save("Page 4", "#REDIRECT [[Page 0]]")
    fetch_fake(tmp_path / "c", FakeClient(fake), refresh=True)
    assert {title: row["status"] for title, row in ledger(tmp_path / "c").items()} == {
        "Page 0": "ok",
        "Page 1": "ok",
        "Page 2": "missing",
        "Page 3": "ok",
        "Page 4": "redirect-merged",
    }


def test_a_category_that_is_gone_keeps_its_pages(fake: FakeWiki, tmp_path: Path) -> None:
    """A category that has become empty does not block the folder: its titles stay, which is said."""
    fetch_fake(tmp_path / "c", FakeClient(fake), LISTED)
    for title in ASK["titles"]:
        fake.save(title, f"Third {prose(title, 20)}")
    said: list[str] = []
    fetch_fake(tmp_path / "c", FakeClient(fake), refresh=True, tell=said.append)
    assert first_words(tmp_path / "c") == ["Third"] * 5
    assert "Category:Drinks" in said[0]
    assert "stay in the corpus" in said[0]


def test_a_fetch_that_adds_pages_keeps_those_it_has(fake: FakeWiki, tmp_path: Path) -> None:
    """A run that adds pages writes what came when it is stopped, and never fewer pages than there were."""
    fetch_fake(tmp_path / "c", FakeClient(fake), {"titles": ASK["titles"][:2]})
    with pytest.raises(FetchError):
        fetch_fake(tmp_path / "c", FakeClient(fake, refusing(3)), ASK)  # the titles, a text, and no more
    assert len(pages(tmp_path / "c")) == 3
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text())
    assert not manifest["complete"]
    fetch_fake(tmp_path / "c", FakeClient(fake), ASK)
    assert len(pages(tmp_path / "c")) == 5


def test_a_list_that_cannot_be_asked_again_keeps_its_pages(fake: FakeWiki, tmp_path: Path) -> None:
    """A month without figures is asked for each time; if that fails, the pages of the other months do not leave."""
    fake.views["2018/01"] = {"Page_0": 5, "Page_1": 4}
    fetch_fake(tmp_path / "c", FakeClient(fake), {"top": 2, "year": 2018, "month": None})
    before = everything(tmp_path / "c")
    with pytest.raises(FetchError):
        fetch_fake(tmp_path / "c", FakeClient(fake, refusing(1)), {"titles": ["Page 4"]})
    assert everything(tmp_path / "c") == before


@pytest.mark.parametrize("stop", [refusing, interrupting])
def test_what_the_user_is_told(
    fake: FakeWiki, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stop: Stop
) -> None:
    """A stopped refresh says that the corpus is as it was, and a later fetch that it continues the refresh."""
    ask_fake(monkeypatch, FakeClient(fake))
    assert run("fetch", *ASK["titles"], "--wiki", API, "-o", "c").exit_code == 0
    change(fake)
    ask_fake(monkeypatch, FakeClient(fake, stop(3)))
    result = run("fetch", "--refresh", "-o", "c")
    assert result.exit_code == (1 if stop is refusing else 130)
    assert "c keeps its 5 pages as they were; run the same command again to continue" in result.stderr
    ask_fake(monkeypatch, FakeClient(fake))
    result = run("fetch", "-o", "c")
    assert result.exit_code == 0
    assert "a refresh of c was not finished; it is continued first" in result.stderr
    assert first_words(tmp_path / "c") == ["First", "Second", "First", "Second", "First"]


@pytest.mark.wiki
def test_stopped_on_a_real_wiki(wiki: Wiki, tmp_path: Path) -> None:
    """A wiki that answers 403 from the second request on leaves 60 pages as they were; so does a switch of --text."""
    ask = {"category": "Sixty", "depth": 0}
    log = tmp_path / "log"
    with proxied(wiki.api, log, "66-67:403") as api:  # the second request of a refresh, and what comes after it
        fetch_into(tmp_path / "c", api, ask)
        assert len(logged(log)) == 64
        before = corpus_bytes(tmp_path / "c")
        for settings in ({"refresh": True}, {"text": "wikitext"}):
            with pytest.raises(FetchError, match="403"):
                fetch_into(tmp_path / "c", api, **settings)
            assert corpus_bytes(tmp_path / "c") == before
        count = len(logged(log))
        fetch_into(tmp_path / "c", api, text="wikitext")
        assert {page["text_from"] for page in pages(tmp_path / "c")} == {"wikitext"}
        assert len(texts_asked(logged(log)[count:])) == 60
