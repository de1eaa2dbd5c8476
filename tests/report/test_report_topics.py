"""Topics in the report, in Chromium: their numbers, their words by relevance, their names, their ranks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from browsing import Open, cells, go
from outputs import read_table
from program import Run

from nmf_topics.analysis.ranks import suggest
from nmf_topics.analysis.ranks_file import ranks_of
from nmf_topics.model.files import load_model

pytestmark = pytest.mark.browser


def test_numbers_are_those_of_the_tables(visit: Open, reports: Path) -> None:
    """The numbers on the screen are those of topics.csv and pages.csv."""
    model = reports / "models" / "text"
    topics, pages = read_table(model / "topics.csv"), read_table(model / "pages.csv")
    page = visit("topic-3")
    own = [row for row in topics if row["topic"] == "3"][:30]
    shown = cells(page, "table.wide")
    assert [row[0] for row in shown] == [row["term"] for row in own]
    words = load_model(model).words(3, 30)
    assert [row[2] for row in shown] == [f"{100 * round(word.coverage, 4):.1f} %" for word in words]
    page.locator("#word-order").select_option("weight")
    page.locator("#lambda").fill("1")
    shown = cells(page, "table.wide")
    weights = [(word.word, f"{word.weight:.5f}") for word in load_model(model).words(3, 30, order="weight")]
    assert [(row[0], row[2]) for row in shown] == weights
    facts = page.locator("dl.facts").first.inner_text().split()
    head = own[0]
    assert f"{100 * float(head['share']):.1f}" in facts
    assert {head["pages"], f"{float(head['coherence']):.2f}", f"{float(head['stability']):.2f}"} <= set(facts)
    go(page, "pages")
    page.locator("button[data-sort=title]").click()
    shown = cells(page, "table.pages")
    assert len(shown) == 100
    by_title = {row["title"] if len(row["title"]) <= 120 else row["title"][:119]: row for row in pages}
    for title, topic, weight, _, margin, error in shown:
        row = by_title[title.removesuffix("…")]
        assert topic == (row["topic"] or row["status"])
        assert [weight, margin, error] == [f"{float(row[name]):.3f}" for name in ("weight", "margin", "error")]
    go(page, "page-7")
    row = pages[6]
    shares = {number.strip(): share for number, share, _ in ((r[0][:2], r[1], r[2]) for r in cells(page, "table.mix"))}
    first = max(range(1, 11), key=lambda k: float(row[f"topic_{k}"]))
    label = page.locator("table.mix tbody tr").first.inner_text()
    assert label.startswith(str(first))
    assert f"{float(row[f'topic_{first}']):.3f}" in label
    assert shares


def test_relevance_is_the_programs(visit: Open, reports: Path) -> None:
    """At 1, 0.6 and 0 the slider puts words in the order of `topics --words weight|relevance|exclusive`."""
    model = load_model(reports / "models" / "text")
    page = visit("topic-2")
    assert page.locator("#lambda").is_hidden()
    page.locator("#word-order").select_option("weight")
    assert page.locator("#lambda").input_value() == "0.6"
    orders: list[tuple[str, Any]] = [("0.6", "relevance"), ("0", "exclusive"), ("1", "weight")]
    for value, order in orders:
        page.locator("#lambda").fill(value)
        assert [row[0] for row in cells(page, "table.wide")] == [word for word, _ in model.terms(2, 30, order=order)]
    page.locator("#lambda").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#lambda").input_value() == "0.95"
    assert "0.95" in page.locator("output").inner_text()


def test_names_are_edited_saved_and_taken_over(visit: Open, reports: Path, ok: Run, tmp_path: Path) -> None:
    """A name given in the report shows everywhere in it, is saved as a file, and `label --from` takes it over."""
    shutil.copytree(reports / "models" / "text", tmp_path / "text")
    page = visit("topic-3", tmp_path / "text" / "report.html", accept_downloads=True)
    page.locator("#rename").fill("  Ärzte & <b>Pillen</b> ")
    page.get_by_role("button", name="Rename").click()
    assert page.locator("h1").inner_text().split("\n")[-1].endswith("Ärzte & <b>Pillen</b>")
    go(page, "overview")
    assert page.locator(".card h3").nth(2).inner_text().endswith("Ärzte & <b>Pillen</b>")
    go(page, "topic-1")
    page.locator("#rename").fill("Rivers")
    page.keyboard.press("Enter")
    assert "2 names changed" in page.locator("#renamed").inner_text()
    page.get_by_role("button", name="Undo").click()
    assert "1 name changed" in page.locator("#renamed").inner_text()
    with page.expect_download() as started:
        page.get_by_role("button", name="Save names").click()
    assert started.value.suggested_filename == "topic-names.txt"
    started.value.save_as(tmp_path / "topic-names.txt")
    ok("label", "text", "--from", "topic-names.txt")
    assert {row["label"] for row in read_table(tmp_path / "text" / "topics.csv") if row["topic"] == "3"} == {
        "Ärzte & <b>Pillen</b>"
    }
    page = visit("topic-3", tmp_path / "text" / "report.html")
    assert page.locator("#rename").input_value() == "Ärzte & <b>Pillen</b>"
    assert page.locator("#renamed").is_hidden()


def test_ranks_worth_a_look(visit: Open, reports: Path) -> None:
    """The ranks that `ranks` recommends are named with its reasons and shaded; a line is at the rank of the model."""
    model = reports / "models" / "text"
    found = ranks_of(load_model(model), model)
    assert found is not None
    low, high, reasons = suggest(*found)
    page = visit("ranks")
    said = page.locator("main").inner_text()
    assert (f"Rank {low} is worth a look" if low == high else f"Ranks {low} to {high} are worth a look") in said
    assert all(reason in said for reason in reasons)
    assert [row[0] for row in cells(page, "main table")] == ["9", "10", "11"]
    for chart in page.locator("svg.chart").all():
        band, mark, dots = (
            chart.locator(".band"),
            chart.locator(".mark"),
            chart.locator(".series").first.locator("circle"),
        )
        places = dict(zip((9, 10, 11), [float(dot.get_attribute("cx")) for dot in dots.all()], strict=False))
        assert float(mark.get_attribute("x1")) == pytest.approx(places[10])
        left = float(band.get_attribute("x"))
        assert left <= places[low] <= places[high] <= left + float(band.get_attribute("width"))
        assert {rank for rank, x in places.items() if left <= x <= left + float(band.get_attribute("width"))} == set(
            range(low, high + 1)
        )
