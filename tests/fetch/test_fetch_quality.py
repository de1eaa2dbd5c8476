"""Good articles, featured ones and disambiguation pages: which pages of a wiki are what, in its own language."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
import unicodedata
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from loopback import Wiki, fetch_into, ledger, pages, prose, save

from nmf_topics.corpus.fetch import quality
from nmf_topics.corpus.mediawiki.dumps import dump_pages
from nmf_topics.errors import FetchError

# a wiki whose links to another language lead there, as those of Wikipedias do
LINKING = """<?php
$wgHooks['InterwikiLoadPrefix'][] = static function ( $prefix, &$data ) {
	if ( $prefix !== 'de' ) { return true; }
	$data = [ 'iw_url' => 'https://de.wikipedia.org/wiki/$1', 'iw_api' => '', 'iw_wikiid' => '',
		'iw_local' => 1, 'iw_trans' => 0 ];
	return false;
};
"""


def qualities(folder: Path) -> dict[str, str]:
    """The quality of each page of a corpus."""
    return {page["title"]: page.get("quality", "") for page in pages(folder)}


def test_names_of_categories_are_titles() -> None:
    """Every name in the table could be a title: composed, with a capital first, and no character of syntax."""
    assert {"en", "de", "fr", "es", "it", "nl", "pl", "pt", "ru", "ja", "zh", "sv", "ar"} <= set(quality.FEATURED)
    for names in (*quality.GOOD.values(), *quality.FEATURED.values()):
        for name in names.split("|"):
            assert name == unicodedata.normalize("NFC", name).strip()
            assert name[0] == name[0].upper()
            assert not set(name) & set("#<>[]{}_|")
    assert quality.known_marks("pt-br") == quality.known_marks("pt")
    assert set(quality.known_marks("it").values()) == {"good", "featured"}
    assert quality.known_marks("xx") == {}


@pytest.fixture(scope="module")
def german(empty_wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    """A running wiki in German: articles marked in three ways, and lists of meanings."""
    wiki = Wiki(tmp_path_factory.mktemp("german") / "wiki")  # empty_wiki: there can be one at all
    wiki.call("install", "--language", "de")
    texts = tmp_path_factory.mktemp("texts")
    for title, category in (
        ("Tee", "Wikipedia:Exzellent"),
        ("Kaffee", "Wikipedia:Lesenswert"),
        ("Mate", "Gute Seiten"),
        ("Kakao", "Getränke"),
    ):
        text = f"'''{title}''' {prose(title, 20)}\n\n== Einzelnachweise ==\nBelege\n[[Kategorie:{category}]]"
        save(texts, title, text)
    save(texts, "Vorlage:Begriffsklärung", "<includeonly>__DISAMBIG__</includeonly>")
    save(texts, "Bank", "'''Bank''' steht für:\n* [[Tee]]\n{{Begriffsklärung}}")
    save(texts, "Schloss", "'''Schloss''' steht für:\n* [[Mate]]\n{{Disambiguation}}")  # a template without the switch
    save(texts, "Vorlage:Disambiguation", "Was gemeint sein kann.")
    wiki.load(texts)
    wiki.start()
    yield wiki
    wiki.stop()


@pytest.mark.wiki
def test_a_wiki_in_another_language(
    german: Wiki, empty_wiki: Wiki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Categories of the wiki's language count, and those that the English Wikipedia links to; so do its templates."""
    ask = {"titles": ["Tee", "Kaffee", "Mate", "Kakao", "Bank", "Schloss"]}
    fetch_into(tmp_path / "table", german.api, ask, quality="good")
    assert qualities(tmp_path / "table") == {"Tee": "featured", "Kaffee": "good"}
    assert ledger(tmp_path / "table")["Bank"]["status"] == "disambiguation"
    assert "Belege" not in (tmp_path / "table" / "pages.jsonl").read_text(encoding="utf-8")

    hub = Wiki(tmp_path / "hub")
    shutil.copytree(empty_wiki.folder, hub.folder)
    (hub.folder / "extra.php").write_text(LINKING)
    save(tmp_path / "linked", "Category:Good articles", "[[de:Kategorie:Gute Seiten]]")
    save(tmp_path / "linked", "Category:Featured articles", "[[de:Kategorie:Wikipedia:Exzellent]]")
    hub.load(tmp_path / "linked")
    hub.start()
    try:
        monkeypatch.setattr(quality, "hub_of", lambda api: (hub.api, "de"))
        fetch_into(tmp_path / "linking", german.api, ask, quality="good")
    finally:
        hub.stop()
    assert qualities(tmp_path / "linking") == {"Tee": "featured", "Kaffee": "good", "Mate": "good"}

    said: list[str] = []  # the hub has gone; what is in the table does without it
    fetch_into(tmp_path / "alone", german.api, ask, quality="good", tell=said.append)
    assert qualities(tmp_path / "alone") == {"Tee": "featured", "Kaffee": "good"}
    assert "could not be asked" in said[0]


