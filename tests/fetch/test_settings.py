"""The settings of a corpus folder: recorded, reused, and changed only by the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest
from loopback import Wiki, fetch_into, ledger, pages
from program import Run

from nmf_topics.cli.fetch import fetch
from nmf_topics.cli.fetch_options import SettingOptions
from nmf_topics.cli.fetch_settings import choose_settings
from nmf_topics.cli.option_fields import gather
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.restore import recorded_settings
from nmf_topics.corpus.fetch.settings import Settings

GERMAN = "https://de.wikipedia.org/w/api.php"
OTHER = "https://wiki.test/w/api.php"


def chosen(*arguments: str, recorded: Settings | None = None, wiki: str = "", **variables: str) -> Settings:
    """The settings that a command line comes to, with values from nmf-topics.toml as `variables`."""
    with fetch.make_context("fetch", list(arguments), default_map=variables) as context:
        return choose_settings(gather(SettingOptions, context.params.copy()), recorded, wiki=wiki)


def test_settings_survive_json() -> None:
    """Settings come back as they were; what is not recorded has its default, and what is unknown is ignored."""
    parts = {"intro": True, "sections": ("Plot",), "as_of": "2020-02-29T23:59:59Z", "removed": ("Tea",)}
    parts |= {"also_language": ("de",), "removed_with_owner": ("Tee",)}
    settings = Settings(OTHER, "de", "wikitext", "good", 50, 20, "https://views.test", **parts)
    assert Settings.from_json(json.loads(json.dumps(settings.to_json()))) == settings
    assert Settings.from_json({"wiki": OTHER, "colour": "red"}) == Settings(OTHER)
    assert set(settings.changes_from(Settings())) == set(settings.to_json())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quality", "great"),
        ("min_words", -1),
        ("min_words", "5"),
        ("min_words", True),
        ("limit", 0),
        ("text", "html"),
        ("wiki", None),
        ("intro", 1),
        ("sections", "Plot"),
        ("removed", [1]),
        ("as_of", None),
    ],
)
def test_recorded_values_are_checked(name: str, value: object) -> None:
    """A value that cannot be one is refused by name, not replaced by a default."""
    with pytest.raises(ValueError, match=f"^{name} cannot be"):
        Settings.from_json({name: value})


def test_only_the_command_line_changes_a_folder() -> None:
    """A folder keeps its settings but for those on the command line; nmf-topics.toml is for new folders."""
    recorded = Settings(OTHER, "de", "wikitext", "good", 50, 20, "https://views.test")
    assert chosen(recorded=recorded) == recorded
    assert chosen(recorded=recorded, quality="any", limit="5") == recorded
    assert chosen(quality="good", limit="5") == Settings("https://en.wikipedia.org/w/api.php", quality="good", limit=5)
    changed = chosen("--min-words", "0", "--limit", "0", "--text", "extracts", recorded=recorded)
    assert changed.changes_from(recorded) == {
        "min_words": (50, 0),
        "limit": (20, None),
        "text": ("wikitext", "extracts"),
    }


def test_parts_of_pages_are_settings() -> None:
    """--intro, --section and --as-of hold until another of them is named; --whole and `now` take them back."""
    recorded = Settings(OTHER, sections=("Plot",), as_of="2020-02-29T23:59:59Z")
    assert chosen(recorded=recorded, intro="true", as_of="2021-01-01") == recorded
    assert chosen("--intro", recorded=recorded) == replace(recorded, intro=True, sections=())
    assert chosen("--section", "End", "--intro", recorded=recorded) == replace(recorded, intro=True, sections=("End",))
    assert chosen("--whole", "--as-of", "now", recorded=recorded) == Settings(OTHER)
    assert chosen(as_of="2021-01-01", intro="true").as_of == "2021-01-01T23:59:59Z"


def test_language_and_wiki() -> None:
    """--language names a Wikipedia, unless the folder or --wiki names another wiki; the default gives way to both."""
    assert chosen().wiki == "https://en.wikipedia.org/w/api.php"
    assert chosen(wiki=GERMAN).wiki == GERMAN
    assert chosen("--language", "de", wiki=OTHER) == Settings(GERMAN, "de")
    assert chosen("--language", "de", "--wiki", OTHER) == Settings(OTHER, "de")
    assert chosen(recorded=Settings(GERMAN, "de"), language="fr").wiki == GERMAN
    assert chosen("--language", "fr", recorded=Settings(GERMAN, "de")).wiki == "https://fr.wikipedia.org/w/api.php"
    assert chosen("--language", "fr", recorded=Settings(OTHER, "de")) == Settings(OTHER, "fr")
    with pytest.raises(click.BadParameter, match="not the code of a Wikipedia"):
        chosen("--language", "Welsh (Wales)")


def test_settings_of_an_earlier_version(tmp_path: Path) -> None:
    """A journal that has only filters and the way of the texts gives these as settings."""
    filters = {"quality": "good", "min_words": 5, "limit": None, "way": "wikitext"}
    with Journal(tmp_path / "c") as journal:
        assert recorded_settings(journal) is None
        journal.write([("site", "", {"api": OTHER}), ("filters", "", filters), ("ask", "0", {"titles": ["A"]})])
        assert recorded_settings(journal) == Settings(OTHER, text="wikitext", quality="good", min_words=5)


@pytest.mark.wiki
def test_a_folder_that_grows_keeps_its_settings(wiki: Wiki, run: Run) -> None:
    """Seven good articles of 60 stay seven when a title is added, from the same wiki and with the same kind of text."""
    settings = ("--quality", "good", "--min-words", 20, "--text", "wikitext")
    result = run("fetch", "--category", "Sixty", "--wiki", wiki.api, *settings, "-o", "c")
    assert result.exit_code == 0, result.stderr
    assert len(pages(Path("c"))) == 7
    recorded = json.loads(Path("c/manifest.json").read_text())["settings"]
    assert Settings.from_json(recorded) == Settings(wiki.api, text="wikitext", quality="good", min_words=20)
    result = run("fetch", "Munich", "-o", "c")
    assert result.exit_code == 0, result.stderr
    assert f"--wiki {wiki.api} --text wikitext --quality good --min-words 20" in result.stderr
    assert len(pages(Path("c"))) == 7
    assert ledger(Path("c"))["Munich"]["status"] == "filtered"
    assert {page["text_from"] for page in pages(Path("c"))} == {"wikitext"}
    result = run("fetch", "--quality", "any", "-o", "c")
    assert len(pages(Path("c"))) == 60


@pytest.mark.wiki
def test_the_text_that_a_wiki_offered_is_recorded(wiki: Wiki, tmp_path: Path) -> None:
    """Where nobody chose how texts are read, the choice that was made is the folder's setting from then on."""
    result = fetch_into(tmp_path / "c", wiki.api, {"titles": ["AC/DC"]})
    assert result.manifest["settings"]["text"] == result.manifest["text_from"] == "extracts"
