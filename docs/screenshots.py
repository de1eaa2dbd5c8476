"""Make the pictures of the report in this folder: the sample, in Chromium.

make test-browser                              # installs what is needed, once
python docs/screenshots.py
python docs/screenshots.py models/mine looks   # all views of a model at three widths, light and dark, to look at
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent


class Shot(NamedTuple):
    """A picture: its name, the view, the width of the window in pixels, the scheme of colours, where it begins."""

    name: str
    view: str
    width: int = 1200
    scheme: str = "light"
    to: str = ""


SHOTS = [
    Shot("report-overview.png", "overview"),
    Shot("report-topic.png", "topic-6", scheme="dark"),
    Shot("report-page.png", "page-158", to="#h-text"),
]
VIEWS = ("overview", "topic-1", "pages", "page-5", "ranks", "method")
WIDTHS = (360, 800, 1400)


def visits(report: Path, shots: Sequence[Shot]) -> Iterator[tuple[str, Any]]:
    """Views of a report as pages of Chromium, each with the name that its picture is to have."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for shot in shots:
            page = browser.new_page(viewport={"width": shot.width, "height": 900}, color_scheme=shot.scheme)
            page.goto(report.resolve().as_uri() + f"#{shot.view}")
            page.wait_for_selector("html[data-ready]")
            page.wait_for_timeout(500)
            if shot.to:
                page.locator(shot.to).evaluate("h => scrollTo(0, h.getBoundingClientRect().top - 70)")
            yield shot.name, page
            page.close()
        browser.close()


def look(model: Path, folder: Path) -> None:
    """Take every view of a model's report, whole."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = [
        Shot(f"{view}-{width}-{scheme}.png", view, width, scheme)
        for view in VIEWS
        for width in WIDTHS
        for scheme in ("light", "dark")
    ]
    for name, page in visits(model / "report.html", shots):
        page.screenshot(path=folder / name, full_page=True)


def main() -> None:
    """Fit the sample, and take each picture."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([sys.executable, "-m", "nmf_topics", "demo", "-q", "-o", place, "--force"], check=True)
        for name, page in visits(Path(place) / "report.html", SHOTS):
            with Image.open(io.BytesIO(page.screenshot())) as shot:
                flat = shot.convert("RGB").quantize(256, dither=Image.Dither.NONE)
                flat.save(HERE / name, optimize=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        look(*map(Path, sys.argv[1:]))
    else:
        main()
