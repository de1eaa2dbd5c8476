"""Converting wikitext: what is kept, what is removed, and that no input fails or takes long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.mediawiki.templates import expand_template
from nmf_topics.corpus.mediawiki.wikiscan import drop_elements, resolve_brackets
from nmf_topics.corpus.mediawiki.wikitext import clean_wikitext

READ = [
    ("'''Tea''' is ''hot''.", "Tea is hot."),
    ("[[Green tea]]s and [[Tea (meal)|teas]]", "Green teas and teas"),
    ("[[:fr:Thé]] [[wikt:tea|tea]] [[Tea#History]] [[Tea|a|b]]", "fr:Thé tea Tea#History a|b"),
    ("[https://example.org/a?b=c the label] [https://example.org] [//example.org x]", "the label x"),
    ("a [http://example.org [b] c] d", "a [b c] d"),
    ("[[File:x.jpg|thumb|[http://example.org Photo]]] end", "end"),
    ("[[[Tea]]]", "[Tea]"),
    ("[[http://example.org words]] [http://example.org\nwords]", "words [http://example.org\nwords]"),
    ("[[no\nlink|words]]", "no\nlink words"),
    ("{{nowrap|1=a|b}} {{convert|5}} {{oldStyleDate|9 July|1706|28 June}}", "b 5 9 July [O.S. 28 June] 1706"),
    ("<div/>a<br/>b", "a\nb"),
    ("a{{nbsp}}b {{snd}} c{{'}}s", "a b – c's"),
    ("''Rawhide''{{'}}s ''Vogue''{{'s}}", "Rawhide's Vogue's"),
    ("''θ''<sub>''i''</sub>", "θi"),
    ("''a''<ref>x</ref>''b''", "ab"),
    ("l''''amour''' and '''''both'''''", "l'amour and both"),
    ("{{lang|fr|[[mot]] juste}}, {{lang-de|Wort}}, {{transl|ar|ALA|kīmiyā}}", "mot juste, Wort, kīmiyā"),
    ("{{convert|325|lb|kg}}, {{cvt|5|to|7|km|mi|abbr=on}}, {{convert|5|ft|10|in|m}}", "325 lb, 5 to 7 km, 5 ft 10 in"),
    ("{{nowrap|a {{small|b {{nobr|c}}}}}}", "a b c"),
    ("he said {{quote|text=It is so.|author=Smith}} then", "he said\nIt is so.\nthen"),
    ("{{as of|2012|3|lc=y}} {{circa|1500}} {{frac|3|1|2}}", "as of March 2012 c. 1500 3 1/2"),
    ("{{nihongo|Aikido|合気道|aikidō}} {{US$|22&nbsp;million}}", "Aikido (合気道, aikidō) US$22 million"),
    ("{{formatnum:3003}} {{lc:ABC}}{{DEFAULTSORT:Tea}}", "3003 ABC"),
    ("* one\n** two\n: three\n; four", "one\ntwo\nthree\nfour"),
    ("a<br>b<br />c", "a\nb\nc"),
    ("<blockquote>said</blockquote><small>so</small> x<sup>2</sup> <b>y</b>", "said\nso x2 y"),
    ("2 < 3 > 1 and <unknown>kept</unknown>", "2 < 3 > 1 and <unknown>kept</unknown>"),
    ("&ndash; &#233;&#xe9; &amp;amp; &unknown; &#0;", "– éé &amp; &unknown; \ufffd"),
    ("<nowiki>[[x]] {{y}} '''z''' <b></nowiki>", "[[x]] {{y}} '''z''' <b>"),
    ("== Early ''life'' ==\nBorn.\n===School===\nWent.", "Early life\nBorn.\nSchool\nWent."),
    ("-{zh-hans:计算机; zh-hant:電腦}- -{x}- -{T|y}-z", "计算机 x z"),
    ("<poem>one\ntwo</poem>", "one\ntwo"),
    ("Tea ({{IPA|tiː}}) and ({{IPA|x}}; born 1) b", "Tea and (born 1) b"),
    ("a\n\n\n\nb", "a\n\nb"),
    ("#REDIRECT [[Tea]]", "REDIRECT Tea"),
]


@pytest.mark.parametrize(("source", "prose"), READ, ids=[source[:30] for source, _ in READ])
def test_what_is_read(source: str, prose: str) -> None:
    """Words of sentences are kept in any markup."""
    assert clean_wikitext(source) == prose


GONE = [
    "<!-- x\ny -->",
    "<ref>x</ref>",
    '<ref name="x" />',
    "<REF name=x>{{cite web|title=y}}</Ref >",
    "<references><ref>x</ref></references>",
    "<gallery>\nFile:x.jpg|words\n</gallery>",
    "<math>\\frac{x}{y}</math>",
    "<score>c d e</score>",
    '<syntaxhighlight lang="python">x = 1</syntaxhighlight>',
    "<timeline>ImageSize = x</timeline>",
    "[[File:x.jpg|thumb|left|a caption with [[links|labels]] and {{lang|fr|mots}}]]",
    "[[Image:x.jpg]]",
    "[[Datei:x.jpg|mini|Wörter]]",
    "[[Category:Tea|tea]]",
    "[[Kategorie:Tee]]",
    "[[de:Tee]]",
    "[[zh-yue:茶]]",
    "__NOTOC__",
    "__KEIN_INHALTSVERZEICHNIS__",
    "{{Infobox person\n| name = Adele\n| spouse = {{marriage|X|2016}}\n|}}",
    "{{Short description|words}}",
    "{{Main|Other page}}",
    "{{About|this|that|other}}",
    "{{sfn|Tracy|2013|p=2}}{{cite book|title=x}}{{citation needed|date=May 2020}}{{efn|words}}",
    "{{#tag:ref|words}}{{#if:x|y|z}}",
    '{| class="wikitable"\n! head\n|-\n| cell || cell\n|}',
    "{|\n| outer\n{|\n| inner\n|}\n| more\n|}",
    ":{|\n| {{lang|fr|mot}} [[x|y]]\n|}",
    '<div class="thumb">words <div>more</div></div>',
    "<table><tr><td>words</td></tr></table>",
    "<templatestyles src='x' />",
    "<includeonly>words</includeonly>",
    "----",
]


@pytest.mark.parametrize("source", GONE, ids=[source[:30] for source in GONE])
def test_what_goes(source: str) -> None:
    """Markup without prose is removed completely, and the text around it is kept."""
    assert clean_wikitext(f"before\n{source}\nafter").split() == ["before", "after"]


BROKEN = [
    "[[open link",
    "{{open template",
    "\n{| open table",
    "[http://example.org open",
    "]] }} ]",
    "<ref>open",
    "<div>open",
    "</ref> </div>",
    "{{nowrap|[[x}} ",
    "[[x|{{nowrap|y]] ",
    "{{{param|}}}",
    "''' open",
]


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_markup_costs_no_page(broken: str) -> None:
    """The text before and after broken markup stays, and the markup after it is understood."""
    words = clean_wikitext(
        f"Before. {broken}\n\nAfter [[Tea|tea]] {{{{nowrap|and cake}}}}.<ref>no</ref>\n{{|\n|no\n|}}"
    )
    assert words.startswith("Before.")
    assert "After tea and cake." in words
    assert not set(words.split()) & {"no", "|no", "{|", "|}", "[[", "{{", "]]", "}}"}


def test_tables_without_an_end_are_left_out_line_by_line() -> None:
    """Rows of an unclosed table are removed, and the prose after it is kept."""
    assert clean_wikitext('Before\n{| class="x"\n! a !! b\n|-\n| c || d\nAfter.').split() == ["Before", "After."]


def test_a_comment_that_never_ends_takes_the_rest() -> None:
    """Unclosed markup is treated as in MediaWiki, so that authors would notice it."""
    assert clean_wikitext("Before.<!-- never closed\nAfter.") == "Before."


def test_a_template_means_what_it_means_in_its_language() -> None:
    """The French {{citation}} quotes, the English one is a reference."""
    assert clean_wikitext("Il dit {{citation|bonjour}}.", language="fr") == "Il dit bonjour."
    assert clean_wikitext("He said {{citation|title=x|1=y}}.", language="en") == "He said ."
    assert clean_wikitext("au {{s|XIX}}", language="fr") == "au XIXe siècle"
    assert clean_wikitext('{{"|Ja}} ({{enS|yes}})', language="de-AT") == "Ja (yes)"


def test_end_matter_is_cut() -> None:
    """References and links go with their headings, in the wiki's language."""
    source = (
        "Tee.\n== Geschichte ==\nAlt.\n== Einzelnachweise ==\n<references />\n== Weblinks ==\n* [http://x.de Seite]"
    )
    assert clean_wikitext(source, language="de") == "Tee.\nGeschichte\nAlt."


