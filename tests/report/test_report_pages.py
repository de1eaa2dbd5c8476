"""Pages in the report, in Chromium: the table of all, and one with its text in the colours of its topics."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from browsing import Open, cells, go, runs_in
from inputs import TINY, write_jsonl
from outputs import pages_by_number, read_table

pytestmark = pytest.mark.browser


def test_search_filter_and_sort(visit: Open, reports: Path) -> None:
    """Titles are found without case and accents, filters narrow, headers sort both ways; a hundred come at a time."""
    rows = read_table(reports / "models" / "text" / "pages.csv")
    page = visit("pages")
    assert "188 pages, showing 1 to 100" in page.locator("p[role=status]").inner_text()
    weights = [float(row[2]) for row in cells(page, "table.pages")]
    assert weights == sorted(weights, reverse=True)
    page.get_by_role("button", name="Next").click()
    assert len(cells(page, "table.pages")) == 88
    page.locator("#search").fill("ANDÉS")
    assert [row[0] for row in cells(page, "table.pages")] == ["Andes"]
    page.locator("#search").fill("长江")
    assert len(cells(page, "table.pages")) == 1
    page.locator("#search").fill("no such title")
    assert cells(page, "table.pages") == []
    assert page.locator("p[role=status]").inner_text() == "0 pages"
    page.locator("#search").fill("")
    page.locator("#filter").select_option("4")
    own = [row for row in rows if row["topic"] == "4"]
    assert len(cells(page, "table.pages")) == len(own)
    errors = sorted((float(row["error"]) for row in own), reverse=True)
    for direction in ("descending", "ascending"):
        page.locator("button[data-sort=error]").click()
        assert page.locator(f"th[aria-sort={direction}]").inner_text().startswith("error")
        assert [row[5] for row in cells(page, "table.pages")] == [f"{e:.3f}" for e in errors]
        errors.reverse()
    assert page.evaluate("document.activeElement.dataset.sort") == "error"


def test_a_page_in_the_colours_of_its_topics(visit: Open, reports: Path) -> None:
    """The words of a text carry their topics; one topic alone can be looked at; the words that carried it are named."""
    rows = pages_by_number(reports / "models" / "text" / "pages.csv")
    at = next(i for i, row in enumerate(rows, 1) if row["id"] == "andes")
    page = visit(f"page-{at}")
    page.wait_for_selector(".text mark")
    assert page.locator("mark", has_text="plateau").first.get_attribute("data-topic") == rows[at - 1]["topic"]
    numbers = set(page.eval_on_selector_all("mark", "all => all.map(m => m.dataset.topic)"))
    page.locator(".legend input").nth(1).check()
    chosen = page.locator(".legend input").nth(1).get_attribute("value")
    off = set(page.eval_on_selector_all("mark.off", "all => all.map(m => m.dataset.topic)"))
    assert off == numbers - {chosen}
    assert "glaciers" in page.locator("section[aria-labelledby=h-carried]").inner_text()
    assert len(cells(page, "section[aria-labelledby=h-near] table")) == 10


def titles(page: Any) -> set[str]:
    """What the table of pages shows."""
    return {row[0] for row in cells(page, "table.pages")}


def test_pages_of_a_label(visit: Open, reports: Path) -> None:
    """The table is narrowed to a label, a topic, or both; the address then leads there, from anywhere."""
    rows = read_table(reports / "models" / "text" / "pages.csv")
    page = visit("pages")
    counts = Counter(row["page_label"] for row in rows if row["page_label"])
    label, n = counts.most_common(1)[0]
    offered = page.locator("#filter-1 option").all_text_contents()
    assert offered[0] == "all"
    assert f"{label} ({n})" in offered
    assert len(offered) == 1 + len(counts)
    page.locator("#filter-1").select_option(label)
    own = [row for row in rows if row["page_label"] == label]
    assert titles(page) == {row["title"] for row in own}
    assert page.locator("p[role=status]").inner_text() == f"{n} pages"
    topic = own[0]["topic"]
    page.locator("#filter").select_option(topic)
    both = {row["title"] for row in own if row["topic"] == topic}
    assert titles(page) == both
    address = page.url.partition("#")[2]
    go(page, "overview")
    page.go_back()
    page.wait_for_selector("#filter-1")
    assert titles(page) == both
    assert titles(visit(address)) == both
    page.locator("#filter-1").select_option("")
    page.locator("#filter").select_option("0")
    assert page.url.endswith("#pages")


def test_links_to_the_pages_of_a_label(visit: Open, reports: Path) -> None:
    """Labels in tables of shares, on a topic and on a page lead to their pages, be they markup or not."""
    rows = pages_by_number(reports / "models" / "text" / "pages.csv")
    strange = next(row for row in rows if row["id"] == "strange-script")
    page = visit("overview")
    page.locator("table.heats thead a", has_text=strange["page_label"]).click()
    page.wait_for_selector("#filter-1")
    assert titles(page) == {strange["title"]}
    column = next(i for i, row in enumerate(rows, 1) if row["id"] == "andes")
    label, topic = rows[column - 1]["page_label"], rows[column - 1]["topic"]
    go(page, f"page-{column}")
    page.locator("dl.meta a", has_text=label).click()
    page.wait_for_selector("#filter-1")
    assert titles(page) == {row["title"] for row in rows if row["page_label"] == label}
    go(page, f"topic-{topic}")
    page.locator("section[aria-labelledby=h-run-label] a", has_text=label).click()
    page.wait_for_selector("#filter-1")
    assert titles(page) == {row["title"] for row in rows if row["page_label"] == label and row["topic"] == topic}
    for nonsense in ("pages&label=none", "pages&%E0%A4%A=1", "pages&__proto__=x", "pages&label", "pages&=&"):
        go(page, nonsense)
        assert "188 pages" in page.locator("p[role=status]").inner_text()


@pytest.fixture(scope="session")
def long_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of six long pages, each of two subjects: one of pieces of these, and one with phrases."""
    place = tmp_path_factory.mktemp("long")
    paragraphs = {
        name: "\n\n".join(f"{text} New York City, a house." for text in texts) for name, texts in TINY.items()
    }
    pairs = [("animals", "music"), ("music", "space"), ("space", "animals")] * 2
    rows = [
        {"id": f"{i}", "title": f"{a} and {b}, {i}", "text": f"{paragraphs[a]}\n\n{paragraphs[b]}"}
        for i, (a, b) in enumerate(pairs)
    ]
    with runs_in(place) as run:
        write_jsonl(Path("long.jsonl"), rows)
        bounds = ("--rank", 3, "--min-pages", 2)
        run("fit", "long.jsonl", "--chunk", 40, "--max-pages", 0.6, *bounds, "-o", "models/pieces")
        run("fit", "long.jsonl", "--phrases", "--max-pages", 6, *bounds, "-o", "models/phrases")
    return place


