"""The fake wiki answers as a real MediaWiki does: the same fetches ask the same and come to the same."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_wiki import FakeClient, FakeWiki, fetch_fake
from loopback import Wiki, fetch_into, ledger, logged, pages, prose, proxied, save

pytestmark = pytest.mark.wiki

TEXTS = {
    "Tea": f"'''Tea''' is a [[drink]]. {prose('tea', 30)}\n\n== History ==\n{prose('old', 9)}[[Category:Drinks]]"
    "[[Category:Good articles]]",
    "Coffee": f"'''Coffee''' is [[Tea|another]] one. {prose('coffee', 30)}[[Category:Drinks]]"
    "[[Category:Featured articles]]",
    "Mate": "Short.[[Category:Drinks]]",
    "Chai": "#REDIRECT [[Tea]]",
    "Brew": "#REDIRECT [[Chai]]",
    "Round": "#REDIRECT [[Circle]]",
    "Circle": "#REDIRECT [[Round]]",
    "Nowhere": "#REDIRECT [[No page]]",
    "Mercury": "'''Mercury''' may be a planet or a metal.__DISAMBIG__",
    "Talk:Tea": "I like it.",
    "Category:Drinks": "What people drink.[[Category:Things]]",
    "Category:Things": "All of them.",
    "Cup": f"'''Cup''' holds tea. {prose('cup', 12)}[[Category:Things]]",
}
TITLES = [*TEXTS, "tea", "Tea_", "No page", "Bad<title>", "Talk:Coffee"]
FETCHES: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
    ([{"titles": TITLES}], {}),
    ([{"titles": TITLES}], {"text": "wikitext", "min_words": 5}),
    ([{"category": "Drinks", "depth": 0}], {"quality": "good"}),
    ([{"category": "Things", "depth": 1}], {"quality": "featured", "text": "wikitext"}),
    ([{"category": "Things", "depth": 1}, {"titles": ["Tea"]}], {"limit": 2}),
    ([{"category": "Drinks", "depth": 0}], {"intro": True, "text": "extracts"}),
    ([{"titles": ["Tea", "Coffee"]}], {"sections": ("History",), "text": "wikitext"}),
]


@pytest.fixture(scope="module")
def both(empty_wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same pages in a real wiki and in a fake one."""
    fake, real, texts = FakeWiki(), Wiki(tmp_path_factory.mktemp("real") / "wiki"), tmp_path_factory.mktemp("texts")
    shutil.copytree(empty_wiki.folder, real.folder)
    for title, text in TEXTS.items():
        fake.save(title, text)
        save(texts, title, text)
    for name in ("Good articles", "Featured articles"):
        save(texts, f"Category:{name}", "")
    real.load(texts)
    real.start()
    yield real, fake
    real.stop()


def essence(folder: Path) -> tuple[Any, Any]:
    """What a corpus is but for the numbers of pages and revisions and the place of the wiki."""
    rows = [(row["title"], row["status"], row["words"], row["note"]) for row in ledger(folder).values()]
    found = {page["title"]: (page["text"], page.get("quality"), page["text_from"]) for page in pages(folder)}
    return rows, found


def question(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a request asks but for the numbers of pages."""
    kept = {
        name: str(value) for name, value in asked.items() if name not in ("url", "format", "formatversion", "maxlag")
    }
    return kept | {name: str(kept[name].count("|")) for name in ("pageids", "revids") if name in kept}


@pytest.mark.parametrize(("asks", "settings"), FETCHES)
def test_the_same_fetch(both: tuple[Wiki, FakeWiki], tmp_path: Path, asks: list[Any], settings: dict[str, Any]) -> None:
    """A real and a fake wiki are asked the same questions, and the same pages and lines of the ledger come of it."""
    real, fake = both
    client = FakeClient(fake)
    fetch_fake(tmp_path / "fake", client, *asks, **settings)
    with proxied(real.api, tmp_path / "log") as api:
        fetch_into(tmp_path / "real", api, *asks, **settings)
    assert essence(tmp_path / "fake") == essence(tmp_path / "real")
    assert [question(asked) for asked in client.asked] == [
        question(entry["asked"]) for entry in logged(tmp_path / "log")
    ]


def test_the_same_revisions(both: tuple[Wiki, FakeWiki], tmp_path: Path) -> None:
    """Pinned revisions, of which one is not there, come to the same."""
    for name, folder in (("fake", tmp_path / "fake"), ("real", tmp_path / "real")):
        api = both[0].api

        def fetch(target: Path, *asks: dict[str, Any], name: str = name, api: str = api) -> None:
            if name == "fake":
                fetch_fake(target, FakeClient(both[1]), *asks, text="wikitext")
            else:
                fetch_into(target, api, *asks, text="wikitext")

        fetch(folder / "first", {"titles": ["Tea", "Coffee"]})
        pins = [[row["title"], int(row["revid"])] for row in ledger(folder / "first").values()]
        fetch(folder / "pinned", {"pins": [*pins, ["Gone", 987654]]})
    assert essence(tmp_path / "fake" / "pinned") == essence(tmp_path / "real" / "pinned")
    assert ledger(tmp_path / "fake" / "pinned")["Gone"]["status"] == "missing"
