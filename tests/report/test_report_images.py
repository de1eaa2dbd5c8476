"""The report of images, in Chromium."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from browsing import Open, go

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
