"""What fetch does without a wiki: reading lists, choosing folders, plans, dumps, and refusing what makes no sense."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.select import pageviews_address
from nmf_topics.corpus.fetch.texts import plain_extract
from nmf_topics.corpus.formulas import without_formulas
from nmf_topics.errors import OutputError

Run = Callable[..., Result]

DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">
<siteinfo><sitename>Wikipedia</sitename><dbname>enwiki</dbname><base>https://en.wikipedia.org/wiki/Main_Page</base>
<namespaces><namespace key="0" case="first-letter" />
<namespace key="1" case="first-letter">Talk</namespace></namespaces>
</siteinfo>
%s</mediawiki>
"""
PAGE = """<page><title>%s</title><ns>%d</ns><id>%d</id>%s
<revision><id>%d</id><timestamp>2026-01-01T00:00:00Z</timestamp>
<model>wikitext</model><format>text/x-wiki</format><text>%s</text></revision></page>
"""


def write_dump(path: Path) -> Path:
    """A dump of three articles, a redirect and a talk page."""
    pages = [
        PAGE % ("Tea", 0, 3, "", 30, "'''Tea''' is a [[drink]] of leaves.\n\n== See also ==\n* [[Coffee]]"),
        PAGE % ("Coffee", 0, 4, "", 40, "'''Coffee''' is a drink made of roasted beans, and of water."),
        PAGE % ("Mate", 0, 5, "", 50, "Short."),
        PAGE % ("Chai", 0, 6, '<redirect title="Tea" />', 60, "#REDIRECT [[Tea]]"),
        PAGE % ("Talk:Tea", 1, 7, "", 70, "I like it."),
    ]
    path.write_text(DUMP % "".join(pages), encoding="utf-8")
    return path


def test_dump_becomes_a_corpus(run: Run, tmp_path: Path) -> None:
    """A dump becomes a corpus under its own name, with the fields of a fetched one, and says what it left out."""
    dump = write_dump(tmp_path / "small.xml")
    result = run("fetch", "--dump", dump, "--min-words", 2, "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["counts"] == {"ok": 2, "too-short": 1}
    assert sum(said["left_out"].values()) == 2
    lines = Path("corpora/small/pages.jsonl").read_text(encoding="utf-8").splitlines()
    tea, coffee = map(json.loads, lines)
    assert (tea["id"], tea["title"], tea["text"]) == ("3", "Tea", "Tea is a drink of leaves.")
    assert tea["url"] == "https://en.wikipedia.org/wiki/Tea"
    assert coffee["revid"] == 40
    assert list(tea)[:11] == (
        "id title text url revid timestamp lang license license_url attribution text_from".split()
    )
    again = run("fetch", "--dump", dump, "--limit", 1)
    assert again.exit_code == 0, again.stderr
    assert Path("corpora/small/pages.jsonl").read_text(encoding="utf-8").splitlines() == lines[:1]


def test_dump_takes_no_other_selection(run: Run, tmp_path: Path) -> None:
    """--dump reads all of a file: titles beside it are a mistake."""
    result = run("fetch", "Tea", "--dump", write_dump(tmp_path / "small.xml"))
    assert result.exit_code == 2
    assert "--dump" in result.stderr


def test_a_broken_dump_leaves_nothing(run: Run, tmp_path: Path) -> None:
    """A dump that breaks off is an error of one line, and no corpus appears."""
    dump = write_dump(tmp_path / "small.xml")
    dump.write_bytes(dump.read_bytes()[:-200])
    result = run("fetch", "--dump", dump)
    assert result.exit_code == 1
    assert "small.xml" in result.stderr
    assert not Path("corpora").exists()


@pytest.mark.parametrize(
    "base", ["http://h", "http://h/", "http://h/api/rest_v1", "http://h/api/rest_v1/metrics/pageviews/"]
)
def test_addresses_of_pageviews(base: str) -> None:
    """The service is found from its host, its API or itself."""
    assert pageviews_address(base) == "http://h/api/rest_v1/metrics/pageviews/top"


def test_extracts_without_formulas() -> None:
    """TeX goes as deep as its braces; braces that never close stay as they are."""
    assert without_formulas(r"a {\displaystyle \frac{1}{x_{2}}} b {\displaystyle y} c") == "a  b  c"
    assert without_formulas(r"a {\displaystyle b") == r"a {\displaystyle b"
    assert plain_extract("A\n\n\n== B ==\n \n\nC\n\n\n== References ==\nD\n", "en") == "A\n\nB\n\nC"


def test_plan_of_the_article_needs_nobody(run: Run) -> None:
    """The plan of the article's corpus needs no network and no contact, and says how long it takes."""
    result = run("fetch", "--plan")
    assert result.exit_code == 0, result.stderr
    assert "180 a minute" in result.stdout
    assert "12 for lists" in result.stdout
    assert "1,000 for texts" in result.stdout
    assert not Path("corpora").exists()


def test_a_folder_of_somebody_else(run: Run, tmp_path: Path) -> None:
    """A folder with other files in it is not written into, and nothing is asked before that is known."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear")
    with pytest.raises(OutputError, match="force=True"):
        Journal(tmp_path / "mine")
    result = run("fetch", "A", "--wiki", "http://127.0.0.1:9/w/api.php", "-o", "mine")
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_contact_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """NMF_TOPICS_CONTACT is a contact as good as --contact: with a bad one the message is about the contact."""
    monkeypatch.setenv("NMF_TOPICS_CONTACT", "nobody")
    result = run("fetch", "A")
    assert result.exit_code == 2
    assert "needs an e-mail address" in result.stderr


def test_classify_wants_something(run: Run) -> None:
    """Without files, titles and addresses there is nothing to classify."""
    result = run("classify")
    assert result.exit_code == 2
    assert "--title" in result.stderr
