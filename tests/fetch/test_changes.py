"""Changed settings, and what fetch says about them before it acts; folders that are mistyped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fake_wiki import API, FakeClient, FakeWiki, ask_fake, fetch_fake, refusing
from loopback import ledger, pages, prose
from program import Run

from nmf_topics.corpus.fetch.client import RequestPolicy
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.errors import FetchError

TITLES = [f"Page {number}" for number in range(10)]
ASK = {"titles": TITLES}


@pytest.fixture
def fake() -> FakeWiki:
    """Ten pages of 11 to 20 words; every second one is good, one is featured."""
    fake = FakeWiki()
    for number, title in enumerate(TITLES):
        quality = "Featured articles" if number == 4 else "Good articles" if number % 2 == 0 else "Articles"
        fake.save(title, f"{prose(title, 11 + number)}[[Category:{quality}]]")
    return fake


@pytest.fixture
def client(fake: FakeWiki, monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    """What the command asks."""
    client = FakeClient(fake)
    ask_fake(monkeypatch, client)
    return client


@pytest.mark.parametrize(
    ("options", "kept", "said"),
    [
        (["--quality", "good"], 5, ["--quality good (was any)", "5 pages of 10 will leave the corpus"]),
        (["--quality", "featured"], 1, ["9 pages of 10 will leave the corpus"]),
        (["--min-words", 16], 5, ["--min-words 16 (was 1)", "5 pages of 10 will leave the corpus"]),
        (["--min-words", 16, "--quality", "good"], 2, ["8 pages of 10 will leave the corpus"]),
        (["--min-words", 11], 10, ["all pages stay (10)"]),
        (["--limit", 3], 3, ["--limit 3 (was none)", "7 pages of 10 will leave the corpus"]),
        (["--limit", 30], 10, ["all pages stay (10)"]),
        (["--text", "wikitext"], 10, ["--text wikitext (was extracts)", "10 pages will be fetched again, as wikitext"]),
        (
            ["--text", "wikitext", "--limit", 3],
            3,
            ["7 pages of 10 will leave", "the text of 3 pages will be fetched again"],
        ),
    ],
)
def test_what_a_change_does_is_said_first(
    client: FakeClient, run: Run, options: list[object], kept: int, said: list[str]
) -> None:
    """The numbers that are announced, by the plan as well, before any request, are those that come true."""
    fetch_fake(Path("c"), client, ASK)
    plan = run("fetch", *options, "-o", "c", "--plan", "--json")
    assert all(any(text in remark for remark in json.loads(plan.stdout)["remarks"]) for text in said)
    client.spoil = refusing(client.requests + 1)
    if "--text" in options:
        result = run("fetch", *options, "-o", "c")
        assert result.exit_code == 1
        assert len(pages(Path("c"))) == 10
    client.spoil = lambda number, asked: None
    result = run("fetch", *options, "-o", "c")
    assert result.exit_code == 0, result.stderr
    assert all(text in result.stderr for text in said)
    assert len(pages(Path("c"))) == kept


@pytest.mark.parametrize(
    ("before", "options", "said", "kept"),
    [
        ({"quality": "good"}, ["--quality", "any"], "up to 5 pages that were left out will come in", 10),
        ({"min_words": 16}, ["--min-words", 1], "up to 5 pages that were left out will come in", 10),
        ({"min_words": 16}, ["--min-words", 14], "up to 2 pages that were left out will come in", 7),
        ({"limit": 4}, ["--limit", 0], "up to 6 pages that were left out will come in", 10),
        ({"limit": 4}, ["--limit", 5], "up to 1 page that was left out will come in", 5),
    ],
)
def test_what_a_wider_setting_lets_in(
    client: FakeClient, run: Run, before: dict[str, object], options: list[object], said: str, kept: int
) -> None:
    """Pages that were left out come back without a text being asked for twice."""
    fetch_fake(Path("c"), client, ASK, **before)
    result = run("fetch", *options, "-o", "c")
    assert result.exit_code == 0, result.stderr
    assert said in result.stderr
    assert len(pages(Path("c"))) == kept
    assert len(client.texts()) == len(set(client.texts()))


def test_a_change_that_is_stopped_is_none(client: FakeClient, fake: FakeWiki, run: Run) -> None:
    """Pages leave when the run is through, not before; a run without the option goes on with the old setting."""
    fetch_fake(Path("c"), client, ASK)
    fake.save("New", prose("New", 30))
    client.spoil = refusing(client.requests + 1)
    assert run("fetch", "New", "--quality", "good", "-o", "c").exit_code == 1
    assert len(pages(Path("c"))) == 10
    client.spoil = lambda number, asked: None
    assert run("fetch", "-o", "c").exit_code == 0
    assert len(pages(Path("c"))) == 11
    assert json.loads(Path("c/manifest.json").read_text())["settings"]["quality"] == "any"


def test_a_wider_setting_that_is_stopped_is_none(client: FakeClient, run: Run) -> None:
    """Pages that a changed setting lets in come all or none, with the setting in the manifest."""
    fetch_fake(Path("c"), client, ASK, quality="good")
    before = {path.name: path.read_bytes() for path in Path("c").glob("[!.]*")}
    client.spoil = refusing(client.requests + 3)
    assert run("fetch", "--quality", "any", "-o", "c").exit_code == 1
    assert {path.name: path.read_bytes() for path in Path("c").glob("[!.]*")} == before
    client.spoil = lambda number, asked: None
    assert run("fetch", "--quality", "any", "-o", "c").exit_code == 0
    assert len(pages(Path("c"))) == 10
    assert len(client.texts()) == 11  # the one that was refused is asked for again


def test_pinned_pages_stay_whatever_their_quality(client: FakeClient, fake: FakeWiki, run: Run) -> None:
    """--quality is for pages that are selected by title; what is said of pinned ones comes true."""
    pins = [[title, fake.pages[title].revisions[0][0], 0] for title in TITLES[:3]]
    fetch_fake(Path("c"), client, {"pins": pins})
    result = run("fetch", "--quality", "featured", "-o", "c")
    assert "all pages stay (3)" in result.stderr
    assert len(pages(Path("c"))) == 3


def test_a_limit_holds_when_a_fetch_is_stopped(client: FakeClient, fake: FakeWiki, run: Run) -> None:
    """Pages beyond the limit, whose texts are known, do not come back because a run was stopped."""
    fetch_fake(Path("c"), client, ASK)
    fetch_fake(Path("c"), client, limit=3)
    assert len(pages(Path("c"))) == 3
    fake.save("New", prose("New", 30))
    client.spoil = refusing(client.requests + 1)
    with pytest.raises(FetchError):
        fetch_fake(Path("c"), client, {"category": "Nothing known", "depth": 0}, limit=3)
    assert len(pages(Path("c"))) == 3


@pytest.mark.parametrize("more", [(), ("Page 1",), ("--plan",), ("--category", "Tea")])
def test_refresh_of_nothing_is_refused(client: FakeClient, run: Run, more: tuple[str, ...]) -> None:
    """--refresh needs a corpus: a mistyped folder is refused, the right one is proposed, and nothing is made."""
    fetch_fake(Path("corpora/drinks"), client, ASK)
    before = client.requests
    Path("corpora/begun").mkdir()
    Path("corpora/begun/.journal.jsonl").write_bytes(b"")
    assert run("fetch", "--refresh", *more, "-o", "corpora/begun").exit_code == 1
    for folder, hint in (("drinsk", "did you mean corpora/drinks?"), ("xyz", "fetch it without --refresh first")):
        result = run("fetch", "--refresh", *more, "-o", f"corpora/{folder}", "--wiki", API)
        assert result.exit_code == 1
        assert f"there is no corpus to refresh in corpora/{folder}; {hint}" in result.stderr
        assert not Path(f"corpora/{folder}").exists()
    assert client.requests == before


def test_a_new_folder_without_pages(client: FakeClient, run: Run) -> None:
    """A mistyped folder with no pages named would begin the corpus of the article: that is said, with the right one."""
    fetch_fake(Path("corpora/drinks"), client, ASK)
    client.spoil = refusing(client.requests + 1)
    result = run("fetch", "-o", "corpora/drink", "--wiki", API, "--contact", "dev@example.org")
    said = "corpora/drink is new and no pages are named: the corpus of the article; did you mean corpora/drinks?"
    assert said in result.stderr


def test_refresh_of_a_copy(client: FakeClient, run: Run) -> None:
    """A copy without its journal is a corpus, and can be refreshed."""
    fetch_fake(Path("c"), client, ASK)
    shutil.copytree("c", "d", ignore=shutil.ignore_patterns(".*"))
    assert run("fetch", "--refresh", "-o", "d").exit_code == 0
    assert len(pages(Path("d"))) == 10


def test_a_month_that_is_not_published_yet(client: FakeClient, fake: FakeWiki, run: Run) -> None:
    """A month without figures is not remembered: when it is published, the next fetch has it."""
    fake.views["2018/01"] = {"Page_0": 9, "Page_1": 8}
    options = ("fetch", "--top", 2, "--wiki", API, "-o", "c")
    result = run(*options)
    assert result.exit_code == 0, result.stderr
    assert "no figures for 2018-02 yet" in result.stderr
    assert [page["title"] for page in pages(Path("c"))] == ["Page 0", "Page 1"]
    fake.views["2018/02"] = {"Page_1": 9, "Page_2": 30}
    asked = client.requests
    assert run(*options).exit_code == 0
    assert {title for title, row in ledger(Path("c")).items() if row["status"] == "ok"} == {"Page 1", "Page 2"}
    assert sum("2018/01" in one["url"] for one in client.asked[asked:]) == 0
    assert run("fetch", "--top", 2, "--month", 7, "--wiki", API, "-o", "july").exit_code == 1
    fake.views["2018/07"] = {"Page_5": 9, "Page_6": 8}
    assert run("fetch", "--top", 2, "--month", 7, "--wiki", API, "-o", "july").exit_code == 0


def test_a_month_that_an_earlier_version_remembered(client: FakeClient, fake: FakeWiki) -> None:
    """A month that was noted as having no figures is asked for as well."""
    fake.views["2018/01"] = {"Page_0": 9, "Page_1": 8}
    ask = {"top": 2, "year": 2018, "month": 1}
    fetch_fake(Path("c"), client, ask)
    with Journal(Path("c")) as journal:
        (address,) = journal.all("listing")
        journal.write([("listing", address, [])])
    fake.views["2018/01"] = {"Page_2": 9, "Page_3": 8}
    fetch_fake(Path("c"), client, ask)
    assert [page["title"] for page in pages(Path("c"))] == ["Page 2", "Page 3"]


def test_pageviews_need_a_contact_again(run: Run, client: FakeClient, fake: FakeWiki) -> None:
    """A corpus of most viewed pages does not call Wikimedia without a contact when it grows."""
    fake.views["2018/01"] = {"Page_0": 9, "Page_1": 8}
    fetch_fake(Path("c"), client, {"top": 2, "year": 2018, "month": 1})
    client.manners = RequestPolicy(contact="")
    before = client.requests
    result = run("fetch", "Page 5", "-o", "c")
    assert result.exit_code == 2
    assert "wikimedia.org" in result.stderr
    assert client.requests == before
