"""The views of a report in Chromium: all open at any width, by keyboard, on paper, and without programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import VIEWS, Open, faults, go

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_every_view_opens(visit: Open, width: int, scheme: str) -> None:
    """Each view has one heading and says where it is; nothing stands beyond the right edge at any width."""
    page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for view in VIEWS:
        go(page, view)
        assert page.locator("h1:visible").count() == 1, view
        assert page.locator("nav [aria-current=page]").count() >= 1
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(beyond) <= 0, view


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Open, scheme: str, reports: Path) -> None:
    """No violation of what axe knows, in any view, light and dark, of words and of images."""
    for path, views in (
        (None, [*VIEWS, "page-182"]),
        (reports / "models/faces/report.html", ["", "topic-1", "page-3"]),
    ):
        page = visit(path=path, color_scheme=scheme, viewport={"width": 1000, "height": 800})
        assert faults(page, views) == [], scheme


def test_addresses_lead_to_views_and_back(visit: Open) -> None:
    """A deep link opens its view, links change the address, and the browser's way back works."""
    page = visit("topic-3")
    assert page.locator("h1").inner_text().startswith("3")
    page.locator("table.pages a").first.click()
    assert page.url.partition("#")[2].startswith("page-")
    title = page.locator("h1").inner_text()
    assert page.title().startswith(title)
    page.go_back()
    assert page.locator("h1").inner_text().startswith("3")
    for nonsense in ("topic-99", "topic-0", "nothing", "%E0%A4%A", "page-100000"):
        go(page, nonsense)
        assert page.locator("h1").count() == 1
    assert "does not hold it" in page.locator("#view").inner_text()


def test_back_leads_to_where_one_was(visit: Open) -> None:
    """Back and a reload restore search, order, part of the list and place; a link begins anew at the top."""
    page = visit("pages", viewport={"width": 1000, "height": 500})
    page.locator("#search").fill("e")
    page.locator("button[data-sort=title]").click()
    page.get_by_role("button", name="Next").click()
    rows = page.locator("table.pages").inner_text()
    page.evaluate("scrollTo(0, 700)")
    page.wait_for_timeout(400)  # until scrolling has ended
    link = page.locator("table.pages a").nth(20)
    at = page.evaluate("scrollY")
    assert at == 700
    link.evaluate("a => a.click()")  # where it is; playwright would scroll it into view first
    page.wait_for_selector(".text")
    assert page.evaluate("scrollY") == 0
    for step in (page.go_back, page.reload):
        step()
        page.wait_for_selector("table.pages")
        assert page.locator("#search").input_value() == "e"
        assert page.locator("table.pages").inner_text() == rows
        page.wait_for_timeout(100)
        assert page.evaluate("scrollY") == 700
    page.go_forward()
    page.wait_for_selector(".text")
    page.evaluate("scrollTo(0, 400)")
    page.wait_for_timeout(400)
    at = page.evaluate("scrollY")
    assert at > 100
    page.locator("#views a", has_text="Overview").evaluate("a => a.click()")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == at
    page.locator("#views a", has_text="Pages").click()  # anew, not back
    assert page.locator("#search").input_value() == ""
    assert page.evaluate("scrollY") == 0


def test_a_new_name_keeps_the_place(visit: Open) -> None:
    """Renaming a topic shows the view again without moving it."""
    page = visit("topic-3", viewport={"width": 1000, "height": 300})
    page.locator("#rename").fill("Mine")
    at = page.evaluate("scrollY")
    page.get_by_role("button", name="Rename").click()
    assert page.locator("h1").inner_text().endswith("Mine")
    assert page.evaluate("scrollY") == at


def test_stacked_marks_stay_in_their_row(visit: Open, reports: Path) -> None:
    """Two hundred accents on one letter paint over no other row of a table, but for a few pixels."""
    page = visit("pages")
    page.evaluate("document.fonts.ready")
    row = page.locator("table.pages tbody tr").nth(6)
    row.locator("bdi").first.evaluate("(node, text) => { node.textContent = text }", "Z")
    box = row.bounding_box()
    area = {"x": box["x"], "y": box["y"] - 200, "width": box["width"], "height": 190}
    below = {**area, "y": box["y"] + box["height"] + 10}
    before = [page.screenshot(clip=clip) for clip in (area, below)]
    row.locator("bdi").first.evaluate("(node, text) => { node.textContent = text }", "Z" + "\u0301\u0316" * 100)
    page.wait_for_timeout(100)
    assert page.locator("table.pages tbody tr").nth(6).bounding_box() == box
    assert [page.screenshot(clip=clip) for clip in (area, below)] == before


def test_keyboard_alone(visit: Open) -> None:
    """Tab reaches the link that skips the menu, then the menu; Enter follows links; topics of the map are links."""
    page = visit("method")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.url.endswith("#method")
    page.locator("nav a", has_text="Overview").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".map a")
    page.locator(".map a").nth(4).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("h1.titled")
    assert page.locator("h1").inner_text().startswith("5")


def test_on_paper(visit: Open) -> None:
    """Printed, there are no controls, and the page becomes a PDF."""
    page = visit("overview", color_scheme="dark")
    page.emulate_media(media="print")
    assert not page.locator("nav").first.is_visible()
    assert not page.locator(".tools").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".card").count() == 10
    assert page.pdf().startswith(b"%PDF")


def test_without_programs_there_is_a_table(visit: Open) -> None:
    """Without JavaScript the topics are shown in a plain table."""
    page = visit("", java_script_enabled=False)
    assert page.locator("#plain tbody tr").count() == 10
    assert page.locator("#plain").is_visible()


def test_map_zooms_and_charts_have_lines(visit: Open) -> None:
    """Buttons, the wheel with Ctrl, and dragging move the map; the charts of trends and ranks have axes and lines."""
    page = visit("overview", viewport={"width": 1000, "height": 900})
    layer = page.locator(".map svg > g").first
    assert layer.get_attribute("transform") is None
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_function("document.querySelector('.map svg > g').getAttribute('transform')?.endsWith('scale(1.5)')")
    page.locator(".map").scroll_into_view_if_needed()
    box = page.locator(".map").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    before = layer.get_attribute("transform")
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 40, steps=3)
    page.mouse.up()
    dragged = layer.get_attribute("transform")
    assert dragged != before
    assert dragged.endswith("scale(1.5)")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.wait_for_function(
        "before => document.querySelector('.map svg > g').getAttribute('transform') !== before", arg=dragged
    )
    page.keyboard.up("Control")
    page.get_by_role("button", name="Whole map").click()
    page.wait_for_function(
        "document.querySelector('.map svg > g').getAttribute('transform') === 'translate(0,0) scale(1)'"
    )
    for view in ("ranks", "topic-3"):
        go(page, view)
        page.wait_for_selector("svg.chart .series path")
        drawn = page.locator("svg.chart .series path").first.get_attribute("d")
        assert drawn.startswith("M")
        assert drawn.count("L") >= 2
        assert "NaN" not in drawn
        assert page.locator("svg.chart .axis").first.locator(".tick").count() >= 2
