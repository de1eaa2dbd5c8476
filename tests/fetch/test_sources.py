"""Selections that a wiki answers: searches, links of a page, and pages that are in several categories."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import CODE, LOADED, Wiki, ledger, logged, pages, proxied, save
from program import Refused, Run

FRUIT = {"Apple": "Red", "Cherry": "Red", "Lime": "Green", "Plum": "Blue", "Grape": "Green"}


@pytest.fixture(scope="module")
def orchard(empty_wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    """A running wiki with a search index: fruit in categories, a list of it, and stars that are none."""
    wiki = Wiki(tmp_path_factory.mktemp("orchard") / "wiki")
    shutil.copytree(empty_wiki.folder, wiki.folder)
    texts = tmp_path_factory.mktemp("texts")
    for title, colour in FRUIT.items():
        save(texts, title, f"'''{title}''' is a sweet fruit.\n[[Category:Fruit]][[Category:{colour}]]", LOADED)
    save(texts, "Betelgeuse", "A star, and not sweet at all.\n[[Category:Red]]", LOADED)
    save(texts, "Malus", "#REDIRECT [[Apple]]", LOADED)
    save(texts, "Category:Green", "[[Category:Colours]]", LOADED)
    save(texts, "Category:Red", "[[Category:Colours]]", LOADED)
    save(texts, "List of fruit", "* [[Apple]]\n* [[Malus]]\n* [[Lime]]\n* [[Durian]]\n* [[Talk:Apple]]", LOADED)
    save(texts, "Fruit list", "#REDIRECT [[List of fruit]]", LOADED)
    wiki.load(texts)
    environment = {**os.environ, "MW_CONFIG_FILE": str(wiki.folder / "LocalSettings.php")}
    command = ["php", CODE / "maintenance" / "rebuildtextindex.php"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    wiki.start()
    yield wiki
    wiki.stop()


def titles(folder: str) -> set[str]:
    """Titles of the pages of a corpus."""
    return {page["title"] for page in pages(Path(folder))}


def planned(ok: Run, *arguments: object) -> int:
    """The number of requests that a plan announces."""
    return int(json.loads(ok("fetch", *arguments, "--plan", "--json").stdout)["requests"])


@pytest.mark.wiki
@pytest.mark.parametrize(
    ("options", "folder", "found", "lists"),
    [
        (["--search", "sweet fruit"], "sweet-fruit", set(FRUIT), 1),
        (["--search", "sweet fruit", "--hits", 2], "sweet-fruit", {"Apple", "Cherry"}, 1),
        (["--links", "Fruit list"], "links-of-Fruit-list", {"Apple", "Lime"}, 1),
        (["--category", "Fruit", "--category", "Red", "--intersect"], "Fruit-Red", {"Apple", "Cherry"}, 2),
        (["--category", "Blue", "--category", "Green"], "Blue-Green", {"Plum", "Lime", "Grape"}, 2),
        (["--category", "Fruit", "--category", "Colours", "--intersect", "--depth", 1], "Fruit-Colours", None, 4),
    ],
)
def test_selections(
    orchard: Wiki, ok: Run, tmp_path: Path, options: list[object], folder: str, found: set[str] | None, lists: int
) -> None:
    """Each selection comes to its pages; the plan is an upper bound that few requests fall short of."""
    announced = planned(ok, *options, "--wiki", orchard.api)
    with proxied(orchard.api, tmp_path / "log") as api:
        ok("fetch", *options, "--wiki", api)
        entries = logged(tmp_path / "log")
        ok("fetch", *options, "--wiki", api)  # again: nothing is asked
        assert len(logged(tmp_path / "log")) == len(entries)
        assert planned(ok, *options, "--wiki", api) == 0
    assert titles(f"corpora/{folder}") == (set(FRUIT) - {"Plum"} if found is None else found)
    lists_asked = [entry for entry in entries if "list" in entry["asked"] or entry["asked"].get("prop") == "links"]
    assert len(lists_asked) == lists
    if found is not None:
        assert len(entries) <= announced <= len(entries) + 2


@pytest.mark.wiki
def test_links_of_a_list_have_a_line_each(orchard: Wiki, ok: Run) -> None:
    """Every article that a list links to has its line in the ledger, and links to other namespaces are left out."""
    page = orchard.api.replace("/w/api.php", "/wiki/Fruit_list")
    ok("fetch", "--links", page, "-o", "c")  # a URL names the wiki as well
    statuses = {title: row["status"] for title, row in ledger(Path("c")).items()}
    assert statuses == {"Apple": "ok", "Malus": "redirect-merged", "Lime": "ok", "Durian": "missing"}


@pytest.mark.wiki
def test_a_search_finds_more_later(orchard: Wiki, ok: Run) -> None:
    """A search with more hits extends its corpus, and both selections are recorded."""
    for hits in (1, 3):
        ok("fetch", "--search", "sweet fruit", "--hits", hits, "--wiki", orchard.api, "-o", "c")
    assert len(titles("c")) == 3
    manifest = json.loads(Path("c/manifest.json").read_text(encoding="utf-8"))
    assert [one["hits"] for one in manifest["selections"]] == [1, 3]
    for path in (".journal.jsonl",):  # a copy without the journal
        (Path("c") / path).unlink()
    ok("fetch", "Plum", "-o", "c")
    assert titles("c") == {"Apple", "Cherry", "Grape", "Plum"}


@pytest.mark.wiki
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--search", "nosuchword"], "finds no article for 'nosuchword'"),
        (["--links", "Nowhere"], "has no page 'Nowhere' with links to articles"),
        (["--links", "Plum"], "has no page 'Plum' with links to articles"),
        (["--links", "https://de.wikipedia.org/wiki/Obst"], "is not a page of 127.0.0.1"),
        (["--category", "Blue", "--category", "Red", "--intersect"], "in all of Category:Blue (1), Category:Red (3)"),
        (["--category", "Blue", "--category", "Nowhere", "--intersect"], "no Category:Nowhere; is that how"),
    ],
)
def test_selections_of_nothing(orchard: Wiki, refused: Refused, options: list[str], said: str) -> None:
    """A selection without a page is an error that names it, in the plan as well, and no corpus is made."""
    assert said in refused(1, "fetch", *options, "--wiki", orchard.api, "-o", "c")
    assert not Path("c/pages.jsonl").exists()
    if "in all of" not in said:  # how many pages categories share is not known to a plan
        said = said.removeprefix("has ")
        assert said in refused(1, "fetch", *options, "--wiki", orchard.api, "--plan")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--category", "A", "--intersect"], "--intersect needs at least two --category options"),
        (["A", "--intersect"], "--intersect has an effect only with --category"),
        (["A", "--depth", "1"], "--depth has an effect only with --category"),
        (["A", "--hits", "5"], "--hits has an effect only with --search"),
        (["A", "--year", "2020"], "--year has an effect only with --top"),
        (["A", "--month", "2"], "--month has an effect only with --top"),
        (["--remove", "A"], "--remove has an effect only with -o"),
        (["A", "--whole", "--intro"], "--whole takes whole pages"),
        (["A", "--whole", "--section", "Plot"], "--whole takes whole pages"),
        (["--pin", "ledger.csv", "--as-of", "2020-01-01"], "--pin names exact revisions"),
        (["A", "--as-of", "2020-01-01", "--text", "extracts"], "--as-of reads wikitext"),
        (["--dump", "x.xml", "A"], "not by titles"),
        (["--dump", "x.xml", "--search", "A"], "not by --search"),
        (["--dump", "x.xml", "--intro"], "not by --intro"),
        (["--dump", "x.xml", "--refresh"], "not by --refresh"),
    ],
)
def test_options_that_make_no_sense_together(refused: Refused, options: list[str], said: str) -> None:
    """Options that contradict each other, or would have no effect, are refused before anything is read or asked."""
    assert said in refused(2, "fetch", *options)
