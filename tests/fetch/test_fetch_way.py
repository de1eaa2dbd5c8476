"""The user's whole way on a real wiki with real pages: fetch, fit, classify a page that was held out."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from loopback import HERE, NoWiki, Wiki

pytestmark = [pytest.mark.wiki, pytest.mark.data]
Run = Callable[..., Result]

GROUPS = {
    "singers": "Adele|Ariana Grande|Britney Spears|Katy Perry|Lady Gaga|Justin Bieber|Kanye West|Selena Gomez",
    "actors": "Clint Eastwood|Heath Ledger|Keanu Reeves|Leonardo DiCaprio|Mark Wahlberg|Mila Kunis|Marilyn Monroe",
    "politicians": "George W Bush|George Washington|John F Kennedy|Nelson Mandela|Winston Churchill",
    "athletes": "Conor McGregor|Mike Tyson|Kobe Bryant|Shaquille O Neal|Rafael Nadal|Tiger Woods|Cristiano Ronaldo|"
    "Neymar|Zlatan Ibrahimovic|Brock Lesnar",
}
HELD_OUT = {"Bruno Mars": "singers", "Ryan Reynolds": "actors", "Barrack Obama": "politicians"}


@pytest.fixture(scope="module")
def people(empty_wiki: Wiki, data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    """A running wiki with the pages of people."""
    wiki = Wiki(tmp_path_factory.mktemp("people") / "wiki")
    shutil.copytree(empty_wiki.folder, wiki.folder)
    chosen = tmp_path_factory.mktemp("chosen")
    for title in [*"|".join(GROUPS.values()).split("|"), *HELD_OUT]:
        shutil.copy(data_folder / "people-wikitext" / f"{title.replace(' ', '_')}.wikitext", chosen)
    try:
        wiki.load(HERE / "templates")
        wiki.load(chosen, "--blank-templates")
        wiki.start()
    except NoWiki as error:
        pytest.fail(str(error))
    yield wiki
    wiki.stop()


def topics(csv_text: str) -> dict[str, str]:
    """Topic by title."""
    return {row["title"]: row["topic"] for row in csv.DictReader(io.StringIO(csv_text))}


def test_fetch_fit_classify(people: Wiki, run: Run) -> None:
    """Singers, actors, politicians and athletes are the four topics of 30 people; new pages find theirs."""
    titles = Path("people.txt")
    titles.write_text("# known people\n" + "\n".join("|".join(GROUPS.values()).split("|")) + "\n", encoding="utf-8")
    result = run("fetch", "--titles", titles, "--wiki", people.api, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["counts"] == {"ok": 30}
    assert Path("corpora/people/pages.jsonl").is_file()

    assert run("fit", "--rank", 4, "-q").exit_code == 0  # the newest corpus is the one just fetched
    by_title = topics(run("pages", "--csv").stdout)
    topic_of = {group: {by_title[title] for title in names.split("|")} for group, names in GROUPS.items()}
    assert [len(topic_of[group]) for group in GROUPS] == [1, 1, 1, 1]
    assert len(set.union(*topic_of.values())) == 4

    titles_of = [part for title in HELD_OUT for part in ("--title", title)]
    address = people.api.replace("/w/api.php", "/wiki/Bruno_Mars")
    result = run("classify", *titles_of, "--url", address, "--wiki", people.api, "--csv")
    assert result.exit_code == 0, result.stderr
    for title, topic in topics(result.stdout).items():
        assert {topic} == topic_of[HELD_OUT.get(title, "singers")]

    nowhere = ("--title", "Nobody at all", "--url", "http://127.0.0.1:9/wiki/A", "--url", "https://x.test/w")
    result = run("classify", "--title", "Adele", *nowhere, "--wiki", people.api, "--json")
    assert result.exit_code == 0, result.stderr
    known, *others = json.loads(result.stdout)["pages"]
    assert {str(known["topic"])} == topic_of["singers"]
    assert [other["status"] for other in others] == ["unreadable"] * 3
    for why in ("missing", "nobody listens there", "is not a page URL"):
        assert why in result.stderr
    table = csv.DictReader(io.StringIO(Path("models/latest/pages.csv").read_text(encoding="utf-8")))
    before = next(row for row in table if row["title"] == "Adele")
    assert known["weights"] == pytest.approx([float(before[f"topic_{k}"]) for k in range(1, 5)], abs=1e-3)