def test_pages_that_were_cut(visit: Open, long_pages: Path) -> None:
    """With --chunk a page is whole in the report: its text, its mixture of what its pieces are of, words of both."""
    model = long_pages / "models" / "pieces"
    rows = read_table(model / "pages.csv")
    assert len(rows) == 6
    page = visit("pages", model / "report.html")
    assert {row[0]: row[2] for row in cells(page, "table.pages")} == {
        row["title"]: f"{float(row['weight']):.3f}" for row in rows
    }
    go(page, "page-1")
    page.wait_for_selector(".text mark")
    whole = json.loads((long_pages / "long.jsonl").read_text().splitlines()[0])["text"]
    assert page.locator(".text").text_content() == whole
    shares = sorted((float(rows[0][f"topic_{k}"]) for k in (1, 2, 3)), reverse=True)
    assert [float(row[1]) for row in cells(page, "table.mix")][:2] == pytest.approx(shares[:2], abs=6e-4)
    assert shares[1] > 0.2
    cat, guitar = (
        page.locator(".text mark", has_text=word).first.get_attribute("data-topic") for word in ("cat", "guitar")
    )
    assert cat != guitar


def test_phrases_are_one_word(visit: Open, long_pages: Path) -> None:
    """With --phrases, "New York City" is one word of the table and one colour of the text."""
    model = long_pages / "models" / "phrases"
    topic_of = {row["term"]: row["topic"] for row in read_table(model / "topics.csv") if " " in row["term"]}
    assert "New York City" in topic_of
    page = visit("page-1", model / "report.html")
    page.wait_for_selector(".text mark")
    marks = page.locator(".text mark").all_text_contents()
    assert marks.count("New York City") == 8
    assert not {"New", "York", "City"} & set(marks)
    go(page, f"topic-{topic_of['New York City']}")
    assert "New York City" in {row[0] for row in cells(page, "table.wide")}


def test_a_page_with_few_known_words(visit: Open, tmp_path: Path) -> None:
    """A weak page says that its topics are little more than a guess; others do not."""
    place = tmp_path / "weak"
    place.mkdir()
    texts = [text for subject in TINY.values() for text in subject]
    with runs_in(place) as run:
        rows = [{"id": f"{i:02}", "title": f"Page {i}", "text": text} for i, text in enumerate([*texts, "A cat."])]
        run("fit", write_jsonl(Path("t.jsonl"), rows), "--rank", 3, "--max-pages", 0.5, "-o", "m")
    page = visit("page-13", place / "m" / "report.html")
    assert "It has fewer than 3 words of the vocabulary" in page.locator("section[aria-labelledby=h-mix]").inner_text()
    go(page, "page-12")
    assert "of the vocabulary" not in page.locator("section[aria-labelledby=h-mix]").inner_text()