@pytest.mark.wiki
def test_a_language_that_nobody_knows(empty_wiki: Wiki, tmp_path: Path) -> None:
    """Where it is not known how good articles are marked, asking for them is an error that says what to do."""
    wiki = Wiki(tmp_path / "other")
    shutil.copytree(empty_wiki.folder, wiki.folder)
    settings = wiki.folder / "LocalSettings.php"
    settings.write_text(settings.read_text() + "\n$wgLanguageCode = 'la';\n")
    wiki.start()
    try:
        with pytest.raises(FetchError, match=r"\(la\) marks its good articles is not known.*with category"):
            fetch_into(tmp_path / "c", wiki.api, {"titles": ["A"]}, quality="good")
    finally:
        wiki.stop()


@pytest.mark.wiki
def test_dump_and_fetch_set_the_same_pages_aside(german: Wiki, tmp_path: Path) -> None:
    """The wiki's own export, read as a dump, has the pages of a fetch by wikitext, with the same fields."""
    titles = ["Tee", "Kaffee", "Mate", "Kakao", "Bank", "Schloss"]
    question = urlencode({"action": "query", "titles": "|".join(titles), "export": 1, "exportnowrap": 1})
    with urllib.request.urlopen(f"{german.api}?{question}") as reply:
        (tmp_path / "export.xml").write_bytes(reply.read())
    fetch_into(tmp_path / "c", german.api, {"titles": titles}, text="wikitext")
    aside = {title for title, row in ledger(tmp_path / "c").items() if row["status"] == "disambiguation"}
    assert aside == {"Bank", "Schloss"}
    fetched = {page["title"]: page for page in pages(tmp_path / "c")}
    found = {page.title: page for page in dump_pages(tmp_path / "export.xml", 1)}
    assert set(found) == set(fetched) == {"Tee", "Kaffee", "Mate", "Kakao"}
    for title, page in found.items():
        assert (page.id, page.text) == (fetched[title]["id"], fetched[title]["text"])
        for name in ("url", "revid", "timestamp", "lang", "text_from"):
            assert page.meta[name] == fetched[title][name]


ASSESSED = {
    "Sixty 01": {"Film": {"class": "B", "importance": "Mid"}, "Comics": {"class": "GA", "importance": "Low"}},
    "Sixty 02": {"Film": {"class": "FA", "importance": "Top"}},
    "Sixty 03": {"Film": {"class": "Start", "importance": ""}},
    "Sixty 10": {"Film": {"class": "C", "importance": "Mid"}},  # which its category calls good
}


class Assessing(http.server.BaseHTTPRequestHandler):
    """The real wiki behind it, with what the extension PageAssessments adds to its answers, a project at a time."""

    wiki = ""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query))
        props = asked.get("prop", "").split("|")
        place = int(asked.pop("pacontinue", "0").rpartition("|")[2])
        asked["prop"] = "|".join(prop for prop in props if prop != "pageassessments")
        assert asked.pop("palimit", "max") == "max"
        with urllib.request.urlopen(f"{self.wiki}?{urlencode(asked)}") as reply:
            document: dict[str, Any] = json.loads(reply.read())
        query = document.get("query", {})
        for extensions in [query["extensions"]] if "extensions" in query else []:
            extensions.append({"type": "other", "name": "PageAssessments"})
        if "pageassessments" in props:
            facts = [(title, project) for title, projects in ASSESSED.items() for project in projects]
            title, project = facts[place]
            for page in query["pages"]:
                if page["title"] == title:
                    page["pageassessments"] = {project: ASSESSED[title][project]}
            if place + 1 < len(facts):
                document.pop("batchcomplete", None)
                document["continue"] = {"pacontinue": f"{place}|{place + 1}", "continue": "||info|pageprops|categories"}
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.mark.wiki
def test_assessments_of_projects(wiki: Wiki, tmp_path: Path) -> None:
    """Where the wiki has PageAssessments, an article is good if a project or a category says so; parts are merged."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Assessing,), {"wiki": wiki.api}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        api = f"http://127.0.0.1:{server.server_port}/w/api.php"
        ask = {"titles": [*ASSESSED, "Sixty 04"]}
        for wanted in ("good", "featured"):
            fetch_into(tmp_path / wanted, api, ask, quality=wanted)
    finally:
        server.shutdown()
        server.server_close()
    assert qualities(tmp_path / "good") == {"Sixty 01": "good", "Sixty 02": "featured", "Sixty 10": "good"}
    assert qualities(tmp_path / "featured") == {"Sixty 02": "featured"}
