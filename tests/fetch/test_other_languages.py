"""The same pages in other languages: a corpus for each language, whose pages say what they belong to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import LOADED, Wiki, ledger, logged, pages, proxied, save
from program import Refused, Run

from nmf_topics.corpus.fetch.other_languages import _api_of

# links to another language lead to another wiki on this machine
LINKING = """<?php
$wgHooks['InterwikiLoadPrefix'][] = static function ( $prefix, &$data ) {
	if ( $prefix !== 'de' && $prefix !== 'fr' ) { return true; }
	$data = [ 'iw_url' => '%s/wiki/$1', 'iw_api' => '', 'iw_wikiid' => '', 'iw_local' => 1, 'iw_trans' => 0 ];
	return false;
};
"""


@pytest.fixture(scope="module")
def two_languages(empty_wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    """A running wiki, most of whose pages have a page in another one."""
    german, english = (Wiki(tmp_path_factory.mktemp(name) / "wiki") for name in ("german", "english"))
    for wiki in (german, english):
        shutil.copytree(empty_wiki.folder, wiki.folder)
    texts = tmp_path_factory.mktemp("texts")
    for title in ("Tee", "Kaffee"):
        save(texts, title, f"'''{title}''' ist ein Getränk.\n\n== Geschichte ==\nAlt.", LOADED)
    save(texts, "Chai", "#REDIRECT [[Tee]]", LOADED)
    german.load(texts)
    german.start()
    (english.folder / "extra.php").write_text(LINKING % german.api.removesuffix("/w/api.php"))
    texts = tmp_path_factory.mktemp("texts")
    for title, link in (("Tea", "[[de:Tee]]"), ("Coffee", "[[de:Kaffee]]"), ("Masala", "[[de:Chai]]"), ("Mate", "")):
        save(texts, title, f"'''{title}''' is a drink.\n\n== History ==\nOld.\n{link}", LOADED)
    save(texts, "Cocoa", "'''Cocoa''' is a drink. [[de:Kakao]]", LOADED)
    english.load(texts)
    english.start()
    yield english
    english.stop()
    german.stop()


@pytest.mark.wiki
def test_pages_in_another_language(two_languages: Wiki, ok: Run, tmp_path: Path) -> None:
    """Each page that has one gets its page in the other language, in a corpus that grows and finishes by itself."""
    titles = ["Tea", "Coffee", "Mate", "Cocoa"]
    with proxied(two_languages.api, tmp_path / "log") as api:
        ask = ["fetch", *titles, "--wiki", api, "--also-language", "de", "-o", "c"]
        plan = json.loads(ok(*ask, "--plan", "--json").stdout)
        said = json.loads(ok(*ask, "--json").stdout)
        english, german = ({page["title"]: page for page in pages(Path(folder))} for folder in ("c", "c-de"))
        assert set(english) == set(titles)
        assert {title: page["belongs_to_title"] for title, page in german.items()} == {"Tee": "Tea", "Kaffee": "Coffee"}
        assert german["Tee"]["belongs_to"] == english["Tea"]["id"]
        assert "Geschichte" in german["Tee"]["text"]
        assert ledger(Path("c-de"))["Kakao"]["status"] == "missing"
        (about,) = said["also"]
        assert (about["corpus"], about["language"], about["pages"], about["lacking"]) == ("c-de", "de", 2, 1)
        # the wiki, titles, 4 texts; links, the other wiki, titles, 2 texts
        assert said["requests"] == 6 + 3 + 2
        assert plan["requests"] == 6 + 3 + 4
        count = len(logged(tmp_path / "log"))
        assert json.loads(ok("fetch", "-o", "c", "--json").stdout)["requests"] == 0
        assert json.loads(ok("fetch", "-o", "c", "--plan", "--json").stdout)["requests"] == 0
        ok("fetch", "Masala", "-o", "c")  # the languages are a setting of the corpus
        assert len(logged(tmp_path / "log")) == count + 3
        assert {page["title"] for page in pages(Path("c-de"))} == {"Tee", "Kaffee"}
        for folder in ("c", "c-de"):
            (Path(folder) / ".journal.jsonl").unlink()
        ok("fetch", "--intro", "-o", "c")
        assert {page["title"]: page["text"] for page in pages(Path("c-de"))}["Tee"] == "Tee ist ein Getränk."
        assert {page["belongs_to_title"] for page in pages(Path("c-de"))} == {"Tea", "Coffee"}
        ok("fetch", "--also-language", "none", "-o", "c")
    assert json.loads(Path("c/manifest.json").read_text(encoding="utf-8"))["settings"]["also_language"] == []


@pytest.mark.wiki
def test_a_removed_page_leaves_the_other_languages(two_languages: Wiki, ok: Run, run: Run, tmp_path: Path) -> None:
    """So does the page that belongs to it, until it is taken back; one that belongs to another page, too, stays."""
    with proxied(two_languages.api, tmp_path / "log") as api:
        ok("fetch", "Tea", "Coffee", "Masala", "--wiki", api, "--also-language", "de", "-o", "c")
        count = len(logged(tmp_path / "log"))
        plan = json.loads(ok("fetch", "--remove", "Coffee", "-o", "c", "--plan", "--json").stdout)
        assert "1 page will be removed, also from the corpora in de" in plan["remarks"]
        said = ok("fetch", "--remove", "Coffee", "--remove", "Tea", "-o", "c").stderr
        assert "1 page leaves c-de" in said
        assert "Kaffee" in said
        assert {page["title"] for page in pages(Path("c-de"))} == {"Tee"}  # Masala leads to it, too
        assert (ledger(Path("c-de"))["Kaffee"]["status"], ledger(Path("c-de"))["Kaffee"]["note"]) == (
            "filtered",
            "removed",
        )
        said = ok("fetch", "-o", "c").stderr  # nothing is said twice
        assert "leaves c-de" not in said
        assert run("fetch", "--remove", "Masala", "-o", "c").exit_code == 1  # no page is left
        assert pages(Path("c")) == pages(Path("c-de")) == []
        (Path("c-de") / ".journal.jsonl").unlink()
        ok("fetch", "Coffee", "-o", "c")
        assert [page["title"] for page in pages(Path("c-de"))] == ["Kaffee"]
        ok("fetch", "Tea", "-o", "c")
        assert {page["title"] for page in pages(Path("c-de"))} == {"Tee", "Kaffee"}
        assert len(logged(tmp_path / "log")) - count <= 3
        ok("fetch", "--remove", "Tee", "-o", "c-de")  # what is removed there by itself does not come back
        ok("fetch", "-o", "c")
        assert [page["title"] for page in pages(Path("c-de"))] == ["Kaffee"]


@pytest.mark.wiki
def test_a_language_that_no_page_has(two_languages: Wiki, ok: Run) -> None:
    """A language without pages is a warning, and makes no corpus."""
    result = ok("fetch", "Tea", "Mate", "--wiki", two_languages.api, "--also-language", "fr", "-o", "c")
    assert "none of the 2 pages has a page in the language fr" in result.stderr
    assert not Path("c-fr").exists()


def test_links_lead_to_wikis_of_the_same_family_only() -> None:
    """A wiki cannot send requests to hosts of its choice: only to those of its own domain."""
    api = "https://en.wikipedia.org/w/api.php"
    assert _api_of("https://de.wikipedia.org/wiki/Tee", api) == "https://de.wikipedia.org/w/api.php"
    for url in (
        "https://evil.test/wiki/Tee",
        "https://de.wikipedia.org.evil.test/wiki/Tee",
        "http://de.wikipedia.org/wiki/Tee",
        "http://127.0.0.1/wiki/Tee",
        "https://127.0.0.1/wiki/Tee",
        "ftp://de.wikipedia.org/wiki/Tee",
        "",
    ):
        assert _api_of(url, api) == ""
    assert _api_of("https://b.test/wiki/Tee", "https://a.test/w/api.php") == ""


def test_what_does_not_go_with_other_languages(refused: Refused) -> None:
    """Pins and sections belong to one language."""
    assert "exact revisions" in refused(2, "fetch", "--pin", "x.csv", "--also-language", "de")
    assert "in one language" in refused(2, "fetch", "A", "--section", "Plot", "--also-language", "de")
    assert "'d' is not the code" in refused(2, "fetch", "A", "--also-language", "d")
