"""Plans of fetches: what is known is not counted again, and nothing is written."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from fake_wiki import API, FakeClient, FakeWiki, fetch_fake
from loopback import Wiki, logged, proxied
from program import Run

from nmf_topics.corpus.fetch.plan import Plan, plan_of
from nmf_topics.corpus.fetch.restore import read_journal
from nmf_topics.corpus.fetch.settings import Settings

NAMES = [f"Tea {number:03d}" for number in range(120)]


@pytest.fixture
def teas() -> FakeWiki:
    """A wiki of 120 pages, a tenth of them good."""
    wiki = FakeWiki()
    wiki.save("Category:Teas", "Kinds of tea.")
    for number, name in enumerate(NAMES):
        good = "[[Category:Good articles]]" if number % 10 == 0 else ""
        wiki.save(name, f"'''{name}''' is a drink.[[Category:Teas]]{good}")
    wiki.views = {f"2018/{month:02d}": dict.fromkeys(NAMES, 5) for month in range(1, 13)}
    return wiki


def plan(folder: Path, wiki: FakeWiki, *asks: dict[str, object], refresh: bool = False, **settings: object) -> Plan:
    """The plan of a fetch from a fake wiki."""
    chosen = Settings(wiki=API, **settings)  # type: ignore[arg-type]
    return plan_of(asks, chosen, FakeClient(wiki), read_journal(folder), refresh=refresh)


CATEGORY = {"category": "Teas", "depth": 0}


@pytest.mark.parametrize(
    ("ask", "settings", "requests"),
    [
        ({"titles": NAMES}, {}, 1 + 3 + 120),
        ({"titles": NAMES}, {"text": "wikitext"}, 1 + 3 + 3),
        ({"titles": NAMES}, {"intro": True}, 1 + 3 + 6),
        ({"titles": NAMES}, {"intro": True, "sections": ("Plot",)}, 1 + 3 + 120),
        ({"titles": NAMES}, {"as_of": "2020-01-01T00:00:00Z"}, 1 + 3 + (3 + 120) + 3),
        ({"titles": NAMES}, {"limit": 10}, 1 + 3 + 10),
        (CATEGORY, {"text": "wikitext"}, 1 + 1 + 3 + 3),
        ({"top": 30, "year": 2018, "month": 1}, {}, 1 + 1 + 20 + 30),
        ({"pins": [[name, 1000 + number, 0] for number, name in enumerate(NAMES)]}, {"text": "wikitext"}, 1 + 3 + 3),
    ],
)
def test_costs_of_selections(
    teas: FakeWiki, tmp_path: Path, ask: dict[str, object], settings: dict[str, object], requests: int
) -> None:
    """The requests of each selection and of each way of reading texts."""
    assert plan(tmp_path / "c", teas, ask, **settings).requests == requests


@pytest.mark.parametrize(
    ("ask", "settings", "today"),
    [
        ({"titles": NAMES}, {}, "where titles and redirects lead"),
        (CATEGORY, {}, "which pages a category holds, where titles and redirects lead"),
        (
            {"intersect": ["Teas", "Teas"], "depth": 0},
            {"quality": "good"},
            "which pages a category holds, which articles are good or featured, where titles and redirects lead",
        ),
    ],
)
def test_what_is_judged_as_of_today(
    teas: FakeWiki, tmp_path: Path, ask: dict[str, object], settings: dict[str, object], today: str
) -> None:
    """With texts of an earlier day, the plan says what is still that of today."""
    remarks = plan(tmp_path / "c", teas, ask, as_of="2020-01-01T00:00:00Z", **settings).remarks
    assert f"only the texts are those of 2020-01-01T00:00:00Z; these are as of today: {today}" in remarks
    assert not any("as of today" in remark for remark in plan(tmp_path / "c", teas, CATEGORY).remarks)


@pytest.mark.parametrize(
    ("ask", "settings"),
    [
        (CATEGORY, {"quality": "good"}),
        ({"titles": NAMES}, {"limit": 7}),
        ({"titles": [*NAMES, "No such page"]}, {"min_words": 3}),
        ({"top": 5, "year": 2018, "month": None}, {"quality": "good"}),
    ],
)
def test_a_finished_corpus_needs_nothing(
    teas: FakeWiki, tmp_path: Path, ask: dict[str, object], settings: dict[str, object]
) -> None:
    """Nothing is left to ask for, whatever the filters kept out; a refresh asks for everything again."""
    fetch_fake(tmp_path / "c", FakeClient(teas), ask, **settings)
    assert plan(tmp_path / "c", teas, ask, **settings).requests == 0
    assert plan(tmp_path / "c", teas, **settings).requests == 0
    client = FakeClient(teas)
    announced = plan(tmp_path / "c", teas, refresh=True, **settings)
    fetch_fake(tmp_path / "c", client, refresh=True, **settings)
    assert 2 <= client.requests <= announced.requests
    assert "of changed pages" in announced.steps[-1][0]


def test_further_pages_and_what_was_interrupted(teas: FakeWiki, tmp_path: Path) -> None:
    """Further titles cost what they cost, and of a fetch that was stopped only the rest is counted."""
    fetch_fake(tmp_path / "c", FakeClient(teas), {"titles": NAMES[:10]})
    assert plan(tmp_path / "c", teas, {"titles": NAMES[:12]}).requests == 1 + 2
    stopped = FakeClient(teas, lambda number, asked: KeyboardInterrupt() if number == 9 else None)
    with pytest.raises(KeyboardInterrupt):
        fetch_fake(tmp_path / "c", stopped, {"titles": NAMES[:50]})
    assert plan(tmp_path / "c", teas, {"titles": NAMES[:50]}).requests == 40 - 7


def test_wikitext_is_mentioned_where_it_is_cheaper(teas: FakeWiki, tmp_path: Path, run: Run) -> None:
    """The plan says what wikitext would cost where that is much less, with the option; and not for a few pages."""
    (remark,) = plan(tmp_path / "c", teas, {"titles": NAMES}).remarks
    assert remark == "texts as wikitext, cleaned here, take 7 requests instead of 124; text='wikitext' reads them so"
    assert plan(tmp_path / "c", teas, {"titles": NAMES[:10]}).remarks == []
    assert plan(tmp_path / "c", teas, {"titles": NAMES}, text="wikitext").remarks == []
    said = run("fetch", "--plan").stdout
    assert "take 273 requests instead of 1,253; --text wikitext reads them so" in said


@pytest.mark.wiki
def test_plan_writes_nothing(wiki: Wiki, ok: Run, tmp_path: Path) -> None:
    """A plan is made of a corpus that may not be written, and asks only for the sizes of lists."""
    with proxied(wiki.api, tmp_path / "log") as api:
        ok("fetch", "--category", "Loop A", "--wiki", api, "-o", "c")
        for path in (Path("c"), *Path("c").iterdir()):
            path.chmod(stat.S_IREAD | stat.S_IEXEC)
        before = {path.name: path.read_bytes() for path in Path("c").iterdir()}
        count = len(logged(tmp_path / "log"))
        try:
            assert json.loads(ok("fetch", "-o", "c", "--plan", "--json").stdout)["requests"] == 0
            refresh = json.loads(ok("fetch", "-o", "c", "--refresh", "--plan", "--json").stdout)
            more = json.loads(ok("fetch", "Sixty 01", "-o", "c", "--plan", "--json").stdout)
        finally:
            Path("c").chmod(0o755)
        assert {path.name: path.read_bytes() for path in Path("c").iterdir()} == before
        assert len(logged(tmp_path / "log")) == count + 2  # the wiki, and the size of the category
        assert {step["for"]: step["requests"] for step in refresh["steps"]} == {
            "to know the wiki": 1,
            "for lists": 1,
            "for titles, 50 at a time": 1,
            "for texts of changed pages": 1,
        }
        assert more["requests"] == 2
        assert os.listdir(".") == ["c"] or set(os.listdir(".")) == {"c", "log"}
