"""Pages that are markup, programs and styles, in Chromium: nothing of them runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import STRANGE, Open, go
from outputs import pages_by_number

pytestmark = pytest.mark.browser


def test_strange_pages_are_text(visit: Open, reports: Path) -> None:
    """Markup, programs and styles in titles and texts are shown as text; links lead to the web only."""
    rows = pages_by_number(reports / "models" / "text" / "pages.csv")
    page = visit("pages")
    for column, row in enumerate(rows, start=1):
        if not row["id"].startswith("strange-"):
            continue
        go(page, f"page-{column}")
        page.wait_for_selector(".text")
        assert row["title"][:100] in page.locator("h1").text_content()
        assert STRANGE[row["id"].removeprefix("strange-")] in page.locator(".text").text_content()
        assert page.locator("main img, main b, main script").count() == 0
        assert page.locator("dl.meta a:not([href^='#'])").count() == 0
        assert "pwned" not in page.title() or "document.title" in page.title()
        assert page.locator("mark", has_text="river").count() >= 1
    go(page, "page-5")
    link = page.locator("dl.meta a[target]")
    assert link.get_attribute("href").startswith("https://wiki.example/")
    assert "noopener" in link.get_attribute("rel")


def test_the_second_wall(chromium: Any, reports: Path) -> None:
    """Even markup that found its way into the page runs nothing and loads nothing: the policy of the file says no."""
    page = chromium.new_page()
    page.goto((reports / "models/text/report.html").resolve().as_uri() + "#method")
    page.wait_for_selector("h1")
    page.evaluate(
        "() => { window.no = [];"
        "document.addEventListener('securitypolicyviolation', e => no.push(e.effectiveDirective));"
        "const d = document.createElement('div'); d.innerHTML = '<img src=x onerror=\"window.pwned=1\">"
        '<img src="https://example.org/x.png"><p style="color:red">\'; document.body.append(d);'
        "const s = document.createElement('script'); s.textContent = 'window.pwned=1'; document.body.append(s) }"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned") is None
    assert {"img-src", "script-src-elem", "style-src-attr"} <= set(page.evaluate("no"))
    page.close()
