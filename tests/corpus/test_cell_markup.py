"""Markup in the columns of tables: removed where a column is written in it, left alone in a text about it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_topics.corpus.formulas import without_formulas
from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Corpus
from nmf_topics.corpus.readers.cell_markup import CellCleaner, ColumnJudge, Kind, kinds_of
from nmf_topics.errors import CorpusError

LINK = '<A HREF="http://www.investor.reuters.com/FullQuote.aspx?ticker=SPLS.O target=/stocks/quickinfo">SPLS.O</A>'
PLAIN = ["Tea is a drink made of leaves.", "If a < b and c > d, then a&b or <TXN.N> is none.", "Milk; sugar: 100%"] * 40


def judged(cells: list[str]) -> set[str]:
    """The kinds of markup that are removed from a column of these cells."""
    judge = ColumnJudge()
    for cell in cells:
        judge.add(cell)
    return set(judge.kinds())


def cleaned(text: str, *kinds: Kind) -> str:
    """A cell without some kinds of markup; all of them if none is named."""
    cleaner = CellCleaner(",".join(kinds) or "remove", ["text"])
    return str(cleaner.clean("text", text))


def table(folder: Path, rows: list[dict[str, Any]], **options: Any) -> Corpus:
    """A table of some rows, opened."""
    path = folder / "table.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return open_corpus(path, warn=lambda message: None, **options)


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        (PLAIN, set()),
        ([*PLAIN, f"Staples {LINK} rose", f"Dell {LINK} fell", f"Intel {LINK} too"], {"tags", "emails", "urls"}),
        (["<p>One <b>and</b> two</p>", "<p>Three</p>", "four"], {"tags", "emails"}),
        (["One<br/>two", "Three<br>four<br>five", "six"], {"tags", "emails"}),
        (["Q&amp;A", "caf&#233;", "x"], {"entities"}),
        (["It isn #39;t", "  quot;So, quot; he said", "x"], {"entities"}),
        (
            ["&lt;p&gt;One &lt;b&gt;two&lt;/b&gt;&lt;/p&gt;", "&lt;p&gt;Three&lt;/p&gt;", "x"],
            {"escaped", "entities", "emails"},
        ),
        ([r"x {\displaystyle x^{2}} y", *PLAIN], {"formulas"}),
        (["see http://a.org/x?y=z for more", "and www.b.org", "x"], {"urls"}),
    ],
)
def test_what_a_column_is_written_in(cells: list[str], kinds: set[str]) -> None:
    """Well-formed tags, entities and so on; not signs that only look like them."""
    assert judged(cells) == kinds


@pytest.mark.parametrize(
    "cells",
    [
        ["The <b> tag makes text bold.", "Use <strong> instead of <b>.", "Both &lt; and <em> are old.", "The <br> tag"],
        [
            "Every <p> element begins a paragraph.",
            "A <div> groups others; <span> does so in a line.",
            "`<br>` ends a line",
        ],
        ["if (a<b && c>d) { x = a&b; }", "for (i=0;i<n;i++) {}", "vector<int> v;"],
        ["write to me@example.org", "<ab12@example.org> writes:", "From: Ann <ann@example.org>"],
        [*(["plain text"] * 1000), "<b>one</b> cell of a thousand"],
    ],
)
def test_texts_about_markup_stay(cells: list[str]) -> None:
    """Tags that are mentioned, code, addresses in messages, a single cell."""
    assert judged(cells) == set()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"Staples Inc. {LINK}, the top", "Staples Inc. SPLS.O, the top"),
        ("<p>One</p><p>two<br/>three</p>", "\nOne\n\ntwo\nthree\n"),
        ("un<b>believ</b>able", "unbelievable"),
        ("a<script>var x = '<b>';</script>b<style>p {}</style>c", "abc"),
        ("a <!-- no --> b", "a  b"),
        ("doesn #39;t, players #39; fault,  quot;new quot;", "doesn't, players' fault, \"new\""),
        ("AT&amp;T caf&eacute; &#8211; &nosuch; &lt;b&gt;", "AT&T café – &nosuch; <b>"),
        ("a < b > c, <TXN.N> <i love tea>", "a < b > c, <TXN.N> <i love tea>"),
        ("see http://a.org/x?y=1, or me@b.org.", "see   or  "),
        ("a <b unclosed", "a <b unclosed"),
        ("<script>never closed", "\nnever closed"),
    ],
)
def test_cleaned_cells(text: str, clean: str) -> None:
    """Return a cell without markup."""
    assert cleaned(text, "tags", "entities", "urls", "emails") == clean


def test_formulas_go_with_their_letters() -> None:
    """Text extracts have the letters of a formula one a line above its TeX; a text about TeX stays."""
    text = "la fuerza\n\nF\n=\nm\na\n\n{\\displaystyle \\mathbf {F} =m{\\vec {a}}}\n\nque mueve"
    assert without_formulas(text).split() == ["la", "fuerza", "que", "mueve"]
    assert without_formulas("In TeX, {\\displaystyle x never closes") == "In TeX, {\\displaystyle x never closes"
    assert without_formulas("Yes.\nNo longer line\n\n{\\textstyle x}") == "Yes.\nNo longer line\n\n"


def test_a_table_is_cleaned_and_says_so(tmp_path: Path) -> None:
    """Text and title, each by its own cells; other columns stay; the log says what was removed."""
    rows = [
        {"id": str(k), "title": f"Tea &amp; milk {k}", "text": f"Green <b>tea</b> {k}", "note": "<b>x</b>"}
        for k in range(9)
    ]
    corpus = table(tmp_path, rows)
    page = next(iter(list(corpus)))
    assert (page.title, page.text, page.meta["note"]) == ("Tea & milk 0", "Green tea 0", "<b>x</b>")
    assert corpus.log.markup == {
        "text": {"removed": ["tags"], "cells": 9, "of": 9},
        "title": {"removed": ["entities"], "cells": 9, "of": 9},
    }


def test_the_option_decides(tmp_path: Path) -> None:
    """Keep leaves everything, remove takes all kinds out, a list only its own."""
    rows = [{"id": "1", "text": "a <b>b</b> c&amp;d"}, *({"id": f"x{k}", "text": "plain"} for k in range(500))]
    texts = {
        option: next(iter(table(tmp_path, rows, markup=option))).text
        for option in ("auto", "keep", "remove", "entities")
    }
    assert texts == {
        "auto": "a <b>b</b> c&amp;d",
        "keep": "a <b>b</b> c&amp;d",
        "remove": "a b c&d",
        "entities": "a <b>b</b> c&d",
    }
    with pytest.raises(CorpusError, match=r"markup: 'tag' is none of auto, remove, keep"):
        table(tmp_path, rows, markup="tag")
    with pytest.raises(ValueError, match="none of"):
        kinds_of("")


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    """A table is judged as a whole, so markup in its last rows counts as well."""
    rows = [{"id": str(k), "text": f"page {k}" + (" <b>x</b>" if k >= 90 else "")} for k in range(100)]
    there = {page.id: page.text for page in table(tmp_path, rows)}
    back = {page.id: page.text for page in table(tmp_path, rows[::-1])}
    assert there == back
    assert there["99"] == "page 99 x"


@given(st.text(st.sampled_from("<>/ab p=\"'&;#39lt!-{}\\ \n"), max_size=200))
def test_any_text_can_be_cleaned(text: str) -> None:
    """No text is too strange, and what is not markup stays."""
    found = cleaned(text)
    assert len(found) <= len(text) + 4 * text.count(";") + text.count("://")
    if not set(text) & set("<&;{:@"):
        assert found == text


@pytest.mark.parametrize(
    "part", ["<a href=", "<b>", "<!--", "&amp", "<script>", "{\\displaystyle ", " quot;", "<b a='", "http://"]
)
def test_long_cells_take_linear_time(part: str) -> None:
    """Broken markup without end is passed over."""
    text = part * 20_000
    judge = ColumnJudge()
    judge.add(text)
    assert isinstance(cleaned(text), str)


@pytest.mark.data
def test_real_tables(data_folder: Path) -> None:
    """News with HTML are cleaned; messages, addresses of presidents and titles stay as they are."""
    found = {}
    for name in ("ag-news-short", "20newsgroups-train", "sotu", "m10-titles", "search-snippets", "wikipedia-es"):
        with gzip.open(data_folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found[name] = judged([json.loads(line)["text"] for line in lines])
    assert found == {
        "ag-news-short": {"tags", "entities", "urls", "emails"},
        "20newsgroups-train": set(),
        "sotu": set(),
        "m10-titles": set(),
        "search-snippets": set(),
        "wikipedia-es": {"formulas"},
    }
