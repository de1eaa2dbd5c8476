"""Excerpts of pages: which lines are read, whatever the order and the depth of the headings."""

from __future__ import annotations

import pytest

from nmf_topics.corpus.mediawiki.excerpts import WHOLE_PAGE, Excerpt
from nmf_topics.corpus.mediawiki.wikitext import clean_wikitext

PAGE = """Intro.
== Plot ==
Begins.
=== Ending ===
Ends.
== Cast ==
People.
==== Plot ====
Below.
=== Voices ===
Speak.
== References ==
Books."""


@pytest.mark.parametrize(
    ("intro", "sections", "text"),
    [
        (True, [], "Intro."),
        (False, ["Plot"], "Plot\nBegins.\nEnding\nEnds.\nPlot\nBelow."),
        (True, ["ENDING"], "Intro.\nEnding\nEnds."),
        (False, ["cast"], "Cast\nPeople.\nPlot\nBelow.\nVoices\nSpeak."),
        (False, ["Cast", "Voices"], "Cast\nPeople.\nPlot\nBelow.\nVoices\nSpeak."),
        (False, ["References"], "References\nBooks."),
        (False, ["No such section"], ""),
    ],
)
def test_sections_come_with_what_is_below_them(intro: bool, sections: list[str], text: str) -> None:
    """The intro ends at the first heading, a section at the next heading of its level or a higher one."""
    assert Excerpt.of(intro, sections).read(PAGE, "en") == text


def test_the_whole_page_has_no_end_matter() -> None:
    """Without a choice the text is the whole page but for its references."""
    assert Excerpt.of(False, [" "]) == WHOLE_PAGE
    assert WHOLE_PAGE.read(PAGE, "en").endswith("Voices\nSpeak.")
    assert (WHOLE_PAGE.name, Excerpt.of(True, []).name) == ("", "intro")


def test_a_page_without_headings_is_its_own_intro() -> None:
    """A page without headings is all intro, and has no section."""
    assert Excerpt(intro=True).read("Only this.", "en") == "Only this."
    assert Excerpt.of(False, ["Plot"]).read("Only this.", "en") == ""


def test_excerpts_of_wikitext() -> None:
    """An excerpt of wikitext is the same part of the prose."""
    source = "'''Tea''' is a [[drink]].<ref>Smith\n== No heading ==\n</ref>\n==Plot==\n* It ''grows''.\n==Notes==\nA"
    assert clean_wikitext(source, excerpt=Excerpt(intro=True)) == "Tea is a drink."
    assert clean_wikitext(source, excerpt=Excerpt.of(False, ["plot"])) == "Plot\nIt grows."
