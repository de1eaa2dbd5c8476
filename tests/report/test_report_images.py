"""The report of images, in Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from browsing import Open, go

from nmf_topics.images.pixels import build_image_matrix
from nmf_topics.model.files import load_model

pytestmark = pytest.mark.browser


def test_images_are_put_together(visit: Open, reports: Path) -> None:
    """Parts are drawn, and an image is put together from the heaviest of them, as W h has it."""
    path = reports / "models" / "faces"
    model = load_model(path)
    page = visit("page-3", path / "report.html")
    page.wait_for_selector(".build canvas")
    pixels = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)"
    whole = page.eval_on_selector_all(".build canvas", f"all => all.map({pixels})")
    made = np.clip(np.round(255 * model.W @ model.H[:, 2]), 0, 255)
    assert np.abs(np.array(whole[0]) - made).max() <= 2
    assert np.abs(np.array(whole[1]) - made).mean() < 6
    page.locator("#steps").fill("1")
    heaviest = int(model.H[:, 2].argmax())
    one = np.clip(np.round(255 * model.W[:, heaviest] * model.H[heaviest, 2]), 0, 255)
    assert np.abs(np.array(page.eval_on_selector(".build canvas", pixels)) - one).max() <= 2
    go(page, "overview")
    assert page.locator(".card canvas").count() == 4


def test_tables_of_images_show_them(visit: Open, reports: Path) -> None:
    """Each row of a table of images has its image before the title, and the title alone names the link."""
    path = reports / "models" / "faces"
    model = load_model(path)
    data = build_image_matrix(reports / "faces")
    page = visit("pages", path / "report.html")
    for view, rows in (("pages", 30), ("topic-1", None), ("page-3", 10)):
        go(page, view)
        page.wait_for_selector("table.pages .thumbnail canvas")
        shown = page.locator("table.pages .thumbnail canvas").count()
        assert shown == page.locator("table.pages tbody tr").count()
        assert rows in (None, shown)
    go(page, "pages")
    page.wait_for_selector("table.pages .thumbnail canvas")
    link = page.locator("table.pages a.pictured").first
    title = link.inner_text().strip()
    assert page.get_by_role("link", name=title, exact=True).count() == 1
    pixels = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)"
    drawn = link.locator("canvas").evaluate(pixels)
    original = 255 * np.asarray(data.V[:, list(model.columns.titles).index(title)])
    assert np.abs(np.array(drawn) - original).max() <= 1


def test_no_words_for_images(visit: Open, reports: Path) -> None:
    """No view of a report of images speaks of topics, pages or words, with programs or without."""
    path = reports / "models" / "faces" / "report.html"
    spoken = re.compile(r"\b(topics?|pages|words?)\b", re.IGNORECASE)
    page = visit(path=path)
    for view in ("overview", "topic-1", "pages", "page-3"):
        go(page, view)
        page.wait_for_timeout(200)
        assert not spoken.findall(page.locator("#view").inner_text()), view
        captions = page.locator("caption").all_text_contents()
        assert captions == [] or not spoken.findall(" ".join(captions)), captions
    bare = visit(path=path, java_script_enabled=False)
    assert not spoken.findall(" ".join(bare.locator("#plain table").all_inner_texts()))