def test_names_of_arguments() -> None:
    """Arguments may be numbered by hand, and an equals sign in prose names nothing."""
    assert expand_template("nowrap", ["1=a=b"], "en") == "a=b"
    assert expand_template("lang", ["2=mot", "1=fr"], "en") == "mot"
    assert expand_template("nowrap", ['<span class="x">y</span>'], "en") == '<span class="x">y</span>'
    assert expand_template(" Template:Nowrap\n", ["a"], "en") == "a"
    assert expand_template("nowrap", [], "en") == ""


# pieces out of which markup is made, so that texts at random are mostly broken markup
PIECES = st.sampled_from(
    [
        *"{{ }} {| |} [[ ]] [http:// ] | '' ''' = == <ref> </ref> <!-- --> <nowiki> </nowiki> <div>".split(),
        *"</div> <math> </table /> < > &amp; &# ; * : __TOC__ -{ }- ( ) File: Category: lang nowrap".split(),
        *"convert frac height 12 word ß 語 1= text= {{{".split(),
        *"\n\r\0\u2028\ud800 ",
        "See also",
        "as of",
    ]
)
WIKITEXT = st.lists(PIECES | st.text(max_size=3), max_size=80).map("".join)


@pytest.mark.slow
@settings(max_examples=400, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(WIKITEXT, st.sampled_from(["en", "de", "fr", "ja", "xx", ""]))
def test_any_text_in_text_out(source: str, language: str) -> None:
    """Any input gives text of similar length with clean lines, the same each time."""
    prose = clean_wikitext(source, language=language)
    assert prose == clean_wikitext(source, language=language)
    assert len(prose) <= 8 * len(source) + 20  # {{as of}} is the shortest way to many letters
    assert not any(line != line.strip(" \t") for line in prose.split("\n"))
    assert "\n\n\n" not in prose
    assert "\0" not in prose


@settings(max_examples=300, deadline=1000)
@given(st.lists(st.sampled_from(["word", "Tea", "and", "2", "<", "=", ",", "é", "語"]), max_size=30))
def test_prose_stays_as_it_is(words: list[str]) -> None:
    """A text without markup keeps its words."""
    text = " ".join(["The", *words, "end"])
    assert clean_wikitext(text) == text


@settings(max_examples=200, deadline=1000)
@given(WIKITEXT, WIKITEXT)
def test_what_is_before_an_element_does_not_change(before: str, after: str) -> None:
    """Comments vanish wherever they stand, if nothing around them is one."""
    if "<" in before + after:
        return
    assert drop_elements(f"{before}<!-- x -->{after}") == before + after


HOSTILE = {
    "templates": "{{",
    "links": "[[",
    "tables": "\n{|",
    "addresses": "[http://a ",
    "references": "<ref>",
    "half references": "<ref ",
    "closing": "</ref ",
    "less": "<",
    "divs": "<div>",
    "bars": "{{a||||",
    "all": "{{[[<div>[http:// |",
    "nested": "{{nowrap|",
    "equals": "\n== a",
    "headings": "\n== See also ==",
    "brackets": "( ",
    "spaces": "  ",
    "indent": "\n   ",
    "quotes": "'",
    "ampersands": "&#",
    "switches": "__a_a",
    "variants": "-{",
    "comments": "<!--",
    "convert": "{{convert|1|km|",
    "numbers": "1 1",
}


def seconds(text: str) -> float:
    """Return how long it takes to clean a text."""
    began = time.process_time()
    clean_wikitext(text)
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_time_grows_with_the_length_only(piece: str) -> None:
    """Eight times the input takes about eight times as long, not 64 times."""
    short, long = (piece * (size // len(piece)) for size in (40_000, 320_000))
    bound = 24 * min(seconds(short) for _ in range(3)) + 0.1
    assert any(seconds(long) < bound for _ in range(3))  # a second try only if the machine was busy with something else


@pytest.mark.slow
@pytest.mark.parametrize(
    ("piece", "size"), [("{{", 3_000_000), ("[[", 2_000_000), ("<ref>", 2_000_000), ("{|\n", 2_000_000)]
)
def test_megabytes_of_open_brackets(piece: str, size: int) -> None:
    """Megabytes of nothing but opening brackets are read in seconds and leave nothing to read."""
    began = time.process_time()
    assert clean_wikitext(piece * (size // len(piece))).strip("<ref>{|\n ") == ""
    assert time.process_time() - began < 20


def test_deep_nesting_is_no_recursion() -> None:
    """A hundred thousand templates inside each other end well."""
    text = "{{nowrap|" * 100_000 + "core" + "}}" * 100_000
    assert "core" in clean_wikitext(text)
    assert "core" in resolve_brackets("[[a|" * 100_000 + "core" + "]]" * 100_000, "en")


@pytest.mark.data
def test_real_pages_leave_no_markup(data_folder: Path) -> None:
    """Of 52 untouched biographies almost no markup is left, and all their prose is."""
    marks = ("{{", "}}", "[[", "]]", "<ref", "</", "thumb|", "Category:", "style=", "'''", "{|", "|-", "&nbsp;", "http")
    left = 0
    for file in sorted((data_folder / "people-wikitext").iterdir()):
        prose = clean_wikitext(file.read_text("utf-8"))
        assert len(prose.split()) > 1500, file
        left += sum(prose.count(mark) for mark in marks)
    assert left <= 10
